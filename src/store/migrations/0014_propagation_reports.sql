-- What a propagation wrote into each profile, value by value, and how many later-dated versions of the class the profile has (rule 2.17).
-- Null in rows from before.
ALTER TABLE propagation_outcomes
    ADD COLUMN changes text,                               -- JSON: path, days, value before, value after, whether it was set here
    ADD COLUMN later_dated integer;

-- How far a preview of many profiles has come. It may be thrown away at any time: it is made again.
CREATE TABLE propagation_previews (
    propagation   uuid        NOT NULL,                    -- id of the class version's propagation
    run_date      date        NOT NULL,
    include_later boolean     NOT NULL,
    begun_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    known_at      timestamptz NOT NULL,                    -- the profiles concerned are those of this instant
    position      bigint      NOT NULL,                    -- how far the read model was
    account       text        COLLATE "C" NOT NULL,        -- the last profile that is counted
    site          text        COLLATE "C" NOT NULL,
    complete      boolean     NOT NULL,
    counts        text        NOT NULL,                    -- JSON
    PRIMARY KEY (propagation, run_date, include_later)
);
