-- Who runs: one row a task of a process, written once a second by the process itself while the task gets on. Not in the log, and worth
-- nothing after a crash of the server: unlogged, so that a beat costs no write-ahead log.
CREATE UNLOGGED TABLE processes (
    instance   uuid        NOT NULL,                       -- one run of a process
    task       text        NOT NULL,                       -- a read model, relay, forward, resend, propagations, uploads, api
    process    text        NOT NULL,                       -- the command: project, relay, forward, work, api
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    state      text        NOT NULL CHECK (state IN ('starting', 'standby', 'active', 'waiting', 'ended')),
    reason     text,                                       -- why it waits
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),  -- of the state
    beat_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- when the task was last seen to get on
    PRIMARY KEY (instance, task)
) WITH (fillfactor = 50);                                  -- rewritten every second: room for updates in place
