"""`dossier as-of` and `replay` of a customer."""

from datetime import date
from typing import Protocol

from aggregates.clocks import AsOf
from aggregates.customer.profile import CustomerNotFoundError
from cli.output import show
from cli.output.explanations import print_explanations
from cli.output.lines import say
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections.answers.explained_customers import explained_drawer, explained_widget
from projections.answers.explanation import EXPLAINING
from projections.answers.widget import WIDGET, Widget, widget
from projections.customers.replay import Replayed, replay_customer
from projections.drawer.models import Drawer
from projections.drawer.queries import drawer
from projections.reading.read_models import clocks_of_log


def as_of(settings: Settings, number: str, *, as_of: AsOf, explain: bool, as_json: bool) -> None:
    """Prints a drawer and the widget, masked values masked. Raises `CustomerNotFoundError`."""
    names = ("drawer", *WIDGET, EXPLAINING) if explain else ("drawer", *WIDGET)
    with (
        open_reads(settings) as (_, reads),
        reads.view(*names, valid_at=as_of.valid_at, known_at=as_of.known_at) as view,
    ):
        shown_drawer, fields = drawer(view, number), widget(view, number)
        if shown_drawer is None or fields is None:
            raise CustomerNotFoundError(f"Customer {number} does not exist, or did not then.")
        if explain:
            shown_drawer, fields = explained_drawer(view, shown_drawer), explained_widget(view, fields)
    explanations = (shown_drawer.explanations or {}) | (fields.explanations or {})
    if as_json:
        groups = fields.model_dump(include={"business", "optional"})
        explained = {"explanations": explanations} if explain else {}
        show.document({**shown_drawer.model_dump(), "fields": groups, **explained})
        return
    _print_drawer(shown_drawer)
    _print_widget(fields)
    if explain:
        print_explanations(explanations)


def replay(settings: Settings, number: str, *, as_of: AsOf, as_json: bool) -> None:
    """Prints a customer as replayed from the log. Raises `CustomerNotFoundError`."""
    with open_dossier(settings) as dossier:
        customer = replay_customer(dossier, number, clocks_of_log(dossier, as_of))
    if as_json:
        show.document(customer)
    else:
        _print_replayed(customer)


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
