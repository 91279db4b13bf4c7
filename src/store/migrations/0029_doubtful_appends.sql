-- The same function, but an append that may rest on a refused one of its group is refused, too.
--
-- Stores the appends of a group, in order and each of them wholly or not at all, under the append lock. Append n has the events after
-- those of append n - 1 up to number ends[n], and was decided on the setup at setup_positions[n], where it consulted one. `more` has the
-- keys, claims, releases and consulted versions of those appends that have some: see `store.append`.
--
-- Returns the position and the time of the last event of the log, and by number of an append why it was refused. An append is checked
-- against what the ones before it have made of the log; as many as possible at once: after a refusal one, then two, four, eight …
-- An append about what a refused one was about is refused, too: it may have been decided on the events of that one, and the version of
-- an event does not say which event it follows.
-- Rows of large tables are looked up one by one, never joined: plans are kept, and made when the tables are empty.
CREATE OR REPLACE FUNCTION append_events(
    ids uuid[], versions integer[], topics text[], states bytea[], event_ids uuid[], correlation_ids uuid[], new_keys bytea[],
    ends integer[], setup_positions bigint[], more jsonb,
    OUT head bigint, OUT stored_at timestamptz, OUT refused jsonb
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    total   CONSTANT integer := cardinality(ends);
    changes_setup CONSTANT boolean := EXISTS (
        SELECT FROM unnest(topics) AS topic
        WHERE split_part(topic, '.', 1) IN ('category', 'controls', 'mappings', 'profile_class', 'field')
    );
    first   integer := 1;
    last    integer;
    size    integer := total;
    low     integer := 1;
    high    integer;
    stored  integer;
    any_stored boolean := false;
    released record;
    doubtful uuid[] := '{}';    -- originators of refused appends
    reason  jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dossier/' || current_schema() || '/append', 0));
    SELECT e.position, greatest(clock_timestamp(), e.recorded_at + interval '1 microsecond') INTO head, stored_at
        FROM events AS e ORDER BY e.position DESC LIMIT 1;
    IF head IS NULL THEN
        head := 0;
        stored_at := clock_timestamp();
    END IF;
    WHILE first <= total LOOP
        last := least(first + size - 1, total);
        high := ends[last];
        reason := NULL;
        IF more ? 'keys' THEN
            SELECT '{"kind": "key"}' INTO reason
                FROM jsonb_to_recordset(more->'keys') AS used (append integer, actor text, key text)
                WHERE used.append BETWEEN first AND last
                HAVING count(*) > count(DISTINCT (actor, key)) OR count((
                    SELECT 1 FROM idempotency_keys AS earlier WHERE (earlier.actor, earlier.key) = (used.actor, used.key)
                )) > 0;
        END IF;
        IF reason IS NULL AND cardinality(doubtful) > 0 AND ids[low:high] && doubtful THEN
            reason := '{"kind": "doubtful"}';
        END IF;
        IF reason IS NULL AND EXISTS (
            SELECT FROM unnest(setup_positions[first:last]) AS consulted
            WHERE (consulted IS NOT NULL AND changes_setup AND last > first) OR consulted < coalesce((
                SELECT e.position FROM events AS e
                WHERE split_part(e.topic, '.', 1) IN ('category', 'controls', 'mappings', 'profile_class', 'field')
                ORDER BY e.position DESC LIMIT 1
            ), 0)
        ) THEN
            reason := '{"kind": "setup"}';
        END IF;
        IF reason IS NULL AND more ? 'consulted' THEN
            SELECT jsonb_build_object('kind', 'consulted', 'id', id, 'version', version) INTO reason
                FROM jsonb_to_recordset(more->'consulted') AS consulted (append integer, id uuid, version integer)
                WHERE consulted.append BETWEEN first AND last AND (
                    (last > first AND id = ANY (ids[low:high])) OR id = ANY (doubtful)
                    OR version <> coalesce((
                        SELECT e.originator_version FROM events AS e WHERE e.originator_id = id
                        ORDER BY e.originator_version DESC LIMIT 1
                    ), 0)
                )
                LIMIT 1;
        END IF;
        IF reason IS NULL AND more ? 'claims' THEN
            SELECT jsonb_build_object('kind', 'claim', 'scope', scope, 'key', key, 'owner', taken_by) INTO reason
                FROM (
                    SELECT *, (
                        SELECT taken.owner FROM claims AS taken WHERE (taken.scope, taken.key) = (claimed.scope, claimed.key)
                    ) AS taken_by
                    FROM jsonb_to_recordset(more->'claims') AS claimed (append integer, scope text, key text, owner uuid)
                    WHERE claimed.append BETWEEN first AND last
                ) AS claimed
                WHERE last > first OR taken_by <> owner
                LIMIT 1;
        END IF;
        IF reason IS NULL AND high >= low THEN
            WITH added AS (
                SELECT *, row_number() OVER (PARTITION BY id ORDER BY number) AS step
                FROM unnest(ids[low:high], versions[low:high], topics[low:high], states[low:high], event_ids[low:high],
                    correlation_ids[low:high]) WITH ORDINALITY
                    AS added (id, version, topic, state, event_id, correlation_id, number)
            ), placed AS MATERIALIZED (
                SELECT added.*, coalesce(earlier.version, 0) + step AS expected, coalesce(earlier.digest, '') AS digest
                FROM added LEFT JOIN LATERAL (
                    SELECT e.originator_version AS version, event_digest(e.previous_digest, e.originator_id,
                        e.originator_version, e.topic, e.state, e.event_id, e.recorded_at, e.correlation_id) AS digest
                    FROM events AS e WHERE e.originator_id = added.id ORDER BY e.originator_version DESC LIMIT 1
                ) AS earlier ON true
            )
            INSERT INTO events (originator_id, originator_version, topic, state, position, event_id, recorded_at, correlation_id,
                previous_digest)
            SELECT id, version, topic, state, head + number, event_id, stored_at, correlation_id,
                coalesce(last_digest(digest, id, version, topic, state, event_id, stored_at, correlation_id) OVER (
                    PARTITION BY id ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ), digest)
            FROM placed WHERE NOT EXISTS (SELECT FROM placed AS other WHERE other.version <> other.expected);
            GET DIAGNOSTICS stored = ROW_COUNT;
            IF stored = 0 THEN
                SELECT jsonb_build_object('kind', 'version', 'id', id, 'version', min(version), 'after', after) INTO reason
                    FROM unnest(ids[low:high], versions[low:high]) AS added (id, version) CROSS JOIN LATERAL (
                        SELECT coalesce(max(e.originator_version), 0) AS after FROM events AS e WHERE e.originator_id = added.id
                    ) AS earlier
                    GROUP BY id, after ORDER BY min(version) = after + 1 LIMIT 1;
            END IF;
        ELSE
            stored := 0;
        END IF;
        IF reason IS NOT NULL AND last > first THEN
            size := 1;
            CONTINUE;
        END IF;
        IF reason IS NOT NULL THEN
            refused := coalesce(refused, '{}') || jsonb_build_object(first, reason);
            doubtful := doubtful || ids[low:high];
        ELSE
            INSERT INTO personal_keys (subject, wrapped)
                SELECT * FROM unnest(ids[low:high], new_keys[low:high]) AS added (id, wrapped) WHERE wrapped IS NOT NULL
                EXCEPT SELECT subject, wrapped FROM personal_keys WHERE subject = ANY (ids[low:high]);
            IF more ? 'releases' THEN
                FOR released IN
                    SELECT * FROM jsonb_to_recordset(more->'releases') AS released (append integer, scope text, key text, owner uuid)
                    WHERE released.append BETWEEN first AND last
                LOOP
                    DELETE FROM claims AS taken
                        WHERE (taken.scope, taken.key, taken.owner) = (released.scope, released.key, released.owner);
                END LOOP;
            END IF;
            IF more ? 'claims' THEN
                INSERT INTO claims (scope, key, owner)
                    SELECT scope, key, owner FROM jsonb_to_recordset(more->'claims')
                        AS claimed (append integer, scope text, key text, owner uuid)
                    WHERE claimed.append BETWEEN first AND last
                    ON CONFLICT (scope, key) DO NOTHING;
            END IF;
            IF more ? 'keys' THEN
                INSERT INTO idempotency_keys (actor, key, digest, changed, version, position, recorded_at)
                    SELECT actor, key, decode(digest, 'hex'), changed, version,
                        CASE WHEN ends[append] >= CASE WHEN append = 1 THEN 1 ELSE ends[append - 1] + 1 END
                            THEN head + ends[append] - low + 1 END,
                        stored_at
                    FROM jsonb_to_recordset(more->'keys')
                        AS used (append integer, actor text, key text, digest text, changed boolean, version integer)
                    WHERE used.append BETWEEN first AND last;
            END IF;
            head := head + stored;
            any_stored := any_stored OR stored > 0;
            size := size * 2;
        END IF;
        first := last + 1;
        low := high + 1;
    END LOOP;
    IF any_stored THEN
        PERFORM pg_notify('dossier_' || current_schema() || '_log', head::text);
    END IF;
END $$;
