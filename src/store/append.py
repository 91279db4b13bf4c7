"""What a command stores, and the one call of the server by which a group of them is stored.

The server-side function `append_events` (migration 27) takes the append lock of the company, reads the head of the log under it, admits or
refuses each append on its own, writes what was admitted, and notifies the followers: one round trip, commit included. Its arguments are
packed here, since every commit passes by.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
from eventsourcing.persistence import IntegrityError
from psycopg import AsyncConnection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from aggregates.use_case import Claim, ClaimTakenError, IdempotencyKey, StaleDecisionError
from store.database import Row
from store.events import NewEvent

Statement = tuple[str, Sequence[Any]]
"""SQL and its parameters."""

NAME: Final = b"append_events"
"""Of the prepared statement."""
_CALL: Final = b"""
    SELECT head, stored_at, refused FROM append_events(
        $1::uuid[], $2::int[], $3::text[], $4::bytea[], $5::uuid[], $6::uuid[], $7::bytea[], $8::int[], $9::bigint[], $10::jsonb)
"""
_JSONB: Final = b"\x01"
"""The version of the format."""
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT_OID, _BYTEA_OID, _UUID_OID, _INTEGER_OID, _BIGINT_OID = 25, 17, 2950, 23, 20
_HEAD: Final = struct.Struct("!iiiii").pack
_LENGTH: Final = struct.Struct("!i").pack
_INTEGER: Final = struct.Struct("!ii").pack
_BIGINT: Final = struct.Struct("!iq").pack
_NULL: Final = _LENGTH(-1)
_STORED: Final = """
    SELECT position, recorded_at FROM events
    JOIN unnest(%s::uuid[], %s::int[], %s::uuid[]) AS mine (originator_id, originator_version, event_id)
      USING (originator_id, originator_version, event_id)
    ORDER BY position
"""
_KEY_USED: Final = "SELECT digest FROM idempotency_keys WHERE actor = %s AND key = %s"


@dataclass(slots=True)
class Append:
    """One command's events and rows: all of them are stored, or none (rule 0.6). `positions` once they are, else `error`."""

    events: Sequence[NewEvent]
    claims: Sequence[Claim] = ()
    releases: Sequence[Claim] = ()
    owner: UUID | None = None
    owned: Sequence[tuple[Claim, UUID]] = ()
    """Further claims, each with its own owner."""
    key: IdempotencyKey | None = None
    decided_on: int | None = None
    """Position of the setup that was consulted; refused when the setup has gone on."""
    relied_on: Mapping[UUID, int] = field(default_factory=dict)
    """Versions of aggregates that were consulted and get no event; refused when one of them has gone on."""
    along: Sequence[Statement] = ()
    """Statements that are executed in the transaction of the events."""
    changed: bool = True
    version: int = 0
    positions: Sequence[int] = ()
    recorded_at: datetime | None = None
    error: Exception | None = None

    def subjects(self) -> set[UUID]:
        """The aggregates whose versions it rests on."""
        return {*(event.uuid for event in self.events), *self.relied_on}

    def claimed(self) -> Iterator[tuple[Claim, UUID | None]]:
        """All claims and their owners."""
        yield from ((claim, self.owner) for claim in self.claims)
        yield from self.owned


def prepare(server: PGconn) -> None:
    """Prepares a connection for `arguments`."""
    checked(server.prepare(NAME, _CALL), ExecStatus.COMMAND_OK)


async def find_stored(connection: AsyncConnection[Row], append: Append) -> bool:
    """Looks up whether an append of which the answer was lost took effect, and sets its `positions` if so."""
    if append.events:
        ids = [(event.originator_id, event.originator_version, event.event_id) for event in append.events]
        cursor = await connection.execute(_STORED, [list(column) for column in zip(*ids, strict=True)])
        rows = await cursor.fetchall()
        append.positions = [position for position, _ in rows]
        append.recorded_at = rows[-1][1] if rows else None
        return len(rows) == len(ids)
    if append.key is None:
        return True
    cursor = await connection.execute(_KEY_USED, [append.key.actor, append.key.key])
    return await cursor.fetchone() == (append.key.digest,)


def checked(result: PGresult, expected: ExecStatus = ExecStatus.TUPLES_OK) -> PGresult:
    """Returns the result. Raises `psycopg.Error` where it is not what was expected; a connection that is lost has no SQLSTATE."""
    if result.status == expected:
        return result
    error = psycopg.errors.error_from_result(result)
    raise error if error.sqlstate else psycopg.OperationalError(str(error))


def arguments(group: Sequence[Append]) -> list[bytes]:
    """Returns the arguments of `NAME` for a group, each in PostgreSQL's binary format."""
    events = [event for append in group for event in append.events]
    ends, end = [], 0
    for append in group:
        end += len(append.events)
        ends.append(_INTEGER(4, end))
    return [
        uuids(event.uuid for event in events),
        _array(_INTEGER_OID, [_INTEGER(4, event.originator_version) for event in events]),
        _texts(_TEXT_OID, [event.topic.encode() for event in events]),
        _texts(_BYTEA_OID, [event.state for event in events]),
        uuids(event.event_id for event in events),
        uuids(event.correlation_id for event in events),
        _texts(_BYTEA_OID, [event.new_key for event in events]),
        _array(_INTEGER_OID, ends),
        _array(
            _BIGINT_OID, [_NULL if append.decided_on is None else _BIGINT(8, append.decided_on) for append in group]
        ),
        _more(group),
    ]


def _array(oid: int, items: list[bytes]) -> bytes:
    """Returns an array of one dimension in PostgreSQL's binary format; each item begins with its length."""
    return b"".join((_HEAD(1, 1, oid, len(items), 1), *items))


def uuids(ids: Iterable[UUID]) -> bytes:
    """Returns an array of ids in the binary format."""
    sixteen = _LENGTH(16)
    return _array(_UUID_OID, [sixteen + each.bytes for each in ids])


def _texts(oid: int, values: Iterable[bytes | None]) -> bytes:
    return _array(oid, [_NULL if value is None else _LENGTH(len(value)) + value for value in values])


def _more(group: Sequence[Append]) -> bytes:
    """Returns the parts that few appends have, each with the number of its append."""
    more: dict[str, list[dict[str, Any]]] = {"keys": [], "claims": [], "releases": [], "consulted": []}
    for number, append in enumerate(group, 1):
        if (key := append.key) is not None:
            row = {"actor": key.actor, "key": key.key, "digest": key.digest.hex(), "changed": append.changed}
            more["keys"].append({"append": number, "version": append.version, **row})
        for claim, owner in append.claimed():
            more["claims"].append({"append": number, "scope": claim.scope, "key": claim.key, "owner": owner})
        for claim in append.releases:
            more["releases"].append({"append": number, "scope": claim.scope, "key": claim.key, "owner": append.owner})
        for id_, version in append.relied_on.items():
            more["consulted"].append({"append": number, "id": id_, "version": version})
    return _JSONB + orjson.dumps({name: rows for name, rows in more.items() if rows})


def settle(group: Sequence[Append], result: PGresult) -> None:
    """Sets the `positions` or the `error` of each append, as the server has returned them."""
    head, stored_at, refused = (result.get_value(0, column) for column in range(3))
    if head is None or stored_at is None:
        raise psycopg.InternalError("append_events returned nothing.")
    recorded_at = _EPOCH + timedelta(microseconds=int.from_bytes(stored_at, "big", signed=True))
    reasons = orjson.loads(refused[1:]) if refused else {}
    position = int.from_bytes(head, "big")
    for number, append in reversed(list(enumerate(group, 1))):
        if (reason := reasons.get(str(number))) is not None:
            append.error = _refusal(reason)
            continue
        append.recorded_at = recorded_at
        append.positions = range(position - len(append.events) + 1, position + 1)
        position -= len(append.events)


def doubtful() -> StaleDecisionError:
    """Returns why an append is refused that is about what an earlier, refused one of its group was about."""
    return StaleDecisionError("It may rest on a change that was refused.")


def _refusal(reason: Mapping[str, Any]) -> IntegrityError:
    """Returns why an append was refused."""
    match reason:
        case {"kind": "key"}:
            return IntegrityError("The idempotency key was used meanwhile.")
        case {"kind": "doubtful"}:
            return doubtful()
        case {"kind": "setup"}:
            return StaleDecisionError("The setup was changed meanwhile.")
        case {"kind": "consulted", "id": id_, "version": version}:
            return StaleDecisionError(f"{id_}, which was consulted at version {version}, was changed meanwhile.")
        case {"kind": "claim", "scope": scope, "key": key, "owner": owner}:
            return ClaimTakenError(Claim(scope, key), UUID(owner))
        case {"id": id_, "version": version, "after": after}:
            return IntegrityError(f"Version {version} of {id_} does not follow {after}.")
    raise ValueError(f"Unknown reason: {reason}")
