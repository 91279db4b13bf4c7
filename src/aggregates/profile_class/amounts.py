"""Amounts of a profile class, one row a currency (rule 2.4): decimal, never float, not below zero.

`Amounts` is what is stored: types only. `AMOUNTS` is the catalogue made from it, with `read_amount` for raw input and `check_decimals`.
"""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict

from aggregates import texts
from aggregates.profile_class.currencies import decimals_of
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


def read_amount(name: str, value: Any) -> Decimal | Interest:
    """The value of a raw input. Raises `TextError`."""
    label = AMOUNTS[name]
    if name != INTEREST:
        return texts.decimal(value, field="", label=label)
    if isinstance(value, Interest):
        value = vars(value)
    parts = {key: part for key, part in value.items() if part is not None} if isinstance(value, dict) else {}
    if len(parts) != 1 or not value.keys() <= {"amount", "rate"}:
        raise TextError('Interest is either a fixed amount or a rate: {"amount": "5.00"} or {"rate": "1.5"}.')
    [(kind, amount)] = parts.items()
    return Interest(**{kind: texts.decimal(amount, field="", label=f"The interest {kind}")})


def check_decimals(code: str, name: str, value: Decimal | Interest) -> None:
    """An amount of money has no more decimals than its currency's minor unit; a rate is no money. Raises `TextError`."""
    most, amount = decimals_of(code), value.amount if isinstance(value, Interest) else value
    if most is None or amount is None or amount == round(amount, most):
        return
    label = "The interest amount" if name == INTEREST else AMOUNTS[name]
    if most == 0:
        raise TextError(f"{label} must be a whole number: {code} has no decimals.")
    raise TextError(f"{label} must have at most {most} decimals in {code}.")
