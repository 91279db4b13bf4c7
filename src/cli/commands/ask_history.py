"""`dossier history`: every event of one thing, or those of everything that some filters let through."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from cli.commands.ask_customer import days_of
from cli.errors import CliError
from cli.output import show
from cli.output.profile_words import payload_words, value_words
from cli.settings import Settings
from cli.wiring import open_reads
from projections.history.filters import Filters
from projections.history.models import HistoryEntry, InForce, ValueChange
from projections.history.queries import history as history_page
from projections.reading.view import View
from store.application import Dossier

PAGE: Final = 500
MOST_SHOWN: Final = 6
"""Changed values of an event in a table; `--json` has all of them."""
_SINGLE: Final = ("controls", "mappings", "system-options")
"""Kinds of which a company has one."""
_NO_FILTERS: Final = Filters()
_OF_ONE: Final = (
    "version",
    "recorded at",
    "who",
    "from",
    "event",
    "what",
    "effective",
    "in force",
    "superseded",
    "why",
)
_OF_MANY: Final = ("recorded at", "who", "about", "event", "before and after", "why")


class KeyNeededError(CliError):
    """The history of this kind needs a key, or takes none."""


class NothingRecordedError(CliError):
    """There is no event of this aggregate, or none that passes the filters."""


def history(
    settings: Settings,
    kind: str | None,
    key: str | None,
    filters: Filters,
    *,
    known_at: datetime | None,
    newest: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Prints the events of one thing, of a kind or of everything. Raises `KeyNeededError`, `NothingRecordedError`."""
    single = kind in _SINGLE
    if kind is not None and (single == (key is not None)) and (single or filters == _NO_FILTERS):
        raise KeyNeededError(f"{kind} takes no key." if single else f"Say which {kind}: dossier history {kind} KEY")
    with open_reads(settings) as (dossier, reads), reads.view("history", known_at=known_at) as view:
        is_one = single or key is not None
        about = replace(filters, kind=kind and kind.replace("-", "_"), key=_key(dossier, kind, key) if is_one else None)
        entries = _entries(view, about, newest_first=newest, limit=limit)
    if not entries:
        raise NothingRecordedError(_nothing(kind, key, filters))
    if as_json:
        show.document(entries)
    elif is_one:
        versions = {entry.event_id: entry.version for entry in entries}
        title = f"{kind} {key or ''}".rstrip()
        show.table(_OF_ONE, [_row(entry, versions) for entry in entries], title=title)
    else:
        show.table(_OF_MANY, [_row_of_many(entry) for entry in entries])


def _key(dossier: Dossier, kind: str | None, key: str | None) -> str:
    """Returns the natural key: the company for what has none, and the name of a profile class as it was first written."""
    profile_class = dossier.setup().profile_class(key) if kind == "profile-class" and key is not None else None
    return profile_class.name if profile_class is not None else key or dossier.company


def _nothing(kind: str | None, key: str | None, filters: Filters) -> str:
    if filters != _NO_FILTERS or kind is None:
        return "Nothing that was recorded passes these filters."
    return f"Nothing is recorded about {kind} {key or ''}".rstrip() + "."


def _entries(view: View, filters: Filters, *, newest_first: bool, limit: int | None) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = []
    cursor: str | None = None
    while limit is None or len(entries) < limit:
        most = PAGE if limit is None else min(PAGE, limit - len(entries))
        page = history_page(view, filters, most, cursor, newest_first=newest_first)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return entries


def _row(entry: HistoryEntry, versions: Mapping[UUID, int]) -> Sequence[object]:
    """Returns the cells of an entry. `versions` by event id name the entry that superseded it."""
    several = len({about for statement in (*entry.in_force, *entry.superseded) for about in statement.about}) > 1
    return (
        entry.version,
        entry.recorded_at,
        f"{entry.actor} ({entry.role})",
        entry.source,
        entry.topic,
        payload_words(entry.data),
        days_of(entry) + (", back-dated" if entry.back_dated else ""),
        "; ".join(_days_about(statement, several=several) for statement in entry.in_force),
        "; ".join(
            f"{_days_about(statement, several=several)} by {versions.get(statement.by, statement.by)}"
            for statement in entry.superseded
        ),
        entry.reason,
    )


def _row_of_many(entry: HistoryEntry) -> Sequence[object]:
    more = len(entry.changes) - MOST_SHOWN
    changes = [_change_words(change) for change in entry.changes[:MOST_SHOWN]]
    return (
        entry.recorded_at,
        f"{entry.actor} ({entry.role}, {entry.source})",
        f"{entry.kind} {entry.key}",
        entry.topic.partition(".")[2],
        "; ".join([*changes, *([f"{more} more"] if more > 0 else [])]),
        entry.reason,
    )


def _change_words(change: ValueChange) -> str:
    before, after = ("nothing" if value is None else value_words(value) for value in (change.before, change.after))
    return f"{change.field}: {before} -> {after}"


def _days_about(statement: InForce, *, several: bool) -> str:
    """Returns the days of a statement, and what it is about where an event makes several."""
    days = days_of(statement)
    return f"{days} ({', '.join(statement.about)})" if several else days
