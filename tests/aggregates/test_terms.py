"""`Terms` and patches: what a patch changes, what differs, and that one answer names every fault."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregates.profile_class.amounts import AMOUNTS
from aggregates.profile_class.terms import Terms, differing
from profile_facts import bare, terms

from .raw_input import read
from .test_options import READS


def test_every_fault_is_named_at_once_and_what_is_right_is_read() -> None:  # rules 2.3, 2.4
    patch, faults = read(
        options={"collector": "EU-1", "credit_check": "yes", "colour": "red"},
        amounts={
            "XYZ": {"credit_limit": "1"},
            "USD": {"credit_limit": "-1", "interest": {"rate": "1", "amount": "1"}, "minimum_receipt": "5"},
        },
        attributes={"2nd": "x"},
    )
    assert patch == {"options.collector": "EU-1", "amounts.USD.minimum_receipt": Decimal(5)}
    assert [field for field, _ in faults] == [
        "options.credit_check",
        "options.colour",
        "amounts.XYZ",
        "amounts.USD.credit_limit",
        "amounts.USD.interest",
        "attributes.2nd",
    ]


# Patches


def test_a_patch_changes_what_it_names_and_nothing_else() -> None:  # rule 2.8
    before = terms({"USD": {"credit_limit": "100", "minimum_receipt": "1"}}, {"region": "north"}, risk_code="R1")
    patch, _ = read(options={"risk_code": "R2"}, amounts={"usd": {"credit_limit": "200"}}, attributes={"line": "b"})
    assert before.changed(patch) == terms(
        {"USD": {"credit_limit": "200", "minimum_receipt": "1"}}, {"line": "b", "region": "north"}, risk_code="R2"
    )
    assert before.options.risk_code == "R1"


def test_an_amount_row_may_be_removed() -> None:  # rule 2.14
    before = terms({"EUR": {"credit_limit": "1"}, "USD": {"credit_limit": "100", "minimum_receipt": "1"}})
    patch, _ = read(amounts={"usd": None})
    assert before.changed(patch) == terms({"EUR": {"credit_limit": "1"}})
    assert differing(before, before.changed(patch)) == {
        "amounts.USD.credit_limit": None,
        "amounts.USD.minimum_receipt": None,
    }


def test_a_row_without_an_amount_is_no_row() -> None:  # rule 2.4
    patch, _ = read(amounts={"USD": {"credit_limit": None}, "EUR": {}})
    assert terms({"USD": {"credit_limit": "100"}}).changed(patch).amounts == {}


@pytest.mark.parametrize(("one", "other"), [("100", "100.00"), ("0", "0.000000"), ("1.5", "1.50")])
def test_values_that_compare_equal_are_the_same_value(one: str, other: str) -> None:  # rule 0.5
    for path in ({"credit_limit": one}, {"interest": {"rate": one}}):
        same = {name: other if value == one else {"rate": other} for name, value in path.items()}
        assert differing(terms({"USD": path}), terms({"USD": same})) == {}


OPTION_VALUES = {name: value for group in READS.values() for name, (_, value) in group.items()}
SOME_OPTIONS = st.sets(st.sampled_from(sorted(OPTION_VALUES))).map(lambda names: {n: OPTION_VALUES[n] for n in names})
AMOUNT = st.decimals("0", "999", places=2)
INTEREST = st.one_of(AMOUNT.map(lambda one: {"rate": one}), AMOUNT.map(lambda one: {"amount": one}))
ROW = st.dictionaries(st.sampled_from([name for name in AMOUNTS if name != "interest"]), AMOUNT, min_size=1)
SOME_AMOUNTS = st.dictionaries(
    st.sampled_from(["CHF", "EUR", "USD"]), st.one_of(ROW, INTEREST.map(lambda one: {"interest": one})), max_size=3
)
SOME_ATTRIBUTES = st.dictionaries(st.sampled_from(["region", "line", "tier"]), st.sampled_from(["a", "b"]))
SOME_TERMS = st.builds(bare, SOME_OPTIONS, SOME_AMOUNTS, SOME_ATTRIBUTES)


@settings(deadline=None, database=None, max_examples=200)
@given(SOME_TERMS, SOME_TERMS)
def test_what_differs_makes_the_one_of_the_other(before: Terms, after: Terms) -> None:  # rules 2.7, 2.16
    patch = differing(before, after)
    assert before.changed(patch) == after
    assert before.changed(patch).values() == after.values()
    assert (patch == {}) is (before == after)
    assert differing(after, before.changed(patch)) == {}
