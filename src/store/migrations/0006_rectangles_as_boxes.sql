-- Rectangles (valid days x known instants) as boxes of whole numbers, both ends inclusive: days, and microseconds, since 2000. A GiST
-- index over boxes splits by both sides at once, where one over two ranges splits by the first only: decision 11. Exact until the year
-- 2285. Never null for a range that is not empty: an exclusion constraint overlooks nulls.
CREATE FUNCTION instant_number(at timestamptz) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN at = 'infinity' THEN 9e15
         ELSE (extract(epoch FROM at - timestamptz '2000-01-01 00:00:00Z') * 1000000)::float8 END;

CREATE FUNCTION rectangle(valid daterange, known tstzrange) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    box(point(coalesce(lower(valid) - date '2000-01-01', -4000000), coalesce(instant_number(lower(known)), -9e15)),
        point(coalesce(upper(valid) - 1 - date '2000-01-01', 4000000), coalesce(instant_number(upper(known)), 9e15) - 1));

-- Where a rectangle must reach to hold at two clocks.
CREATE FUNCTION moment(valid_at date, known_at timestamptz) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    box(point(valid_at - date '2000-01-01', instant_number(known_at)));

-- Where a rectangle must reach to be known now and to hold on one of these days.
CREATE FUNCTION known_now(days daterange) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    rectangle(days, tstzrange('infinity', 'infinity', '[]'));
