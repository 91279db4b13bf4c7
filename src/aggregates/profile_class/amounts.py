"""Amounts of a profile class, one row a currency (rule 2.4): decimal, never float, not below zero.

`Amounts` is what is stored: types only. `AMOUNTS` is the catalogue made from it, with `read_amount` for raw input.
"""

from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final

import pycountry
from pydantic import BaseModel, ConfigDict

from aggregates import texts
from aggregates.texts import TextError

INTEREST: Final = "interest"


class Interest(BaseModel):
    """What is charged for lateness: a fixed amount, or a rate in percent; one of them, never both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal | None = None
    rate: Decimal | None = None


class Amounts(BaseModel):
    """The amounts of one currency. `None`: not set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credit_limit: Annotated[Decimal | None, "Credit limit"] = None
    order_credit_limit: Annotated[Decimal | None, "Order credit limit"] = None
    minimum_receipt: Annotated[Decimal | None, "Minimum receipt"] = None
    minimum_statement: Annotated[Decimal | None, "Minimum statement"] = None
    minimum_dunning: Annotated[Decimal | None, "Minimum dunning"] = None
    minimum_dunning_invoice: Annotated[Decimal | None, "Minimum dunning invoice"] = None
    interest: Annotated[Interest | None, "Interest"] = None
    maximum_charge_per_invoice: Annotated[Decimal | None, "Maximum charge per invoice"] = None
    minimum_customer_balance: Annotated[Decimal | None, "Minimum customer balance"] = None
    minimum_invoice_balance: Annotated[Decimal | None, "Minimum invoice balance"] = None


AMOUNTS: Final[dict[str, str]] = {
    name: next(mark for mark in field.metadata if isinstance(mark, str)) for name, field in Amounts.model_fields.items()
}
"""Every amount's label by name, in the order of a form."""


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def currency(code: str, *, field: str) -> str:
    """An ISO 4217 code in capitals. Raises `TextError`."""
    cleaned = code.strip().upper()
    if cleaned not in _currencies():
        raise TextError(f"{code.strip()[:20] or 'A blank'} is not a currency of ISO 4217.", field=field)
    return cleaned


def read_amount(name: str, value: Any) -> Decimal | Interest:
    """The value of a raw input. Raises `TextError`."""
    label = AMOUNTS[name]
    if name != INTEREST:
        return texts.decimal(value, field="", label=label)
    if isinstance(value, Interest):
        value = vars(value)
    given = {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else {}
    if len(given) != 1 or not value.keys() <= {"amount", "rate"}:
        raise TextError('Interest is either a fixed amount or a rate: {"amount": "5.00"} or {"rate": "1.5"}.')
    [(kind, found)] = given.items()
    return Interest(**{kind: texts.decimal(found, field="", label=f"The interest {kind}")})
