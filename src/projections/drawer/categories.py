"""Profile categories and their responses as the drawer knows them: definitions as known then (rules 1.1-1.5, 1.7, 1.13).

They have no effective dates. Definitions are never deleted, so a stored response always has a description, however inactive it is.
"""

from typing import Any, Final

from orjson import Fragment

from aggregates import texts
from aggregates.errors import InvalidError
from projections.drawer.models import Category, Response
from projections.reading.questions import json_of
from projections.reading.view import View
from projections.tables.bitemporal import clocks, known_then
from store.database import Row

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


class ShownCategory:
    """A category that the drawer shows, with what is the same in every answer written once."""

    def __init__(self, defined: Category) -> None:
        self.defined = defined
        self._choices: dict[str | None, Fragment] = {}
        default = defined.default
        self._blank = {
            "code": defined.code,
            "description": defined.description,
            "required": defined.required,
            "position": defined.position,
            "value": default,
            "value_description": None if default is None else defined.description_of(default),
            "shown": "blank" if default is None else "defaulted",
            "effective_from": None,
            "effective_to": None,
            "changed_by": None,
            "changed_at": None,
            "blank_offered": defined.offers_blank,
            "choices": self._choices_with(None),
        }
        self._unanswered = Fragment(json_of(self._blank))

    def content(self, stored: Row | None) -> dict[str, Any] | Fragment:
        """Returns the members of a `DrawerCategory`.

        `stored` is the response that is stored: its code, first and last day, who stored it, and when.
        """
        if stored is None:
            return self._unanswered
        response, first, last, changed_by, changed_at = stored
        return self._blank | {
            "value": response,
            "value_description": self.defined.description_of(response),
            "shown": "stored",
            "effective_from": first,
            "effective_to": last,
            "changed_by": changed_by,
            "changed_at": changed_at,
            "choices": self._choices_with(response),
        }

    def _choices_with(self, stored: str | None) -> Fragment:
        """What can be chosen: active responses, and the one that is stored."""
        if stored not in self._choices:
            chosen = [answer for answer in self.defined.responses if answer.active or answer.code == stored]
            choices = [{"code": answer.code, "description": answer.description} for answer in chosen]
            self._choices[stored] = Fragment(json_of(choices))
        return self._choices[stored]


def shown_categories(view: View) -> list[ShownCategory]:
    """The categories that the drawer shows, as known then, in order (rule 1.4)."""
    return [ShownCategory(category) for category in categories(view) if category.shown]


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
