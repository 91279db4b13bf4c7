"""The events of an aggregate as they were known then, in order, each with what became of it (rules 0.2, 0.4, 1.13, 2.22).

Called by the API, the command line and `answers` with a view of the read model `history`. Personal values are opened on reading; those of
fields that are masked, then or now, stay masked (rule 5.2).
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final
from uuid import UUID

import orjson

from aggregates.catalogue import FACTS
from aggregates.customer.profile import CustomerProfile
from projections.history.masks import masked_fields, open_fields, personal_values
from projections.history.models import FoundEvent, HistoryEntry
from projections.history.standings import NOTHING, standings
from projections.history.statements import FIELDS
from projections.history.tables import DAYS, MEMBERS, open_personal
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.view import View
from store.database import Row

_FIELD: Final = f"{FIELDS}."
_LIST: Final = f"""
    SELECT {", ".join(f"entry.{name}" for name in (*MEMBERS, "data", "personal"))}
    FROM history AS entry
    WHERE entry.kind = %(kind)s AND entry.key = %(key)s AND entry.recorded_at <= %(known_at)s
      AND entry.position > %(after)s {{which}}
    ORDER BY entry.position LIMIT %(rows)s
"""
_EVENT: Final = """
    SELECT event_id, position, topic, kind, key, recorded_at FROM history
    WHERE event_id = %(event_id)s AND recorded_at <= %(known_at)s
"""
_LIST_ALL: Final = _LIST.format(which="")
_LIST_STATING: Final = _LIST.format(
    which=f"AND EXISTS (SELECT FROM {DAYS} AS part WHERE part.position = entry.position)"
)


def history(
    view: View, kind: str, key: str, limit: int = 100, cursor: str | None = None, *, stating: bool = False
) -> Page[HistoryEntry]:
    """The events of one aggregate that were known then, in order; `stating`: only those that say something about days.

    `kind` is the family in their topics; `key` the natural key: a customer number, a category code, an account, `A-7/S-1`, the
    name of a profile class as it is written, or the company. Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, int) or (0,)
    parameters = {"kind": kind, "key": key, "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    query = _LIST_STATING if stating else _LIST_ALL
    rows = [] if "\0" in kind + key else view.connection.execute(query, parameters).fetchall()
    make = _entries(view, kind, key, rows[:limit])
    return page(rows, limit, lambda row: (row[0],), make)


def event(view: View, event_id: UUID) -> FoundEvent | None:
    """Where an event is and what it is about; `None` when there was none with this id, as known then."""
    row = view.connection.execute(_EVENT, {"event_id": event_id, "known_at": view.known_at}).fetchone()
    return None if row is None else FoundEvent(**dict(zip(FoundEvent.model_fields, row, strict=True)))


def _entries(view: View, kind: str, key: str, rows: Sequence[Row]) -> Callable[[Row], HistoryEntry]:
    """Makes entries of these rows, with what all of them need looked up once."""
    secret = _key(view, kind, key)
    open_keys = open_fields(view) if kind == CustomerProfile.KIND and secret is None else None
    masked = masked_fields(view) if any(row[-1] is not None for row in rows) else frozenset()
    standings_by_position = standings(view, [row[0] for row in rows], shown=lambda about: _may_name(about, open_keys))

    def make(row: Row) -> HistoryEntry:
        *members, data, sealed = row
        content = orjson.loads(data)
        if personal := FACTS[row[2]].personal_fields():
            opened = None if secret is None or sealed is None else open_personal(secret, row[1], sealed)
            content |= personal_values(content, opened, personal, masked)
        standing = standings_by_position.get(row[0], NOTHING)
        return HistoryEntry(**dict(zip(MEMBERS, members, strict=True)), **dict(standing), data=content)

    return make


def _may_name(about: str, open_keys: Collection[str] | None) -> bool:
    """Returns whether an answer may name this subject: which personal fields an erased customer had is no longer known."""
    return open_keys is None or not about.startswith(_FIELD) or about.removeprefix(_FIELD) in open_keys


def _key(view: View, kind: str, key: str) -> bytes | None:
    """The key of the personal values of a customer; `None` when it is destroyed."""
    if kind != CustomerProfile.KIND:
        return None
    subject = CustomerProfile.id_of(view.company, key)
    view.keys.preload([subject], view.connection)
    return view.keys.find(subject)[1]
