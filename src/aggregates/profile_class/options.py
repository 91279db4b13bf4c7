"""The options of a profile class, each with its type, its place on a form and how an input is read (rule 2.3).

`Options` is what is stored: types only. `OPTIONS` is the catalogue made from it: what a form shows, and `read`, which gives the typed
value of a raw input or one fault in words. An option that is `None` is not set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from aggregates import texts
from aggregates.effective import LAST_DAY
from aggregates.texts import TextError

LONGEST_TEXT: Final = 30
MOST_DAYS: Final = 9_999

Reader = Callable[[Any, str], Any]
"""From a raw input and the option's label to its value. Raises `TextError`."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says of an option. `required`: a class must set it, and nothing may take it away (rule 2.3)."""

    group: str
    label: str
    read: Reader
    required: bool = False
    choices: tuple[str, ...] = ()


def _text(value: Any, label: str) -> str:
    if not isinstance(value, str):
        raise TextError(f"{label} must be a text.")
    return texts.text(value, field="", label=label, longest=LONGEST_TEXT)


def _flag(value: Any, label: str) -> bool:
    if not isinstance(value, bool):
        raise TextError(f"{label} must be true or false.")
    return value


def _days(value: Any, label: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TextError(f"{label} must be a whole number of days.")
    return texts.whole_number(value, field="", label=label, lowest=0, highest=MOST_DAYS)


def _percent(value: Any, label: str) -> Decimal:
    percent = texts.decimal(value, field="", label=label)
    if percent > 100:
        raise TextError(f"{label} must be 0 to 100.")
    return percent


def _day(value: Any, label: str) -> date:
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise TextError(f"{label} must be a date like 2026-11-22.") from None
    if day > LAST_DAY or value != day.isoformat():
        raise TextError(f"{label} must be a date like 2026-11-22, in the years 0001 to 9998.")
    return day


def _text_of(group: str, label: str, *, required: bool = False) -> Form:
    return Form(group, label, _text, required)


def _flag_of(group: str, label: str, *, required: bool = False) -> Form:
    return Form(group, label, _flag, required)


def _choice_of(group: str, label: str, *choices: str) -> Form:
    def read(value: Any, label: str) -> str:
        if value not in choices:
            raise TextError(f"{label} must be {' or '.join(choices)}.")
        return str(value)

    return Form(group, label, read, choices=choices)


_CREDIT: Final = "Credit"
_TERMS: Final = "Terms"
_STATEMENTS: Final = "Statements and dunning"
_BILLING: Final = "Balance-forward billing"
_RECEIPTS: Final = "Receipts"
_INVOICING: Final = "Invoicing"
_LATE: Final = "Late charges"


class Options(BaseModel):
    """The options of a class, a profile or the company, by name. `None`: not set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collector: Annotated[str | None, _text_of(_CREDIT, "Collector", required=True)] = None
    credit_analyst: Annotated[str | None, _text_of(_CREDIT, "Credit analyst")] = None
    credit_check: Annotated[bool | None, _flag_of(_CREDIT, "Credit check")] = None
    credit_hold: Annotated[bool | None, _flag_of(_CREDIT, "Credit hold")] = None
    credit_rating: Annotated[str | None, _text_of(_CREDIT, "Credit rating")] = None
    credit_classification: Annotated[str | None, _text_of(_CREDIT, "Credit classification")] = None
    risk_code: Annotated[str | None, _text_of(_CREDIT, "Risk code")] = None
    review_cycle: Annotated[str | None, _text_of(_CREDIT, "Review cycle")] = None
    tolerance_percent: Annotated[Decimal | None, Form(_CREDIT, "Tolerance %", _percent)] = None
    percent_collectable: Annotated[Decimal | None, Form(_CREDIT, "Percent collectable", _percent)] = None

    payment_terms: Annotated[str | None, _text_of(_TERMS, "Payment terms")] = None
    override_terms: Annotated[bool | None, _flag_of(_TERMS, "Override terms")] = None
    allow_discount: Annotated[bool | None, _flag_of(_TERMS, "Allow discount", required=True)] = None
    discount_grace_days: Annotated[int | None, Form(_TERMS, "Discount grace days", _days)] = None
    payment_grace_days: Annotated[int | None, Form(_TERMS, "Payment grace days", _days)] = None

    send_statements: Annotated[bool | None, _flag_of(_STATEMENTS, "Send statements")] = None
    send_credit_balance: Annotated[bool | None, _flag_of(_STATEMENTS, "Send credit balance")] = None
    statement_cycle: Annotated[str | None, _text_of(_STATEMENTS, "Statement cycle")] = None
    send_dunning_letters: Annotated[bool | None, _flag_of(_STATEMENTS, "Send dunning letters")] = None
    dunning_letter_set: Annotated[str | None, _text_of(_STATEMENTS, "Dunning letter set")] = None

    balance_forward_billing: Annotated[bool | None, _flag_of(_BILLING, "Balance-forward billing")] = None
    bill_level: Annotated[Literal["account", "site"] | None, _choice_of(_BILLING, "Bill level", "account", "site")] = (
        None
    )
    bill_type: Annotated[
        Literal["summary", "detail"] | None, _choice_of(_BILLING, "Bill type", "summary", "detail")
    ] = None

    match_receipts_by: Annotated[str | None, _text_of(_RECEIPTS, "Match receipts by")] = None
    autocash_rule_set: Annotated[str | None, _text_of(_RECEIPTS, "AutoCash rule set")] = None
    automatch_rule_set: Annotated[str | None, _text_of(_RECEIPTS, "AutoMatch rule set")] = None
    clearing_days: Annotated[int | None, Form(_RECEIPTS, "Clearing days", _days)] = None
    include_disputed_items: Annotated[bool | None, _flag_of(_RECEIPTS, "Include disputed items")] = None

    grouping_rule: Annotated[str | None, _text_of(_INVOICING, "Grouping rule")] = None
    tax_printing: Annotated[str | None, _text_of(_INVOICING, "Tax printing")] = None

    late_charges: Annotated[bool | None, _flag_of(_LATE, "Late charges")] = None
    late_charge_calculation: Annotated[
        Literal["overdue_invoices", "late_payments", "both"] | None,
        _choice_of(_LATE, "Calculate late charges on", "overdue_invoices", "late_payments", "both"),
    ] = None
    interest_calculation: Annotated[
        Literal["simple", "compound"] | None, _choice_of(_LATE, "Interest calculation", "simple", "compound")
    ] = None
    interest_period_days: Annotated[int | None, Form(_LATE, "Interest period days", _days)] = None
    interest_days: Annotated[int | None, Form(_LATE, "Interest days", _days)] = None
    charge_on_finance_charges: Annotated[bool | None, _flag_of(_LATE, "Charge on finance charges")] = None
    include_disputed_in_late_charges: Annotated[bool | None, _flag_of(_LATE, "Include disputed in late charges")] = None
    hold_start_date: Annotated[date | None, Form(_LATE, "Hold start date", _day)] = None
    late_charge_type: Annotated[
        Literal["adjustment", "debit_memo", "interest_invoice"] | None,
        _choice_of(_LATE, "Late charge type", "adjustment", "debit_memo", "interest_invoice"),
    ] = None
    late_charge_term: Annotated[str | None, _text_of(_LATE, "Late charge term")] = None


def _form(metadata: list[Any]) -> Form:
    return next(mark for mark in metadata if isinstance(mark, Form))


OPTIONS: Final[dict[str, Form]] = {name: _form(field.metadata) for name, field in Options.model_fields.items()}
"""Every option by name, in the order of a form."""
REQUIRED: Final = tuple(name for name, form in OPTIONS.items() if form.required)
"""Options that a class must set."""
