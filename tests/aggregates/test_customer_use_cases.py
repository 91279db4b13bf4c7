"""Use cases of customers that reach across aggregates: unique alternate numbers, registration, all faults in one answer."""

from collections.abc import Callable
from datetime import date

import pytest

from aggregates.customer import commands as customer
from aggregates.customer.numbers import AlternateNumberInUseError
from aggregates.customer.profile import CustomerExistsError, CustomerProfile
from aggregates.effective import When
from aggregates.errors import DomainError, RefusedError
from aggregates.setup import commands as setup
from aggregates.setup.controls import ControlNotFoundError
from aggregates.setup.mappings import MappingNotFoundError
from aggregates.use_case import Claim, ClaimTakenError, FactStore, Outcome, Request, command
from scenario import (
    ORIGIN,
    TODAY,
    alternate_number_added,
    alternate_number_removed,
    category_defined,
    control_set,
    customer_registered,
    customer_renamed,
    default_moved,
    response_changed,
    response_defined,
    response_selected,
    said,
)

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
LAST_YEAR = date(2025, 1, 1)
ADA = (customer_registered(), alternate_number_added("A1", primary=True))
BOB = customer_registered("Bob", number="1002")
END_BEFORE_START = "The end date must not be before the start date."


def refusal(command: Callable[[], Outcome]) -> tuple[type[DomainError], str, tuple[str | None, ...]]:
    """How a command is refused: error, text, fields."""
    with pytest.raises(DomainError) as refused:
        command()
    error = refused.value
    faults = error.faults if isinstance(error, RefusedError) else (error,)
    return type(error), str(error), tuple(fault.field for fault in faults)


# Registration


def test_registering_records_the_customer_and_the_first_alternate_number() -> None:  # rule 1.14, rule 0.4
    store = MemoryStore()
    outcome = customer.register_customer(
        store, REQUEST, number=" 1001 ", name="Ada Byron", alternate_number="a1", effective_from=LAST_YEAR
    )
    assert said(store.recorded) == said([customer_registered(first=LAST_YEAR), *ADA[1:]])
    assert outcome == Outcome(True, 2, 2)


def test_a_customer_is_registered_from_today_on() -> None:  # rule 0.2
    store = MemoryStore()
    customer.register_customer(store, REQUEST, number="1001", name="Ada Byron")
    assert said(store.recorded) == said([customer_registered(first=TODAY)])


def test_registering_twice_is_refused() -> None:  # rule 0.6
    store = MemoryStore(*ADA)
    refused = refusal(lambda: customer.register_customer(store, REQUEST, number="1001", name="Eve"))
    assert refused == (CustomerExistsError, "Customer 1001 is already registered.", ("number",))
    assert store.recorded == []


def test_every_fault_of_a_registration_is_named_once() -> None:  # rule 0.6
    store = MemoryStore()
    error, _, fields = refusal(
        lambda: customer.register_customer(
            store, REQUEST, number="", name="", alternate_number="-", effective_from=date.max
        )
    )
    assert error is RefusedError
    assert sorted(str(field) for field in fields) == ["alternate_number", "effective_from", "name", "number"]


def test_a_registration_with_a_taken_alternate_number_stores_nothing() -> None:  # rule 0.6, rule 1.14
    store = MemoryStore(*ADA)
    refused = refusal(
        lambda: customer.register_customer(store, REQUEST, number="1002", name="Bob", alternate_number="a1")
    )
    assert refused == (AlternateNumberInUseError, "Alternate number A1 is already in use.", ("alternate_number",))
    assert store.recorded == []


# Alternate numbers are unique in the company


def test_an_alternate_number_of_another_customer_is_refused() -> None:  # rule 1.14
    store = MemoryStore(*ADA, BOB)
    refused = refusal(lambda: customer.add_alternate_number(store, REQUEST, number="1002", alternate_number="a1"))
    assert refused == (AlternateNumberInUseError, "Alternate number A1 is already in use.", ("alternate_number",))
    assert store.recorded == []


def test_a_removed_alternate_number_is_free_for_another_customer() -> None:  # rule 1.14
    store = MemoryStore(*ADA, BOB)
    customer.remove_alternate_number(store, REQUEST, number="1001", alternate_number="a1")
    customer.add_alternate_number(store, REQUEST, number="1002", alternate_number="A1")
    assert said(store.recorded) == said(
        [alternate_number_removed("A1"), alternate_number_added("A1", primary=True, number="1002")]
    )


def test_an_old_primary_number_stays_taken() -> None:  # rule 1.14
    store = MemoryStore(*ADA, BOB)
    customer.add_alternate_number(store, REQUEST, number="1001", alternate_number="A2", primary=True)
    error, text, _ = refusal(
        lambda: customer.add_alternate_number(store, REQUEST, number="1002", alternate_number="A1")
    )
    assert (error, text) == (AlternateNumberInUseError, "Alternate number A1 is already in use.")


def test_a_taken_claim_is_not_tried_again() -> None:  # rule 1.14
    @command
    def claim(store: FactStore, request: Request) -> Outcome:
        bob = CustomerProfile.new(store.company, "1002")
        return store.keep(request, bob, claims=[Claim(customer.ALTERNATE_NUMBERS, "A1")])

    with pytest.raises(ClaimTakenError, match="alternate_number A1 is taken"):
        claim(MemoryStore(*ADA), REQUEST)


# Effective dates


def test_a_rename_may_name_its_days() -> None:  # rule 0.4
    store = MemoryStore(*ADA)
    customer.rename_customer(store, REQUEST, number="1001", name="Ada", when=When(LAST_YEAR, date(2025, 12, 31)))
    assert said(store.recorded) == said([customer_renamed("Ada", LAST_YEAR, date(2025, 12, 31))])


def test_a_rename_names_wrong_days_and_a_wrong_name_at_once() -> None:  # rule 2.10
    store = MemoryStore(*ADA)
    refused = refusal(
        lambda: customer.rename_customer(store, REQUEST, number="1001", name="", when=When(effective_to=LAST_YEAR))
    )
    text = f"{END_BEFORE_START} The name must have 1 to 100 characters."
    assert refused == (RefusedError, text, ("effective_to", "name"))


def test_the_drawer_names_wrong_days_and_a_missing_answer_at_once() -> None:  # rule 1.8, rule 2.10
    store = MemoryStore(*ADA, category_defined(required=True), response_defined())
    refused = refusal(
        lambda: customer.confirm_drawer(store, REQUEST, number="1001", responses={}, when=When(effective_to=LAST_YEAR))
    )
    text = f"{END_BEFORE_START} A value must be selected for Age."
    assert refused == (RefusedError, text, ("effective_to", "responses.7"))
    assert store.recorded == []


def test_a_control_names_wrong_days_and_a_wrong_value_at_once() -> None:  # rule 4.1, rule 2.10
    store = MemoryStore()
    refused = refusal(
        lambda: setup.set_control(store, REQUEST, code="K87", value="?", when=When(effective_to=LAST_YEAR))
    )
    text = f"{END_BEFORE_START} The value must be Yes or No."
    assert refused == (RefusedError, text, ("effective_to", "value"))


def test_a_control_that_is_not_defined_is_not_found() -> None:  # rule 4.1
    refused = refusal(lambda: setup.set_control(MemoryStore(), REQUEST, code="X1", value="?"))
    assert refused == (ControlNotFoundError, "System control X1 is not defined.", (None,))


def test_a_control_may_name_its_days() -> None:  # rule 4.1
    store = MemoryStore()
    setup.set_control(store, REQUEST, code="L51", value="y", when=When(LAST_YEAR, date(2025, 12, 31)))
    assert said(store.recorded) == said([control_set("L51", "Yes", LAST_YEAR, date(2025, 12, 31))])


def test_naming_days_in_the_drawer_lets_an_unchanged_answer_reach_further() -> None:  # rule 1.15
    store = MemoryStore(*ADA, category_defined(), response_defined(), response_selected("A", first=TODAY))
    answer = {"number": "1001", "responses": {7: "A"}}
    assert not customer.confirm_drawer(store, REQUEST, **answer).changed  # type: ignore[arg-type]
    customer.confirm_drawer(store, REQUEST, **answer, when=When(LAST_YEAR))  # type: ignore[arg-type]
    assert said(store.recorded) == said([response_selected("A", first=LAST_YEAR)])


# Setup


def test_the_default_of_a_new_response_is_stored_with_it() -> None:  # rule 1.3
    store = MemoryStore(category_defined())
    setup.define_response(store, REQUEST, code=7, response="a", description="Under 30", default=True)
    assert said(store.recorded) == said([response_defined("A"), default_moved("A")])


def test_a_used_response_is_deactivated_and_its_history_stays() -> None:  # rule 1.13
    store = MemoryStore(*ADA, category_defined(), response_defined(), response_selected("A"))
    setup.change_response(store, REQUEST, code=7, response="A", description="Young", active=False)
    assert said(store.recorded) == said([response_changed("A", "Young", active=False)])
    told_then = [fact.response_description for fact in store.facts if fact.TOPIC == "customer.response_selected"]  # type: ignore[attr-defined]
    assert told_then == ["Under 30"]


def test_a_category_that_is_not_mapped_cannot_be_unmapped() -> None:  # rule 4.2
    refused = refusal(lambda: setup.unmap_category(MemoryStore(), REQUEST, code=7))
    assert refused == (MappingNotFoundError, "category:7 is not mapped.", (None,))
