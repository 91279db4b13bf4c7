"""Profile classes are part of what every decision may consult, so a decision on a stale cache of them is never stored."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from aggregates.account.account import Account
from aggregates.account.commands import assign_class, open_account
from aggregates.account.place import Place
from aggregates.customer.commands import register_customer
from aggregates.profile_class.commands import change_class, define_class, found_company
from aggregates.profile_class.profile_class import ClassInactiveError
from aggregates.use_case import Request
from conftest import TODAY, environment
from remembering import remembered_by
from store.application import Dossier

Ask = Callable[..., Request]
LATE = {"collector": "EU-1", "allow_discount": False}


@pytest.fixture
def elsewhere(postgres_url: str, schema: str, dossier: Dossier, ask: Ask) -> Iterator[Dossier]:
    """Another process over the same log, which remembers account A-7 and the class LATE."""
    found_company(dossier, ask())
    register_customer(dossier, ask(), number="1001", name="Ann")
    define_class(
        dossier, ask(), name="LATE", description="Late", options=LATE, amounts={"USD": {"credit_limit": "100.50"}}
    )
    with Dossier(environment(postgres_url, schema)) as other:
        open_account(other, ask(), account="A-7", customer="1001")
        assert other.setup().profile_class("LATE") is not None
        yield other


def test_opening_an_account_stores_the_class_default_with_it(elsewhere: Dossier) -> None:  # rules 2.5, 0.6
    topics = [event.topic for event in elsewhere.log_of_facts.select_events(Account.id_of("demo", "A-7"))]
    assert topics == ["account.opened", "account.profile_class_assigned"]


def test_a_class_that_was_deactivated_elsewhere_is_not_assigned(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:  # rules 2.19, 0.6
    change_class(dossier, ask(), name="LATE", active=False)
    with pytest.raises(ClassInactiveError):
        assign_class(elsewhere, ask(), Place("A-7"), profile_class="LATE")
    account = dossier.load(Account, "A-7")
    assert account is not None
    assert account.version == 2


def test_a_class_that_was_changed_elsewhere_is_copied_as_it_is_now(
    dossier: Dossier, elsewhere: Dossier, ask: Ask
) -> None:  # rule 2.7
    change_class(dossier, ask(), name="LATE", amounts={"USD": {"credit_limit": "250.75"}}, apply_to="new")
    assign_class(elsewhere, ask(), Place("A-7"), profile_class="late")
    account = dossier.load(Account, "A-7")
    assert account is not None
    content = account.profiles.at(TODAY)
    assert content is not None
    assert (content.profile_class, content.class_version) == ("LATE", 2)
    assert content.terms.amounts["USD"].credit_limit == Decimal("250.75")


def test_what_was_stored_reads_back_as_it_was_decided(elsewhere: Dossier, ask: Ask) -> None:  # rules 2.4, 2.20
    assign_class(elsewhere, ask(), Place("A-7"), profile_class="LATE")
    remembered = remembered_by(elsewhere, ask, Account, "A-7")
    replayed = elsewhere.load(Account, "A-7")
    assert remembered is not None
    assert replayed is not None
    assert remembered.profiles == replayed.profiles
    assert str(replayed.profiles.at(TODAY).terms.amounts["USD"].credit_limit) == "100.5"
