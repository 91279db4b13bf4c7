"""What differs between two points of (`valid_at`, `known_at`), in one shape for everything, and what differs in a customer (rule 0.3).

Called by the API with two views, for a customer of `DIFFED`. Points may lie anywhere: two days as known now, or one day at two instants.
A masked value differs visibly, but neither the one nor the other can be read; who may not see it is told of another event, not of another
value (rule 5.2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from aggregates.clocks import Clocks
from aggregates.field.field import MASK
from projections.customers.queries import customer
from projections.drawer.categories import categories
from projections.drawer.queries import stored_answers
from projections.fields.queries import values_of
from projections.reading.view import View
from projections.tables.plain import PlainValue

DIFFED: Final = ("drawer", "customers", "fields")
"""The read models that both views must be of."""


class PointInTime(BaseModel):
    """A day, and the instant of knowledge about it."""

    model_config = ConfigDict(frozen=True)

    valid_at: date
    known_at: datetime

    @staticmethod
    def of(clocks: Clocks) -> "PointInTime":
        """Returns the point of these clocks."""
        return PointInTime(valid_at=clocks.valid_at, known_at=clocks.known_at)


class Difference(BaseModel):
    """One thing that differs. `None`: it was not there, or not answered.

    `field` is the path that histories have. Of a customer it is `name`, `alternate_numbers.<number>` (values `primary` and `further`),
    `responses.<category>` (response codes, described as known at the point) or `fields.<key>` (masked values as `••••`).
    """

    model_config = ConfigDict(frozen=True)

    field: str
    label: str
    before: str | None
    after: str | None
    before_description: str | None = None
    after_description: str | None = None


class Diff(BaseModel):
    """What differs between two points, by field. `number` is the number, code, key or name of what was compared."""

    model_config = ConfigDict(frozen=True)

    number: str
    before: PointInTime
    after: PointInTime
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its label: `shown` in its place where it is masked, `compared` where it must not be compared either."""

    label: str
    value: str
    description: str | None = None
    shown: str | None = None
    compared: str | None = None


Values = dict[str, Value]
"""Values by path."""
_KINDS: Final = ("name", "alternate_numbers", "responses", "fields")


def diff(before: View, after: View, number: str, *, hide: bool = False) -> Diff | None:
    """The differences between two views; `None` when the customer was known at neither.

    `hide`: the caller may not see masked values, so one that another event set differs, whatever it equals.
    """
    old, new = _values(before, number, hide=hide), _values(after, number, hide=hide)
    return between((before, old), (after, new), number, order=_order)


def between(
    before: tuple[View, Values | None],
    after: tuple[View, Values | None],
    number: str,
    *,
    order: Callable[[str], tuple[int, int, str]] | None = None,
) -> Diff | None:
    """The differences between what two views have of one thing, in this order; `None` when it was known at neither."""
    (old_view, old), (new_view, new) = before, after
    if old is None and new is None:
        return None
    old, new = old or {}, new or {}
    fields = [*old, *(field for field in new if field not in old)]
    return Diff(
        number=number,
        before=PointInTime.of(old_view.clocks),
        after=PointInTime.of(new_view.clocks),
        differences=[
            _difference(field, old.get(field), new.get(field))
            for field in (fields if order is None else sorted(fields, key=order))
            if _compared(old.get(field)) != _compared(new.get(field))
        ],
    )


def text_of(value: PlainValue) -> str:
    """A value as a reader writes it: `yes`, `1.5 %`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['rate']} %" if "rate" in value else value["amount"]
    return str(value)


def _values(view: View, number: str, *, hide: bool) -> Values | None:
    profile = customer(view, number)
    if profile is None:
        return None
    values = {"name": Value("Name", profile.name)}
    for alternate in profile.alternate_numbers:
        if alternate.current:
            status = "primary" if alternate.primary else "further"
            values[f"alternate_numbers.{alternate.number}"] = Value("Alternate number", status)
    defined = {category.code: category for category in categories(view)}
    for code, answer in stored_answers(view, number).items():
        category = defined[code]
        description = category.description_of(answer.response)
        values[f"responses.{code}"] = Value(category.description, answer.response, description)
    for definition, value, event_id, masked in values_of(view, number):
        display, compared = MASK if masked else None, str(event_id) if masked and hide else None
        values[f"fields.{definition.key}"] = Value(definition.label, value, shown=display, compared=compared)
    return values


def _difference(field: str, old: Value | None, new: Value | None) -> Difference:
    return Difference(
        field=field,
        label=(new or old or Value("", "")).label,
        before=_displayed(old),
        after=_displayed(new),
        before_description=old.description if old else None,
        after_description=new.description if new else None,
    )


def _compared(value: Value | None) -> str | None:
    return None if value is None else value.compared or value.value


def _displayed(value: Value | None) -> str | None:
    return None if value is None else value.shown or value.value


def _order(field: str) -> tuple[int, int, str]:
    """The name, then alternate numbers, then responses by category, then business fields by key."""
    kind, _, rest = field.partition(".")
    return _KINDS.index(kind), int(rest) if kind == "responses" else 0, rest
