-- Field definitions belong to what every use case may have to consult.
DROP INDEX events_of_setup;
CREATE INDEX events_of_setup ON events (position)
    WHERE split_part(topic, '.', 1) IN ('category', 'controls', 'mappings', 'profile_class', 'field');
