"""The profile drawer as a user sees it, at two clocks: title, categories, choices, what is shown and why (rules 1.4-1.12).

Called by the API, the console and the command line with a view of the read model `drawer`.
"""

from collections.abc import Collection, Sequence
from typing import Final

from aggregates.customer.merging import MergedAwayError
from aggregates.setup.controls import CONTROLS, K87, YES
from projections.drawer.categories import asked_for, categories
from projections.drawer.models import Category, Choice, Condition, Drawer, DrawerCategory, StoredAnswer, Verdict
from projections.drawer.tables import MERGES, NAMES, VERSIONS
from projections.reading.paging import Page, bounded, keys_of
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.names import CustomerSummary, open_names, storable, summary_page

NAME_THEN: Final = """
    (SELECT name FROM drawer_names AS one
     WHERE one.number = {number} AND {known} ORDER BY one.valid @> %(valid_at)s::date DESC, one.valid LIMIT 1)
"""
"""The name in force, or before the first name's first day that first name: a customer registered ahead has a name at once."""

_CUSTOMER: Final = f"""
    SELECT {NAME_THEN.format(number="%(number)s", known=known_then("one"))}, {VERSIONS.at_known("%(number)s")},
           (SELECT value FROM drawer_controls AS control WHERE control.code = '{K87}' AND {in_force("control")}),
           EXISTS (SELECT FROM drawer_alternate_numbers AS one
                   WHERE one.number = %(number)s AND one.is_primary AND {known_then("one")}),
           {MERGES.survivor("%(number)s")}
"""
_ANSWERS: Final = f"""
    SELECT answer.number, answer.category, answer.response, lower(answer.valid), upper(answer.valid) - 1,
           answer.changed_by, answer.changed_at
    FROM drawer_answers AS answer WHERE answer.number = ANY(%(numbers)s) AND {in_force("answer")}
"""
_BY_RESPONSE: Final = f"""
    SELECT answer.number, {NAME_THEN.format(number="answer.number", known=known_then("one"))},
           {VERSIONS.at_known("answer.number")}
    FROM drawer_answers AS answer
    WHERE answer.category = %(category)s AND answer.response = %(response)s AND {in_force("answer")}
      AND answer.number > %(after)s AND {MERGES.stands("answer.number")}
    ORDER BY answer.number LIMIT %(rows)s
"""


def drawer(view: View, number: str) -> Drawer | None:
    """The drawer of a customer; `None` when there is none with this number, as known then.

    Raises:
        MergedAwayError: it had been merged into another one, as known then (rule 6.1).
    """
    if not storable(number):
        return None
    row = view.connection.execute(_CUSTOMER, {**clocks(view), "number": number}).fetchone()
    if row is None or row[1] is None:
        return None
    sealed, version, k87, has_primary, survivor = row
    if survivor is not None:
        raise MergedAwayError(number, survivor)
    name = str.__str__(open_names(view, NAMES.table, [number], [sealed])[0])
    answers = stored_answers(view, number)
    shown_categories = [category for category in categories(view) if category.shown]
    return Drawer(
        number=number,
        name=name,
        title=f"{name} {number}",
        version=version,
        valid_at=view.valid_at,
        known_at=view.known_at,
        categories=[_category(category, answers.get(category.code)) for category in shown_categories],
        available=bool(shown_categories),
        display=_verdict(shown_categories, answers.keys(), (k87 or CONTROLS[K87].default) == YES, has_primary),
    )


def stored_answers(view: View, number: str) -> dict[int, StoredAnswer]:
    """The stored responses of a customer by category, those of categories that are not shown included."""
    return each_stored_answers(view, [number])[number]


def each_stored_answers(view: View, numbers: Sequence[str]) -> dict[str, dict[int, StoredAnswer]]:
    """The same of several customers, by number."""
    answers: dict[str, dict[int, StoredAnswer]] = {number: {} for number in numbers}
    for number, *row in view.connection.execute(_ANSWERS, {**clocks(view), "numbers": list(numbers)}):
        answers[number][row[0]] = StoredAnswer(**dict(zip(StoredAnswer.model_fields, row, strict=True)))
    return answers


def customers_by_response(
    view: View, category: str, response: str, limit: int = 100, cursor: str | None = None
) -> Page[CustomerSummary]:
    """Customers with this response stored, by number; category and response by code or description, whatever their case.

    Those that were merged into others are left out.

    Raises:
        ResponseAskedError: the category or response is not defined.
        InvalidError: the limit or cursor is none.
    """
    after = keys_of(cursor, str) or ("",)
    codes = asked_for(view, category, response)
    parameters = {"category": codes[0], "response": codes[1], "after": after[0], "rows": bounded(limit) + 1}
    rows = view.connection.execute(_BY_RESPONSE, {**clocks(view), **parameters}).fetchall()
    return summary_page(view, NAMES.table, rows, limit)


def _category(category: Category, stored: StoredAnswer | None) -> DrawerCategory:
    value = stored.response if stored else category.default
    choices = [
        response for response in category.responses if response.active or (stored and response.code == stored.response)
    ]
    return DrawerCategory(
        code=category.code,
        description=category.description,
        required=category.required,
        position=category.position,
        value=value,
        value_description=None if value is None else category.description_of(value),
        shown="stored" if stored else "blank" if value is None else "defaulted",
        effective_from=stored.effective_from if stored else None,
        effective_to=stored.effective_to if stored else None,
        changed_by=stored.changed_by if stored else None,
        changed_at=stored.changed_at if stored else None,
        blank_offered=category.offers_blank,
        choices=[Choice(code=choice.code, description=choice.description) for choice in choices],
    )


def _verdict(
    shown_categories: Sequence[Category], answered_codes: Collection[int], k87: bool, has_primary: bool
) -> Verdict:
    unanswered = any(category.required and category.code not in answered_codes for category in shown_categories)
    conditions = [
        Condition(code="categories", text="At least one profile category has responses.", holds=bool(shown_categories)),
        Condition(
            code="required_unanswered", text="A required profile category has no stored response.", holds=unanswered
        ),
        Condition(code="k87", text="System control K87 is Yes.", holds=k87),
        Condition(
            code="primary_alternate_number", text="The customer has a primary alternate number.", holds=has_primary
        ),
    ]
    return Verdict(displayed=all(condition.holds for condition in conditions), conditions=conditions)
