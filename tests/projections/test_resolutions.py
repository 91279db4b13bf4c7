"""Past answers compared with today's: each equals two resolutions, and each event is one at which the value changed (rules 0.3, 2.13)."""

import random
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime, timedelta

import pytest

from aggregates.account import commands as accounts_of
from aggregates.account.place import Place
from aggregates.clocks import AsOf
from aggregates.customer.commands import register_customer
from aggregates.effective import When
from aggregates.errors import DomainError
from aggregates.profile_class import commands as classes
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from projections.accounts.queries import resolution
from projections.answers.resolution_models import ComparedResolution, CompareOutcome, Question, RefusedRow, RowFault
from projections.answers.resolutions import COMPARED, compare, compared
from projections.history import chains
from projections.reading.view import View
from projections.tables.plain import PlainValue
from store.application import Dossier
from store.log import read as read_log

from .fold import EVERYTHING, now_known, reading

Ask = Callable[..., Request]
START = date(2026, 1, 1)
DAYS = [START + timedelta(10 * step) for step in range(-1, 12)]
A7, S1, S2 = Place("A-7"), Place("A-7", "S-1"), Place("A-7", "S-2")


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """A customer and the class Late beside DEFAULT."""
    classes.found_company(dossier, ask())
    register_customer(dossier, ask(), number="1001", name="Ada Byron")
    options = {"collector": "EU-1", "allow_discount": False, "tolerance_percent": "3"}
    amounts = {"EUR": {"credit_limit": "100", "interest": {"rate": "1.5"}}}
    classes.define_class(dossier, ask(), name="Late", description="Pays late", options=options, amounts=amounts)
    return dossier


def lived(company: Dossier, ask: Ask, chance: random.Random, steps: int) -> list[datetime]:
    """Changes of the account, its two sites and the company's options. Gives the instants between them."""
    known = [now_known(company)]
    accounts_of.open_account(company, ask(), account="A-7", customer="1001", start=START)
    known.append(now_known(company))
    for site in ("S-1", "S-2"):
        accounts_of.create_site(company, ask(), account="A-7", site=site)
    for _ in range(steps):
        try:
            change(company, ask(reason=f"step {len(known)}"), chance)
        except DomainError:
            continue
        known.append(now_known(company))
    return known


def change(company: Dossier, request: Request, chance: random.Random) -> None:
    """One change, which the rules may refuse."""
    first, place = chance.choice(DAYS), chance.choice((A7, S1, S1, S2))
    when = When(first, chance.choice((None, first + timedelta(chance.randrange(40)))), chance.random() < 0.2)
    options = {"tolerance_percent": str(chance.randrange(4)), "clearing_days": chance.randrange(3)}
    match chance.randrange(5):
        case 0:
            name = chance.choice(("DEFAULT", "Late"))
            accounts_of.assign_class(company, request, place, profile_class=name, when=when)
        case 1:
            amounts = {"EUR": chance.choice((None, {"credit_limit": str(chance.randrange(3))}))}
            accounts_of.update_profile(company, request, place, amounts=amounts, when=when)
        case 2:
            accounts_of.update_profile(company, request, place, options=options, when=when)
        case 3:
            accounts_of.end_site_profile(company, request, place, last_day=first)
        case _:
            setup.change_system_options(company, request, options=options, when=When(first, when.effective_to))


def values(view: View, question: Question, known_at: datetime) -> dict[str, PlainValue]:
    """What one resolution answers, by path."""
    answer = resolution(view.at(AsOf(question.date, known_at)), question.place.account, question.place.site)
    if answer is None:
        return {}
    found = {f"options.{name}": one.value for name, one in answer.options.items()}
    found |= {f"amounts.{code}.{name}": one.value for code, row in answer.amounts.items() for name, one in row.items()}
    return found | {f"attributes.{name}": one.value for name, one in answer.attributes.items()}


def instants(company: Dossier) -> dict[int, datetime]:
    with company.database.connection() as connection:
        return {event.id: event.recorded_at for event in read_log(connection, 0, EVERYTHING)}


@pytest.mark.parametrize("seed", range(4))
def test_answers_equal_two_resolutions_and_events_are_where_values_changed(
    company: Dossier, ask: Ask, seed: int
) -> None:
    chance = random.Random(seed)
    known = lived(company, ask, chance, 40)
    questions = [
        Question(row, chance.choice((A7, S1, S2)), chance.choice(DAYS), chance.choice(known)) for row in range(120)
    ]
    recorded_at = instants(company)
    outcomes = set()
    with reading(company, *COMPARED, known_at=chance.choice(known[-10:])) as view:
        for question, answer in zip(questions, sorted(compare(view, questions), key=lambda one: one.row), strict=True):
            outcomes.add(answer.outcome)
            before, after = (values(view, question, at) for at in (question.known_at, view.known_at))
            differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
            assert {one.field: (one.before, one.after) for one in answer.differences} == {
                path: (before.get(path), after.get(path)) for path in differing
            }
            assert (answer.outcome is CompareOutcome.DIFFERS) == bool(differing)
            check_events(view, question, answer, recorded_at)
    assert outcomes == {CompareOutcome.SAME, CompareOutcome.DIFFERS}


def check_events(view: View, question: Question, answer: ComparedResolution, recorded_at: dict[int, datetime]) -> None:
    """Each value changed at the instants of its events, and between the two instants at no others."""
    between = sorted({at for at in recorded_at.values() if question.known_at < at <= view.known_at})
    positions = {event.event_id: event.position for event in answer.events}
    assert sorted(positions.values()) == [event.position for event in answer.events]
    for difference in answer.differences:
        value, changed = values(view, question, question.known_at).get(difference.field), set()
        for at in between:
            later = values(view, question, at).get(difference.field)
            if later != value:
                changed.add(at)
            value = later
        assert {recorded_at[positions[event]] for event in difference.event_ids} == changed
    assert positions.keys() == {event for one in answer.differences for event in one.event_ids}


def test_who_made_the_difference_and_why_is_told(company: Dossier, ask: Ask) -> None:
    accounts_of.open_account(company, ask(), account="A-7", customer="1001", start=START)
    then = now_known(company)
    request = ask(actor="bob", reason="As agreed")
    accounts_of.update_profile(company, request, A7, options={"tolerance_percent": "7"}, when=When(START))
    question = Question(3, A7, START, then)
    with reading(company, *COMPARED) as view:
        [answer] = compare(view, [question])
    [difference] = answer.differences
    assert (difference.field, difference.before, difference.after) == ("options.tolerance_percent", "0", "7")
    [event] = answer.events
    assert (event.actor, event.reason, event.topic) == ("bob", "As agreed", "account.profile_updated")
    assert difference.event_ids == [event.event_id]


def test_a_place_that_was_not_known_then_had_no_answer_and_one_that_is_not_known_is_refused(
    company: Dossier, ask: Ask
) -> None:
    accounts_of.open_account(company, ask(), account="A-7", customer="1001", start=START)
    then = now_known(company)
    accounts_of.create_site(company, ask(), account="A-7", site="S-1")
    questions = [Question(1, S1, START, then), Question(2, S2, START, then), Question(3, Place("A-8"), START, then)]
    with reading(company, *COMPARED) as view:
        created, unknown_site, unknown_account = sorted(compare(view, questions), key=lambda one: one.row)
    assert {one.before for one in created.differences} == {None}
    assert [event.topic for event in created.events] == ["site.created"]
    assert [(fault.field, fault.message) for one in (unknown_site, unknown_account) for fault in one.errors] == [
        ("site", "Account A-7 has no site S-2."),
        ("account", "Account A-8 does not exist."),
    ]


def test_of_very_many_events_the_latest_are_told(company: Dossier, ask: Ask) -> None:
    accounts_of.open_account(company, ask(), account="A-7", customer="1001", start=START)
    then = now_known(company)
    for tolerance in range(1, 31):
        options = {"tolerance_percent": str(tolerance)}
        accounts_of.update_profile(company, ask(), A7, options=options, when=When(START))
    with reading(company, *COMPARED) as view:
        [answer] = compare(view, [Question(1, A7, START, then)])
    assert (answer.differences[0].before, answer.differences[0].after) == ("0", "30")
    assert (len(answer.events), answer.more_events) == (chains.MOST_STEPS, True)


def test_rows_keep_their_order_and_a_wrong_one_stops_nothing(company: Dossier, ask: Ask) -> None:
    accounts_of.open_account(company, ask(), account="A-7", customer="1001", start=START)
    then, fault = now_known(company), RowFault(field="date", message="A date is written YYYY-MM-DD.")
    rows = [RefusedRow(row, [fault]) if row % 7 == 0 else Question(row, A7, START, then) for row in range(1, 1_101)]
    with reading(company, *COMPARED) as view:
        pieces = list(compared(lambda: nullcontext(view), rows))
    answers = [answer for piece in pieces for answer in piece]
    assert [len(piece) for piece in pieces] == [500, 500, 100]
    assert [answer.row for answer in answers] == list(range(1, 1_101))
    assert {answer.row for answer in answers if answer.outcome is CompareOutcome.REFUSED} == set(range(7, 1_101, 7))
