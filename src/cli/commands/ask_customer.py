"""What `history`, `as-of` and `replay` do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from aggregates.customer.profile import CustomerNotFoundError
from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.output.profile_words import told
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections.answers.widget import WIDGET, Widget, widget
from projections.customers.replay import Replayed, replay_customer
from projections.drawer.models import Drawer
from projections.drawer.queries import drawer
from projections.history.models import HistoryEntry, InForce
from projections.history.queries import history as history_page
from projections.reading.read_models import as_known_at
from projections.reading.view import View
from store.application import Dossier

PAGE: Final = 500
_SINGLE: Final = ("controls", "mappings", "system-options")
"""What there is one of in a company."""


class KeyNeededError(CliError):
    """A history of this kind needs a key, or has none."""


class NothingRecordedError(CliError):
    """There is no event of this thing."""


def history(settings: Settings, kind: str, key: str | None, *, known_at: datetime | None, as_json: bool) -> None:
    """Prints every event of one aggregate. Raises `NothingRecordedError`."""
    single = kind in _SINGLE
    if single == (key is not None):
        raise KeyNeededError(f"{kind} takes no key." if single else f"Say which {kind}: dossier history {kind} KEY")
    with open_reads(settings) as (dossier, reads), reads.view("history", known_at=known_at) as view:
        entries = _entries(view, kind.replace("-", "_"), _key(dossier, kind, key))
    if not entries:
        raise NothingRecordedError(f"Nothing is recorded about {kind} {key or ''}".rstrip() + ".")
    if as_json:
        show.document(entries)
    else:
        columns = (
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
        versions = {entry.event_id: entry.version for entry in entries}
        show.table(columns, [_row(entry, versions) for entry in entries], title=f"{kind} {key or ''}".rstrip())


def as_of(settings: Settings, number: str, *, valid_at: date | None, known_at: datetime | None, as_json: bool) -> None:
    """Prints a drawer and the widget, masked values masked. Raises `CustomerNotFoundError`."""
    with (
        open_reads(settings) as (_, reads),
        reads.view("drawer", *WIDGET, valid_at=valid_at, known_at=known_at) as view,
    ):
        found, fields = drawer(view, number), widget(view, number)
    if found is None or fields is None:
        raise CustomerNotFoundError(f"Customer {number} does not exist, or did not then.")
    if as_json:
        groups = fields.model_dump(include={"business", "optional"})
        show.document({**found.model_dump(), "fields": groups})
    else:
        _tell_drawer(found)
        _tell_widget(fields)


def replay(settings: Settings, number: str, *, valid_at: date | None, known_at: datetime | None, as_json: bool) -> None:
    """Prints a customer as the log tells it. Raises `CustomerNotFoundError`."""
    with open_dossier(settings) as dossier:
        known_at = as_known_at(dossier.database, known_at)
        found = replay_customer(dossier, number, valid_at=valid_at or dossier.today(), known_at=known_at)
    if as_json:
        show.document(found)
    else:
        _tell_replayed(found)


def _key(dossier: Dossier, kind: str, key: str | None) -> str:
    """The natural key: the company of what has none, the name of a profile class as it was written first."""
    found = dossier.setup().profile_class(key) if kind == "profile-class" and key is not None else None
    return found.name if found is not None else key or dossier.company


def _entries(view: View, kind: str, key: str) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = []
    cursor: str | None = None
    while True:
        page = history_page(view, kind, key, PAGE, cursor)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
            return entries


def _row(entry: HistoryEntry, versions: Mapping[UUID, int]) -> Sequence[object]:
    """`versions` by event: what superseded an entry is named as the table names it."""
    several = len({about for said in (*entry.in_force, *entry.superseded) for about in said.about}) > 1
    return (
        entry.version,
        entry.recorded_at,
        f"{entry.actor} ({entry.role})",
        entry.source,
        entry.topic,
        told(entry.data),
        days_of(entry.effective_from, entry.effective_to) + (", back-dated" if entry.back_dated else ""),
        "; ".join(_days_about(one, several=several) for one in entry.in_force),
        "; ".join(f"{_days_about(one, several=several)} by {versions[one.by]}" for one in entry.superseded),
        entry.reason,
    )


def _days_about(said: InForce, *, several: bool) -> str:
    """Days, and what they are about where an event is about several things."""
    days = days_of(said.effective_from, said.effective_to)
    return f"{days} ({', '.join(said.about)})" if several else days


def days_of(first: date | None, last: date | None) -> str:
    """Days in words; blank where there are none."""
    if first is None:
        return ""
    return f"from {first}" if last is None else f"{first} to {last}"


def _tell_drawer(found: Drawer) -> None:
    say(found.title)
    say(f"on {show.words(found.valid_at)}, as known at {show.words(found.known_at)}, version {found.version}")
    rows = [
        (
            one.code,
            one.description,
            one.value,
            one.value_description,
            one.shown,
            days_of(one.effective_from, one.effective_to),
        )
        for one in found.categories
    ]
    show.table(("category", "", "response", "", "shown", "effective"), rows)
    conditions = [(show.words(condition.holds), condition.text) for condition in found.display.conditions]
    verdict = "is" if found.display.displayed else "is not"
    show.table(("", f"The drawer {verdict} displayed by itself"), conditions)


def _tell_widget(found: Widget) -> None:
    for group in (found.business, found.optional):
        if group is not None and group.fields:
            rows = [
                (one.label, one.value, one.source, one.changed_by, days_of(one.effective_from, one.effective_to))
                for one in group.fields
            ]
            show.table((group.label, "value", "from", "who", "effective"), rows)


def _tell_replayed(found: Replayed) -> None:
    say(f"{found.name or ''} {found.number}".strip())
    say(
        f"on {show.words(found.valid_at)}, as known at {show.words(found.known_at)}, version {found.version},"
        f" position {found.position}, changed by {found.changed_by} at {show.words(found.changed_at)}"
    )
    primary = found.primary_alternate_number
    numbers = [f"{number} (primary)" if number == primary else number for number in found.alternate_numbers]
    say(f"Alternate numbers: {', '.join(numbers) or 'none'}")
    rows = [
        (
            one.category,
            one.category_description,
            one.response,
            one.response_description,
            days_of(one.effective_from, one.effective_to),
        )
        for one in found.answers
    ]
    show.table(("category", "", "response", "", "effective"), rows)
    if found.fields:
        held = [
            (one.label, one.value, one.source, days_of(one.effective_from, one.effective_to)) for one in found.fields
        ]
        show.table(("field", "value", "from", "effective"), held)
