-- Erasures are told to the topic of profiles, in the order in which they were made.
CREATE INDEX personal_keys_destroyed ON personal_keys (destroyed_at) WHERE destroyed_at IS NOT NULL;
