"""What a customer answered to the profile categories: what OK in the drawer stores (rules 1.5-1.9, 1.15).

`Responses` is a pure value: it decides what is to be recorded, and each fact gives the next value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aggregates import texts
from aggregates.aggregate import Decision
from aggregates.customer.events import (
    CustomerMerged,
    CustomerUnmerged,
    CustomerValuesPutBack,
    ResponseCleared,
    ResponseSelected,
)
from aggregates.effective import Days, Timeline
from aggregates.errors import InvalidError
from aggregates.setup.category import ProfileCategory


class ResponseNotDefinedError(InvalidError):
    """The response, or its category, is unknown or inactive (rule 1.5)."""


class ResponseRequiredError(InvalidError):
    """A required category has no response (rule 1.8)."""


class BlankNotOfferedError(InvalidError):
    """The category offers no blank choice (rule 1.7)."""


class CategoryNotShownError(InvalidError):
    """The stored answer of a category that is not shown would be cleared (rules 1.4, 1.13)."""


@dataclass(frozen=True, slots=True)
class Responses:
    """A customer's response codes by category code, each on effective dates."""

    in_force: Mapping[int, Timeline[str]] = field(default_factory=dict)
    """The response that holds, by category, whether it was selected here or brought by a merge."""
    merged_in: Mapping[int, Timeline[str]] = field(default_factory=dict)
    """The days on which a response stands as a merge brought it, with the number of the customer that was merged in (rule 6.1)."""
    blanks: Mapping[int, Timeline[int]] = field(default_factory=dict)
    """The days for which the blank choice was stored, with the version that it made: what merges brought until then is gone there."""

    # Decisions

    def confirm(
        self,
        answers: Mapping[int, str | None],
        categories: Sequence[ProfileCategory],
        days: Days,
        *,
        dated: bool,
        keep_later: bool,
    ) -> list[Decision]:
        """Returns the facts of OK in the drawer: the answers and every shown default (rules 1.5-1.9); all of them, or a refusal.

        `answers` maps category codes to response codes, `None` for the blank choice; a category left out stays as it is shown.
        `dated` says that the user named the days; then an answer that equals the one in force may still reach further.
        """
        faults = texts.Faults()
        for code in sorted(answers.keys() - {category.code for category in categories}):
            faults.errors.append(_not_defined(_cleaned(answers[code]), code))
        decisions: list[Decision] = []
        for category in categories:
            with faults:
                if category.shown or category.code in answers:
                    decision = self._decide(category, answers, days, dated=dated, keep_later=keep_later)
                    decisions.extend(() if decision is None else (decision,))
        faults.raise_any()
        return decisions

    def _decide(
        self,
        category: ProfileCategory,
        answers: Mapping[int, str | None],
        days: Days,
        *,
        dated: bool,
        keep_later: bool,
    ) -> Decision | None:
        """Returns the fact of one category, `None` when nothing changes.

        A default that nobody chose never wins over a later-dated response that somebody did choose.
        """
        in_force = self.in_force.get(category.code, Timeline())
        stored = in_force.at(days.first)
        answered = category.code in answers
        answer = _cleaned(answers[category.code]) if answered else stored or category.default
        days = in_force.until_next(days) if keep_later or not answered else days
        if answer is None:
            _check_blank(category, answered=answered)
        if (answer == stored and not (dated and answered)) or in_force.says(days, answer):
            return None
        _check_defined(category, answer)
        return _decision(category, answer, days, by_default=not answered)

    # What the facts say

    def after_selection(self, event: ResponseSelected) -> "Responses":
        """The responses since this one was stored."""
        return self._with([(event.category, event.days, event.response, None)])

    def after_blank(self, event: ResponseCleared) -> "Responses":
        """The responses since the blank choice was stored."""
        blanks = self.blanks.get(event.category, Timeline()).supersede(event.days, event.originator_version)
        cleared = self._with([(event.category, event.days, None, None)])
        return replace(cleared, blanks={**self.blanks, event.category: blanks})

    def after_merge(self, event: CustomerMerged) -> "Responses":
        """Returns the responses with those that the merge brought."""
        return self._with(
            (category, dated_response.days, dated_response.value, event.other)
            for category, values in event.responses.items()
            for dated_response in values
        )

    def after_unmerge(self, event: CustomerUnmerged) -> "Responses":
        """Returns the responses without those that went when the merge was undone."""
        return self._with(
            (category, dated_response.days, None, None)
            for category, values in event.responses.items()
            for dated_response in values
        )

    def after_put_back(self, event: CustomerValuesPutBack) -> "Responses":
        """Returns the responses with those that reappear because the merge was undone."""
        return self._with(
            (category, dated_response.days, dated_response.value, dated_response.brought_by)
            for category, values in event.responses.items()
            for dated_response in values
        )

    def _with(self, changes: Iterable[tuple[int, Days, str | None, str | None]]) -> "Responses":
        """The responses after changes: category, days, response, and the customer whose merge brought it; `None`: neither holds."""
        in_force, merged_in = dict(self.in_force), dict(self.merged_in)
        for category, days, response, brought_by in changes:
            in_force[category] = in_force.get(category, Timeline()).splice(days, response).timeline
            merged_in[category] = merged_in.get(category, Timeline()).splice(days, brought_by).timeline
        return Responses(in_force, merged_in, self.blanks)


def _decision(category: ProfileCategory, response: str | None, days: Days, *, by_default: bool) -> Decision:
    payload = {
        "category": category.code,
        "category_description": category.description,
        "effective_from": days.first,
        "effective_to": days.last,
    }
    if response is None:
        return Decision(ResponseCleared, payload)
    description = category.responses[response].description
    payload |= {"response": response, "response_description": description, "by_default": by_default}
    return Decision(ResponseSelected, payload)


def _cleaned(answer: str | None) -> str | None:
    """The response code as it is stored; `None` for the blank choice."""
    return None if answer is None else answer.strip().upper() or None


def _check_blank(category: ProfileCategory, *, answered: bool) -> None:
    """A category that is not shown never blocks a save (rule 1.4), so it refuses nothing here."""
    path = f"responses.{category.code}"
    if category.required and category.shown:
        raise ResponseRequiredError(f"A value must be selected for {category.description}.", field=path)
    if answered and category.shown and not category.offers_blank:
        raise BlankNotOfferedError(f"A blank choice is not offered for {category.description}.", field=path)


def _check_defined(category: ProfileCategory, code: str | None) -> None:
    """Raises unless the category is shown and has this response; neither a response nor a blank is stored for one that is not shown."""
    if code is None:
        if not category.shown:
            raise CategoryNotShownError(
                f"{category.description} is not shown at the moment, so its stored answer stays.",
                field=f"responses.{category.code}",
            )
        return
    response = category.responses.get(code)
    if not category.active or response is None or not response.active:
        raise _not_defined(code, category.code)


def _not_defined(response: str | None, category: int) -> ResponseNotDefinedError:
    path = f"responses.{category}"
    if response is None:
        return ResponseNotDefinedError(f"Category {category} is not defined.", field=path)
    return ResponseNotDefinedError(f"Response {response} is not defined for category {category}.", field=path)
