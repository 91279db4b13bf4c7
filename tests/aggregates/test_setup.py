"""`Setup`: the whole setup folded from facts, as a value."""

import pytest

from aggregates.errors import DomainError, InvalidError, RefusedError, refuse
from aggregates.setup.catalogue import FAMILIES, Setup
from aggregates.setup.category import CategoryNotFoundError
from aggregates.texts import Faults
from profile_facts import class_defined
from scenario import (
    COMPANY,
    TODAY,
    attribute_mapped,
    category_changed,
    category_defined,
    control_set,
    customer_registered,
    default_moved,
    history,
    response_changed,
    response_defined,
    state,
)

EMPTY = Setup.empty(COMPANY)
FACTS = history(
    category_defined(9, "Colour", position=1),
    category_defined(8, "Size", position=1),
    category_defined(7, "Age", position=2),
    control_set("K87", "Yes"),
    attribute_mapped(),
    class_defined("Late payers"),
)


def test_an_empty_setup_has_no_categories_and_every_default() -> None:  # rule 4.1
    assert EMPTY.categories == ()
    assert EMPTY.controls.value("L37", TODAY) == ""
    assert EMPTY.mappings.attributes == {}


def test_categories_come_by_position_then_code() -> None:  # rule 1.1
    assert [category.code for category in EMPTY.after(FACTS).categories] == [8, 9, 7]


def test_a_category_is_found_by_its_code() -> None:  # rule 1.1
    assert EMPTY.after(FACTS).category(8).description == "Size"
    with pytest.raises(CategoryNotFoundError, match=r"^Category 6 is not defined\.$"):
        EMPTY.after(FACTS).category(6)


def test_controls_mappings_and_profile_classes_are_part_of_the_setup() -> None:  # rules 4.1, 2.1
    setup = EMPTY.after(FACTS)
    assert setup.controls.value("K87", TODAY) == "Yes"
    assert setup.mappings.attributes == {"category:7": "age"}
    assert setup.profile_class("LATE PAYERS") is not None
    assert setup.profile_class("Prompt payers") is None
    assert FAMILIES == ("category", "controls", "mappings", "profile_class", "field")


def test_facts_of_customers_do_not_count() -> None:  # rule 1.1
    setup = EMPTY.after(FACTS)
    assert setup.after(history(customer_registered())) is setup


def test_an_earlier_setup_stays_as_it_was() -> None:  # rule 0.3
    story = history(
        category_defined(),
        response_defined("A"),
        response_defined("B"),
        default_moved("A"),
        response_changed("B", active=False),
        category_changed(7, "Years"),
    )
    early = EMPTY.after(story[:2])
    late = early.after(story[2:])
    assert (early.category(7).description, set(early.category(7).responses), early.category(7).default) == (
        "Age",
        {"A"},
        None,
    )
    assert (late.category(7).description, late.category(7).default) == ("Years", "A")


def test_facts_one_by_one_give_the_same_setup_as_all_at_once() -> None:  # rule 0.3
    setup = EMPTY
    for fact in FACTS:
        setup = setup.after([fact])
    at_once = EMPTY.after(FACTS)
    assert {one.id: state(one) for one in setup.aggregates.values()} == {
        one.id: state(one) for one in at_once.aggregates.values()
    }


# Faults, as every command collects them


def test_one_fault_is_raised_as_it_is_and_several_as_one_refusal() -> None:  # rule 0.6
    one, other = InvalidError("One.", field="a"), InvalidError("Other.", field="b")
    refuse([])
    with pytest.raises(InvalidError, match=r"^One\.$"):
        refuse([one])
    with pytest.raises(RefusedError, match=r"^One\. Other\.$") as refused:
        refuse([one, other])
    assert refused.value.faults == (one, other)


def test_faults_of_a_refusal_are_collected_one_by_one() -> None:  # rule 0.6
    faults = Faults()
    with faults:
        raise RefusedError([InvalidError("One.", field="a"), InvalidError("Other.", field="b")])
    assert [(type(fault), fault.field) for fault in faults.errors] == [(InvalidError, "a"), (InvalidError, "b")]


def test_faults_of_a_value_are_named_after_its_place() -> None:  # rule 0.6
    faults = Faults()
    with faults.at("options.collector"):
        raise InvalidError("One.")
    with faults.at("start"):
        raise RefusedError([InvalidError("Two.", field="effective_from"), InvalidError("Three.")])
    assert [(fault.field, str(fault)) for fault in faults.errors] == [
        ("options.collector", "One."),
        ("start", "Two."),
        ("start", "Three."),
    ]


def test_an_error_that_is_no_refusal_is_never_swallowed() -> None:  # rule 0.6
    with pytest.raises(KeyError), Faults():
        raise KeyError("a bug")
    with pytest.raises(KeyError), Faults().at("a"):
        raise KeyError("a bug")
    assert not issubclass(KeyError, DomainError)
