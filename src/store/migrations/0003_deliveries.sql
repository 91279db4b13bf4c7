-- What became of each change on its way to Customer Engagement (rules 4.4, 4.5). Not in the log, never rebuilt from it.
CREATE TABLE delivery_outcomes (
    event_id  uuid        PRIMARY KEY,
    status    text        NOT NULL CHECK (status IN ('sent', 'dead')),
    attempts  integer     NOT NULL CHECK (attempts >= 0),   -- requests made, over all resends
    reason    text,                                         -- why it is dead
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    number    text,                                         -- customer, attribute and log position: which later value
    attribute text,                                         -- supersedes which; null for a message nobody could read
    position  bigint
);
CREATE INDEX delivery_outcomes_sent ON delivery_outcomes (number, attribute, position) WHERE status = 'sent';

-- What Customer Engagement refused, what kept failing, and what could not be read; with what was asked about it since.
CREATE TABLE dead_letters (
    event_id            uuid        PRIMARY KEY,            -- of an unreadable message: derived from where it lay
    letter              bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of listing
    number              text,                               -- null, as the next five, for an unreadable message
    attribute           text,
    value               text,                               -- null also stands for a cleared value
    effective_from      date,
    effective_to        date,
    position            bigint,
    reason              text        NOT NULL,
    status_code         integer,                            -- of the last answer; null when there was none
    attempts            integer     NOT NULL,
    died_at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    state               text        NOT NULL DEFAULT 'dead' CHECK (state IN ('dead', 'resending', 'resent')),
    corrected           boolean     NOT NULL DEFAULT false, -- corrected_value counts instead of value
    corrected_value     text,
    forced              boolean     NOT NULL DEFAULT false, -- to be sent although a later value was sent already
    resend_requested_by text,
    resend_requested_at timestamptz,
    resent_at           timestamptz,
    source              text,                               -- of an unreadable message: topic/partition/offset
    message             bytea                               -- of an unreadable message: its first bytes
);
CREATE INDEX dead_letters_resending ON dead_letters (position) WHERE state = 'resending';
