"""How a consumer reads a message back: strictly, and only what belongs to its own company (rule 4.7).

`Lane` calls this before anything else is done with a message, so every handler of every feed meets messages that keep the contract, and no
others. Types, ids, numbers and their ranges are checked here once; what passes can be handed to the database as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from aggregates import strict_json
from aggregates.errors import DomainError
from consumers.messages import LOG_HEADER, SCHEMA_HEADER, Received, headers_of, key_of
from store.public import from_json

MOST_POSITION: Final = 2**63 - 1
MOST_VERSION: Final = 2**31 - 1
"""The bounds of the columns of the log."""
MOST_FAULTS: Final = 5
"""Faults of one message that are named."""
_COMPANY: Final = r"[a-z][a-z0-9_]{0,29}"
_KEY: Final = re.compile(f"({_COMPANY})/".encode())
_LOG: Final = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHEMA: Final = rb"urn:dossier:event:%b:[1-9][0-9]{0,5}"
_SOURCE: Final = re.compile(f"/dossier/({_COMPANY})".encode())


class ForeignMessageError(Exception):
    """A message of another company."""


class UnreadableMessageError(Exception):
    """A message that does not keep the contract; `str(error)` says how, and repeats none of its values."""


def _an_instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Text = Annotated[str, Field(min_length=1, max_length=1_000)]


class PublicMessage(BaseModel):
    """The value of a message. Members that it does not name may have been added since, and are left out."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    event_id: UUID
    type: Annotated[str, Field(pattern=r"^[a-z][a-z_]*\.[a-z][a-z_]*$", max_length=200)]
    profile: Annotated[str, Field(pattern=r"^[a-z][a-z_]*:\S", max_length=500)]
    company: Annotated[str, Field(pattern=f"^{_COMPANY}$")]
    version: Annotated[int, Field(ge=1, le=MOST_VERSION)]
    position: Annotated[int, Field(ge=1, le=MOST_POSITION)]
    recorded_at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"), AfterValidator(_an_instant)]
    actor: Text
    role: Text
    source: Text
    reason: str | None
    correlation_id: UUID
    causation_id: UUID
    effective_from: date | None
    effective_to: date | None
    data: dict[str, Any]
    personal_fields: list[str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that keeps the contract: what it says, and as it came."""

    event: PublicMessage
    received: Received


def read_message(received: Received, company: str) -> Incoming:
    """The message, read.

    Raises:
        ForeignMessageError: its key, headers or value name another company; whatever else is wrong with it does not matter then.
        UnreadableMessageError: it does not keep the contract.
    """
    if any(name != company.encode() for name in _named_outside(received)):
        raise ForeignMessageError
    try:
        event = _read_value(received)
    except UnreadableMessageError:
        if _named_inside(received) not in (None, company):
            raise ForeignMessageError from None
        raise
    if event.company != company:
        raise ForeignMessageError
    _check_outside(received, event)
    return Incoming(event, received)


def _read_value(received: Received) -> PublicMessage:
    if received.undecodable is not None:
        raise UnreadableMessageError(received.undecodable)
    value = received.value or b""
    try:
        strict_json.read(value, label="The value", most=len(value))
        return PublicMessage.model_validate_json(value)
    except DomainError as error:
        faults = getattr(error, "faults", (error,))[:MOST_FAULTS]
        raise UnreadableMessageError(" ".join(fault.text for fault in faults)) from None
    except ValidationError as error:
        raise UnreadableMessageError(f"The value is not a public event: {_text(error)}.") from None


def _check_outside(received: Received, event: PublicMessage) -> None:
    """Checks that key and headers agree with the value. Raises `UnreadableMessageError`.

    The log and the schema are in no value: the one is an id, the other a version of the event, which may be an earlier or a later one.
    """
    log, schema = (received.headers.get(name, b"") for name in (LOG_HEADER, SCHEMA_HEADER))
    headers = headers_of(
        str(event.event_id),
        event.company,
        event.type,
        event.recorded_at,
        profile=event.profile,
        position=event.position,
        log=log if _LOG.fullmatch(log) else b"?",
        schema=schema if re.fullmatch(_SCHEMA % re.escape(event.type.encode()), schema) else b"?",
    )
    wrong = [name for name, value in headers if received.headers.get(name) != value]
    if wrong:
        raise UnreadableMessageError(f"Headers are missing, or are not those of the value: {', '.join(wrong)}.")
    if received.key != key_of(event.company, event.profile):
        raise UnreadableMessageError("The key is not the company and the profile of the value.")


def _named_outside(received: Received) -> Iterator[bytes]:
    """Companies that key and headers name."""
    if match := _KEY.match(received.key or b""):
        yield match[1]
    if match := _SOURCE.fullmatch(received.headers.get("ce_source", b"")):
        yield match[1]


def _named_inside(received: Received) -> str | None:
    """The company that a value names which is no public event."""
    try:
        value = from_json(received.value or b"")
    except ValueError:
        return None
    company = value.get("company") if isinstance(value, dict) else None
    return company if isinstance(company, str) and re.fullmatch(_COMPANY, company) else None


def _text(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
    return "; ".join(": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"]))) for fault in faults)
