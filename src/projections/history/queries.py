"""Events as they were known then, each with what it changed and what became of it (rules 0.2, 0.4, 1.13, 2.22).

Called by the API, the command line and `answers` with a view of the read model `history`. Personal values are opened on reading; those of
fields that are masked, then or now, stay masked (rule 5.2).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from projections.history.entries import entries_at
from projections.history.filters import Filters, positions
from projections.history.models import FoundEvent, HistoryEntry
from projections.reading.paging import Page, bounded, cursor_of, keys_of
from projections.reading.view import View

SPARE: Final = 5
"""Events read beyond those of a page while it is not known which of them changed the field: so that one look is enough, as a rule."""
_EVENT: Final = """
    SELECT event_id, position, topic, kind, key, recorded_at FROM history
    WHERE event_id = %(event_id)s AND recorded_at <= %(known_at)s
"""


def history(
    view: View,
    filters: Filters,
    limit: int = 100,
    cursor: str | None = None,
    *,
    newest_first: bool = False,
    changes: bool = True,
) -> Page[HistoryEntry]:
    """The events that these filters let through, as known then, in the order of the log or the newest first.

    Without `changes` the entries have none: it saves looking up what held before. Raises `InvalidError` for a bad limit or cursor, or words
    that no reason can be searched by.
    """
    most = bounded(limit)
    after = keys_of(cursor, int)
    wanted = most + 1 + (SPARE if filters.fields else 0)
    matching = positions(view, filters, None if after is None else after[0], newest_first=newest_first, wanted=wanted)
    entries: list[HistoryEntry] = []
    while len(entries) <= most and (step := list(islice(matching, wanted - len(entries)))):
        entries += _with_fields(entries_at(view, step, changes=changes or bool(filters.fields)), filters)
    more = len(entries) > most
    entries = entries[:most]
    return Page(items=entries, next_cursor=cursor_of(entries[-1].position) if more else None)


def event(view: View, event_id: UUID) -> FoundEvent | None:
    """Where an event is and what it is about; `None` when there was none with this id, as known then."""
    row = view.connection.execute(_EVENT, {"event_id": event_id, "known_at": view.known_at}).fetchone()
    return None if row is None else FoundEvent(**dict(zip(FoundEvent.model_fields, row, strict=True)))


def entry(view: View, event_id: UUID) -> HistoryEntry | None:
    """An event as it is in a history; `None` when there was none with this id, as known then."""
    place = event(view, event_id)
    return None if place is None else next(iter(entries_at(view, [place.position], changes=True)))


def _with_fields(entries: Iterator[HistoryEntry], filters: Filters) -> Iterator[HistoryEntry]:
    """Those that changed a value at each of the paths; of an erased customer, nobody knows any more which personal fields had one."""
    for item in entries:
        changed = {change.field for change in item.changes}
        if changed.issuperset(filters.fields):
            yield item
