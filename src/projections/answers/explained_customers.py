"""Customers, their drawers and their business fields, explained (rules 1.6, 1.14, 3.2, 3.4, 6.1), also those in lists.

Called by the API and the command line with a view of the answer's read models and of `EXPLAINING`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from aggregates.customer.profile import CustomerProfile
from aggregates.field.field import MASK
from aggregates.setup.category import ProfileCategory
from aggregates.setup.events import DefaultResponseMoved
from projections.answers.explanation import Value, each_explained, explanations, stated
from projections.answers.widget import Widget
from projections.customers import tables as customer_tables
from projections.customers.models import AlternateNumber, Customer
from projections.drawer import tables as drawer_tables
from projections.drawer.models import Drawer
from projections.drawer.queries import each_stored_answers
from projections.fields.queries import each_values_in_force, masked_fields
from projections.history.makers import Subject, first_days, last_of_topic
from projections.history.statements import FIELDS, NAME, UNDATED
from projections.reading.view import View
from projections.tables.explanation import Explanations, LostValue
from projections.tables.names import CustomerSummary

_ALTERNATE: Final = "alternate_numbers."
_RESPONSE: Final = "responses."
_FIELD: Final = f"{FIELDS}."
_STORED: Final = "stored"
_DEFAULTED: Final = "defaulted"
_DEFAULT: Final = "default_response"

Subjects = dict[str, Subject]
"""By path."""
Values = dict[str, dict[str, Value]]
"""By customer number, then path."""


def explained_customer(view: View, customer: Customer) -> Customer:
    """Returns a customer with its name and the numbers of its list explained. The view is of `customers`."""
    values = _named(view, {customer.number: _numbers(customer.alternate_numbers)})
    return customer.model_copy(update={"explanations": _explanations(view, values[customer.number])})


def explained_numbers(view: View, number: str, items: list[AlternateNumber]) -> list[AlternateNumber]:
    """Returns alternate numbers of a customer, those explained that are on its list."""
    made = _explanations(view, stated(view, CustomerProfile, {number: _numbers(items)})[number])
    return [
        item.model_copy(update={"explanations": {path: made[path]} if item.current and path in made else {}})
        for item in items
        for path in [f"{_ALTERNATE}{item.number}"]
    ]


def explained_drawer(view: View, drawer: Drawer) -> Drawer:
    """Returns a drawer with the name and each shown response explained: a stored one, or the default that is shown instead.

    The view is of `drawer`.
    """
    stored = [category.code for category in drawer.categories if category.shown == _STORED]
    values = _named(view, {drawer.number: _responses(stored)})
    _add_lost_responses(view, values, stored)
    made = explanations(view, values[drawer.number] | _defaults(view, drawer))
    return drawer.model_copy(update={"explanations": made})


def explained_widget(view: View, widget: Widget) -> Widget:
    """Returns a widget with the name and each value explained, masked values masked. The view is of `WIDGET`."""
    keys = [field.key for field in widget.fields if field.value is not None]
    values = _named(view, {widget.number: _fields(keys)})
    _add_lost_fields(view, values, keys)
    return widget.model_copy(update={"explanations": explanations(view, values[widget.number])})


def explained_names(view: View, customers: Sequence[CustomerSummary]) -> list[CustomerSummary]:
    """Returns customers of a list with their names explained."""
    return _summaries(view, customers, _named(view, {customer.number: {} for customer in customers}))


def explained_by_response(view: View, customers: Sequence[CustomerSummary], category: int) -> list[CustomerSummary]:
    """Returns customers that were listed by a response to this category, with name and response explained. The view is of `drawer`."""
    values = _named(view, {customer.number: _responses([category]) for customer in customers})
    _add_lost_responses(view, values, [category])
    return _summaries(view, customers, values)


def explained_by_field(view: View, customers: Sequence[CustomerSummary], field: str) -> list[CustomerSummary]:
    """Returns customers that were listed by a field, with name and value explained, masked values masked. The view is of `BY_VALUE`."""
    values = _named(view, {customer.number: _fields([field]) for customer in customers})
    _add_lost_fields(view, values, [field])
    return _summaries(view, customers, values)


def _summaries(view: View, customers: Sequence[CustomerSummary], values: Values) -> list[CustomerSummary]:
    made = each_explained(view, values)
    return [customer.model_copy(update={"explanations": made[customer.number]}) for customer in customers]


def _named(view: View, subjects: Mapping[str, Subjects]) -> Values:
    """Returns the names and the values of these subjects of customers, by number.

    Before the first day of the first name, that name is shown already.
    """
    values = stated(view, CustomerProfile, {number: {NAME: (NAME, "")} | more for number, more in subjects.items()})
    ahead = [number for number, of_customer in values.items() if NAME not in of_customer]
    if ahead:
        days = first_days(view, CustomerProfile.KIND, ahead, NAME)
        names = stated(view, CustomerProfile, {number: {NAME: (NAME, "")} for number in ahead}, days)
        return {number: names.get(number, {}) | of_customer for number, of_customer in values.items()}
    return values


def _responses(categories: Sequence[int]) -> Subjects:
    return {f"{_RESPONSE}{code}": (f"{_RESPONSE}{code}", "") for code in categories}


def _fields(keys: Sequence[str]) -> Subjects:
    return {f"{_FIELD}{key}": (FIELDS, key) for key in keys}


def _numbers(items: list[AlternateNumber]) -> Subjects:
    paths = [f"{_ALTERNATE}{item.number}" for item in items if item.current]
    return {path: (f"{UNDATED}{path}", "") for path in paths}


def _explanations(view: View, values: Mapping[str, Value]) -> Explanations:
    """Returns the explanations of values of which those of alternate numbers have no effective dates."""
    return explanations(
        view,
        {path: replace(value, about=None) if path.startswith(_ALTERNATE) else value for path, value in values.items()},
    )


def _defaults(view: View, drawer: Drawer) -> dict[str, Value]:
    """Returns the responses that are shown because they are the default of their category."""
    codes = [str(category.code) for category in drawer.categories if category.shown == _DEFAULTED]
    moved = last_of_topic(view, ProfileCategory.KIND, codes, DefaultResponseMoved.TOPIC) if codes else {}
    return {f"{_RESPONSE}{code}": Value(position, field=_DEFAULT) for code, position in moved.items()}


def _add_lost_responses(view: View, values: Values, categories: Sequence[int]) -> None:
    """Adds the responses to these categories of customers that were merged into these, which do not hold."""
    merged = drawer_tables.MERGES.merged_in(view, values)
    answers = each_stored_answers(view, [number for number, _ in merged]) if merged else {}
    for number, survivor in merged:
        for code in categories:
            if code in answers[number]:
                lost = LostValue(customer=number, value=answers[number][code].response)
                _lose(values[survivor], f"{_RESPONSE}{code}", lost)


def _add_lost_fields(view: View, values: Values, keys: Sequence[str]) -> None:
    """Adds the values of these fields of customers that were merged into these, which do not hold, masked where the field is."""
    merged = customer_tables.MERGES.merged_in(view, values)
    fields = each_values_in_force(view, [number for number, _ in merged], keys) if merged else {}
    masked = masked_fields(view) if merged else ()
    for number, survivor in merged:
        for key, value in fields[number].items():
            lost = LostValue(customer=number, value=MASK if key in masked else value["value"])
            _lose(values[survivor], f"{_FIELD}{key}", lost)


def _lose(values: dict[str, Value], path: str, lost: LostValue) -> None:
    """Adds a value that does not hold to the one that holds in its place."""
    if path in values:
        values[path] = replace(values[path], lost=(*values[path].lost, lost))
