"""Types of input fields, the same for bodies, queries, paths and headers: the shape of a value, whatever is stored.

Where the domain has a check for the shape of a text, that check is used here, so that an answer names all wrong fields at once and in the
domain's words. Whatever depends on stored data is left to the use cases.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from aggregates import texts
from aggregates.account.account import account_number
from aggregates.account.site import site_number
from aggregates.customer.numbers import alternate_number_text, customer_number
from aggregates.customer.profile import LONGEST_NAME
from aggregates.effective import LAST_DAY, When
from aggregates.errors import DomainError
from aggregates.fact import LONGEST_REASON
from aggregates.field.field import (
    LONGEST_KEY,
    MOST_CHOICES,
    Group,
    Policy,
    field_key,
)
from aggregates.field.types import LONGEST_VALUE, VALIDATORS, FieldType
from aggregates.interaction.interaction import LONGEST_AGENT, interaction_id
from aggregates.profile_class.currencies import currency_code
from aggregates.profile_class.profile_class import LONGEST_DESCRIPTION as LONGEST_CLASS_DESCRIPTION
from aggregates.profile_class.profile_class import LONGEST_NAME as LONGEST_CLASS_NAME
from aggregates.profile_class.profile_class import ApplyTo, class_name
from aggregates.setup.category import CODES, LONGEST_DESCRIPTION, POSITIONS, response_code
from api.parameters.spellings import WHOLE

LONGEST_CURSOR: Final = 500
LONGEST_CLASS_KEY: Final = 3 * LONGEST_CLASS_NAME
"""NFC turns one character into at most three."""
LAST_POSITION: Final = 2**63 - 1
LAST_VERSION: Final = 2**31 - 1
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)
MOST_A_PAGE: Final = 500
USUAL_PAGE: Final = 50
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+ -]\d{2}:\d{2})", re.ASCII)
_CATEGORY: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_MAPPED: Final = re.compile(
    rf"category:[1-9][0-9]{{0,2}}|field:(?=.{{1,{LONGEST_KEY}}}$)[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII
)
_VALUE: Final = 1_000
LONGEST_WORD: Final = 200
"""Characters of a text that a use case checks further."""

In = TypeVar("In")
Out = TypeVar("Out")


class Body(BaseModel):
    """A JSON body. Unknown members are refused, and no value is converted from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def rule(check: Callable[[In], Out]) -> Callable[[In], Out]:
    """Returns a check of the domain as a validator, with the domain's message."""

    def validate(value: In) -> Out:
        try:
            return check(value)
        except DomainError as fault:
            raise ValueError(fault.text) from None

    return validate


def message_of(fault: Any) -> str:
    """Returns the message of an error of Pydantic: that of the domain where it comes from there."""
    error = (fault.get("ctx") or {}).get("error")
    return str(error) if isinstance(error, ValueError) else f"{fault['msg']}."


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    """Metadata of a type: a check of its values, and the JSON schema of those that pass."""

    check: Callable[[Any], Any]
    json_schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.json_schema)


def _matching(check: Callable[[str], str], pattern: str, **bounds: int) -> _Checked:
    return _Checked(rule(check), {"type": "string", "pattern": pattern, **bounds})


def _text(label: str, longest: int) -> _Checked:
    return _Checked(_text_check(label, longest), {"type": "string", "minLength": 1, "maxLength": longest})


def _text_check(label: str, longest: int) -> Callable[[str], str]:
    return rule(lambda value: texts.text(value, field="", label=label, longest=longest))


def _line(label: str, longest: int, **pattern: str) -> _Checked:
    check: Callable[[str], str] = rule(lambda value: texts.line(value, field="", label=label, longest=longest))
    return _Checked(check, {"type": "string", "minLength": 1, "maxLength": longest, **pattern})


def _whole(label: str, bounds: tuple[int, int]) -> _Checked:
    lowest, highest = bounds
    check: Callable[[int], int] = rule(
        lambda value: texts.whole_number(value, field="", label=label, lowest=lowest, highest=highest)
    )
    return _Checked(check, {"type": "integer", "minimum": lowest, "maximum": highest})


def _reason(value: str) -> str | None:
    return _text_check("The reason", LONGEST_REASON)(value) if value.strip() else None


def day(value: Any) -> Any:
    """Parses a date written `YYYY-MM-DD`, in the years 0001 to 9998. Raises `ValueError`."""
    if value is None or isinstance(value, date):
        return value
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        parsed = date.fromisoformat(value)
    except ValueError:
        raise ValueError("A date is written YYYY-MM-DD.") from None
    if parsed > LAST_DAY:
        raise ValueError("A date must lie in the years 0001 to 9998.")
    return parsed


def moment(value: Any) -> Any:
    """Parses an RFC 3339 instant with its offset, into UTC. A `+` that became a space in a query is accepted. Raises `ValueError`."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValueError
        parsed = datetime.fromisoformat(value.upper().replace(" ", "+")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("An instant is written YYYY-MM-DDThh:mm:ssZ.") from None
    if not EARLIEST <= parsed <= LATEST:
        raise ValueError("An instant must lie in the years 1970 to 9998.")
    return parsed


def category_key(value: Any) -> Any:
    """Parses a category code that is the key of a JSON object. Raises `ValueError`."""
    if isinstance(value, str) and _CATEGORY.fullmatch(value):
        return int(value)
    raise ValueError("A category code is a whole number from 1 to 999.")


def field_edit(value: Any) -> str | int | None:
    """Returns a value for a business field. Whether it fits the field's type is checked by the use case. Raises `ValueError`."""
    if value is None or type(value) in (str, int):
        return value  # type: ignore[no-any-return]
    raise ValueError("A value is given as text, or as a whole number where the field holds numbers.")


def mapped_source(value: Any) -> str:
    """Returns the text if it is `category:<code>` or `field:<key>`. Raises `ValueError`."""
    if isinstance(value, str) and _MAPPED.fullmatch(value):
        return value
    raise ValueError("A mapping is named category:<code> or field:<key>.")


Day = Annotated[date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
CategoryCode = Annotated[int, WHOLE, _whole("The category code", CODES)]
Position = Annotated[int, _whole("The position", POSITIONS)]
Description = Annotated[str, _text("The description", LONGEST_DESCRIPTION)]
ResponseCode = Annotated[str, _matching(response_code, "^[A-Za-z0-9]{1,5}$")]
CustomerNumber = Annotated[str, _matching(customer_number, "^[A-Za-z0-9][A-Za-z0-9-]{0,29}$")]
CustomerName = Annotated[str, _text("The name", LONGEST_NAME)]
AlternateNumber = Annotated[str, _matching(alternate_number_text, "^[A-Za-z0-9]{1,15}$")]
Reason = Annotated[str, _Checked(_reason, {"type": "string", "maxLength": LONGEST_REASON})]
Query = Annotated[str, _line("The query", LONGEST_NAME)]
Answer = Annotated[str, Field(max_length=30)]
ControlText = Annotated[str, Field(max_length=100)]
AttributeName = Annotated[str, Field(max_length=100)]
CorrectedValue = Annotated[str, _text("The value", _VALUE)]
Mapped = Annotated[
    str,
    BeforeValidator(mapped_source),
    WithJsonSchema({"type": "string", "pattern": "^(category:[1-9][0-9]{0,2}|field:[a-z][a-z0-9]*(_[a-z0-9]+)*)$"}),
]
AccountNumber = Annotated[str, _matching(account_number, "^[A-Za-z0-9][A-Za-z0-9-]{0,29}$")]
SiteNumber = Annotated[str, _matching(site_number, "^[A-Za-z0-9][A-Za-z0-9-]{0,29}$")]
ClassName = Annotated[str, _matching(class_name, "^[^/]+$", minLength=1, maxLength=LONGEST_CLASS_NAME)]
ClassKey = Annotated[str, _line("The name", LONGEST_CLASS_KEY, pattern="^[^/]+$")]
"""The name of an existing class, as it may have been stored; only a new name is checked further."""
ClassDescription = Annotated[str, _text("The description", LONGEST_CLASS_DESCRIPTION)]
ClassVersion = Annotated[int, Field(ge=1, le=LAST_VERSION), WHOLE]
Currency = Annotated[str, _matching(partial(currency_code, field=""), "^[A-Za-z]{3}$")]
ClassWord = Annotated[str, Field(max_length=100)]
ApplyToWord = Annotated[str, Field(max_length=100, json_schema_extra={"enum": [*ApplyTo]})]
FieldKey = Annotated[str, _matching(field_key, "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", maxLength=LONGEST_KEY)]
FieldWord = Annotated[str, Field(max_length=LONGEST_WORD)]
GroupWord = Annotated[FieldWord, Field(json_schema_extra={"enum": [*Group]})]
TypeWord = Annotated[FieldWord, Field(json_schema_extra={"enum": [*FieldType]})]
PolicyWord = Annotated[FieldWord, Field(json_schema_extra={"enum": [*Policy]})]
ValidatorWord = Annotated[FieldWord, Field(json_schema_extra={"enum": [*VALIDATORS]})]
Choices = Annotated[list[FieldWord], Field(max_length=MOST_CHOICES)]
FieldEdit = Annotated[
    Any,
    BeforeValidator(field_edit),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "maxLength": LONGEST_VALUE}, {"type": "integer"}, {"type": "null"}],
            "description": "Text in the form of the field's type; where that is integer or decimal, a whole number is"
            " taken as well. `null` or blank takes the value away.",
        }
    ),
]
InteractionId = Annotated[str, _matching(interaction_id, "^[A-Za-z0-9][A-Za-z0-9-]{0,59}$")]
AgentName = Annotated[str, _text("The agent", LONGEST_AGENT)]
NextState = Literal["wrap_up", "closed"]
ImpactDigest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
CategoryKey = Annotated[int, BeforeValidator(category_key)]
Cursor = Annotated[str, Field(pattern=r"^[A-Za-z0-9_=.:-]+$", max_length=LONGEST_CURSOR)]
Limit = Annotated[int, Field(ge=1, le=MOST_A_PAGE), WHOLE]
LogPosition = Annotated[int, Field(ge=0, le=LAST_POSITION), WHOLE]


class DatedBody(Body):
    """The body of a write that holds on business days, by default from today on, open-ended, over everything recorded before.

    `keep_later` ends it before the next later-dated version.
    """

    effective_from: Day | None = None
    effective_to: Day | None = None
    keep_later: bool = False
    reason: Reason | None = None

    @property
    def when(self) -> When:
        """The dates as use cases take them."""
        return When(self.effective_from, self.effective_to, self.keep_later)


class SeenImpact(Body):
    """The impact that whoever makes the change has seen in its preview; `null`: nobody looked."""

    impact: ImpactDigest | None = Field(
        None,
        description="The digest of the impact that was seen in the preview. It is kept with the change, which is refused (409) if it would"
        " have another effect.",
    )
