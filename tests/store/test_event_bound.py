"""Every event is bounded (rule 0.11): too large ones are refused when encoded, before anything is sent to PostgreSQL, never when read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days, When
from aggregates.fact import MOST_EVENT_BYTES, EventTooLargeError, Fact, event_id
from aggregates.field.commands import define_field
from aggregates.interaction.field_edits import edit_fields
from aggregates.use_case import Request
from business_fields import standard_fields
from conftest import TODAY
from field_facts import definition, register_by_row
from store import mapper
from store.application import Dossier

Ask = Callable[..., Request]
AGGREGATE: Final = UUID(int=1)
FIRST: Final = date(2026, 1, 1)


class Noted(Fact):
    """A fact of any size."""

    TOPIC: ClassVar[str] = "test.noted"
    text: str


def noted(ask: Ask, text: str, version: int = 1) -> Noted:
    origin = ask(cause=AGGREGATE).origin
    return Noted(
        originator_id=AGGREGATE,
        originator_version=version,
        event_id=event_id(origin.causation_id, AGGREGATE, version),
        company="demo",
        origin=origin,
        text=text,
    )


def of_size(dossier: Dossier, ask: Ask, size: int, version: int = 1) -> Noted:
    """A fact whose stored state has so many bytes."""
    empty = len(dossier.fact_mapper.to_stored_event(noted(ask, "")).state)
    return noted(ask, "x" * (size - empty), version)


def test_an_event_may_have_256_kib_as_stored(dossier: Dossier, ask: Ask) -> None:  # rule 0.11
    dossier.put([of_size(dossier, ask, MOST_EVENT_BYTES)])
    [event] = dossier.log_of_facts.select_events(AGGREGATE)
    assert len(event.state) == MOST_EVENT_BYTES == 256 * 1024


def test_one_byte_more_is_refused_in_words_and_nothing_of_the_command_is_stored(
    dossier: Dossier, ask: Ask
) -> None:  # rules 0.6, 0.11
    with pytest.raises(EventTooLargeError, match="262,145 bytes, where 256 KiB is the most"):
        dossier.put([noted(ask, "small"), of_size(dossier, ask, MOST_EVENT_BYTES + 1, 2)])
    assert not dossier.log_of_facts.max_notification_id()


def test_characters_count_as_the_bytes_that_they_are_stored_as(dossier: Dossier, ask: Ask) -> None:  # rule 0.11
    with pytest.raises(EventTooLargeError):
        dossier.put([noted(ask, "😀" * (MOST_EVENT_BYTES // 4))])


@pytest.mark.parametrize("letter", ["x", "ü", "\U0001f600", '"'])
@pytest.mark.parametrize("personal", [False, True], ids=["open", "sealed"])
def test_a_row_of_500_long_values_is_stored_as_events_within_the_bound(
    dossier: Dossier, ask: Ask, letter: str, personal: bool
) -> None:  # rules 0.11, 3.2
    wide = {f"{'w' * 56}_{number}": definition("w", "W", personal=personal) for number in range(500)}
    wide = {key: replace(of, key=key) for key, of in wide.items()}
    row: dict[str, Any] = {"definitions": wide, "days": Days(TODAY), "upload": "U-1", "row": 1, "file": "f00d"}
    ada, values = CustomerProfile.new(dossier.company, "1001"), dict.fromkeys(wide, letter * 500)
    register_by_row(ada, ask().origin, number="1001", name="Ada", values=values, **row)
    ada.upload_fields(ask().origin, dict.fromkeys(wide, letter * 499), **row)
    dossier.put(ada.collect_events())
    events = dossier.log_of_facts.select_events(ada.id)
    assert max(len(event.state) for event in events) <= MOST_EVENT_BYTES
    stored = CustomerProfile.from_facts([dossier.fact_mapper.to_domain_event(event) for event in events])
    assert {stored.fields.at(key, TODAY).value for key in wide} == {letter * 499}  # type: ignore[union-attr]


def test_a_larger_event_of_former_times_is_read(
    dossier: Dossier, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.1
    large = of_size(dossier, ask, 3 * MOST_EVENT_BYTES)
    with monkeypatch.context() as former:
        former.setattr(mapper, "MOST_EVENT_BYTES", 10 * MOST_EVENT_BYTES)
        dossier.put([large])
    [event] = dossier.log_of_facts.select_events(AGGREGATE)
    assert dossier.fact_mapper.to_domain_event(event) == large.model_copy(update={"recorded_at": event.recorded_at})


@pytest.mark.parametrize(("days", "text", "merged"), [(560, "😀" * 490, 10), (1_900, "", 5)], ids=["long", "many"])
def test_a_merge_of_a_long_history_and_its_undoing_are_several_events_each_bounded(
    dossier: Dossier, ask: Ask, days: int, text: str, merged: int
) -> None:  # rules 0.6, 0.11, 6.1
    standard_fields(dossier)
    define_field(dossier, ask(), key="note", members={"label": "Note", "group": "business", "type": "string"})
    for number in ("1001", "1002", "1003"):
        customers.register_customer(dossier, ask(), number=number, name=number)
    long = CustomerProfile.id_of(dossier.company, "1003")
    one = dossier.load_many([long])[long]
    assert isinstance(one, CustomerProfile)
    for offset in range(days):
        day = FIRST + timedelta(offset)
        edits = dict.fromkeys(("note", "last_name"), f"{offset}{text}")
        one.edit_fields(ask().origin, edits, dossier.setup().fields, Days(day, day), dated=True)
    dossier.put(one.collect_events())
    edit_fields(dossier, ask(), number="1002", fields={"note": "late", "last_name": "Ray"}, when=When(FIRST))
    for other in ("1002", "1003"):
        customers.merge_customers(dossier, ask(), number="1001", other=other)
    for other in ("1002", "1003"):
        customers.unmerge_customers(dossier, ask(), number="1001", other=other)
    customers.merge_customers(dossier, ask(), number="1001", other="1003")
    customers.unmerge_customers(dossier, ask(), number="1001", other="1003")
    with dossier.database.connection() as connection:
        rows = connection.execute("SELECT topic, count(*), max(octet_length(state)) FROM events GROUP BY topic")
        events = {topic: (count, largest) for topic, count, largest in rows.fetchall()}
    assert max(largest for _, largest in events.values()) <= MOST_EVENT_BYTES
    assert events["customer.merged"][0] > merged
    assert events["customer.values_put_back"][0] > merged / 2
    assert events["customer.unmerged"][0] >= 3
    survivor = dossier.load_many([CustomerProfile.id_of(dossier.company, "1001")]).popitem()[1]
    assert isinstance(survivor, CustomerProfile)
    assert not any(survivor.fields.in_force.values())
