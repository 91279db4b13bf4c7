"""Use cases of merges: the survivor, both customers in one transaction, undoing, and where a merged-away number redirects (rule 6.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from aggregates.customer import commands as customer
from aggregates.customer.commands import CustomerErasedError, CustomerNotDefinedError
from aggregates.customer.merging import MergedAwayError, MergeError
from aggregates.customer.profile import CustomerNotFoundError, CustomerProfile
from aggregates.errors import DomainError
from aggregates.fact import Role
from aggregates.interaction.field_edits import edit_fields
from aggregates.use_case import Outcome, Request
from field_facts import (
    brought_back,
    customer_merged,
    customer_unmerged,
    field_defined,
    field_edited,
    held,
    merged_away,
    personal_data_erased,
    put_back,
    values_put_back,
)
from scenario import TODAY, customer_registered, origin, said

from .memory_store import A, MemoryStore

CARL = Request(origin("carl", Role.ADMINISTRATOR), TODAY)
ADA, BOB = customer_registered(), customer_registered("Bob", number="1002")
DEFINED = (field_defined(agent_editable=True), field_defined("note", "Note", agent_editable=True))


def refusal(store: MemoryStore, ask: Callable[[], Outcome]) -> tuple[type[DomainError], str]:
    """How a command is refused; nothing was stored."""
    with pytest.raises(DomainError) as refused:
        ask()
    assert store.recorded == []
    return type(refused.value), str(refused.value)


def merge(store: MemoryStore, number: str, other: str, **of: Any) -> Outcome:
    return customer.merge_customers(store, CARL, number=number, other=other, **of)


BOBS = field_edited("city", "Bonn", number="1002")
MERGED = (customer_merged("1002", {"city": [held("Bonn")]}), merged_away())


def test_a_merge_is_recorded_on_both_customers_at_once() -> None:  # rules 6.1, 0.6
    store = MemoryStore(ADA, BOB, *DEFINED, BOBS)
    assert merge(store, "1001", "1002") == Outcome(True, 2, len(store.facts))
    assert said(store.recorded) == said(MERGED)


@pytest.mark.parametrize(("number", "other"), [("1001", "1002"), ("1002", "1001")])
def test_the_older_customer_survives_unless_the_survivor_is_named(number: str, other: str) -> None:  # rule 6.1
    store = MemoryStore(ADA, BOB)
    merge(store, number, other, survivor_named=False)
    assert said(store.recorded) == said([customer_merged(), merged_away()])
    store = MemoryStore(ADA, BOB)
    merge(store, number, other)
    assert said(store.recorded) == said([customer_merged(other, number=number), merged_away(other, number)])


@pytest.mark.parametrize(("number", "other"), [("1001", "1002"), ("1002", "1001")])
@pytest.mark.parametrize("survivor", ["1001", "1002"])
def test_the_survivor_may_be_named_as_either_of_the_two(number: str, other: str, survivor: str) -> None:  # rule 6.1
    store = MemoryStore(ADA, BOB)
    merge(store, number, other, survivor=survivor, survivor_named=False)
    away = {"1001": "1002", "1002": "1001"}[survivor]
    assert said(store.recorded) == said([customer_merged(away, number=survivor), merged_away(away, survivor)])


def test_the_survivor_is_one_of_the_two() -> None:  # rule 6.1
    store = MemoryStore(ADA, BOB, customer_registered("Cleo", number="1003"))
    expected = (MergeError, "The survivor must be one of the two.")
    assert refusal(store, lambda: merge(store, "1001", "1002", survivor="1003")) == expected


def test_merging_what_is_merged_already_records_nothing() -> None:  # rules 6.1, 0.5
    store = MemoryStore(ADA, BOB, *DEFINED, BOBS, *MERGED)
    assert merge(store, "1001", "1002") == Outcome(False, 2, None)


def test_a_merge_and_its_undoing_come_from_a_merge() -> None:  # rules 6.1, 0.2
    store = MemoryStore(ADA, BOB)
    merge(store, "1001", "1002")
    customer.unmerge_customers(store, CARL, number="1001", other="1002")
    assert [(fact.origin.source, fact.origin.actor) for fact in store.recorded] == [("merge", "carl")] * 4


def test_the_older_one_is_asked_of_the_log_where_memory_does_not_know_it() -> None:  # rule 6.1
    class Remembering(MemoryStore):
        """Remembers customers as those who stored them do: without the time of their registration."""

        def load(self, kind: type[A], key: str | int) -> A | None:
            found = super().load(kind, key)
            if isinstance(found, CustomerProfile) and not self.fresh:
                found.registered_at = None
            return found

    store = Remembering(ADA, BOB)
    merge(store, "1002", "1001", survivor_named=False)
    assert said(store.recorded) == said([customer_merged(), merged_away()])


@pytest.mark.parametrize("whose", ["1001", "1002"])
def test_a_merge_that_loses_a_race_on_either_customer_is_decided_anew(whose: str) -> None:  # rules 6.1, 0.6
    store = MemoryStore(ADA, BOB, *DEFINED, BOBS)
    store.meanwhile = [lambda: edit_fields(store, CARL, number=whose, fields={"note": "late", "city": "Köln"})]
    merge(store, "1001", "1002")
    taken: Any = store.recorded[2]
    assert taken.fields.keys() == (set() if whose == "1001" else {"city", "note"})
    assert [fact.TOPIC for fact in store.recorded[2:]] == ["customer.merged", "customer.merged_away"]


def test_an_unmerge_takes_back_and_brings_back_at_once() -> None:  # rules 6.1, 0.6
    store = MemoryStore(ADA, BOB, *DEFINED, BOBS, *MERGED)
    assert customer.unmerge_customers(store, CARL, number="1001", other="1002").changed
    assert said(store.recorded) == said([customer_unmerged("1002", {"city": [held()]}), brought_back()])


def test_merges_are_undone_from_the_last_one_back() -> None:  # rule 6.1
    cleo = customer_registered("Cleo", number="1003")
    store = MemoryStore(ADA, BOB, cleo)
    merge(store, "1002", "1003")
    merge(store, "1001", "1002")
    with pytest.raises(MergedAwayError):
        customer.unmerge_customers(store, CARL, number="1002", other="1003")
    customer.unmerge_customers(store, CARL, number="1001", other="1002")
    assert customer.unmerge_customers(store, CARL, number="1002", other="1003").changed
    assert [store.load(CustomerProfile, number).merges.survivor for number in ("1001", "1002", "1003")] == [None] * 3  # type: ignore[union-attr]


def test_what_the_others_bring_comes_to_light_in_the_order_of_their_merges() -> None:  # rule 6.1
    cleo, dora = (customer_registered(name, number=number) for name, number in (("Cleo", "1003"), ("Dora", "1004")))
    cities = [field_edited("city", city, number=number) for city, number in (("Hamm", "1003"), ("Ulm", "1004"))]
    store = MemoryStore(ADA, BOB, cleo, dora, *DEFINED, BOBS, *cities)
    for other in ("1002", "1004", "1003"):
        merge(store, "1001", other)
    recorded = len(store.recorded)
    customer.unmerge_customers(store, CARL, number="1001", other="1002")
    found = values_put_back("1002", {"city": [put_back("Ulm", by="1004")]})
    assert said(store.recorded[recorded:]) == said([customer_unmerged("1002"), found, brought_back()])


def test_a_merged_customer_that_memory_knows_from_before_its_merge_is_read_anew() -> None:  # rule 6.1
    class Behind(MemoryStore):
        """Remembers 1003 as it was before it was merged, or as an earlier merge left it."""

        stale: CustomerProfile | None = None

        def load(self, kind: type[A], key: str | int) -> A | None:
            if self.stale is not None and key == "1003" and not self.fresh:
                return self.stale.copy()  # type: ignore[return-value]
            return super().load(kind, key)

    cleo = customer_registered("Cleo", number="1003")
    for again in (False, True):
        store = Behind(ADA, BOB, cleo, *DEFINED, BOBS, field_edited("city", "Hamm", number="1003"))
        if again:
            merge_by(store, "first", customer.merge_customers, other="1003")
        remembered = store.load(CustomerProfile, "1003")
        if again:
            merge_by(store, "second", customer.unmerge_customers, other="1003")
            edit_fields(store, CARL, number="1003", fields={"city": "Ulm"})
        merge(store, "1001", "1002")
        merge_by(store, "third", customer.merge_customers, other="1003")
        store.stale = remembered
        customer.unmerge_customers(store, CARL, number="1001", other="1002")
        found: Any = store.recorded[-2]
        assert found.fields["city"] == [put_back("Ulm" if again else "Hamm")]


def merge_by(store: MemoryStore, cause: str, verb: Any, other: str) -> None:
    """Merges into 1001, or undoes it, by a cause of its own."""
    verb(store, Request(origin("carl", Role.ADMINISTRATOR, cause), TODAY), number="1001", other=other)


UNDEFINED: list[Any] = [
    (customer.merge_customers, "1001", "9", CustomerNotDefinedError, "Customer 9 does not exist."),
    (customer.merge_customers, "9", "1001", CustomerNotFoundError, "Customer 9 does not exist."),
    (customer.merge_customers, "1001", "1001", MergeError, "A customer cannot be merged with itself."),
    (customer.unmerge_customers, "1001", "9", CustomerNotDefinedError, "Customer 9 does not exist."),
    (customer.unmerge_customers, "1001", "1002", MergeError, "Customer 1002 is not merged into 1001."),
]


@pytest.mark.parametrize(("verb", "number", "other", "error", "text"), UNDEFINED)
def test_a_merge_that_cannot_be_is_refused(
    verb: Any, number: str, other: str, error: type[DomainError], text: str
) -> None:  # rule 6.1
    store = MemoryStore(ADA, BOB)
    assert refusal(store, lambda: verb(store, CARL, number=number, other=other)) == (error, text)


ON_BOB: list[Any] = [
    (customer.rename_customer, {"name": "Bo"}),
    (customer.add_alternate_number, {"alternate_number": "B1"}),
    (customer.make_alternate_number_primary, {"alternate_number": "B1"}),
    (customer.remove_alternate_number, {"alternate_number": "B1"}),
    (customer.confirm_drawer, {"responses": {}}),
    (edit_fields, {"fields": {"city": "Bonn"}}),
    (customer.merge_customers, {"other": "1001"}),
    (customer.unmerge_customers, {"other": "1001"}),
]


@pytest.mark.parametrize(("verb", "of"), ON_BOB, ids=lambda it: getattr(it, "__name__", ""))
def test_every_change_of_a_customer_that_was_merged_away_leads_to_its_survivor(verb: Any, of: Any) -> None:  # rule 6.1
    store = MemoryStore(ADA, BOB, *DEFINED, customer_merged(), merged_away())
    with pytest.raises(MergedAwayError, match=r"^Customer 1002 was merged into 1001\.$") as refused:
        verb(store, CARL, number="1002", **of)
    assert (refused.value.survivor, store.recorded) == ("1001", [])


def erase(store: MemoryStore, number: str = "1001") -> Outcome:
    return customer.erase_customer(store, CARL, number=number)


CLEO = customer_registered("Cleo", number="1003")
CHAIN = (ADA, BOB, CLEO, customer_merged("1003", number="1002"), merged_away("1003", "1002"), *MERGED)
"""Cleo was merged into Bob, and Bob into Ada."""


def test_all_who_were_merged_into_a_customer_are_erased_with_it() -> None:  # rules 5.1, 6.1
    store = MemoryStore(*CHAIN)
    assert erase(store).changed
    assert said(store.recorded) == said([personal_data_erased(number) for number in ("1001", "1002", "1003")])
    assert store.erased == {CustomerProfile.id_of(store.company, number) for number in ("1001", "1002", "1003")}


def test_an_erasure_of_who_was_erased_records_nothing() -> None:  # rule 0.5
    store = MemoryStore(ADA, personal_data_erased())
    assert erase(store) == Outcome(False, 2, None)
    assert (store.recorded, store.erased) == ([], set())


def test_who_was_merged_away_is_not_erased_without_the_survivor() -> None:  # rule 6.1
    store = MemoryStore(*CHAIN)
    assert refusal(store, lambda: erase(store, "1002")) == (MergedAwayError, "Customer 1002 was merged into 1001.")
    assert store.erased == set()


def test_an_erased_customer_is_merged_with_nobody() -> None:  # rule 5.1
    store = MemoryStore(ADA, BOB, personal_data_erased("1002"))
    for number, other in (("1001", "1002"), ("1002", "1001")):
        kind, text = refusal(store, lambda number=number, other=other: merge(store, number, other))
        assert kind is CustomerErasedError
        assert text.startswith("The personal data of customer 1002 were erased.")
