"""Profile categories and their responses as the drawer knows them: definitions as known then (rules 1.1-1.5, 1.7, 1.13).

They have no effective dates. Definitions are never deleted, so a stored response always has a description, however inactive it is.
"""

from typing import Final

from aggregates import texts
from aggregates.errors import InvalidError
from projections.drawer.models import Category, Response
from projections.reading.view import View
from projections.tables.bitemporal import clocks, known_then

_CATEGORIES: Final = f"""
    SELECT category.code, category.description, category.required, category.position, category.active, given.response,
           (SELECT version FROM drawer_category_versions
            WHERE key = category.code::text AND recorded_at <= %(known_at)s ORDER BY recorded_at DESC LIMIT 1)
    FROM drawer_categories AS category
    LEFT JOIN drawer_defaults AS given ON given.category = category.code AND {known_then("given")}
    WHERE {known_then("category")} AND category.code = coalesce(%(code)s, category.code)
    ORDER BY category.position, category.code
"""
_RESPONSES: Final = f"""
    SELECT response.category, response.code, response.description, response.position, response.active
    FROM drawer_responses AS response
    WHERE {known_then("response")} AND response.category = coalesce(%(code)s, response.category)
    ORDER BY response.category, response.position, response.code
"""


class ResponseAskedError(InvalidError):
    """A list is asked for a category or response that is not defined."""


def categories(view: View) -> list[Category]:
    """All categories as known then, by position, then code."""
    return _read(view, None)


def category(view: View, code: int) -> Category | None:
    """The category with this code as known then."""
    return next(iter(_read(view, code)), None)


def asked_for(view: View, category: str, response: str) -> tuple[int, str]:
    """The codes of a category and one of its responses, each given by code or description; see `texts.folded`.

    Raises:
        ResponseAskedError: they are not defined, as known then.
    """
    category_text, response_text = texts.folded(category), texts.folded(response)
    defined = categories(view)
    matching = [candidate for candidate in defined if str(candidate.code) == category_text] or [
        candidate for candidate in defined if texts.folded(candidate.description) == category_text
    ]
    if not matching:
        raise ResponseAskedError(f"Category {category} is not defined.", field="response")
    answers = [(candidate.code, answer) for candidate in matching for answer in candidate.responses]
    matching_answers = [pair for pair in answers if pair[1].code.casefold() == response_text] or [
        pair for pair in answers if texts.folded(pair[1].description) == response_text
    ]
    if not matching_answers:
        raise ResponseAskedError(f"Response {response} is not defined for category {category}.", field="response")
    code, answer = matching_answers[0]
    return code, answer.code


def _read(view: View, code: int | None) -> list[Category]:
    parameters = {**clocks(view), "code": code}
    rows = view.connection.execute(_CATEGORIES, parameters).fetchall()
    responses: dict[int, list[Response]] = {row[0]: [] for row in rows}
    defaults = {row[0]: row[5] for row in rows}
    for category, *response in view.connection.execute(_RESPONSES, parameters):
        answer, description, position, active = response
        default = answer == defaults[category]
        responses[category].append(
            Response(code=answer, description=description, default=default, position=position, active=active)
        )
    return [
        Category(
            code=row[0],
            description=row[1],
            required=row[2],
            position=row[3],
            active=row[4],
            version=row[6],
            responses=responses[row[0]],
        )
        for row in rows
    ]
