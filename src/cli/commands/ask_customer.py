"""`dossier history` of anything, and `dossier as-of` and `replay` of a customer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from aggregates.clocks import AsOf
from aggregates.customer.profile import CustomerNotFoundError
from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.output.profile_words import payload_words
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections.answers.widget import WIDGET, Widget, widget
from projections.customers.replay import Replayed, replay_customer
from projections.drawer.models import Drawer
from projections.drawer.queries import drawer
from projections.history.filters import Filters
from projections.history.models import HistoryEntry, InForce
from projections.history.queries import history as history_page
from projections.reading.read_models import clocks_of_log
from projections.reading.view import View
from store.application import Dossier

PAGE: Final = 500
_SINGLE: Final = ("controls", "mappings", "system-options")
"""Kinds of which a company has one."""


class KeyNeededError(CliError):
    """The history of this kind needs a key, or takes none."""


class NothingRecordedError(CliError):
    """There is no event of this aggregate."""


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


def as_of(settings: Settings, number: str, *, as_of: AsOf, as_json: bool) -> None:
    """Prints a drawer and the widget, masked values masked. Raises `CustomerNotFoundError`."""
    with (
        open_reads(settings) as (_, reads),
        reads.view("drawer", *WIDGET, valid_at=as_of.valid_at, known_at=as_of.known_at) as view,
    ):
        shown_drawer, fields = drawer(view, number), widget(view, number)
    if shown_drawer is None or fields is None:
        raise CustomerNotFoundError(f"Customer {number} does not exist, or did not then.")
    if as_json:
        groups = fields.model_dump(include={"business", "optional"})
        show.document({**shown_drawer.model_dump(), "fields": groups})
    else:
        _print_drawer(shown_drawer)
        _print_widget(fields)


def replay(settings: Settings, number: str, *, as_of: AsOf, as_json: bool) -> None:
    """Prints a customer as replayed from the log. Raises `CustomerNotFoundError`."""
    with open_dossier(settings) as dossier:
        customer = replay_customer(dossier, number, clocks_of_log(dossier, as_of))
    if as_json:
        show.document(customer)
    else:
        _print_replayed(customer)


def _key(dossier: Dossier, kind: str, key: str | None) -> str:
    """Returns the natural key: the company for what has none, and the name of a profile class as it was first written."""
    profile_class = dossier.setup().profile_class(key) if kind == "profile-class" and key is not None else None
    return profile_class.name if profile_class is not None else key or dossier.company


def _entries(view: View, kind: str, key: str) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = []
    cursor: str | None = None
    while True:
        page = history_page(view, Filters(kind=kind, key=key), PAGE, cursor)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
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
            f"{_days_about(statement, several=several)} by {versions[statement.by]}" for statement in entry.superseded
        ),
        entry.reason,
    )


def _days_about(statement: InForce, *, several: bool) -> str:
    """Returns the days of a statement, and what it is about where an event makes several."""
    days = days_of(statement)
    return f"{days} ({', '.join(statement.about)})" if several else days


class _Dated(Protocol):
    @property
    def effective_from(self) -> date | None: ...
    @property
    def effective_to(self) -> date | None: ...


def days_of(dated: _Dated) -> str:
    """Returns a range of days in words; blank without a first day."""
    first, last = dated.effective_from, dated.effective_to
    if first is None:
        return ""
    return f"from {first}" if last is None else f"{first} to {last}"


def _print_drawer(customer: Drawer) -> None:
    say(customer.title)
    say(f"on {show.words(customer.valid_at)}, as known at {show.words(customer.known_at)}, version {customer.version}")
    rows = [
        (
            category.code,
            category.description,
            category.value,
            category.value_description,
            category.shown,
            days_of(category),
        )
        for category in customer.categories
    ]
    show.table(("category", "", "response", "", "shown", "effective"), rows)
    conditions = [(show.words(condition.holds), condition.text) for condition in customer.display.conditions]
    verdict = "is" if customer.display.displayed else "is not"
    show.table(("", f"The drawer {verdict} displayed by itself"), conditions)


def _print_widget(fields: Widget) -> None:
    for group in (fields.business, fields.optional):
        if group is not None and group.fields:
            rows = [
                (field.label, field.value, field.source, field.changed_by, days_of(field)) for field in group.fields
            ]
            show.table((group.label, "value", "from", "who", "effective"), rows)


def _print_replayed(customer: Replayed) -> None:
    say(f"{customer.name or ''} {customer.number}".strip())
    say(
        f"on {show.words(customer.valid_at)}, as known at {show.words(customer.known_at)}, version {customer.version},"
        f" position {customer.position}, changed by {customer.changed_by} at {show.words(customer.changed_at)}"
    )
    primary = customer.primary_alternate_number
    numbers = [f"{number} (primary)" if number == primary else number for number in customer.alternate_numbers]
    say(f"Alternate numbers: {', '.join(numbers) or 'none'}")
    rows = [
        (answer.category, answer.category_description, answer.response, answer.response_description, days_of(answer))
        for answer in customer.answers
    ]
    show.table(("category", "", "response", "", "effective"), rows)
    if customer.fields:
        values = [(field.label, field.value, field.source, days_of(field)) for field in customer.fields]
        show.table(("field", "value", "from", "effective"), values)
