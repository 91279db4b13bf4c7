"""What a customer answered to the profile categories: what OK in the drawer stores (rules 1.5-1.9, 1.15)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import ResponseCleared, ResponseSelected
from aggregates.effective import Days, Timeline
from aggregates.errors import InvalidError
from aggregates.fact import Origin
from aggregates.setup.category import ProfileCategory


class ResponseNotDefinedError(InvalidError):
    """The response, or its category, is unknown or inactive (rule 1.5)."""


class ResponseRequiredError(InvalidError):
    """A required category has no response (rule 1.8)."""


class BlankNotOfferedError(InvalidError):
    """The category offers no blank choice (rule 1.7)."""


class CategoryNotShownError(InvalidError):
    """The stored answer of a category that is not shown would be cleared (rules 1.4, 1.13)."""


class ProfileResponses(Aggregate):
    """The part of a customer that holds responses, each on effective dates."""

    number: str

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.responses: dict[int, Timeline[str]] = {}
        self.responses_taken: dict[int, Timeline[str]] = {}
        """The days on which a response stands as a merge brought it, with the number of the customer that was merged in (rule 6.1)."""
        self.blanks: dict[int, Timeline[int]] = {}
        """The days for which the blank choice was stored, with the version that it made: what merges brought until then is gone there."""

    # Decisions

    def confirm_drawer(
        self,
        origin: Origin,
        *,
        answers: Mapping[int, str | None],
        categories: Sequence[ProfileCategory],
        days: Days,
        dated: bool,
        keep_later: bool = False,
    ) -> None:
        """OK in the drawer: stores what was chosen and every shown default (rules 1.5-1.9), or refuses all of it.

        `answers` maps category codes to response codes, `None` for the blank choice; a category left out stays as it is shown.
        `dated` says that the user named the days; then an answer that equals the one in force may still reach further.
        """
        known = {category.code for category in categories}
        faults = texts.Faults()
        for code in sorted(answers.keys() - known):
            faults.found.append(_not_defined(_cleaned(answers[code]), code))
        chosen: list[tuple[ProfileCategory, str | None, Days]] = []
        for category in categories:
            with faults:
                if category.shown or category.code in answers:
                    chosen.extend(self._decide(category, answers, days, dated=dated, keep_later=keep_later))
        faults.raise_any()
        for category, response, held_on in chosen:
            self._store(origin, category, response, held_on, by_default=category.code not in answers)

    def _decide(
        self,
        category: ProfileCategory,
        answers: Mapping[int, str | None],
        days: Days,
        *,
        dated: bool,
        keep_later: bool,
    ) -> Iterator[tuple[ProfileCategory, str | None, Days]]:
        """What is to be stored for one category and on which days; nothing when nothing changes.

        A default that nobody chose never wins over a later-dated response that somebody did choose.
        """
        held = self.responses.get(category.code, Timeline())
        stored = held.at(days.first)
        answered = category.code in answers
        answer = _cleaned(answers[category.code]) if answered else stored or category.default
        days = held.until_next(days) if keep_later or not answered else days
        if answer is None:
            _check_blank(category, asked=answered)
        if (answer == stored and not (dated and answered)) or held.says(days, answer):
            return
        _check_defined(category, answer)
        yield category, answer, days

    def _store(
        self, origin: Origin, category: ProfileCategory, response: str | None, days: Days, *, by_default: bool
    ) -> None:
        common = {
            "number": self.number,
            "category": category.code,
            "category_description": category.description,
            "effective_from": days.first,
            "effective_to": days.last,
        }
        if response is None:
            self.record(ResponseCleared, origin, **common)
            return
        self.record(
            ResponseSelected,
            origin,
            **common,
            response=response,
            response_description=category.responses[response].description,
            by_default=by_default,
        )

    def response(self, category: int, day: date) -> str | None:
        """The response in force on `day`, `None` when there is none."""
        held = self.responses.get(category)
        return None if held is None else held.at(day)

    # What the facts say

    @applies(ResponseSelected)
    def _response_selected(self, event: ResponseSelected) -> None:
        held = self.responses.get(event.category, Timeline())
        days = Days(event.effective_from, event.effective_to)
        self.responses[event.category] = held.supersede(days, event.response)
        self._answered(event.category, days)

    @applies(ResponseCleared)
    def _response_cleared(self, event: ResponseCleared) -> None:
        held = self.responses.get(event.category, Timeline())
        days = Days(event.effective_from, event.effective_to)
        self.responses[event.category] = held.clear(days)
        blanks = self.blanks.get(event.category, Timeline())
        self.blanks[event.category] = blanks.supersede(days, event.originator_version)
        self._answered(event.category, days)

    def _answered(self, category: int, days: Days) -> None:
        """What a merge brought does not stand any more where somebody answered since."""
        if category in self.responses_taken:
            self.responses_taken[category] = self.responses_taken[category].clear(days)


def _cleaned(answer: str | None) -> str | None:
    """The response code as it is stored; `None` for the blank choice."""
    return None if answer is None else answer.strip().upper() or None


def _check_blank(category: ProfileCategory, *, asked: bool) -> None:
    """A category that is not shown never blocks a save (rule 1.4), so it refuses nothing here."""
    field = f"responses.{category.code}"
    if category.required and category.shown:
        raise ResponseRequiredError(f"A value must be selected for {category.description}.", field=field)
    if asked and category.shown and not category.offers_blank:
        raise BlankNotOfferedError(f"A blank choice is not offered for {category.description}.", field=field)


def _check_defined(category: ProfileCategory, response: str | None) -> None:
    """Nobody answers a category that is not shown, neither with a response nor with the blank choice."""
    if response is None:
        if not category.shown:
            raise CategoryNotShownError(
                f"{category.description} is not shown at the moment, so its stored answer stays.",
                field=f"responses.{category.code}",
            )
        return
    found = category.responses.get(response)
    if not category.active or found is None or not found.active:
        raise _not_defined(response, category.code)


def _not_defined(response: str | None, category: int) -> ResponseNotDefinedError:
    field = f"responses.{category}"
    if response is None:
        return ResponseNotDefinedError(f"Category {category} is not defined.", field=field)
    return ResponseNotDefinedError(f"Response {response} is not defined for category {category}.", field=field)
