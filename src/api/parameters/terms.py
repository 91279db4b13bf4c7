"""Options, amounts and attributes in a body: the domain checks them value by value, and they are handed on as they came.

They are checked together with the other fields, so that one answer names every wrong value. Their types in the OpenAPI document are made
from the domain's own catalogue (`OPTIONS`, `AMOUNTS`), with the labels of a form. `null` removes a value, or the whole row of a currency.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError, WithJsonSchema, create_model
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from aggregates.errors import DomainError
from aggregates.profile_class.amounts import AMOUNTS, INTEREST
from aggregates.profile_class.options import LONGEST_TEXT, MOST_DAYS, OPTIONS, Options
from aggregates.profile_class.terms import (
    LONGEST_ATTRIBUTE,
    MOST_ATTRIBUTES,
    NOTHING,
    Terms,
    check_required,
    read_patch,
)
from aggregates.texts import Faults
from api.parameters.shapes import Body

_DECIMAL: Final = {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,6})?$"}
_OF_TYPE: Final[dict[type, dict[str, Any]]] = {
    str: {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0, "maximum": MOST_DAYS},
    Decimal: _DECIMAL,
    date: {"type": "string", "format": "date"},
}
_INTEREST: Final = {
    "description": "A fixed amount or a rate in percent, never both.",
    "type": "object",
    "properties": {"amount": _DECIMAL, "rate": _DECIMAL},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}


def _nullable(schema: dict[str, Any], **annotations: str) -> Any:
    return Annotated[Any, WithJsonSchema({"anyOf": [schema, {"type": "null"}], **annotations})]


def _option(name: str) -> Any:
    kinds = [kind for kind in get_args(Options.model_fields[name].annotation) if kind is not type(None)]
    [kind] = kinds
    form = OPTIONS[name]
    schema = {"enum": list(form.choices)} if get_origin(kind) is Literal else _OF_TYPE[kind]
    return _nullable(schema, title=form.label, description=f"{form.group}{', required' if form.required else ''}.")


def _amount(name: str) -> Any:
    if name == INTEREST:
        return _nullable(_INTEREST, title=AMOUNTS[name])
    return _nullable(_DECIMAL, title=AMOUNTS[name], description="A decimal number, written as text.")


def _plain(schema: dict[str, Any]) -> None:
    """Removes the defaults from a schema: a member that is left out leaves the value as it is."""
    for described in schema["properties"].values():
        described.pop("default", None)


class _InputModel(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=_plain)


def _input_model(name: str, purpose: str, fields: dict[str, Any]) -> type[BaseModel]:
    definitions: dict[str, Any] = {field: (described, None) for field, described in fields.items()}
    return create_model(name, __base__=_InputModel, __doc__=purpose, **definitions)


OptionsGiven: Final = _input_model(
    "OptionsGiven",
    "The options to set; `null` removes one, and what is left out stays as it is.",
    {name: _option(name) for name in OPTIONS},
)
"""Options in a body, for the OpenAPI document."""
AmountsGiven: Final = _input_model(
    "AmountsGiven",
    "The amounts of one currency to set; `null` removes one, and what is left out stays as it is.",
    {name: _amount(name) for name in AMOUNTS},
)
"""The amounts of one currency in a body, for the OpenAPI document."""
_CurrencyKey = Annotated[str, Field(pattern="^[A-Za-z]{3}$")]


class _CheckedByDomain:
    """Accepts an object as it is once the domain finds no fault in it; the OpenAPI document describes it by a model.

    `required` are the terms that the object changes: a new class must get all that is required, others must keep it (rule 2.3).
    """

    def __init__(self, kind: str, model: Any, *, required: Terms | None = None) -> None:
        self._kind, self._model, self._required = kind, model, required

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source
        return core_schema.no_info_wrap_validator_function(self._check, handler.generate_schema(self._model))

    def _check(self, value: Any, validate: ValidatorFunctionWrapHandler) -> dict[str, Any]:
        del validate  # it knows types only, and words faults differently
        terms = {} if value is None and self._required is NOTHING else value
        if not isinstance(terms, dict):
            raise PydanticKnownError("dict_type")
        faults = Faults()
        patch = read_patch(faults, **{self._kind: terms})
        if self._required is not None:
            faults.errors.extend(_missing(self._required.changed(patch), {fault.field for fault in faults.errors}))
        if faults.errors:
            raise ValidationError.from_exception_data(self._kind, [_pydantic_error(fault) for fault in faults.errors])
        return terms


def _missing(terms: Terms, wrong_fields: set[str | None]) -> list[DomainError]:
    required = Faults()
    check_required(required, terms)
    return [fault for fault in required.errors if fault.field not in wrong_fields]


def _pydantic_error(fault: DomainError) -> InitErrorDetails:
    path = (fault.field or "").split(".")[1:]
    text = PydanticCustomError("value_error", "{error}", {"error": ValueError(fault.text)})
    return InitErrorDetails(type=text, loc=tuple(path), input=None)


_Attributes = Annotated[
    dict[str, str | None],
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_ATTRIBUTES,
            "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,59}$"},
            "additionalProperties": {"type": ["string", "null"], "maxLength": LONGEST_ATTRIBUTE},
        }
    ),
]
_COMPLETE: Final = NOTHING.changed({"options.collector": "-", "options.allow_discount": False})
"""Terms that have what is required, like those of any class or profile."""
RawOptions = Annotated[dict[str, Any], _CheckedByDomain("options", OptionsGiven)]
OptionsOfNew = Annotated[dict[str, Any], _CheckedByDomain("options", OptionsGiven, required=NOTHING)]
OptionsToKeep = Annotated[dict[str, Any], _CheckedByDomain("options", OptionsGiven, required=_COMPLETE)]
RawAmounts = Annotated[
    dict[str, Any],
    _CheckedByDomain("amounts", dict[_CurrencyKey, AmountsGiven | None]),  # type: ignore[valid-type]
]
RawAttributes = Annotated[dict[str, Any], _CheckedByDomain("attributes", _Attributes)]


class TermsBody(Body):
    """Options, amounts by currency and attributes, as far as they are given."""

    options: RawOptions | None = None
    amounts: RawAmounts | None = None
    attributes: RawAttributes | None = None

    @property
    def terms(self) -> dict[str, Any]:
        """Options, amounts and attributes, as use cases take them."""
        return {"options": self.options, "amounts": self.amounts, "attributes": self.attributes}
