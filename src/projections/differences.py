"""What differs in a customer between two points of (`valid_at`, `known_at`): name, alternate numbers, stored responses (rule 0.3).

Called by the API with two views of `DIFFED`. Points may lie anywhere: two days as known now, one day as known at two instants, or both.
"""

from datetime import date, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from projections.customers_queries import customer
from projections.drawer_categories import categories
from projections.drawer_queries import stored_answers
from projections.reading import View

DIFFED: Final = ("drawer", "customers")
"""The read models that both views must be of."""


class PointInTime(BaseModel):
    """A day, and the instant of knowledge about it."""

    model_config = ConfigDict(frozen=True)

    valid_at: date
    known_at: datetime


class Difference(BaseModel):
    """One thing that differs. `None`: it was not there, or not answered.

    `field` is `name`, `alternate_numbers.<number>` (values `primary` and `further`) or `responses.<category>` (response codes,
    described as known at the point).
    """

    model_config = ConfigDict(frozen=True)

    field: str
    label: str
    before: str | None
    after: str | None
    before_description: str | None = None
    after_description: str | None = None


class Diff(BaseModel):
    """What differs in a customer between two points, by field."""

    model_config = ConfigDict(frozen=True)

    number: str
    before: PointInTime
    after: PointInTime
    differences: list[Difference]


_Said = dict[str, tuple[str, str, str | None]]
"""Label, value and description by field."""


def diff(before: View, after: View, number: str) -> Diff | None:
    """What differs between two views; `None` when the customer was known at neither."""
    old, new = _said(before, number), _said(after, number)
    if old is None and new is None:
        return None
    old, new = old or {}, new or {}
    fields = [*old, *(field for field in new if field not in old)]
    return Diff(
        number=number,
        before=PointInTime(valid_at=before.valid_at, known_at=before.known_at),
        after=PointInTime(valid_at=after.valid_at, known_at=after.known_at),
        differences=[
            _difference(field, old.get(field), new.get(field))
            for field in sorted(fields, key=_order)
            if _value(old.get(field)) != _value(new.get(field))
        ],
    )


def _said(view: View, number: str) -> _Said | None:
    found = customer(view, number)
    if found is None:
        return None
    said: _Said = {"name": ("Name", found.name, None)}
    for one in found.alternate_numbers:
        if one.current:
            standing = "primary" if one.primary else "further"
            said[f"alternate_numbers.{one.number}"] = ("Alternate number", standing, None)
    defined = {category.code: category for category in categories(view)}
    for code, answer in stored_answers(view, number).items():
        category = defined[code]
        described = category.description_of(answer.response)
        said[f"responses.{code}"] = (category.description, answer.response, described)
    return said


def _difference(
    field: str, old: tuple[str, str, str | None] | None, new: tuple[str, str, str | None] | None
) -> Difference:
    label = (new or old or ("", "", None))[0]
    return Difference(
        field=field,
        label=label,
        before=_value(old),
        after=_value(new),
        before_description=old[2] if old else None,
        after_description=new[2] if new else None,
    )


def _value(said: tuple[str, str, str | None] | None) -> str | None:
    return None if said is None else said[1]


def _order(field: str) -> tuple[int, int, str]:
    """The name, then alternate numbers, then responses by category."""
    kind, _, rest = field.partition(".")
    number = int(rest) if kind == "responses" else 0
    return ("name", "alternate_numbers", "responses").index(kind), number, rest
