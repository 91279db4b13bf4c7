"""`history`: every event of every aggregate, for reading: who, when, why, its days, and what became of it (rules 0.2, 0.4, 1.13, 2.22).

What an event says is kept as it was said: descriptions are those of the time. Personal values are sealed with the customer's key
and opened on reading; those of fields that are masked, then or now, stay masked (rule 5.2). `diff`, in `projections.answers.differences`,
compares two points in time. To recover it: `dossier rebuild history`.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.catalogue import FACTS, natural_key
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import EffectiveFact, Erased, Fact
from aggregates.setup.controls import TIME_ZONE
from aggregates.setup.events import ControlValueSet
from projections.engine.projection import Projection, Seen
from projections.history.days import DDL as DAYS_DDL
from projections.history.days import TABLE as DAYS
from projections.history.days import fold_days
from projections.history.masks import MASKS, mask_change, masked_fields, open_fields, personal_values
from projections.history.standings import NOTHING, InForce, Superseded, standings
from projections.history.statements import FIELDS
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.read_models import View
from projections.tables.bitemporal import instant_of
from projections.tables.controls import ControlsThen, controls_table
from projections.tables.plain import written
from projections.tables.superseding import copied
from store.database import Row
from store.keys import KeyRing, seal, unseal

_ZONE: Final = controls_table("history_controls")
_FIELD: Final = f"{FIELDS}."
_TOLD: Final = (
    "position",
    "event_id",
    "topic",
    "version",
    "recorded_at",
    "actor",
    "role",
    "source",
    "reason",
    "correlation_id",
    "effective_from",
    "effective_to",
    "back_dated",
)
"""Columns that are members of an entry."""
_COPY: Final = f"COPY history (kind, key, {', '.join(_TOLD)}, data, personal) FROM STDIN"
_LIST: Final = f"""
    SELECT {", ".join(f"entry.{name}" for name in (*_TOLD, "data", "personal"))}
    FROM history AS entry
    WHERE entry.kind = %(kind)s AND entry.key = %(key)s AND entry.recorded_at <= %(known_at)s
      AND entry.position > %(after)s {{which}}
    ORDER BY entry.position LIMIT %(rows)s
"""
_LIST_ALL: Final = _LIST.format(which="")
_LIST_STATING: Final = _LIST.format(
    which=f"AND EXISTS (SELECT FROM {DAYS} AS part WHERE part.position = entry.position)"
)


class HistoryEntry(BaseModel):
    """One event. `version` is the one that it made.

    `in_force` are the days on which what it says is in force at the given instant, `superseded` its other days, each with the later
    event that superseded it there (rule 2.22). `superseded_by` is the first of those events; what is about several business fields is
    superseded by what is about all of them.

    `back_dated`: it holds from a day before the one on which it was recorded, in the company's time zone (rule 0.4).
    """

    model_config = ConfigDict(frozen=True)

    position: int
    event_id: UUID
    topic: str
    version: int
    recorded_at: datetime
    actor: str
    role: str
    source: str
    reason: str | None
    correlation_id: UUID
    effective_from: date | None
    effective_to: date | None
    back_dated: bool
    superseded_by: UUID | None
    in_force: list[InForce]
    superseded: list[Superseded]
    data: dict[str, Any]


class HistoryProjection(Projection):
    """All events, by the aggregate they belong to."""

    name: ClassVar[str] = "history"
    topics: ClassVar[frozenset[str]] = frozenset(FACTS)
    tables: ClassVar[tuple[str, ...]] = ("history", DAYS, _ZONE.table, MASKS.table)
    ddl: ClassVar[str] = f"""
        CREATE TABLE history (
            position bigint PRIMARY KEY,
            event_id uuid NOT NULL,
            kind text NOT NULL,
            key text COLLATE "C" NOT NULL,
            topic text NOT NULL,
            version integer NOT NULL,
            recorded_at timestamptz NOT NULL,
            actor text NOT NULL,
            role text NOT NULL,
            source text NOT NULL,
            reason text,
            correlation_id uuid NOT NULL,
            effective_from date,
            effective_to date,
            back_dated boolean NOT NULL,
            data text NOT NULL,
            personal bytea
        );
        CREATE INDEX history_key ON history (key, kind, position);
        {DAYS_DDL}
        {_ZONE.ddl}
        {MASKS.ddl}
    """

    def fold(self, connection: Connection[Row], facts: Sequence[Seen]) -> None:
        """See `Projection`."""
        controls = ControlsThen(connection, _ZONE)
        lines: list[str] = []
        for seen in facts:
            if isinstance(seen.fact, ControlValueSet) and seen.fact.code == TIME_ZONE:
                controls.see(seen.fact)
            lines.append(_line(self.keys, seen, controls))
        controls.write()
        MASKS.fold(connection, [one for seen in facts for one in mask_change(seen.fact)])
        with connection.cursor().copy(_COPY) as copy:
            copy.write("".join(lines))
        fold_days(connection, facts)


def history(
    view: View, kind: str, key: str, limit: int = 100, cursor: str | None = None, *, stating: bool = False
) -> Page[HistoryEntry]:
    """The events of one aggregate that were known then, in order; `stating`: only those that say something about days.

    `kind` is the family in their topics; `key` the natural key: a customer number, a category code, an account, `A-7/S-1`, the
    name of a profile class as it is written, or the company. Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, int) or (0,)
    asked = {"kind": kind, "key": key, "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    query = _LIST_STATING if stating else _LIST_ALL
    rows = [] if "\0" in kind + key else view.connection.execute(query, asked).fetchall()
    make = _entries(view, kind, key, rows[:limit])
    return page(rows, limit, lambda row: (row[0],), make)


def _line(keys: KeyRing, seen: Seen, controls: ControlsThen) -> str:
    """A row in the text format of COPY."""
    fact, origin = seen.fact, seen.fact.origin
    kind = fact.TOPIC.partition(".")[0]
    dated = isinstance(fact, EffectiveFact)
    first, last = (fact.effective_from, fact.effective_to) if isinstance(fact, EffectiveFact) else (None, None)
    common = EffectiveFact.model_fields if dated else Fact.model_fields
    recorded_at = instant_of(fact.recorded_at)
    data = {name: value for name, value in vars(fact).items() if name not in common}
    personal = {name: data.pop(name) for name in fact.personal_fields()}
    values = (
        kind,
        natural_key(kind, fact.company, vars(fact)),
        seen.position,
        fact.event_id,
        fact.TOPIC,
        fact.originator_version,
        recorded_at,
        origin.actor,
        origin.role.value,
        origin.source.value,
        origin.reason,
        origin.correlation_id,
        first,
        last,
        first is not None and first < controls.day_of(recorded_at),
        written(data),
        _sealed(keys, fact, personal),
    )
    return "\t".join(map(copied, values)) + "\n"


def _sealed(keys: KeyRing, fact: Fact, personal: dict[str, Any]) -> bytes | None:
    if not personal or any(isinstance(value, Erased) for value in personal.values()):
        return None
    key = keys.find(fact.originator_id)[1]
    return None if key is None else seal(key, written(personal).encode(), _context(fact.event_id))


def _entries(view: View, kind: str, key: str, rows: Sequence[Row]) -> Callable[[Row], HistoryEntry]:
    """Makes entries of these rows, with what all of them need looked up once."""
    secret = _key(view, kind, key)
    known = open_fields(view) if kind == CustomerProfile.KIND and secret is None else None
    masked = masked_fields(view) if any(row[-1] is not None for row in rows) else frozenset()
    found = standings(view, [row[0] for row in rows], shown=lambda about: _shown(about, known))

    def make(row: Row) -> HistoryEntry:
        *told, data, sealed = row
        said = orjson.loads(data)
        if personal := FACTS[row[2]].personal_fields():
            opened = None if secret is None or sealed is None else _opened(secret, row[1], sealed)
            said |= personal_values(said, opened, personal, masked)
        standing = found.get(row[0], NOTHING)
        return HistoryEntry(**dict(zip(_TOLD, told, strict=True)), **dict(standing), data=said)

    return make


def _shown(about: str, known: Collection[str] | None) -> bool:
    """True when it may be said that an event is about this: which personal fields an erased customer had is not known any more."""
    return known is None or not about.startswith(_FIELD) or about.removeprefix(_FIELD) in known


def _key(view: View, kind: str, key: str) -> bytes | None:
    """The key of the personal values of a customer; `None` when it is destroyed."""
    if kind != CustomerProfile.KIND:
        return None
    subject = CustomerProfile.id_of(view.company, key)
    view.keys.preload([subject], view.connection)
    return view.keys.find(subject)[1]


def _opened(key: bytes, event_id: UUID, sealed: bytes) -> dict[str, Any]:
    opened: dict[str, Any] = orjson.loads(unseal(key, sealed, _context(event_id)))
    return opened


def _context(event_id: UUID) -> bytes:
    return f"history/{event_id}".encode()
