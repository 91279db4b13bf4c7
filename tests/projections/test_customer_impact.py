"""The impact of a change of a customer, told before it is made, is what then differs on every day, of answers and of what was sent."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

import pytest

from aggregates.clocks import AsOf
from aggregates.customer.commands import confirm_drawer, merge_customers, register_customer, unmerge_customers
from aggregates.effective import When
from aggregates.fact import Role
from aggregates.field.commands import define_field
from aggregates.field.field import MASK
from aggregates.impact import ImpactChangedError
from aggregates.interaction.commands import start_interaction
from aggregates.interaction.field_edits import edit_fields
from aggregates.setup import commands as setup
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import Outcome, Request
from business_fields import standard_fields
from conftest import TODAY
from projections.answers.customer_preview import CustomerPlan, customer_impact, plan, preview_read
from projections.answers.customer_preview_models import CustomerImpact, CustomerPreviewRead
from projections.answers.impact import DayRange
from projections.deliveries.models import Delivery
from projections.deliveries.queries import deliveries
from projections.drawer.queries import stored_answers
from projections.fields.queries import values_of
from projections.reading.view import View
from store.application import Dossier
from store.deliveries import Sending
from store.outcomes import record_sent

from .fold import reading

Ask = Callable[..., Request]
Change = Callable[[SetupStore, Request], Outcome]
Key = tuple[str, date]
"""A path and a day."""
CHANGES: Final = int(os.environ.get("DOSSIER_CHANGES", "40"))
CALENDAR: Final = [TODAY + timedelta(day) for day in range(-4, 5)]
"""The last day stands for all that follow."""
READ: Final = ("fields", "drawer", "deliveries")
MASKED: Final = "fields.secret"
MAPPED: Final = {"field:city": "fields.city", "field:secret": MASKED, "category:7": "responses.7"}


def company(dossier: Dossier, ask: Ask) -> None:
    """Standard fields and two personal ones, one masked, category 7, most of it forwarded; customer 1001 on a call with an agent."""
    standard_fields(dossier)
    for key, masked in (("secret", True), ("nickname", False)):
        members = {"label": key.title(), "group": "business", "type": "string", "personal": True, "masked": masked}
        define_field(dossier, ask(), key=key, members={**members, "agent_editable": True})
    setup.define_category(dossier, ask(), code=7, description="Age")
    for response in ("A", "B"):
        setup.define_response(dossier, ask(), code=7, response=response, description=f"{response} years")
    for code, value in (("L37", "INTERACT"), ("L51", "Yes")):
        setup.set_control(dossier, ask(), code=code, value=value, when=When(CALENDAR[0]))
    setup.map_category(dossier, ask(), code=7, attribute="age")
    for key in ("city", "secret"):
        setup.map_field(dossier, ask(), key=key, attribute=key)
    for number in ("1001", "1002"):
        register_customer(dossier, ask(), number=number, name="Ada", effective_from=CALENDAR[0])
    start_interaction(dossier, ask(role=Role.INTEGRATOR), interaction="I-1", customer="1001", agent="ann")


def random_when(chance: Random) -> When:
    first = chance.choice(CALENDAR[:-1])
    last = None if chance.random() < 0.3 else min(first + timedelta(chance.randrange(4)), CALENDAR[-2])
    return When(first, last, chance.random() < 0.2)


def random_change(chance: Random, number: str = "1001") -> Change:
    """An edit of some fields, or an answer in the drawer, on random days."""
    when = random_when(chance)
    if chance.random() < 0.3:
        answer = chance.choice(["A", "B", None])
        return lambda store, request: confirm_drawer(store, request, number=number, responses={7: answer}, when=when)
    values = {key: chance.choice(["Rome", "Oslo", None]) for key in chance.sample(["city", "secret", "nickname"], 2)}
    return lambda store, request: edit_fields(
        store, request, number=number, fields=values, interaction="I-1", when=when
    )


def merge(store: SetupStore, request: Request) -> Outcome:
    return merge_customers(store, request, number="1001", other="1002")


def unmerge(store: SetupStore, request: Request) -> Outcome:
    return unmerge_customers(store, request, number="1001", other="1002")


class Changes:
    """What is changed next: customer 1001, by an edit, an answer, or a merge with 1002 and its undoing; 1002 changes, too, while it can."""

    def __init__(self, dossier: Dossier, ask: Ask, chance: Random) -> None:
        self._dossier, self._ask, self._chance = dossier, ask, chance
        self._merged = False

    def next_change(self) -> tuple[Change, Request]:
        chance = self._chance
        if chance.random() < 0.25:
            self._merged = not self._merged
            return (merge if self._merged else unmerge), self._ask()
        if not self._merged:
            random_change(chance, "1002")(self._dossier, self._ask())
        return random_change(chance), self._ask(role=chance.choice([Role.AGENT, Role.ADMINISTRATOR]))


@dataclass(frozen=True)
class Answer:
    """What the read models say of a path on a day. `event`: what set it, where the value is masked."""

    value: str
    shown: str
    event: str | None = None

    def compared(self, role: Role) -> str:
        """What a difference is for a caller in this role (rule 5.2)."""
        return self.event if self.event and role is Role.AGENT else self.value


def answers(view: View) -> dict[Key, Answer]:
    """What the read models say of each day."""
    read: dict[Key, Answer] = {}
    for day in CALENDAR:
        then = view.at(AsOf(day))
        for definition, value, event_id, masked in values_of(then, "1001"):
            masked_value = Answer(value, MASK, str(event_id))
            read[f"fields.{definition.key}", day] = masked_value if masked else Answer(value, value)
        for code, answer in stored_answers(then, "1001").items():
            read[f"responses.{code}", day] = Answer(answer.response, answer.response)
    return read


def standing(view: View) -> dict[Key, str]:
    """By path and day, the last delivery that was sent of it."""
    last: dict[Key, str] = {}
    ends = dict(view.connection.execute("SELECT delivery_id, effective_to FROM deliveries").fetchall())
    for delivery in reversed(deliveries(view, "1001", "sent", 500).items):
        days = DayRange(effective_from=delivery.effective_from, effective_to=ends[delivery.delivery_id])
        last |= {(MAPPED[delivery.mapped[0]], day): str(delivery.delivery_id) for day in days_of([days])}
    return last


def days_of(ranges: Iterable[DayRange]) -> list[date]:
    return [
        day
        for days in ranges
        for day in CALENDAR
        if days.effective_from <= day and (days.effective_to is None or day <= days.effective_to)
    ]


@dataclass(frozen=True)
class Foretold:
    """What was told of a change before it was made, and what the read models said then."""

    role: Role
    preview: CustomerPreviewRead
    impact: CustomerImpact
    answers: dict[Key, Answer]
    sent: dict[Key, str]

    def assert_is_so(self, after: dict[Key, Answer]) -> None:
        """The read models say now what was told."""
        differs = {key for key in self.answers.keys() | after.keys() if self._at(key) != self._at(key, after)}
        impact = self.impact
        assert {(path, day) for part in impact.ranges for path in part.fields for day in days_of([part])} == differs
        assert days_of(impact.past_answers) == sorted({day for _, day in differs if day < TODAY})
        affected = {(self.sent[key], key[1]) for key in differs if key in self.sent}
        assert {(str(each.delivery_id), day) for each in impact.deliveries for day in days_of(each.days)} == affected
        for change in self.preview.changes:
            for day in days_of([change]):
                before, now = self.answers.get((change.field, day)), after.get((change.field, day))
                assert change.before == (before and before.shown)
                assert change.after == (now and now.shown)

    def _at(self, key: Key, answers: dict[Key, Answer] | None = None) -> str | None:
        answer = (self.answers if answers is None else answers).get(key)
        return None if answer is None else answer.compared(self.role)


def send(dossier: Dossier, waiting: Iterable[Delivery]) -> None:
    with dossier.database.connection() as connection:
        for delivery in waiting:
            sending = Sending(delivery.delivery_id, "1001", str(delivery.attribute), None, TODAY, None, 1)
            record_sent(connection, sending, 1)


def planned_by(dossier: Dossier, change: Change, request: Request) -> CustomerPlan:
    return plan(dossier, "1001", lambda store: change(store, request))


def seeing(request: Request, impact: CustomerImpact) -> Request:
    return replace(request, origin=request.origin.model_copy(update={"impact": impact.digest}))


def test_what_the_impact_says_is_what_then_differs(dossier: Dossier, ask: Ask) -> None:  # rules 3.11, 4.2, 5.2, 6.1
    company(dossier, ask)
    chance, made, past, affected, last = Random(7), 0, 0, 0, None
    changes = Changes(dossier, ask, chance)
    for _ in range(CHANGES):
        change, request = changes.next_change()
        role, planned = request.origin.role, planned_by(dossier, change, request)
        with reading(dossier, *READ) as view:
            impact, present = customer_impact(view, planned, role, TODAY), answers(view)
            if last is not None:
                last.assert_is_so(present)
            waiting = deliveries(view, "1001", "waiting", 20).items
            last = Foretold(role, preview_read(planned, role, TODAY), impact, present, standing(view))
        outcome = change(dossier, seeing(request, impact))
        assert (last.preview.changed, last.preview.version) == (outcome.changed, outcome.version - len(planned.facts))
        made, past, affected = made + outcome.changed, past + impact.past_days, affected + len(impact.deliveries)
        send(dossier, [delivery for delivery in waiting if chance.random() < 0.7])
    assert (made > CHANGES // 3, past > 0, affected > 0) == (True, True, True)


def test_a_write_with_the_digest_of_another_effect_is_refused_and_the_digest_is_kept(
    dossier: Dossier, ask: Ask
) -> None:  # rules 0.2, 0.6
    company(dossier, ask)
    when = When(CALENDAR[2], CALENDAR[8])

    def change(store: SetupStore, request: Request) -> Outcome:
        return edit_fields(store, request, number="1001", fields={"city": "Rome"}, when=when)

    with reading(dossier, *READ) as view:
        seen = customer_impact(view, planned_by(dossier, change, ask()), Role.ADMINISTRATOR, TODAY)
    edit_fields(dossier, ask(), number="1001", fields={"address": "1 Main Street"})
    between = When(CALENDAR[4], CALENDAR[4])
    edit_fields(dossier, ask(), number="1001", fields={"city": "Oslo"}, when=between)
    with pytest.raises(ImpactChangedError):
        change(dossier, seeing(ask(), seen))
    with reading(dossier, *READ) as view:
        seen = customer_impact(view, planned_by(dossier, change, ask()), Role.ADMINISTRATOR, TODAY)
    outcome = change(dossier, seeing(ask(), seen))
    [event] = dossier.log_of_facts.select_notifications(outcome.position, 1)
    assert dossier.fact_mapper.to_domain_event(event).origin.impact == seen.digest
