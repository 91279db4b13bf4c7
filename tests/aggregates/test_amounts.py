"""Amounts per currency: exact decimals, ISO 4217, one kind of interest, and every invalid form."""

from decimal import Decimal
from typing import Any

import pytest

from aggregates.profile_class.amounts import AMOUNTS, Interest

from .raw_input import fault_of, read

# Amounts


def test_the_amounts_are_those_of_the_rule() -> None:  # rule 2.4
    assert list(AMOUNTS) == [
        "credit_limit",
        "order_credit_limit",
        "minimum_receipt",
        "minimum_statement",
        "minimum_dunning",
        "minimum_dunning_invoice",
        "interest",
        "maximum_charge_per_invoice",
        "minimum_customer_balance",
        "minimum_invoice_balance",
    ]


@pytest.mark.parametrize("name", [name for name in AMOUNTS if name != "interest"])
@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1250.50", "1250.5"),
        ("0012.00", "12"),
        ("0", "0"),
        (" 7 ", "7"),
        ("-0", "0"),
        ("999999999999999.999999", "999999999999999.999999"),
        (Decimal("0.10"), "0.1"),
    ],
)
def test_an_amount_is_exactly_the_number_that_was_written(name: str, given: Any, written: str) -> None:  # rule 2.4
    patch, faults = read(amounts={"USD": {name: given}})
    assert faults == []
    amount = patch[f"amounts.USD.{name}"]
    assert isinstance(amount, Decimal)
    assert str(amount) == written


NOT_AMOUNTS: list[Any] = [
    1.5,
    100,
    True,
    "1e3",
    "1,000.00",
    "",
    "ten",
    "NaN",
    "0.1234567",
    "1" * 16,
    "٣",
    [],
    {},
    "1_000",
]


@pytest.mark.parametrize("name", [name for name in AMOUNTS if name != "interest"])
@pytest.mark.parametrize("given", NOT_AMOUNTS, ids=repr)
def test_what_is_no_decimal_is_refused(name: str, given: Any) -> None:  # rule 2.4
    text = f'{AMOUNTS[name]} must be a decimal number as text, such as "1250.50", 15 digits and 6 decimals at most.'
    assert fault_of(amounts={"USD": {name: given}}) == (f"amounts.USD.{name}", text)


@pytest.mark.parametrize("given", ["-0.01", "-1", "-999999999999999"])
def test_an_amount_below_zero_is_refused(given: Any) -> None:  # rule 2.4
    expected = ("amounts.USD.credit_limit", "Credit limit must not be negative.")
    assert fault_of(amounts={"USD": {"credit_limit": given}}) == expected


def test_an_amount_that_there_is_not_is_refused() -> None:  # rule 2.4
    assert fault_of(amounts={"USD": {"fee": "1"}}) == ("amounts.USD.fee", "There is no amount fee.")


@pytest.mark.parametrize(
    ("given", "interest"),
    [
        ({"amount": "5.00"}, Interest(amount=Decimal("5.00"))),
        ({"rate": "1.5"}, Interest(rate=Decimal("1.5"))),
        ({"rate": "0", "amount": None}, Interest(rate=Decimal(0))),
    ],
)
def test_interest_is_a_fixed_amount_or_a_rate(given: Any, interest: Interest) -> None:  # rule 2.4
    assert read(amounts={"EUR": {"interest": given}}) == ({"amounts.EUR.interest": interest}, [])


EITHER = 'Interest is either a fixed amount or a rate: {"amount": "5.00"} or {"rate": "1.5"}.'


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"amount": "5", "rate": "1.5"}, EITHER),
        ({}, EITHER),
        ({"amount": None, "rate": None}, EITHER),
        ({"percent": "1.5"}, EITHER),
        ({"rate": "1.5", "percent": None}, EITHER),
        ("1.5", EITHER),
        (["1.5"], EITHER),
        ({"rate": "-1"}, "The interest rate must not be negative."),
        ({"amount": "-1"}, "The interest amount must not be negative."),
        (
            {"rate": 1.5},
            'The interest rate must be a decimal number as text, such as "1250.50", 15 digits and 6 decimals at most.',
        ),
    ],
    ids=repr,
)
def test_interest_of_both_kinds_or_of_none_is_refused(given: Any, text: str) -> None:  # rule 2.4
    assert fault_of(amounts={"USD": {"interest": given}}) == ("amounts.USD.interest", text)


# Currencies


@pytest.mark.parametrize("written", ["USD", "usd", " Usd "])
def test_a_currency_is_written_in_capitals(written: str) -> None:  # rule 2.4
    assert read(amounts={written: {"credit_limit": "1"}})[0] == {"amounts.USD.credit_limit": Decimal(1)}


@pytest.mark.parametrize("code", ["EUR", "JPY", "BHD", "XAU", "ZWG", "DEM"])
def test_what_is_or_was_a_currency_of_iso_4217_is_known(code: str) -> None:  # rule 2.4
    assert read(amounts={code: {"credit_limit": "1"}})[1] == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("XYZ", "XYZ is not a currency of ISO 4217."),
        ("US", "US is not a currency of ISO 4217."),
        ("840", "840 is not a currency of ISO 4217."),
        ("", "A blank is not a currency of ISO 4217."),
    ],
)
def test_a_currency_that_there_is_not_is_refused(code: str, text: str) -> None:  # rule 2.4
    assert fault_of(amounts={code: {"credit_limit": "1"}}) == (f"amounts.{code}", text)


@pytest.mark.parametrize("row", [[], "100", 100, True])
def test_the_amounts_of_a_currency_are_an_object(row: Any) -> None:  # rule 2.4
    assert fault_of(amounts={"usd": row}) == ("amounts.USD", "The amounts of a currency are an object.")
