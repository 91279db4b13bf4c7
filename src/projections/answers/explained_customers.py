"""Customers, their drawers and their business fields, explained (rules 1.6, 1.14, 3.2, 3.4, 6.1).

Called by the API and the command line with a view of the answer's read models and of `EXPLAINING`.
"""

from dataclasses import replace
from typing import Final

from aggregates.clocks import AsOf
from aggregates.customer.profile import CustomerProfile
from aggregates.field.field import MASK
from aggregates.setup.category import ProfileCategory
from projections.answers.explanation import Value, changed, explanations, stated
from projections.answers.widget import Widget
from projections.customers import tables as customer_tables
from projections.customers.models import AlternateNumber, Customer
from projections.drawer import tables as drawer_tables
from projections.drawer.models import Drawer
from projections.drawer.queries import stored_answers
from projections.fields.queries import masked_fields, values_in_force
from projections.history.makers import Subject, first_day
from projections.history.statements import FIELDS, NAME, UNDATED
from projections.reading.view import View
from projections.tables.explanation import LostValue

_ALTERNATE: Final = "alternate_numbers."
_STORED: Final = "stored"
_DEFAULTED: Final = "defaulted"
_DEFAULT: Final = "default_response"


def explained_customer(view: View, customer: Customer) -> Customer:
    """Returns a customer with its name and the numbers of its list explained. The view is of `customers`."""
    values = _name(view, customer.number) | _numbers(view, customer.number, customer.alternate_numbers)
    return customer.model_copy(update={"explanations": explanations(view, values)})


def explained_numbers(view: View, number: str, items: list[AlternateNumber]) -> list[AlternateNumber]:
    """Returns alternate numbers of a customer, those explained that are on its list."""
    made = explanations(view, _numbers(view, number, items))
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
    values = _name(view, drawer.number)
    values |= _stated(view, drawer.number, {f"responses.{code}": (f"responses.{code}", "") for code in stored})
    for other in drawer_tables.MERGES.merged_in(view, drawer.number):
        answers = stored_answers(view, other)
        for code in stored:
            if code in answers:
                _lose(values, f"responses.{code}", LostValue(customer=other, value=answers[code].response))
    return drawer.model_copy(update={"explanations": explanations(view, values | _defaults(view, drawer))})


def explained_widget(view: View, widget: Widget) -> Widget:
    """Returns a widget with the name and each value explained, masked values masked. The view is of `WIDGET`."""
    keys = [field.key for field in widget.fields if field.value is not None]
    values = _name(view, widget.number)
    values |= _stated(view, widget.number, {f"{FIELDS}.{key}": (FIELDS, key) for key in keys})
    masked = masked_fields(view)
    for other in customer_tables.MERGES.merged_in(view, widget.number):
        for key, value in values_in_force(view, other, keys).items():
            text = MASK if key in masked else value["value"]
            _lose(values, f"{FIELDS}.{key}", LostValue(customer=other, value=text))
    return widget.model_copy(update={"explanations": explanations(view, values)})


def _name(view: View, number: str) -> dict[str, Value]:
    """Returns the name; before the first day of the first name, that name is shown already."""
    day = first_day(view, CustomerProfile.KIND, number, NAME)
    then = view if day is None or day <= view.valid_at else view.at(AsOf(valid_at=day))
    return _stated(then, number, {NAME: (NAME, "")})


def _numbers(view: View, number: str, items: list[AlternateNumber]) -> dict[str, Value]:
    paths = [f"{_ALTERNATE}{item.number}" for item in items if item.current]
    values = _stated(view, number, {path: (f"{UNDATED}{path}", "") for path in paths})
    return {path: replace(value, about=None) for path, value in values.items()}


def _defaults(view: View, drawer: Drawer) -> dict[str, Value]:
    """Returns the responses that are shown because they are the default of their category."""
    codes = [str(category.code) for category in drawer.categories if category.shown == _DEFAULTED]
    moved = changed(view, ProfileCategory.KIND, dict.fromkeys(codes, (_DEFAULT,))) if codes else {}
    return {f"responses.{code}": replace(values[path], field=path) for code, values in moved.items() for path in values}


def _stated(view: View, number: str, subjects: dict[str, Subject]) -> dict[str, Value]:
    if not subjects:
        return {}
    holder = CustomerProfile.id_of(view.company, number)
    return stated(view, CustomerProfile.KIND, number, holder, subjects)


def _lose(values: dict[str, Value], path: str, lost: LostValue) -> None:
    """Adds a value that does not hold to the one that holds in its place."""
    if path in values:
        values[path] = replace(values[path], lost=(*values[path].lost, lost))
