-- How far each read model has come. A row is moved on in the transaction that writes the model's own rows.
CREATE TABLE projections (
    name               text        PRIMARY KEY,
    position           bigint      NOT NULL DEFAULT 0,     -- of the last event folded or skipped
    recorded_at        timestamptz,                        -- everything recorded until then is in the model; null: nothing is
    generation         integer     NOT NULL DEFAULT 1,     -- counts the table sets: one more with every rebuild
    shape              bytea       NOT NULL,               -- digest of the definition that the tables were made by
    tables             text[]      NOT NULL,
    state              text        NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped')),
    failed_position    bigint,                             -- the event that could not be folded, while stopped
    failed_event       uuid,
    failed_topic       text,
    error              text,
    failed_at          timestamptz,
    rebuild_position   bigint,                             -- how far the tables being built have come; null: none are
    rebuild_target     bigint,                             -- the log's end when last looked at
    rebuild_started_at timestamptz,
    CHECK ((state = 'stopped') = (error IS NOT NULL))
) WITH (fillfactor = 50);                                  -- moved on with every batch: room for updates in place
