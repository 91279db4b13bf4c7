"""The profile drawer as a user sees it, at two clocks: title, categories, choices, what is shown and why (rules 1.4-1.12).

Called by the API, the console and the command line with a view of the read model `drawer`.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from aggregates.customer.merging import MergedAwayError
from aggregates.setup.controls import CONTROLS, K87, YES
from projections.drawer.categories import ShownCategory, asked_for, shown_categories
from projections.drawer.models import Drawer, StoredAnswer
from projections.drawer.tables import DEFINED, MERGES, NAMES, VERSIONS
from projections.reading.paging import Page, bounded, keys_of
from projections.reading.questions import Answered, Question, Setup, ask_view, json_of
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.names import (
    OF_CUSTOMER,
    WRAPPED_KEY,
    CustomerSummary,
    customer_asked,
    open_name,
    storable,
    summary_page,
)

NAME_THEN: Final = """
    (SELECT name FROM drawer_names AS one
     WHERE one.number = {number} AND {known} ORDER BY one.valid @> %(valid_at)s::date DESC, one.valid LIMIT 1)
"""
"""The name in force, or before the first name's first day that first name: a customer registered ahead has a name at once."""

_CUSTOMER: Final = f"""
    SELECT {NAME_THEN.format(number="%(number)s", known=known_then("one"))} AS name,
           {WRAPPED_KEY} AS wrapped,
           {VERSIONS.at_known("%(number)s")} AS version,
           (SELECT value FROM drawer_controls AS control WHERE control.code = '{K87}' AND {in_force("control")}) AS k87,
           EXISTS (SELECT FROM drawer_alternate_numbers AS one
                   WHERE one.number = %(number)s AND one.is_primary AND {known_then("one")}) AS has_primary,
           {MERGES.survivor("%(number)s")} AS survivor
"""
_ANSWERS_OF_ONE: Final = f"""
    SELECT owner.*, answer.category, answer.response, lower(answer.valid), upper(answer.valid) - 1,
           answer.changed_by, answer.changed_at
    FROM ({_CUSTOMER} OFFSET 0) AS owner
    LEFT JOIN drawer_answers AS answer ON answer.number = %(number)s AND {in_force("answer")}
    WHERE owner.version IS NOT NULL
"""
_ANSWERS: Final = f"""
    SELECT answer.number, answer.category, answer.response, lower(answer.valid), upper(answer.valid) - 1,
           answer.changed_by, answer.changed_at
    FROM drawer_answers AS answer WHERE answer.number = ANY(%(numbers)s) AND {in_force("answer")}
"""
DRAWER: Final = Question(
    ("drawer",), OF_CUSTOMER, _ANSWERS_OF_ONE, Setup(shown_categories, [table.changes for table in DEFINED])
)
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
    content = drawer_content(ask_view(view, DRAWER, customer_asked(view.company, number)))
    return None if content is None else Drawer.model_validate_json(json_of(content))


def drawer_content(answered: Answered[list[ShownCategory]]) -> dict[str, Any] | None:
    """Returns the members of a `Drawer`; see `drawer`."""
    if not answered.rows:
        return None
    seen, number, subject = answered.seen, answered.values["number"], answered.values["subject"]
    sealed, wrapped, version, k87, has_primary, survivor, *_ = answered.rows[0]
    if survivor is not None:
        raise MergedAwayError(number, survivor)
    name = str.__str__(open_name(seen.keys.unwrapped(subject, wrapped), NAMES.table, subject, sealed))
    answers = {row[6]: row[7:] for row in answered.rows if row[6] is not None}
    shown = answered.setup
    return {
        "number": number,
        "name": name,
        "title": f"{name} {number}",
        "version": version,
        "valid_at": seen.valid_at,
        "known_at": seen.known_at,
        "categories": [category.content(answers.get(category.defined.code)) for category in shown],
        "available": bool(shown),
        "display": _verdict(shown, answers.keys(), (k87 or CONTROLS[K87].default) == YES, has_primary),
    }


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


def _verdict(
    shown: Sequence[ShownCategory], answered_codes: Collection[int], k87: bool, has_primary: bool
) -> dict[str, Any]:
    """Returns the members of a `Verdict`."""
    unanswered = any(category.defined.required and category.defined.code not in answered_codes for category in shown)
    conditions = [
        ("categories", "At least one profile category has responses.", bool(shown)),
        ("required_unanswered", "A required profile category has no stored response.", unanswered),
        ("k87", "System control K87 is Yes.", k87),
        ("primary_alternate_number", "The customer has a primary alternate number.", has_primary),
    ]
    return {
        "displayed": all(holds for *_, holds in conditions),
        "conditions": [{"code": code, "text": text, "holds": holds} for code, text, holds in conditions],
    }
