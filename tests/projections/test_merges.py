"""A merged customer: its number and alternate numbers redirect, lists omit it, and undoing restores everything (rule 6.1)."""

from collections.abc import Callable

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.merging import MergedAwayError
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.customers.queries import (
    all_customers,
    by_alternate_number,
    by_name,
    customer,
    customer_or_survivor,
    is_known,
)
from projections.drawer.queries import customers_by_response, drawer
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
READ = ("customers", "drawer")


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Category 7 (A, B) and 8 (X); 1001 Ada answered 7, 1002 Ada (alternate number A2) both, 1003 Ada Bee none."""
    for code, responses in ((7, "AB"), (8, "X")):
        setup.define_category(dossier, ask(), code=code, description=f"Category {code}")
        for response in responses:
            setup.define_response(dossier, ask(), code=code, response=response, description=response)
    for number, name, alternate in (("1001", "Ada", None), ("1002", "Ada", "A2"), ("1003", "Ada Bee", "A3")):
        customers.register_customer(dossier, ask(), number=number, name=name, alternate_number=alternate)
    customers.confirm_drawer(dossier, ask(), number="1001", responses={7: "A"})
    customers.confirm_drawer(dossier, ask(), number="1002", responses={7: "B", 8: "X"})
    return dossier


def merge(company: Dossier, ask: Ask, survivor: str, other: str) -> None:
    assert customers.merge_customers(company, ask(), number=survivor, other=other).changed


def test_the_survivors_answers_win_and_it_takes_those_that_it_lacks(company: Dossier, ask: Ask) -> None:  # rule 6.1
    merge(company, ask, "1001", "1002")
    with reading(company, *READ) as view:
        found = drawer(view, "1001")
        told = customer(view, "1001")
    assert found is not None
    assert [(one.code, one.value, one.shown) for one in found.categories] == [(7, "A", "stored"), (8, "X", "stored")]
    assert found.categories[1].effective_from == TODAY
    assert told is not None
    assert (told.aliases, told.version, found.version) == (["1002"], 3, 3)


def test_a_number_that_was_merged_away_leads_on(company: Dossier, ask: Ask) -> None:  # rule 6.1
    merge(company, ask, "1001", "1002")
    merge(company, ask, "1003", "1001")
    with reading(company, *READ) as view:
        for query in (customer, drawer):
            with pytest.raises(MergedAwayError) as refused:
                query(view, "1002")
            assert (refused.value.number, refused.value.survivor) == ("1002", "1001")
        found = customer_or_survivor(view, "1002")
        assert found is not None
        assert (found.number, found.aliases) == ("1003", ["1001", "1002"])
        assert [is_known(view, number) for number in ("1001", "1002", "1003", "1004", "\0")] == [True] * 3 + [False] * 2
        assert customer_or_survivor(view, "1004") is None


def test_alternate_numbers_find_the_survivor_and_say_so(company: Dossier, ask: Ask) -> None:  # rules 1.14, 6.1
    merge(company, ask, "1001", "1002")
    with reading(company, "customers") as view:
        merged, own = by_alternate_number(view, "a2"), by_alternate_number(view, "a3")
    assert merged is not None
    assert own is not None
    assert (merged.customer.number, merged.merged_from, merged.out_of_date) == ("1001", "1002", False)
    assert (own.customer.number, own.merged_from) == ("1003", None)


def test_lists_leave_merged_customers_out(company: Dossier, ask: Ask) -> None:  # rule 6.1
    before = now_known(company)
    merge(company, ask, "1002", "1001")
    for then, numbers, answered in ((None, ["1002", "1003"], []), (before, ["1001", "1002", "1003"], ["1001"])):
        with reading(company, *READ, known_at=then) as view:
            assert [one.number for one in all_customers(view).items] == numbers
            assert [one.number for one in by_name(view, "ada").items] == numbers
            assert [one.number for one in customers_by_response(view, "7", "A").items] == answered


def test_a_past_answer_stays_as_it_was(company: Dossier, ask: Ask) -> None:  # rules 0.3, 6.1
    def told(known_at: object) -> list[str]:
        with reading(company, *READ, known_at=known_at) as view:  # type: ignore[arg-type]
            asked = [query(view, number) for query in (customer, drawer) for number in ("1001", "1002")]
        return [one.model_dump_json() for one in asked if one is not None]

    then = now_known(company)
    before = told(then)
    assert len(before) == 4
    merge(company, ask, "1001", "1002")
    while_merged = now_known(company)
    assert told(then) == before
    customers.unmerge_customers(company, ask(), number="1001", other="1002")
    assert told(then) == before
    with reading(company, *READ, known_at=while_merged) as view, pytest.raises(MergedAwayError):
        drawer(view, "1002")


def test_undoing_a_merge_takes_back_what_still_stands(company: Dossier, ask: Ask) -> None:  # rule 6.1
    merge(company, ask, "1003", "1002")
    customers.confirm_drawer(company, ask(), number="1003", responses={7: "A"})
    customers.unmerge_customers(company, ask(), number="1003", other="1002")
    with reading(company, *READ) as view:
        survivor, other, told = drawer(view, "1003"), drawer(view, "1002"), customer(view, "1003")
    assert survivor is not None
    assert other is not None
    assert told is not None
    assert [one.value for one in survivor.categories] == ["A", None]
    assert [one.value for one in other.categories] == ["B", "X"]
    assert told.aliases == []


@pytest.mark.parametrize("name", READ)
def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask, name: str) -> None:
    merge(company, ask, "1001", "1002")
    merge(company, ask, "1003", "1001")
    customers.unmerge_customers(company, ask(), number="1003", other="1001")
    customers.unmerge_customers(company, ask(), number="1001", other="1002")
    merge(company, ask, "1002", "1001")
    one_by_one, uneven, at_once = in_any_batches(company, name)
    assert one_by_one == uneven == at_once
