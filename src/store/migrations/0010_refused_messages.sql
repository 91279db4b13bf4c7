-- Messages that Kafka refused for good. While one is open, the later messages of its key wait, so that order within a key stays whole.
-- Not in the log, and not rebuilt from it; the event itself is in the log, so no bytes are kept here.
CREATE TABLE refused_messages (
    position      bigint      PRIMARY KEY,                 -- of its event
    event_id      uuid        NOT NULL,
    originator_id uuid        NOT NULL,                    -- whose events wait: one aggregate, one key
    type          text        NOT NULL,
    key           text        NOT NULL,
    bytes         bigint      NOT NULL,                    -- of the message
    reason        text        NOT NULL,
    refused_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- the last time
    attempts      integer     NOT NULL DEFAULT 1,
    state         text        NOT NULL DEFAULT 'refused' CHECK (state IN ('refused', 'sending', 'skipping', 'sent', 'skipped')),
    requested_by  text,
    requested_at  timestamptz,
    settled_at    timestamptz,
    CHECK ((state IN ('sent', 'skipped')) = (settled_at IS NOT NULL))
);
CREATE UNIQUE INDEX refused_messages_open ON refused_messages (originator_id) WHERE settled_at IS NULL;
