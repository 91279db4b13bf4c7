"""Decisions on cached aggregates: never wrong, however old the cache is."""

import time
from collections.abc import Callable

import pytest

from aggregates.customer.commands import confirm_drawer, register_customer, rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.errors import StaleVersionError
from aggregates.fact import Erased
from aggregates.setup.commands import define_category, define_response
from aggregates.use_case import Request
from conftest import TODAY, environment
from remembering import is_remembered, remembered_by
from scenario import response_at
from store.application import Dossier

Ask = Callable[..., Request]


@pytest.fixture
def elsewhere(postgres_url: str, schema: str, dossier: Dossier, ask: Ask) -> Dossier:
    """Another process over the same log, which remembers customer 1001."""
    define_category(dossier, ask(), code=1, description="Age")
    define_response(dossier, ask(), code=1, response="A1", description="18-29")
    define_response(dossier, ask(), code=1, response="A2", description="30-39")
    other = Dossier(environment(postgres_url, schema))
    register_customer(other, ask(), number="1001", name="Ann")
    return other


def test_a_remembered_customer_that_another_process_changed_is_read_again(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:  # rule 0.6
    assert confirm_drawer(dossier, ask(), number="1001", responses={1: "A1"}).version == 2
    outcome = confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A2"})
    assert (outcome.changed, outcome.version) == (True, 3)
    elsewhere.close()


def test_nothing_changed_is_said_of_what_the_log_says_and_not_of_what_is_remembered(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:  # rules 0.5, 1.9
    confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A1"})
    confirm_drawer(dossier, ask(), number="1001", responses={1: "A2"})
    assert confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A1"}).changed
    elsewhere.close()


def test_a_stale_version_names_the_change_that_the_log_has(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:  # rule 0.7
    rename_customer(dossier, ask(actor="bob"), number="1001", name="Anna")
    with pytest.raises(StaleVersionError, match="bob"):
        rename_customer(elsewhere, ask(expected_version=1), number="1001", name="Anne")
    assert rename_customer(elsewhere, ask(expected_version=2), number="1001", name="Anne").version == 3
    elsewhere.close()


def test_a_refused_command_leaves_no_trace_in_what_is_remembered(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:
    from aggregates.errors import DomainError

    with pytest.raises(DomainError):
        confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A1", 2: "X"})
    remembered = remembered_by(elsewhere, ask, CustomerProfile, "1001")
    assert remembered is not None
    assert (remembered.version, response_at(remembered, 1, TODAY), remembered.pending) == (1, None, ())
    elsewhere.close()


def test_whom_another_process_erased_is_forgotten(dossier: Dossier, elsewhere: Dossier, ask: Ask) -> None:  # rule 5.1
    assert rename_customer(elsewhere, ask(), number="1001", name="Anna").version == 2
    assert is_remembered(elsewhere, CustomerProfile, "1001")
    dossier.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    for _ in range(500):
        remembered_by(elsewhere, ask, CustomerProfile, "1002")
        if not is_remembered(elsewhere, CustomerProfile, "1001"):
            break
        time.sleep(0.02)
    customer = remembered_by(elsewhere, ask, CustomerProfile, "1001")
    assert customer is not None
    assert isinstance(customer.names.at(TODAY), Erased)
    elsewhere.close()


def test_what_was_used_least_recently_is_forgotten_first(
    elsewhere: Dossier, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store import memory

    monkeypatch.setattr(memory, "MOST_KNOWN", 2)
    numbers = ("1001", "1002", "1003")
    for number in numbers[1:]:
        register_customer(elsewhere, ask(), number=number, name="Bob")
    assert [is_remembered(elsewhere, CustomerProfile, number) for number in numbers] == [False, True, True]
    assert rename_customer(elsewhere, ask(), number="1001", name="Anna").version == 2
    assert [is_remembered(elsewhere, CustomerProfile, number) for number in numbers] == [True, False, True]
    elsewhere.close()


def test_two_personal_facts_of_a_new_customer_may_be_stored_together(dossier: Dossier, ask: Ask) -> None:  # rule 5.1
    from aggregates.effective import Days

    customer = CustomerProfile.new("demo", "1003")
    customer.register(ask().origin, number="1003", name="Cy", days=Days(TODAY))
    customer.rename(ask().origin, name="Cyrus", days=Days(TODAY))
    dossier.put(customer.collect_events())
    found = dossier.load(CustomerProfile, "1003")
    assert found is not None
    assert found.names.at(TODAY) == "Cyrus"


def test_aggregates_are_read_in_order_whatever_the_planner_knows_of_the_tables(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:
    for number in range(400):  # more keys than the events that are expected of one aggregate
        register_customer(elsewhere, ask(), number=str(number), name="Ann")
    for name in ("Anna", "Anne", "Ada"):
        rename_customer(elsewhere, ask(), number="7", name=name)
    with dossier.database.connection() as connection:
        connection.execute("ANALYZE")
    customer = remembered_by(dossier, ask, CustomerProfile, "7")
    assert customer is not None
    assert (customer.version, customer.names.at(TODAY)) == (4, "Ada")
    elsewhere.close()
