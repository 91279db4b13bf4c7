"""How the demo company works: its profile categories, business fields, controls, system options and profile classes."""

from collections.abc import Iterator
from typing import Any, Final

from aggregates.field.commands import define_field
from aggregates.profile_class.commands import change_class, define_class
from aggregates.profile_class.profile_class import ApplyTo
from aggregates.setup.commands import (
    change_system_options,
    define_category,
    define_response,
    map_category,
    map_field,
    set_control,
)
from aggregates.setup.controls import AGENTS_START, K87, L37, L51, YES
from cli.local.demo.steps import CREDIT_DESK, Chain, Step, step

TRADING_NAME: Final = "trading_name"
PROMPT: Final = "Prompt payers"
LATE: Final = "Late payers"
PUBLIC: Final = "Public bodies"

_CATEGORIES: Final = (
    (1, "Age", True, "age_band"),
    (2, "Homeowner", False, "homeowner"),
    (3, "Favourite colour", False, "favourite_colour"),
)
_RESPONSES: Final = (
    (1, (("A1", "18-29"), ("A2", "30-39"), ("A3", "40-49"), ("A4", "50-64"), ("A5", "65+"))),
    (2, (("OWN", "Owns"), ("RENT", "Rents"))),
    (3, (("RED", "Red"), ("GREEN", "Green"), ("BLUE", "Blue"))),
)
_DEFAULT: Final = (3, "BLUE")
_CONTROLS: Final = ((L37, "INTERACT"), (L51, YES), (K87, YES), (AGENTS_START, YES))
_SYSTEM_OPTIONS: Final = {"payment_terms": "NET 30", "statement_cycle": "MONTHLY", "send_statements": True}
_FIELDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (TRADING_NAME, {"label": "Trading Name", "type": "string"}),
    ("phone", {"label": "Phone", "type": "phone", "personal": True, "searchable": True}),
    ("e_mail", {"label": "E-mail", "type": "email", "personal": True, "searchable": True}),
)
_CLASSES: Final[tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...]] = (
    (
        PROMPT,
        "Pay on time, and take their discount",
        {
            "collector": "EAST",
            "credit_check": False,
            "credit_rating": "A",
            "tolerance_percent": "10",
            "allow_discount": True,
            "discount_grace_days": 5,
            "payment_terms": "2/10 NET 30",
            "late_charges": False,
        },
        {"USD": {"credit_limit": "50000", "interest": {"rate": "0.5"}}, "CAD": {"credit_limit": "65000"}},
    ),
    (
        LATE,
        "Pay late, and are charged for it",
        {
            "collector": "EAST",
            "credit_analyst": "M4",
            "credit_check": True,
            "credit_rating": "C",
            "allow_discount": False,
            "payment_terms": "NET 10",
            "send_dunning_letters": True,
            "dunning_letter_set": "STANDARD",
            "late_charges": True,
            "late_charge_calculation": "overdue_invoices",
            "interest_calculation": "simple",
            "interest_days": 30,
        },
        {"USD": {"credit_limit": "5000", "minimum_dunning": "25", "interest": {"rate": "2.5"}}},
    ),
    (
        PUBLIC,
        "Hospitals, schools and councils: paid by purchase order, never dunned",
        {
            "collector": "PUBLIC",
            "credit_check": False,
            "credit_classification": "GOVERNMENT",
            "tolerance_percent": "25",
            "allow_discount": False,
            "payment_terms": "NET 60",
            "payment_grace_days": 15,
            "send_dunning_letters": False,
            "balance_forward_billing": True,
            "bill_level": "site",
            "bill_type": "detail",
            "late_charges": False,
        },
        {"USD": {"credit_limit": "250000"}},
    ),
)


def company() -> Iterator[Chain]:
    """Yields everything that an administrator sets up."""
    yield Chain("categories", (*_categories(), *_settings()))
    for key, members in _FIELDS:
        definition = {"group": "business", "agent_editable": True, **members}
        mapped = (step(map_field, key=key, attribute=key),) if key == TRADING_NAME else ()
        yield Chain(f"field/{key}", (step(define_field, key=key, members=definition), *mapped))
    for name, description, options, amounts in _CLASSES:
        define = step(define_class, name=name, description=description, options=options, amounts=amounts)
        yield Chain(f"profile_class/{name}", (define, *(_later_version() if name == PROMPT else ())))


def _categories() -> Iterator[Step]:
    for code, description, required, attribute in _CATEGORIES:
        yield step(define_category, code=code, description=description, required=required, position=code)
        yield step(map_category, code=code, attribute=attribute)
    for code, responses in _RESPONSES:
        for position, (response, description) in enumerate(responses, start=1):
            yield step(
                define_response,
                code=code,
                response=response,
                description=description,
                default=(code, response) == _DEFAULT,
                position=position,
            )


def _settings() -> Iterator[Step]:
    for control, value in _CONTROLS:
        yield step(set_control, code=control, value=value)
    yield step(change_system_options, options=_SYSTEM_OPTIONS)


def _later_version() -> Iterator[Step]:
    yield step(
        change_class,
        name=PROMPT,
        options={"discount_grace_days": 7},
        apply_to=ApplyTo.NEW.value,
        actor=CREDIT_DESK,
        reason="The bank credits transfers two days later",
    )
