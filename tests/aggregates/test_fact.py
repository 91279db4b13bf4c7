"""The base of events and aggregates: the common fields of facts, replay, and the restrictions on event classes."""

import inspect
import json
from collections import Counter
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from eventsourcing.domain import OriginatorIDError, OriginatorVersionError
from eventsourcing.utils import resolve_topic
from pydantic import ValidationError

from aggregates.aggregate import Aggregate
from aggregates.catalogue import FACTS, check_keys
from aggregates.customer.events import CustomerRegistered
from aggregates.customer.profile import CustomerProfile
from aggregates.errors import StaleVersionError
from aggregates.fact import ERASED, EffectiveFact, Fact, Source, event_id, stream_id
from aggregates.setup.category import ProfileCategory
from scenario import (
    EARLIER,
    FIRST_RECORDED,
    FROM_TODAY,
    ORIGIN,
    TODAY,
    category_defined,
    customer_registered,
    customer_renamed,
    given,
    history,
    origin,
    response_defined,
    told,
)

EVERY_FACT = pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
CONSTRAINTS = {"maxLength", "minLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
CONSTRAINTS |= {"multipleOf", "minItems", "maxItems", "uniqueItems"}


def renamed(name: str = "Ada Lovelace", because: str = "now") -> Fact:
    """The fact that renaming Ada records."""
    ada: CustomerProfile = told(customer_registered())
    ada.rename(origin(because=because), name=name, days=FROM_TODAY)
    return ada.pending[0]


def keys_of(schema: Any) -> set[str]:
    """Every key anywhere in a JSON schema."""
    if isinstance(schema, dict):
        return set(schema).union(*(keys_of(value) for value in schema.values()))
    return set().union(*(keys_of(value) for value in schema)) if isinstance(schema, list) else set()


def kinds_of_aggregates(base: type[Aggregate] = Aggregate) -> list[type[Aggregate]]:
    """Every aggregate class that has a kind of its own, also those that share a base with others."""
    found = [base] if "KIND" in vars(base) else []
    found += [kind for below in base.__subclasses__() for kind in kinds_of_aggregates(below)]
    return list(dict.fromkeys(found))  # once, however many bases lead to it


# What a fact carries


def test_a_fact_is_never_changed() -> None:  # rule 0.1
    with pytest.raises(ValidationError, match="frozen"):
        customer_registered().company = "other"  # type: ignore[misc]


def test_a_fact_says_who_from_where_why_and_on_which_days() -> None:  # rule 0.2
    ada: CustomerProfile = told(customer_registered())
    why = ORIGIN.model_copy(update={"reason": "married"})
    ada.rename(why, name="Ada Lovelace", days=FROM_TODAY)
    fact = ada.pending[0]
    assert isinstance(fact, EffectiveFact)
    assert (fact.company, fact.origin) == ("acme", why)
    assert (fact.effective_from, fact.effective_to) == (TODAY, None)
    assert fact.recorded_at is None


def test_a_change_comes_from_one_of_six_places() -> None:  # rule 0.2
    assert list(Source) == ["ui", "api", "upload", "propagation", "merge", "cli"]


def test_the_same_cause_at_the_same_version_gives_the_same_event_id() -> None:  # rule 0.7
    assert renamed().event_id == renamed("Ada King").event_id
    assert renamed().event_id == event_id(ORIGIN.causation_id, renamed().originator_id, 2)
    assert renamed().event_id != renamed(because="something else").event_id


def test_an_aggregate_id_follows_from_company_kind_and_key() -> None:  # rule 0.2
    assert CustomerProfile.id_of("acme", "7") == stream_id("acme", "customer", "7")
    ids = {CustomerProfile.id_of("acme", "7"), CustomerProfile.id_of("emca", "7"), ProfileCategory.id_of("acme", 7)}
    assert len(ids) == 3


# Replay


def test_facts_are_numbered_from_1_without_gaps() -> None:  # rule 0.1
    ada = CustomerProfile.new("acme", "1001")
    ada.register(ORIGIN, number="1001", name="Ada", days=FROM_TODAY)
    ada.rename(ORIGIN, name="Ada Byron", days=FROM_TODAY)
    assert [fact.originator_version for fact in ada.pending] == [1, 2]
    assert ada.version == 2


def test_pending_facts_are_handed_over_once() -> None:  # rule 0.6
    ada: CustomerProfile = told(customer_registered())
    ada.rename(ORIGIN, name="Ada Lovelace", days=FROM_TODAY)
    assert len(ada.collect_events()) == 1
    assert ada.collect_events() == []


@pytest.mark.parametrize("versions", [[2], [1, 1], [1, 3]])
def test_facts_out_of_order_are_not_replayed(versions: list[int]) -> None:  # rule 0.1
    facts = [customer_registered().model_copy(update={"originator_version": version}) for version in versions]
    with pytest.raises(OriginatorVersionError):
        CustomerProfile.from_facts(facts)


def test_a_fact_of_another_aggregate_is_not_replayed() -> None:  # rule 0.1
    other = customer_renamed("Bob", number="1002").model_copy(update={"originator_version": 2})
    with pytest.raises(OriginatorIDError):
        CustomerProfile.from_facts([customer_registered(), other])


def test_a_replayed_aggregate_has_nothing_pending() -> None:  # rule 0.1
    given(customer_registered(), customer_renamed("Ada Lovelace")).when(lambda it: it.collect_events()).then_nothing()


def test_a_stale_version_names_who_changed_it_and_when() -> None:  # rule 0.7
    ada = told(customer_registered(), customer_renamed("Ada Lovelace"))
    ada.expect({2})
    ada.expect(None)
    with pytest.raises(StaleVersionError) as stale:
        ada.expect({1})
    assert str(stale.value) == "Changed by bob at 2026-01-01T09:01:00+00:00: version 2, not 1."
    assert (stale.value.by, stale.value.at) == (EARLIER.actor, FIRST_RECORDED.replace(minute=1))
    assert (stale.value.expected, stale.value.actual) == ({1}, 2)


def test_a_version_of_what_does_not_exist_is_stale_in_plain_words() -> None:  # rule 0.7
    with pytest.raises(StaleVersionError, match=r"^Nothing is recorded yet: version 0, not 3\.$"):
        CustomerProfile.new("acme", "1001").expect({3})


def test_rules_are_not_checked_again_on_replay() -> None:  # rule 0.1
    category = told(category_defined(description="x" * 500, position=-5), response_defined("TOO-LONG", ""))
    assert len(category.description) == 500
    assert "TOO-LONG" in category.responses


# Erased values


def test_an_erased_value_is_equal_to_no_real_value() -> None:  # rule 5.1
    real = "[erased]"
    assert not real == ERASED  # noqa: SIM201
    assert real != ERASED
    assert deepcopy(ERASED) == ERASED
    assert not deepcopy(ERASED) != ERASED  # noqa: SIM202


def test_an_erased_value_stays_erased_in_a_fact() -> None:  # rule 5.1
    facts = history(customer_registered(name=ERASED))
    assert isinstance(facts[0], CustomerRegistered)
    assert facts[0].name == ERASED
    assert CustomerProfile.from_facts(facts).names.at(date(2026, 1, 1)) == ERASED


# What an event class may be


@EVERY_FACT
def test_an_event_class_has_an_explicit_topic_that_leads_to_it(fact: type[Fact]) -> None:  # rule 0.1
    kind, event = fact.TOPIC.split(".")
    assert "TOPIC" in vars(fact)
    assert event.replace("_", "").isalpha()
    assert kind in {aggregate.KIND for aggregate in kinds_of_aggregates()}
    assert resolve_topic(fact.TOPIC) is fact


@EVERY_FACT
def test_an_event_class_says_its_fact_in_one_line(fact: type[Fact]) -> None:  # rule 0.1
    assert fact.__doc__
    assert fact.__doc__.endswith(".")
    assert "\n" not in fact.__doc__


@EVERY_FACT
def test_an_event_class_carries_types_only(fact: type[Fact]) -> None:  # rule 0.1
    assert keys_of(json.loads(json.dumps(fact.model_json_schema()))) & CONSTRAINTS == set()
    assert not fact.__pydantic_decorators__.field_validators
    assert not fact.__pydantic_decorators__.model_validators


@EVERY_FACT
def test_an_event_field_that_may_be_missing_reads_as_none(fact: type[Fact]) -> None:  # rule 0.1
    optional = {
        name for name, field in fact.model_fields.items() if type(None) in getattr(field.annotation, "__args__", ())
    }
    assert {name for name in optional if fact.model_fields[name].is_required()} == set()


def test_every_topic_belongs_to_one_event_class() -> None:  # rule 0.1
    classes = [fact for base in (Fact, EffectiveFact) for fact in base.__subclasses__() if "TOPIC" in vars(fact)]
    assert sorted(FACTS) == sorted(fact.TOPIC for fact in classes if fact.__module__.startswith("aggregates."))


def test_every_event_class_is_applied_by_exactly_one_method_of_its_own_aggregate() -> None:  # rule 0.1
    homes = [
        (method.applies, kind.KIND)
        for kind in kinds_of_aggregates()
        for _, method in inspect.getmembers(kind, lambda member: hasattr(member, "applies"))
    ]
    assert Counter(homes) == Counter((fact, fact.TOPIC.partition(".")[0]) for fact in FACTS.values())


@pytest.mark.parametrize("topic", ["contract.signed", "customer.signed"])
def test_an_event_whose_aggregate_has_no_natural_key_is_an_error_at_import(topic: str) -> None:
    signed: Any = type("Signed", (), {"TOPIC": topic, "model_fields": {}})
    with pytest.raises(TypeError, match=topic):
        check_keys([*FACTS.values(), signed])


def test_names_and_personal_values_of_customers_are_personal() -> None:  # rule 5.1
    personal = {topic: set(fact.personal_fields()) for topic, fact in FACTS.items() if fact.personal_fields()}
    assert personal == {
        "customer.registered": {"name", "personal_values"},
        "customer.renamed": {"name"},
        "customer.field_edited": {"personal_value"},
        "customer.fields_uploaded": {"personal_values"},
        "customer.merged": {"personal_fields_taken"},
        "customer.values_put_back": {"personal_fields_put_back"},
    }


def test_a_fact_survives_its_json_form() -> None:  # rule 0.3
    fact = history(customer_renamed("Zoë 李"))[0]
    assert type(fact).model_validate_json(fact.model_dump_json()) == fact
