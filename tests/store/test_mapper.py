"""Facts to bytes and back: old versions, personal values, erasure, golden files."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import MapperDeserialisationError

from aggregates.catalogue import FACTS
from aggregates.customer.commands import register_customer, rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import ERASED, Erased, Fact
from aggregates.use_case import Request
from field_facts import FIELD_FACTS, PERSONAL
from scenario import history
from store.application import Dossier
from store.events import NewEvent, RecordedEvent
from store.keys import MasterKeyError
from store.log import read

GOLDEN = Path(__file__).parent.parent / "stored_events"
AT = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
AGGREGATE = UUID(int=1)


def recorded(topic: str, state: bytes, version: int = 1) -> RecordedEvent:
    """A row of the log."""
    return RecordedEvent(AGGREGATE, version, topic, state, 1, UUID(int=2), AT, UUID(int=3), b"")


def set_values(value: Any) -> Any:
    """A JSON value without what is null in it: what is not set reads as not there, so a new option changes no golden file."""
    if isinstance(value, dict):
        return {name: set_values(one) for name, one in value.items() if one is not None}
    return value


def with_personal(fact: Fact, personal: Mapping[str, Any]) -> Fact:
    """The fact with these personal values, which a golden file has in clear, in place of those that nobody has a key to."""
    unsaid = dict.fromkeys(fact.personal_fields())
    return type(fact).model_validate({**vars(fact), **unsaid, **personal})


@pytest.mark.parametrize("topic", FACTS)
def test_every_event_version_has_a_golden_file_that_still_loads(dossier: Dossier, topic: str) -> None:
    fact = FACTS[topic]
    for version in range(1, fact.class_version + 1):
        golden = json.loads((GOLDEN / f"{topic}.v{version}.json").read_text())
        loaded = dossier.fact_mapper.to_domain_event(recorded(topic, json.dumps(golden["state"]).encode()))
        loaded = with_personal(loaded, golden.get("personal", {}))
        plain = json.loads(loaded.model_dump_json(exclude={"recorded_at"}, exclude_none=True))
        assert plain == set_values(golden["reads_as"])


def test_no_golden_file_is_left_of_an_event_that_is_gone() -> None:
    known = {
        f"{topic}.v{version}.json" for topic, fact in FACTS.items() for version in range(1, fact.class_version + 1)
    }
    assert {file.name for file in GOLDEN.glob("*.json")} == known


def test_a_fact_reads_as_it_was_recorded_and_its_personal_values_are_sealed(dossier: Dossier) -> None:
    # rules 0.3, 5.1
    facts = history(*FIELD_FACTS)
    for fact in facts:
        dossier.put([fact])
    with dossier.database.connection() as connection:
        events = read(connection, 0, 1_000)
    assert [dossier.fact_mapper.to_domain_event(event) for event in events] == [
        fact.model_copy(update={"recorded_at": event.recorded_at}) for fact, event in zip(facts, events, strict=True)
    ]
    assert [event.topic for event in events if PERSONAL.encode() in event.state] == []
    assert PERSONAL in str(facts)


class ThirdShape(Fact):
    """A fact whose shape changed twice."""

    TOPIC: ClassVar[str] = "test.third_shape"
    class_version: ClassVar[int] = 3
    full_name: str
    since: date

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """`name` became `full_name`."""
        state["full_name"] = state.pop("name")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """`since` was added."""
        state["since"] = "2020-01-01"


def test_old_shapes_are_upcast_one_version_after_the_other(dossier: Dossier, ask: Callable[..., Request]) -> None:
    origin = json.loads(ask().origin.model_dump_json())
    first = {"company": "demo", "origin": origin, "name": "Ann"}
    second = {"company": "demo", "origin": origin, "full_name": "Ann", "v": 2}
    for state in (first, second):
        fact = dossier.fact_mapper.to_domain_event(recorded("test.third_shape", json.dumps(state).encode()))
        assert isinstance(fact, ThirdShape)
        assert (fact.full_name, fact.since) == ("Ann", date(2020, 1, 1))


def test_a_present_shape_says_its_version(dossier: Dossier, ask: Callable[..., Request]) -> None:
    fact = ThirdShape(
        originator_id=AGGREGATE,
        originator_version=1,
        event_id=UUID(int=2),
        company="demo",
        origin=ask().origin,
        full_name="Ann",
        since=date(2021, 1, 1),
    )
    stored = dossier.fact_mapper.to_stored_event(fact)
    assert json.loads(stored.state)["v"] == 3
    assert dossier.fact_mapper.to_domain_event(recorded(stored.topic, stored.state)) == fact.model_copy(
        update={"recorded_at": AT}
    )


def test_an_unreadable_event_is_named(dossier: Dossier) -> None:
    with pytest.raises(MapperDeserialisationError, match=r"category\.defined.* at position 1"):
        dossier.fact_mapper.to_domain_event(recorded("category.defined", b"{}"))


def _register(dossier: Dossier, ask: Callable[..., Request], number: str, name: str) -> UUID:
    register_customer(dossier, ask(), number=number, name=name)
    return CustomerProfile.id_of("demo", number)


def test_a_personal_value_is_never_in_clear_in_the_log(
    dossier: Dossier, ask: Callable[..., Request]
) -> None:  # rule 5.1
    customer = _register(dossier, ask, "1001", "Wilhelmina")
    rename_customer(dossier, ask(), number="1001", name="Wilhelmine")
    for event in dossier.log_of_facts.select_events(customer):
        assert b"Wilhelm" not in event.state
        assert b"1001" in event.state


def test_a_destroyed_key_reads_as_erased_and_never_as_an_error(
    dossier: Dossier, ask: Callable[..., Request]
) -> None:  # rule 5.1
    gone = _register(dossier, ask, "1001", "Wilhelmina")
    _register(dossier, ask, "1002", "Ludwig")
    dossier.fact_mapper.keys.destroy(gone)
    erased, kept = dossier.load(CustomerProfile, "1001"), dossier.load(CustomerProfile, "1002")
    assert erased is not None
    assert kept is not None
    assert isinstance(erased.names.at(date(2026, 11, 21)), Erased)
    assert erased.number == "1001"
    assert kept.names.at(date(2026, 11, 21)) == "Ludwig"
    assert ERASED != "[erased]"


def test_a_personal_value_cannot_be_moved_to_another_event(dossier: Dossier, ask: Callable[..., Request]) -> None:
    customer = _register(dossier, ask, "1001", "Wilhelmina")
    event = dossier.log_of_facts.select_events(customer)[0]
    moved = RecordedEvent(customer, 2, event.topic, event.state, 2, event.event_id, AT, event.correlation_id, b"")
    with pytest.raises(MapperDeserialisationError):
        dossier.fact_mapper.to_domain_event(moved)


def test_another_master_key_is_told_apart_from_an_erasure(dossier: Dossier, ask: Callable[..., Request]) -> None:
    customer = _register(dossier, ask, "1001", "Wilhelmina")
    from store.keys import KeyRing

    with pytest.raises(MasterKeyError, match="DOSSIER_MASTER_KEY"):
        KeyRing(dossier.database, b"x" * 32).find(customer)


def test_a_fresh_key_stays_the_same_while_further_ones_are_made(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 5.1: what is sealed with it before it is stored can be read afterwards
    monkeypatch.setattr("store.keys.MOST_FRESH", 10)
    keys = dossier.fact_mapper.keys
    for subject, further in pairwise(uuid4() for _ in range(30)):
        fresh_key = keys.fresh(subject)
        keys.fresh(further)
        assert keys.fresh(subject) == fresh_key


def test_what_the_mapper_makes_carries_the_ids_of_the_fact(dossier: Dossier, ask: Callable[..., Request]) -> None:
    request = ask()
    customer = CustomerProfile.new("demo", "1001")
    from aggregates.effective import Days

    customer.register(request.origin, number="1001", name="Ann", days=Days(date(2026, 1, 1)))
    stored = dossier.fact_mapper.to_stored_event(customer.pending[0])
    assert isinstance(stored, NewEvent)
    assert (stored.event_id, stored.correlation_id) == (customer.pending[0].event_id, request.origin.correlation_id)
