"""Which past answers differ today from what was answered then: many questions at once, each at clocks of its own (rules 0.3, 2.13).

Called by the API and the command line with views of `COMPARED`, whose `known_at` is the instant that all are compared with. A piece of the
questions costs a handful of statements, however many they are; which events made a difference is looked up only where there is one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.account.resolving import Level
from aggregates.account.site import Site
from aggregates.setup.system_options import SystemOptions
from projections.accounts.answers import label_of
from projections.accounts.many import Values, facts_at, known_since, values_of
from projections.accounts.tables import holder_id
from projections.answers.resolution_models import (
    ComparedResolution,
    CompareOutcome,
    Question,
    RefusedRow,
    ResolutionDifference,
    RowFault,
)
from projections.engine.single import PROBES_ONLY
from projections.history.chains import Chain, Subject, causes, chains, first_events
from projections.history.models import Cause
from projections.reading.view import View
from projections.tables.plain import PlainValue

COMPARED: Final = ("accounts", "history")
"""The read models that a view must be of."""
PIECE: Final = 500
"""Questions that are answered from one view."""
EXPLAINED: Final = 100
"""Answers whose events are looked up at a time."""
_FAMILIES: Final = {Level.SYSTEM: "options", Level.ACCOUNT: "profile", Level.SITE: "profile"}

Facts = dict[Level, int]
"""The positions of the facts that hold, by level, beginning with the one that gives way to the others."""
_Resolved = dict[str, tuple[Level, PlainValue]]
"""What applies, by path: the level that it comes from, and the value."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """A question with the facts that held then and those that hold now. `was_known`: its place was known then."""

    question: Question
    was_known: bool
    then: Facts
    now: Facts


@dataclass(frozen=True, slots=True)
class _Differing:
    """A question with what applied then and what applies now, and the paths of the values that differ."""

    item: _Compared
    before: _Resolved
    after: _Resolved
    paths: Sequence[str]

    def subjects(self, company: str) -> dict[Level, Subject]:
        """Returns what has to be followed from then until now."""
        question = self.item.question
        return {
            level: Subject(holder, _FAMILIES[level], question.date, question.known_at)
            for level, holder in _holders(company, question.place).items()
        }

    @property
    def thing(self) -> tuple[str, str]:
        """The place, as histories name it."""
        place = self.item.question.place
        if place.site is None:
            return Account.KIND, place.account
        return Site.KIND, Site.key(place.account, place.site)


def compared(
    open_view: Callable[[], AbstractContextManager[View]], rows: Iterable[Question | RefusedRow]
) -> Iterator[list[ComparedResolution]]:
    """Yields the answers to rows in their order, `PIECE` at a time, each piece from a view of its own."""
    remaining = iter(rows)
    while piece := list(islice(remaining, PIECE)):
        refused = [_refused(row.row, row.errors) for row in piece if isinstance(row, RefusedRow)]
        with open_view() as view:
            answers = compare(view, [row for row in piece if isinstance(row, Question)])
        yield sorted([*answers, *refused], key=lambda answer: answer.row)


def compare(view: View, questions: Sequence[Question]) -> list[ComparedResolution]:
    """Returns the answer to each question."""
    if not questions:
        return []
    view.connection.execute(PROBES_ONLY)
    since = known_since(view, {question.place for question in questions})
    items = _items(view, [question for question in questions if question.place in since], since)
    answers = {question.row: _unknown(question) for question in questions if question.place not in since}
    answers |= {item.question.row: _answered(item.question) for item in items}
    candidates = [item for item in items if item.then != item.now or not item.was_known]
    for start in range(0, len(candidates), EXPLAINED):
        differing = _differing(view, candidates[start : start + EXPLAINED])
        answers |= {answer.row: answer for answer in _explained(view, differing)}
    return list(answers.values())


def _items(view: View, questions: Sequence[Question], since: Mapping[Place, datetime]) -> list[_Compared]:
    holders = {place: _holders(view.company, place) for place in since}
    moments = {
        (holder, question.date, instant)
        for question in questions
        for holder in holders[question.place].values()
        for instant in (question.known_at, view.known_at)
    }
    facts = facts_at(view, moments)

    def held(question: Question, instant: datetime) -> Facts:
        at_levels = {
            level: facts.get((holder, question.date, instant)) for level, holder in holders[question.place].items()
        }
        return {level: position for level, position in at_levels.items() if position is not None}

    return [
        _Compared(
            question,
            since[question.place] <= question.known_at,
            held(question, question.known_at),
            held(question, view.known_at),
        )
        for question in questions
    ]


def _holders(company: str, place: Place) -> dict[Level, UUID]:
    """Returns the ids of what a transaction at a place meets."""
    holders = {
        Level.SYSTEM: SystemOptions.id_of(company, company),
        Level.ACCOUNT: holder_id(company, Place(place.account)),
    }
    return holders if place.site is None else {**holders, Level.SITE: holder_id(company, place)}


def _resolved(facts: Mapping[Level, int | None], contents: Mapping[int, Values]) -> _Resolved:
    """Returns what applies where these facts hold (rule 2.13)."""
    values: _Resolved = {}
    for level in _FAMILIES:
        position = facts.get(level)
        if position is not None:
            values |= {path: (level, value) for path, value in contents.get(position, {}).items()}
    return values


def _differing(view: View, candidates: Sequence[_Compared]) -> Iterator[_Differing]:
    """Yields those whose values differ: other facts may say the same."""
    contents = values_of(
        view, {position for item in candidates for facts in (item.then, item.now) for position in facts.values()}
    )
    for item in candidates:
        before = _resolved(item.then, contents) if item.was_known else {}
        after = _resolved(item.now, contents)
        if paths := _other_values(before, after):
            yield _Differing(item, before, after, paths)


def _other_values(before: _Resolved, after: _Resolved) -> list[str]:
    """Returns the paths whose values differ, whatever level they come from."""
    return sorted(path for path in before.keys() | after.keys() if _value(before, path) != _value(after, path))


def _value(values: _Resolved, path: str) -> PlainValue | None:
    return values[path][1] if path in values else None


def _explained(view: View, differing: Iterable[_Differing]) -> Iterator[ComparedResolution]:
    """Yields the answers about values that differ, with the events that made them differ."""
    items = list(differing)
    subjects = {subject for item in items for subject in item.subjects(view.company).values()}
    followed = chains(view, list(subjects))
    first = first_events(view, {item.thing for item in items if not item.item.was_known})
    stated = {
        position for chain in followed.values() for position in (chain.base, *chain.steps) if position is not None
    }
    contents = values_of(view, stated)
    ways = [{level: followed[subject] for level, subject in item.subjects(view.company).items()} for item in items]
    made = [_made(item, way, first, contents) for item, way in zip(items, ways, strict=True)]
    recorded = causes(view, {position for changes in made for positions in changes.values() for position in positions})
    for item, way, changes in zip(items, ways, made, strict=True):
        yield _explanation(item, changes, recorded, more=any(chain.more for chain in way.values()))


def _made(
    item: _Differing,
    followed: Mapping[Level, Chain],
    first: Mapping[tuple[str, str], int],
    contents: Mapping[int, Values],
) -> dict[str, list[int]]:
    """Returns the positions of the events at which each value that differs changed, going from then to now event by event."""
    steps: list[tuple[int, Level | None]] = [
        (position, level) for level, chain in followed.items() for position in chain.steps
    ]
    is_known = item.item.was_known
    if not is_known:
        steps.append((first[item.thing], None))
    facts: dict[Level, int | None] = {level: chain.base for level, chain in followed.items()}
    values = _resolved(facts, contents) if is_known else {}
    changes: dict[str, list[int]] = {path: [] for path in item.paths}
    for position, level in sorted(steps, key=lambda step: step[0]):
        if level is None:
            is_known = True
        else:
            facts[level] = position
        later = _resolved(facts, contents) if is_known else {}
        for path in item.paths:
            if _value(values, path) != _value(later, path):
                changes[path].append(position)
        values = later
    return changes


def _explanation(
    item: _Differing, changes: Mapping[str, Sequence[int]], recorded: Mapping[int, Cause], *, more: bool
) -> ComparedResolution:
    differences = [
        ResolutionDifference(
            field=path,
            label=label_of(path),
            before=_value(item.before, path),
            after=_value(item.after, path),
            before_level=item.before[path][0] if path in item.before else None,
            after_level=item.after[path][0] if path in item.after else None,
            event_ids=[recorded[position].event_id for position in changes[path]],
        )
        for path in item.paths
    ]
    positions = sorted({position for path in item.paths for position in changes[path]})
    answer = _answered(item.item.question)
    return answer.model_copy(
        update={
            "outcome": CompareOutcome.DIFFERS,
            "differences": differences,
            "events": [recorded[position] for position in positions],
            "more_events": more,
        }
    )


def _answered(question: Question) -> ComparedResolution:
    """Returns the answer about values that are the same."""
    return ComparedResolution(
        row=question.row,
        outcome=CompareOutcome.SAME,
        account=question.place.account,
        site=question.place.site,
        date=question.date,
        known_at=question.known_at,
    )


def _unknown(question: Question) -> ComparedResolution:
    place = question.place
    text = f"Account {place.account} does not exist."
    fault = RowFault(field="account", message=text)
    if place.site is not None:
        fault = RowFault(field="site", message=f"Account {place.account} has no site {place.site}.")
    return _answered(question).model_copy(update={"outcome": CompareOutcome.REFUSED, "errors": [fault]})


def _refused(row: int, errors: Sequence[RowFault]) -> ComparedResolution:
    return ComparedResolution(row=row, outcome=CompareOutcome.REFUSED, errors=list(errors))
