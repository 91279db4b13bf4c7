"""The statements of one append transaction: take the lock, read the head, write what was admitted.

They run in one libpq pipeline: two round trips a transaction, however many commands it stores.
"""

import select
from collections.abc import Iterator, Sequence
from typing import Any, Final

from psycopg import Connection, sql

from aggregates.use_case import Claim
from store.admission import Append, Head
from store.database import Database, Row
from store.events import COLUMNS, SETUP_EVENTS, digest_of, recorded_event

INSERT_EVENTS: Final = 2_000
"""Rows an INSERT; a longer append is written in several, still in one transaction."""
SEND_POLL_MS: Final = 1_000

_HEAD: Final = f"""
    SELECT coalesce(max(position), 0),
           greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond'),
           coalesce((SELECT position FROM events WHERE {SETUP_EVENTS} ORDER BY position DESC LIMIT 1), 0)
    FROM (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) AS last
"""
_LAST: Final = f"""
    SELECT {COLUMNS}
    FROM unnest(%b::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT * FROM events WHERE originator_id = wanted.id ORDER BY originator_version DESC LIMIT 1
    ) AS last
"""
_CLAIMS: Final = """
    SELECT scope, key, owner FROM claims WHERE (scope, key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_KEYS: Final = """
    SELECT actor, key FROM idempotency_keys WHERE (actor, key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_INSERT: Final = f"""
    WITH stored AS (INSERT INTO events ({COLUMNS})
    SELECT originator_id, originator_version, topic, state, position, event_id, %b::timestamptz, correlation_id, previous
    FROM unnest(%b::uuid[], %b::int[], %b::text[], %b::bytea[], %b::bigint[], %b::uuid[], %b::uuid[], %b::bytea[])
      AS new (originator_id, originator_version, topic, state, position, event_id, correlation_id, previous))
    SELECT pg_notify(%s, %s)
"""
_CLAIM: Final = """
    INSERT INTO claims SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[]) ON CONFLICT (scope, key) DO NOTHING
"""
_RELEASE: Final = """
    DELETE FROM claims WHERE (scope, key, owner) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[]))
"""
_USE_KEYS: Final = """
    INSERT INTO idempotency_keys (actor, key, digest, changed, version, position, recorded_at)
    SELECT *, %s::timestamptz
    FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::boolean[], %s::int[], %s::bigint[])
"""
_KEEP_PERSONAL_KEYS: Final = """
    INSERT INTO personal_keys (subject, wrapped) SELECT * FROM unnest(%s::uuid[], %s::bytea[])
"""
_STORED: Final = """
    SELECT count(*) FROM events
    JOIN unnest(%s::uuid[], %s::int[], %s::uuid[]) AS mine (originator_id, originator_version, event_id)
      USING (originator_id, originator_version, event_id)
"""
_KEY_USED: Final = "SELECT digest FROM idempotency_keys WHERE actor = %s AND key = %s"


class AppendStatements:
    """The statements, bound to one company's lock and channel."""

    def __init__(self, database: Database) -> None:
        self._lock = sql.SQL("SELECT pg_advisory_xact_lock({})").format(database.lock_key("append"))
        self._channel = database.channel("log")

    def read_head(self, connection: Connection[Row], group: Sequence[Append]) -> Head:
        """Takes the append lock, for the rest of the transaction, and reads the head for this group."""
        connection.execute(self._lock)
        head = connection.execute(_HEAD)
        originators = {event.originator_id for append in group for event in append.events}
        originators.update(*(append.relied_on for append in group))
        last = connection.execute(_LAST, [list(originators)], binary=True)
        pairs = [claim for append in group for claim in (*(claim for claim, _ in append.claimed()), *append.releases)]
        claims = connection.execute(_CLAIMS, [*_columns(pairs)]) if pairs else None
        used = [append.key for append in group if append.key is not None]
        keys = connection.execute(_KEYS, [[key.actor for key in used], [key.key for key in used]]) if used else None
        _send_all(connection)
        position, recorded_at, setup = head.fetchone() or (0, None, 0)
        events = [recorded_event(row) for row in last]
        return Head(
            position=position,
            recorded_at=recorded_at,
            last={event.uuid: (event.originator_version, digest_of(event)) for event in events},
            claims={Claim(scope, key): owner for scope, key, owner in claims or ()},
            keys={(actor, key) for actor, key in keys or ()},
            setup=setup,
        )

    def write(self, connection: Connection[Row], admitted: Sequence[Append]) -> None:
        """Writes the admitted appends. They become visible, and the followers of the log are notified, on commit."""
        rows = list(_event_rows(admitted))
        for start in range(0, len(rows), INSERT_EVENTS):
            columns: list[Any] = [list(column) for column in zip(*rows[start : start + INSERT_EVENTS], strict=True)]
            connection.execute(_INSERT, [admitted[0].recorded_at, *columns, self._channel, str(rows[-1][4])])
        for append in admitted:
            for statement, values in append.along:
                connection.execute(statement, values)
        _write_claims(connection, admitted)
        _write_keys(connection, admitted)
        _send_all(connection)

    def was_stored(self, connection: Connection[Row], append: Append) -> bool:
        """Looks up, under the lock, whether a commit whose reply was lost took effect."""
        connection.execute(self._lock)
        if append.events:
            stored_ids = [(event.originator_id, event.originator_version, event.event_id) for event in append.events]
            row = connection.execute(_STORED, [list(column) for column in zip(*stored_ids, strict=True)]).fetchone()
            return row == (len(stored_ids),)
        if append.key is None:
            return True
        used = connection.execute(_KEY_USED, [append.key.actor, append.key.key]).fetchone()
        return used == (append.key.digest,)


def _send_all(connection: Connection[Row]) -> None:
    """Sees to it that all statements so far have left this process.

    In a pipeline psycopg tries once and then waits for answers; of a large statement the kernel may have taken a part only, and
    then the server waits for the rest of it, and we for the server, for ever (psycopg 3.3).
    """
    server = connection.pgconn
    ready = select.poll()
    ready.register(server.socket, select.POLLIN | select.POLLOUT)
    while server.flush():
        if any(happened & ~select.POLLOUT for _, happened in ready.poll(SEND_POLL_MS)):
            server.consume_input()


def _event_rows(admitted: Sequence[Append]) -> Iterator[tuple[Any, ...]]:
    for append in admitted:
        for event, position, previous in zip(append.events, append.positions, append.digests, strict=True):
            yield (
                event.originator_id,
                event.originator_version,
                event.topic,
                event.state,
                position,
                event.event_id,
                event.correlation_id,
                previous,
            )


def _write_claims(connection: Connection[Row], admitted: Sequence[Append]) -> None:
    for append in admitted:
        if append.releases:
            connection.execute(_RELEASE, [*_columns(append.releases), [append.owner] * len(append.releases)])
        if claimed := list(append.claimed()):
            owners = [owner for _, owner in claimed]
            connection.execute(_CLAIM, [*_columns([claim for claim, _ in claimed]), owners])


def _write_keys(connection: Connection[Row], admitted: Sequence[Append]) -> None:
    used = [
        (
            key.actor,
            key.key,
            key.digest,
            append.changed,
            append.version,
            append.positions[-1] if append.positions else None,
        )
        for append in admitted
        if (key := append.key) is not None
    ]
    if used:
        columns = [list(column) for column in zip(*used, strict=True)]
        connection.execute(_USE_KEYS, [admitted[0].recorded_at, *columns])
    new_keys = {event.uuid: event.new_key for append in admitted for event in append.events if event.new_key}
    if new_keys:
        connection.execute(_KEEP_PERSONAL_KEYS, [list(new_keys.keys()), list(new_keys.values())])


def _columns(claims: Sequence[Claim]) -> tuple[list[str], list[str]]:
    return [claim.scope for claim in claims], [claim.key for claim in claims]
