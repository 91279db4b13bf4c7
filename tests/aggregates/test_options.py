"""Options and attributes: the catalogue, how raw input becomes typed values, and every invalid form."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aggregates.profile_class.options import OPTIONS, REQUIRED
from aggregates.profile_class.terms import NOTHING, Terms, check_required
from aggregates.texts import Faults
from profile_facts import bare, terms

from .raw_input import fault_of, read

TEXT_OPTION = ("Broker 7", "Broker 7")
YES = (True, True)
DAYS = (30, 30)
READS: dict[str, dict[str, tuple[Any, Any]]] = {
    "Credit": {
        "collector": TEXT_OPTION,
        "credit_analyst": TEXT_OPTION,
        "credit_check": YES,
        "credit_hold": (False, False),
        "credit_rating": TEXT_OPTION,
        "credit_classification": TEXT_OPTION,
        "risk_code": (" R2 ", "R2"),
        "review_cycle": TEXT_OPTION,
        "tolerance_percent": ("2.5", Decimal("2.5")),
        "percent_collectable": ("100", Decimal(100)),
    },
    "Terms": {
        "payment_terms": TEXT_OPTION,
        "override_terms": YES,
        "allow_discount": YES,
        "discount_grace_days": (0, 0),
        "payment_grace_days": DAYS,
    },
    "Statements and dunning": {
        "send_statements": YES,
        "send_credit_balance": YES,
        "statement_cycle": TEXT_OPTION,
        "send_dunning_letters": YES,
        "dunning_letter_set": TEXT_OPTION,
    },
    "Balance-forward billing": {
        "balance_forward_billing": YES,
        "bill_level": ("site", "site"),
        "bill_type": ("summary", "summary"),
    },
    "Receipts": {
        "match_receipts_by": TEXT_OPTION,
        "autocash_rule_set": TEXT_OPTION,
        "automatch_rule_set": TEXT_OPTION,
        "clearing_days": DAYS,
        "include_disputed_items": YES,
    },
    "Invoicing": {"grouping_rule": TEXT_OPTION, "tax_printing": TEXT_OPTION},
    "Late charges": {
        "late_charges": YES,
        "late_charge_calculation": ("late_payments", "late_payments"),
        "interest_calculation": ("compound", "compound"),
        "interest_period_days": DAYS,
        "interest_days": (9_999, 9_999),
        "charge_on_finance_charges": YES,
        "include_disputed_in_late_charges": YES,
        "hold_start_date": ("2026-02-01", date(2026, 2, 1)),
        "late_charge_type": ("debit_memo", "debit_memo"),
        "late_charge_term": TEXT_OPTION,
    },
}
"""Every option of rule 2.3 in the order of a form, with one input and what it becomes."""


# Options


def test_the_options_are_those_of_the_rule_in_the_order_of_a_form() -> None:  # rule 2.3
    found: dict[str, list[str]] = {}
    for name, form in OPTIONS.items():
        found.setdefault(form.group, []).append(name)
    assert found == {group: list(options) for group, options in READS.items()}
    assert REQUIRED == ("collector", "allow_discount")


@pytest.mark.parametrize(("name", "given", "value"), [(n, *v) for group in READS.values() for n, v in group.items()])
def test_an_option_is_read_into_its_type(name: str, given: Any, value: Any) -> None:  # rule 2.3
    patch, faults = read(options={name: given})
    assert (patch, faults) == ({f"options.{name}": value}, [])
    assert type(patch[f"options.{name}"]) is type(value)
    assert NOTHING.changed(patch) == Terms.model_validate(
        {"options": {name: given.strip() if given == " R2 " else given}}
    )


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("wrong", [[], {}, 1.5, "", "x" * 31, -1], ids=["list", "object", "float", "", "long", "-1"])
def test_an_option_of_the_wrong_type_is_refused_at_its_place(name: str, wrong: Any) -> None:  # rule 2.3
    field, text = fault_of(options={name: wrong})
    assert field == f"options.{name}"
    assert text.startswith(OPTIONS[name].label)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("collector", 7, "Collector must be a text."),
        ("collector", "A\nB", "Collector must not hold control characters."),
        ("credit_check", "yes", "Credit check must be true or false."),
        ("credit_check", 1, "Credit check must be true or false."),
        ("discount_grace_days", True, "Discount grace days must be a whole number of days."),
        ("discount_grace_days", "3", "Discount grace days must be a whole number of days."),
        ("discount_grace_days", 10_000, "Discount grace days must be 0 to 9999."),
        ("tolerance_percent", "100.01", "Tolerance % must be 0 to 100."),
        ("tolerance_percent", "-1", "Tolerance % must not be negative."),
        ("bill_level", "house", "Bill level must be account or site."),
        ("bill_type", "both", "Bill type must be summary or detail."),
        (
            "late_charge_calculation",
            "all",
            "Calculate late charges on must be overdue_invoices or late_payments or both.",
        ),
        ("interest_calculation", True, "Interest calculation must be simple or compound."),
        ("late_charge_type", "memo", "Late charge type must be adjustment or debit_memo or interest_invoice."),
        ("hold_start_date", "01/02/2026", "Hold start date must be a date like 2026-11-22."),
        ("hold_start_date", "20260201", "Hold start date must be a date like 2026-11-22, in the years 0001 to 9998."),
        ("hold_start_date", "2026-W05-7", "Hold start date must be a date like 2026-11-22, in the years 0001 to 9998."),
        ("hold_start_date", "9999-01-01", "Hold start date must be a date like 2026-11-22, in the years 0001 to 9998."),
        ("hold_start_date", "2026-02-30", "Hold start date must be a date like 2026-11-22."),
    ],
)
def test_a_wrong_option_is_refused_in_plain_words(name: str, given: Any, text: str) -> None:  # rule 2.3
    assert fault_of(options={name: given}) == (f"options.{name}", text)


def test_an_option_that_there_is_not_is_refused() -> None:  # rule 2.3
    assert fault_of(options={"colour": "red"}) == ("options.colour", "There is no option colour.")


def test_every_option_may_be_taken_away() -> None:  # rule 2.3
    patch, faults = read(options=dict.fromkeys(OPTIONS))
    assert faults == []
    assert terms(risk_code="R2", bill_level="site").changed(patch) == NOTHING


def test_a_required_option_that_is_not_set_is_named() -> None:  # rule 2.3
    faults = Faults()
    check_required(faults, bare({"credit_rating": "AA"}))
    assert [(fault.field, fault.text) for fault in faults.errors] == [
        ("options.collector", "Collector must be set."),
        ("options.allow_discount", "Allow discount must be set."),
    ]
    none = Faults()
    check_required(none, bare({"collector": "EU-1", "allow_discount": False}))
    assert none.errors == []


# Attributes


def test_a_company_adds_what_it_likes() -> None:  # rule 2.3
    assert read(attributes={"region": " north ", "Old-Key_2": None}) == (
        {"attributes.region": "north", "attributes.Old-Key_2": None},
        [],
    )


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("2nd", "x", "A key has a letter first, then up to 59 letters, digits, hyphens or underscores."),
        ("a.b", "x", "A key has a letter first, then up to 59 letters, digits, hyphens or underscores."),
        ("k" * 61, "x", "A key has a letter first, then up to 59 letters, digits, hyphens or underscores."),
        ("é", "x", "A key has a letter first, then up to 59 letters, digits, hyphens or underscores."),
        ("region", 7, "The value of an attribute is a text."),
        ("region", " ", "The value must have 1 to 200 characters."),
        ("region", "x" * 201, "The value must have 1 to 200 characters."),
    ],
)
def test_a_wrong_attribute_is_refused(key: str, value: Any, text: str) -> None:  # rule 2.3
    assert fault_of(attributes={key: value}) == (f"attributes.{key}", text)


def test_attributes_are_bounded() -> None:  # rule 2.3
    assert fault_of(attributes={f"k{n}": "x" for n in range(101)}) == ("attributes", "At most 100 attributes.")
