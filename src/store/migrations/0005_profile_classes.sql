-- Profile classes belong to what every use case may have to consult.
DROP INDEX events_of_setup;
CREATE INDEX events_of_setup ON events (position)
    WHERE split_part(topic, '.', 1) IN ('category', 'controls', 'mappings', 'profile_class');

-- What a propagation came to for each profile, written in the transaction of the profile's events: so each is changed once (rule 2.17).
CREATE TABLE propagation_outcomes (
    propagation uuid    NOT NULL,                          -- id of the propagation's aggregate
    holder      uuid    NOT NULL,                          -- id of the account or site
    account     text    COLLATE "C" NOT NULL,
    site        text    COLLATE "C" NOT NULL,              -- '' for the account's own profile
    outcome     text    NOT NULL CHECK (outcome IN ('changed', 'unchanged', 'skipped')),
    reason      text,                                      -- why it was not changed
    event_id    uuid,                                      -- the first event that changed it
    PRIMARY KEY (propagation, account, site)
);

-- Propagations that were started, for whoever looks for work: there are few, so looking costs nothing.
CREATE INDEX events_of_propagations ON events (position) WHERE topic = 'propagation.started';

-- How many profiles a propagation concerns, and why it is not getting on, if it is not. Facts about it are in the log.
CREATE TABLE propagation_runs (
    propagation uuid PRIMARY KEY,
    profiles    bigint,                                    -- null until they are counted
    error       text,
    failed_at   timestamptz,
    CHECK ((error IS NULL) = (failed_at IS NULL))
);
