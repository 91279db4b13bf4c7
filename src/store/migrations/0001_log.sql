-- The log: one row an event, in commit order, never changed (rule 0.1).
CREATE TABLE events (
    position            bigint      PRIMARY KEY,           -- 1, 2, 3 ... without gaps: position order is commit order
    originator_id       uuid        NOT NULL,
    originator_version  integer     NOT NULL CHECK (originator_version > 0),
    topic               text        NOT NULL,
    state               bytea       NOT NULL,              -- JSON; personal values encrypted inside
    event_id            uuid        NOT NULL,              -- derived from cause, originator and version: unique with them
    recorded_at         timestamptz NOT NULL,              -- read from the clock after the append lock: rises with position
    correlation_id      uuid        NOT NULL,
    previous_digest     bytea       NOT NULL,              -- digest of the previous event of the same originator
    UNIQUE (originator_id, originator_version)
);

-- The few events that every use case may have to consult: `Dossier.setup` reads those after the position it knows.
CREATE INDEX events_of_setup ON events (position)
    WHERE split_part(topic, '.', 1) IN ('category', 'controls', 'mappings');

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The log is append-only: a correction is a new event.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Keys that are unique across aggregates, written in the transaction of the events that need them.
CREATE TABLE claims (
    scope text NOT NULL,
    key   text NOT NULL,
    owner uuid NOT NULL,
    PRIMARY KEY (scope, key)
);

-- What a caller's idempotency key did, written in the transaction of its events (rule 0.7).
CREATE TABLE idempotency_keys (
    actor       text        NOT NULL,
    key         text        NOT NULL,
    digest      bytea       NOT NULL,                      -- of what was asked
    changed     boolean     NOT NULL,
    version     integer     NOT NULL,
    position    bigint,                                    -- null when nothing was recorded
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);

-- One key a customer for personal values, wrapped by the master key; destroyed for good on erasure (rule 5.1).
CREATE TABLE personal_keys (
    subject      uuid        PRIMARY KEY,
    wrapped      bytea,                                    -- null once destroyed
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- How far each follower of the log has come: the relay, the partitions of the embedded feed.
CREATE TABLE tracking (
    follower text        PRIMARY KEY,
    position bigint      NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
