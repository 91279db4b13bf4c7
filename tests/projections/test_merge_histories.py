"""Random histories of merges and their undoing: a model by day, the aggregates, the read models and the deliveries agree (rule 6.1).

In each history, the fields, responses and uploads of three to five customers change, and customers are merged and separated in any order,
including chains of merges. Commands that the rules refuse are tried too. Many histories are stored and folded together.
`DOSSIER_HISTORIES` sets the minimum number of histories; `DOSSIER_SEED`, which a failure prints, repeats a run.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from uuid import uuid4

import pytest

from aggregates.clocks import AsOf
from aggregates.customer.merging import MergedAwayError, MergeError, check_not_merged
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.errors import DomainError
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.field.commands import define_field
from aggregates.setup import commands as setup
from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Request
from business_fields import standard_fields
from field_facts import register_by_row
from projections.answers.widget import widget
from projections.deliveries.outgoing import changes_of
from projections.drawer.queries import drawer
from projections.fields.tables import open_value
from projections.reading.view import View
from scenario import state
from store.application import Dossier

from .fold import now_known, reading
from .merge_oracle import Key, Told, Values

HISTORIES: Final = int(os.environ.get("DOSSIER_HISTORIES", "2000"))
SEED: Final = os.environ.get("DOSSIER_SEED") or uuid4().hex
TOGETHER: Final = 200
"""Histories that are stored and folded together."""
SHOWN: Final = 4
"""Of every fourth history it is asked what users are shown; of all of them, what the tables hold."""
ROUNDS: Final = 10
BASE: Final = date(2026, 1, 1)
HORIZON: Final = 10
"""The model knows this many days from `BASE`; the last one stands for all that follow."""
CALENDAR: Final = [BASE + timedelta(offset) for offset in range(HORIZON)]
POLICIES: Final = {"city": "newest", "score": "upload", "note": "agent", "first_name": "newest"}
FIELDS: Final = tuple(POLICIES)
CATEGORIES: Final = (7, 8)
VERBS: Final = ("edit", "edit", "clear", "file", "file", "answer", "blank", *["merge"] * 4, *["undo"] * 3)
READ: Final = ("fields", "drawer", "customers")

Ask = Callable[..., Request]


@dataclass
class Customer:
    """A customer as it lives, as the model tells it, and as others are told of it."""

    lives: CustomerProfile
    told: Told
    facts: list[Fact] = field(default_factory=list)
    sent: Values = field(default_factory=dict)
    reads: Values = field(default_factory=dict)
    """What the model says that it reads as."""

    def collect(self) -> list[Fact]:
        """What it recorded since, after which it reads as the model says; others are told of it."""
        facts = list(self.lives.collect_events())
        self.facts += facts
        self._send(facts)
        reads = self.told.values()
        if facts or reads != self.reads:
            self.reads = reads
            assert lived(self.lives) == reads, self.told.number
            assert self.sent == reads, f"sent of {self.told.number}"
        return facts

    def _send(self, facts: Sequence[Fact]) -> None:
        for change in (change for fact in facts for change in changes_of(fact)):
            name, _, of = change.mapped.partition(":")
            key: Key = int(of) if name == "category" else of
            for day in _offsets(Days(change.effective_from, change.effective_to)):
                self.sent.pop((key, day), None)
                if change.value is not None:
                    self.sent[key, day] = change.value


@dataclass
class World:
    """What a company has set up."""

    dossier: Dossier
    categories: list[ProfileCategory]


class History:
    """Some customers, and what happens to them."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.random = world, name, Random(f"{SEED}/{name}")
        self.definitions = world.dossier.setup().fields
        self.steps: list[str] = []
        self.rounds: list[dict[str, Values]] = []
        self.survivors: list[dict[str, str | None]] = []
        self.customers = [self._registered(f"{name}-{place}") for place in range(self.random.randint(3, 5))]

    def _registered(self, number: str) -> Customer:
        one = Customer(CustomerProfile.new(self.world.dossier.company, number), Told(number, POLICIES))
        values = {key: self.random.choice("123") for key in FIELDS if self.random.random() < 0.5}
        days = self._days()
        register_by_row(
            one.lives,
            _origin(),
            number=number,
            name="Ada",
            values=values,
            definitions=self.definitions,
            days=days,
            upload="U",
            row=1,
        )
        one.told.upload(values, _offsets(days))
        return one

    def _days(self) -> Days:
        first = self.random.randrange(HORIZON - 1)
        last = None if self.random.random() < 0.4 else CALENDAR[min(first + self.random.randrange(6), HORIZON - 2)]
        return Days(CALENDAR[first], last)

    def collect(self) -> list[Fact]:
        """What all of them recorded since."""
        with self.telling():
            facts = [fact for one in self.customers for fact in one.collect()]
        self.rounds.append({one.told.number: one.reads for one in self.customers})
        self.survivors.append({one.told.number: one.told.survivor for one in self.customers})
        return facts

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tells which history a fault was found in."""
        try:
            yield
        except AssertionError as error:
            error.add_note(f"history {self.name} of seed {SEED}:\n" + "\n".join(f"  {one}" for one in self.steps))
            raise

    def step(self) -> None:
        """Something happens to one customer, or between two."""
        verb, one, two = self.random.choice(VERBS), *self.random.sample(self.customers, 2)
        if verb == "merge":
            self._merge(one, two)
        elif verb == "undo":
            pairs = [(a, b) for a in self.customers for b in self.customers if b.told.survivor == a.told.number]
            self._undo(*(self.random.choice(pairs) if pairs and self.random.random() < 0.9 else (one, two)))
        else:
            standing = [customer for customer in self.customers if customer.told.survivor is None]
            self._change(verb, self.random.choice(standing))

    def _change(self, verb: str, one: Customer) -> None:
        days, key, value = self._days(), self.random.choice(FIELDS), self.random.choice("123")
        category, answer = self.random.choice(CATEGORIES), self.random.choice("ABC")
        self.steps.append(f"{verb} {one.told.number} {key} {value} {category} {answer} {days}")
        if verb == "file":
            row = dict.fromkeys((key, self.random.choice(FIELDS)), value)
            of_file = {"upload": str(uuid4()), "row": 1, "file": uuid4().hex}
            one.lives.upload_fields(_origin(), row, self.definitions, days, **of_file)
            one.told.upload(row, _offsets(days))
        elif verb in {"edit", "clear"}:
            edit = value if verb == "edit" else None
            one.lives.edit_fields(_origin(), {key: edit}, self.definitions, days, dated=True)
            one.told.save("edit", key, edit, _offsets(days))
        else:
            chosen = answer if verb == "answer" else None
            answers, of = {category: chosen}, self.world.categories
            one.lives.confirm_drawer(_origin(), answers=answers, categories=of, days=days, dated=True)
            one.told.save("answer", category, chosen, _offsets(days))

    def _merge(self, one: Customer, two: Customer) -> None:
        self.steps.append(f"merge {two.told.number} into {one.told.number}")
        if one.told.survivor is not None or two.told.survivor is not None:
            return self._refused(MergedAwayError, lambda: one.lives.absorb(_origin(), two.lives, self.definitions))
        one.lives.absorb(_origin(), two.lives, self.definitions)
        return one.told.absorb(two.told)

    def _undo(self, one: Customer, two: Customer) -> None:
        self.steps.append(f"undo {two.told.number} in {one.told.number}")
        by_number = {customer.told.number: customer.lives for customer in self.customers}
        others = [by_number[number] for number in one.lives.merges.absorbed if number != two.told.number]
        if two.told.survivor != one.told.number:
            return self._refused(MergeError, lambda: one.lives.release(_origin(), two.lives, self.definitions, others))
        if (
            one.told.survivor is not None
        ):  # a chain is undone from its end: the use case asks this of the number in its path
            return self._refused(MergedAwayError, lambda: check_not_merged(one.lives))
        one.lives.release(_origin(), two.lives, self.definitions, others)
        return one.told.release(two.told)

    def _refused(self, error: type[DomainError], decide: Callable[[], object]) -> None:
        with self.telling(), pytest.raises(error):
            decide()


def lived(one: CustomerProfile) -> Values:
    """What the aggregate says on every day."""
    fields = {
        (key, at): held.content.value
        for key in FIELDS
        for held in one.fields.in_force.get(key, ())
        for at in _offsets(held.days)
    }
    answers = {
        (code, at): held.content
        for code in CATEGORIES
        for held in one.responses.in_force.get(code, ())
        for at in _offsets(held.days)
    }
    return {**fields, **answers}


def _offsets(days: Days) -> list[int]:
    return [offset for offset, day in enumerate(CALENDAR) if day in days]


def _origin() -> Origin:
    cause = uuid4()
    return Origin(actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)


@pytest.fixture
def world(dossier: Dossier, ask: Ask) -> World:
    """The standard fields, one of each policy, and two categories of three responses."""
    standard_fields(dossier)
    for key in ("score", "note"):
        given = {"label": key.title(), "group": "business", "type": "string", "policy": POLICIES[key]}
        define_field(dossier, ask(), key=key, members=given)
    for code in CATEGORIES:
        setup.define_category(dossier, ask(), code=code, description=f"Category {code}")
        for response in "ABC":
            setup.define_response(dossier, ask(), code=code, response=response, description=response)
    dossier.renew_setup()
    assert {key: dossier.setup().fields[key].policy for key in FIELDS} == POLICIES
    return World(dossier, list(dossier.setup().categories))


_FIELDS: Final = """
    SELECT number, field, value, personal, lower(valid), upper(valid), lower(known), nullif(upper(known), 'infinity')
    FROM field_values WHERE number = ANY(%s)
"""
_ANSWERS: Final = """
    SELECT number, category, response, NULL::bytea, lower(valid), upper(valid), lower(known), nullif(upper(known), 'infinity')
    FROM drawer_answers WHERE number = ANY(%s)
"""


def told_by_tables(view: View, numbers: Sequence[str], instants: Sequence[datetime]) -> list[dict[str, Values]]:
    """What the read models hold of these customers on every day, as known at each instant."""
    found: list[dict[str, Values]] = [{number: {} for number in numbers} for _ in instants]
    view.keys.preload([CustomerProfile.id_of(view.company, number) for number in numbers], view.connection)
    for query in (_FIELDS, _ANSWERS):
        for number, key, clear, sealed, first, past, since, until in view.connection.execute(query, [list(numbers)]):
            subject = CustomerProfile.id_of(view.company, number)
            value = clear if clear is not None else str.__str__(open_value(view.keys, subject, key, sealed))
            days = [at for at, day in enumerate(CALENDAR) if first <= day and (past is None or day < past)]
            for place, instant in enumerate(instants):
                if since <= instant and (until is None or instant < until):
                    found[place][number] |= {(key, day): value for day in days}
    return found


def told_to_users(view: View, number: str) -> dict[Key, str] | str:
    """What the widget and the drawer show of a customer on the view's day, or whom it was merged into."""
    try:
        fields, answers = widget(view, number), drawer(view, number)
    except MergedAwayError as merged:
        return merged.survivor
    assert fields is not None
    assert answers is not None
    shown: dict[Key, str] = {one.key: one.value for one in fields.fields if one.value is not None}
    return shown | {one.code: one.value for one in answers.categories if one.value is not None}


def check(world: World, histories: Sequence[History], instants: Sequence[datetime]) -> None:
    """Everything that is held, at every instant, and what users are shown at random points."""
    with reading(world.dossier, *READ, known_at=instants[-1]) as view:
        numbers = [one.told.number for history in histories for one in history.customers]
        held = told_by_tables(view, numbers, instants)
        for history in histories:
            with history.telling():
                for place, expected in enumerate(history.rounds):
                    assert {number: held[place][number] for number in expected} == expected, f"as known after {place}"
                for customer in history.customers:
                    assert state(CustomerProfile.from_facts(customer.facts)) == state(customer.lives)
        for history in histories[::SHOWN]:
            with history.telling():
                check_shown(view, history, instants)


def check_shown(view: View, history: History, instants: Sequence[datetime]) -> None:
    """What users are shown of one customer at one point."""
    one, place = history.random.choice(history.customers), history.random.randrange(ROUNDS + 1)
    day = history.random.randrange(HORIZON)
    at = view.at(AsOf(CALENDAR[day], instants[place]))
    values = history.rounds[place][one.told.number]
    shown = {key: value for (key, on), value in values.items() if on == day}
    assert told_to_users(at, one.told.number) == (history.survivors[place][one.told.number] or shown)


def play(world: World, names: Sequence[str]) -> None:
    """Plays histories side by side, a put each round, and asks at the end."""
    histories = [History(world, name) for name in names]
    instants = []
    for round_ in range(ROUNDS + 1):
        for history in histories if round_ else ():
            history.step()
        facts = [fact for history in histories for fact in history.collect()]
        world.dossier.fact_mapper.keys.preload(fact.originator_id for fact in facts)
        world.dossier.put(facts)
        instants.append(now_known(world.dossier))
    check(world, histories, instants)


@pytest.mark.timeout(max(300, HISTORIES // 4))
def test_a_model_by_day_agrees_with_random_merges_and_their_undoing(
    world: World, figures: Callable[[str], None]
) -> None:  # rules 0.3, 1.15, 2.20, 3.10, 3.11, 4.2, 6.1
    ran = 0
    while ran < HISTORIES:
        play(world, [f"{ran + place}" for place in range(TOGETHER)])
        ran += TOGETHER
    figures(f"{ran} random histories of three to five customers, merged and separated, 0 differences")
