"""`history`: every event of every aggregate, for reading: who, when, why, effective dates, and what came after (rules 0.2, 0.4, 1.13).

What an event says is kept as it was said: descriptions are those of the time. Personal values are sealed with the customer's key
and opened on reading; those of fields that are masked, then or now, stay masked (rule 5.2). `diff`, in `projections.differences`,
compares two points in time. To recover it: `dossier rebuild history`.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.account.events import AccountOpened
from aggregates.catalogue import FACTS, natural_key
from aggregates.customer.events import BusinessFieldEdited, BusinessFieldsUploaded
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import EffectiveFact, Erased, Fact
from aggregates.setup.controls import TIME_ZONE
from aggregates.setup.events import ControlValueSet
from projections.bitemporal import instant_of
from projections.differences import DIFFED, Diff, Difference, PointInTime, diff
from projections.history_fields import MASKS, fields_of, mask_change, masked_fields, personal_values
from projections.paging import Page, bounded, keys_of, page
from projections.plain import written
from projections.projection import Projection, Seen
from projections.reading import View
from projections.settings import ControlsThen, controls_table
from store.database import Row
from store.keys import KeyRing, seal, unseal

__all__ = [
    "DIFFED",
    "Diff",
    "Difference",
    "HistoryEntry",
    "HistoryProjection",
    "PointInTime",
    "diff",
    "history",
]

PROFILE: Final = "profile"
"""The subject of facts about the profile of an account or a site."""
_SUBJECTS: Final = {"account": PROFILE, "site": PROFILE, "system_options": "options"}
"""Subjects of the families that have only one, by family."""
_ZONE: Final = controls_table("history_controls")
_COLUMNS: Final = {
    "position": "bigint",
    "event_id": "uuid",
    "kind": "text",
    "key": "text",
    "subject": "text",
    "topic": "text",
    "version": "integer",
    "recorded_at": "timestamptz",
    "actor": "text",
    "role": "text",
    "source": "text",
    "reason": "text",
    "correlation_id": "uuid",
    "effective_from": "date",
    "effective_to": "date",
    "back_dated": "boolean",
    "fields": "text",
    "data": "text",
    "personal": "bytea",
}
_INSERT: Final = (
    f"INSERT INTO history ({', '.join(_COLUMNS)})"
    f" SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in _COLUMNS.values())})"
)
_LATER: Final = """
    one.position > entry.position AND one.recorded_at <= %(known_at)s
    AND daterange(one.effective_from, one.effective_to, '[]')
        && daterange(entry.effective_from, entry.effective_to, '[]')
"""
_LIST: Final = """
    SELECT entry.position, entry.event_id, entry.topic, entry.version, entry.recorded_at, entry.actor, entry.role,
           entry.source, entry.reason, entry.correlation_id, entry.effective_from, entry.effective_to, entry.back_dated,
           coalesce(same.event_id, anew.event_id), entry.data, entry.personal
    FROM history AS entry
    LEFT JOIN LATERAL (
        SELECT event_id FROM history AS one
        WHERE one.kind = entry.kind AND one.key = entry.key AND one.subject = entry.subject AND {later}
        ORDER BY one.position LIMIT 1
    ) AS same ON entry.subject IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT event_id FROM history AS one
        WHERE one.kind = entry.kind AND one.key = entry.key AND one.fields IS NOT NULL AND {later}
          AND string_to_array(one.fields, ' ') @> string_to_array(entry.fields, ' ')
        ORDER BY one.position LIMIT 1
    ) AS anew ON entry.fields IS NOT NULL
    WHERE entry.kind = %(kind)s AND entry.key = %(key)s AND entry.recorded_at <= %(known_at)s
      AND entry.position > %(after)s {about}
    ORDER BY entry.position LIMIT %(rows)s
"""
_LIST_ALL: Final = _LIST.format(later=_LATER, about="")
_LIST_ABOUT: Final = _LIST.format(later=_LATER, about="AND entry.subject = %(subject)s")


class HistoryEntry(BaseModel):
    """One event. `version` is the one that it made; `superseded_by` is the first later event on the same thing and days.

    What is about several business fields is superseded by what is about all of them.

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
    data: dict[str, Any]


class HistoryProjection(Projection):
    """All events, by the aggregate they belong to."""

    name: ClassVar[str] = "history"
    topics: ClassVar[frozenset[str]] = frozenset(FACTS)
    tables: ClassVar[tuple[str, ...]] = ("history", _ZONE.table, MASKS.table)
    ddl: ClassVar[str] = f"""
        CREATE TABLE history (
            position bigint PRIMARY KEY,
            event_id uuid NOT NULL,
            kind text NOT NULL,
            key text COLLATE "C" NOT NULL,
            subject text,
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
            fields text,
            data text NOT NULL,
            personal bytea
        );
        CREATE INDEX history_key ON history (key, kind, position);
        CREATE INDEX history_subject ON history (key, kind, subject, position) WHERE subject IS NOT NULL;
        CREATE INDEX history_fields ON history (key, kind, position) WHERE fields IS NOT NULL;
        {_ZONE.ddl}
        {MASKS.ddl}
    """

    def fold(self, connection: Connection[Row], facts: Sequence[Seen]) -> None:
        """See `Projection`."""
        controls = ControlsThen(connection, _ZONE)
        rows: list[Row] = []
        for seen in facts:
            if isinstance(seen.fact, ControlValueSet) and seen.fact.code == TIME_ZONE:
                controls.see(seen.fact)
            rows.append(_row(self.keys, seen, controls))
        controls.write()
        MASKS.fold(connection, [one for seen in facts for one in mask_change(seen.fact)])
        connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def history(
    view: View, kind: str, key: str, limit: int = 100, cursor: str | None = None, *, subject: str | None = None
) -> Page[HistoryEntry]:
    """The events of one aggregate that were known then, in order; with a `subject`, only those about it.

    `kind` is the family in their topics; `key` the natural key: a customer number, a category code, an account, `A-7/S-1`, the
    name of a profile class as it is written, or the company. Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, int) or (0,)
    asked = {"kind": kind, "key": key, "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    query = _LIST_ALL if subject is None else _LIST_ABOUT
    rows = [] if "\0" in kind + key else view.connection.execute(query, {**asked, "subject": subject}).fetchall()
    masked = masked_fields(view) if any(row[-1] is not None for row in rows) else frozenset()
    return page(rows, limit, lambda row: (row[0],), lambda row: _entry(view, kind, key, masked, row))


def _row(keys: KeyRing, seen: Seen, controls: ControlsThen) -> Row:
    """A row of `_COLUMNS`."""
    fact, origin = seen.fact, seen.fact.origin
    kind = fact.TOPIC.partition(".")[0]
    dated = isinstance(fact, EffectiveFact)
    days = (fact.effective_from, fact.effective_to) if isinstance(fact, EffectiveFact) else (None, None)
    common = EffectiveFact.model_fields if dated else Fact.model_fields
    recorded_at = instant_of(fact.recorded_at)
    data = {name: value for name, value in vars(fact).items() if name not in common}
    personal = {name: data.pop(name) for name in fact.personal_fields()}
    return (
        seen.position,
        fact.event_id,
        kind,
        natural_key(kind, fact.company, vars(fact)),
        _subject(fact),
        fact.TOPIC,
        fact.originator_version,
        recorded_at,
        origin.actor,
        origin.role.value,
        origin.source.value,
        origin.reason,
        origin.correlation_id,
        *days,
        days[0] is not None and days[0] < controls.day_of(recorded_at),
        fields_of(fact),
        written(data),
        _sealed(keys, fact, personal),
    )


def _subject(fact: Fact) -> str | None:
    """What in its aggregate a fact with effective dates is about: facts on the same subject supersede each other."""
    if not isinstance(fact, EffectiveFact) or isinstance(
        fact, AccountOpened | BusinessFieldEdited | BusinessFieldsUploaded
    ):
        return None
    for name in ("category", "code"):
        if hasattr(fact, name):
            return str(getattr(fact, name))
    return _SUBJECTS.get(fact.TOPIC.partition(".")[0], "name")


def _sealed(keys: KeyRing, fact: Fact, personal: dict[str, Any]) -> bytes | None:
    if not personal or any(isinstance(value, Erased) for value in personal.values()):
        return None
    key = keys.find(fact.originator_id)[1]
    return None if key is None else seal(key, written(personal).encode(), _context(fact.event_id))


def _entry(view: View, kind: str, key: str, masked: Collection[str], row: Row) -> HistoryEntry:
    *shown, data, sealed = row
    personal = FACTS[row[2]].personal_fields()
    said = orjson.loads(data)
    if personal:
        opened = _opened(view, kind, key, row[1], sealed)
        said |= personal_values(said, opened, personal, masked)
    names = list(HistoryEntry.model_fields)
    return HistoryEntry(**dict(zip(names, [*shown, said], strict=True)))


def _opened(view: View, kind: str, key: str, event_id: UUID, sealed: bytes | None) -> dict[str, Any] | None:
    subject = CustomerProfile.id_of(view.company, key)
    if kind == CustomerProfile.KIND:
        view.keys.preload([subject], view.connection)
    found = view.keys.find(subject)[1] if kind == CustomerProfile.KIND and sealed is not None else None
    if found is None or sealed is None:
        return None
    opened: dict[str, Any] = orjson.loads(unseal(found, sealed, _context(event_id)))
    return opened


def _context(event_id: UUID) -> bytes:
    return f"history/{event_id}".encode()
