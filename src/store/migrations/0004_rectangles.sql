-- Tables of bitemporal facts hold rectangles: `valid` (days) x `known` (instants). No two rectangles of one key may overlap.
-- An exclusion constraint (GiST) says the same, at 12 times the cost of folding; this looks once a statement, by a btree index on
-- (key columns, upper(known)). The trigger's argument is the list of key columns.
CREATE FUNCTION refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fresh_key text := (SELECT string_agg('fresh.' || trim(name), ', ') FROM unnest(string_to_array(tg_argv[0], ',')) AS name);
    other_key text := replace(fresh_key, 'fresh.', 'other.');
    culprit   text;
BEGIN
    -- Each fresh rectangle meets itself, and must meet no other. OFFSET 0 keeps the probe an index probe.
    EXECUTE format(
        'SELECT concat_ws('' '', %2$s, fresh.valid, fresh.known) FROM fresh
         CROSS JOIN LATERAL (
             SELECT count(*) AS met FROM %1$s AS other
             WHERE (%3$s) = (%2$s) AND upper(other.known) > lower(fresh.known)
               AND other.known && fresh.known AND other.valid && fresh.valid OFFSET 0
         ) AS others
         WHERE met > 1 LIMIT 1', tg_relid::regclass, fresh_key, other_key) INTO culprit;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'Overlap in %: %', tg_relid::regclass, culprit USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NULL;
END $$;
