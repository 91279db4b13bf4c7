-- Which log this is: a position is one of a log. The newest row counts; a further one is written after a restore that lost events.
CREATE TABLE logs (
    number      integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    began_after bigint      NOT NULL                       -- last position of the log at that moment
);
INSERT INTO logs (began_after) SELECT coalesce(max(position), 0) FROM events;
