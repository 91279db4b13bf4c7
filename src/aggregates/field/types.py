"""Types of business fields: how a value is read and in which form it is kept (rule 3.9).

Every value is kept as text in one canonical form, whatever it came in: an integer without leading zeros, a date as `YYYY-MM-DD`. So equal
values are equal texts, in the log, the read models and on the bus.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final

from email_validator import EmailNotValidError, validate_email

from aggregates import texts
from aggregates.effective import LAST_DAY
from aggregates.texts import TextError

LONGEST_VALUE: Final = 500
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", re.ASCII)
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_PHONE_SIGNS: Final = str.maketrans("", "", " -().")
_TRUNK_PREFIX: Final = re.compile(r"\([ .-]*0")
"""A 0 that begins what is in brackets is dialled within the country only, and is no part of the number: (0)1632, (01632)."""
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ ][^\W\d_]+)*")


class FieldType(StrEnum):
    """What a field holds."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    PHONE = "phone"
    EMAIL = "email"
    CHOICE = "choice"


ZoneOn = Callable[[date], tzinfo]
"""The company's time zone on a day."""
Reader = Callable[[str], str]
"""From what was typed to the canonical text. Raises `TextError` whose text follows the field's label: “must be …”."""


def _string(value: str) -> str:
    return texts.text(value, field="", label="", longest=LONGEST_VALUE)


def _integer(value: str) -> str:
    if not _INTEGER.fullmatch(value):
        raise TextError("must be a whole number without grouping.")
    return str(int(value))


def _decimal(value: str) -> str:
    if not _DECIMAL.fullmatch(value):
        raise TextError("must be a number like 1250.50, without grouping.")
    return texts.plain_decimal(Decimal(value))


def _date(value: str) -> str:
    """ISO 8601, also in its basic form, `19560409`."""
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or day > LAST_DAY:
        raise TextError("must be a date like 2026-11-22.")
    return day.isoformat()


def utc(_day: date) -> tzinfo:
    """UTC on every day, the zone of a company that has set none."""
    return UTC


def _datetime(value: str, zone: ZoneOn) -> str:
    """ISO 8601. Without a zone it is a time of the company's on that day; of a time that comes twice in autumn, the first."""
    try:
        instant = datetime.fromisoformat(value)
        if len(value) < len("2026-11-22T09:30"):
            raise TextError("must be an instant like 2026-11-22T09:30:00Z.")
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=zone(instant.date()))
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise TextError("must be an instant like 2026-11-22T09:30:00Z.") from None
    return instant.isoformat().replace("+00:00", "Z")


def _phone(value: str) -> str:
    number = value.translate(_PHONE_SIGNS)
    if not _PHONE.fullmatch(number) or _TRUNK_PREFIX.search(value):
        raise TextError("must be a phone number in international form, like +441632960961.")
    return number


def _email(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        raise TextError("must be an e-mail address.") from None


_READERS: Final[Mapping[FieldType, Reader]] = {
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.DATE: _date,
    FieldType.PHONE: _phone,
    FieldType.EMAIL: _email,
}


def read(kind: FieldType, value: str, choices: tuple[str, ...] = (), *, zone: ZoneOn = utc) -> str:
    """The canonical text of a value, which is not blank; `zone` is that of a time without one. Raises `TextError`."""
    if kind is FieldType.STRING:
        return _string(value)
    cleaned = texts.normal(value.strip())
    if kind is FieldType.CHOICE:
        folded = texts.folded(cleaned)
        canonical = next((choice for choice in choices if texts.folded(choice) == folded), None)
        if canonical is None:
            raise TextError(f"must be one of {', '.join(choices)}.")
        return canonical
    if len(cleaned) > LONGEST_VALUE:
        raise TextError(f"must have 1 to {LONGEST_VALUE} characters.")
    return _datetime(cleaned, zone) if kind is FieldType.DATETIME else _READERS[kind](cleaned)


def searched_form(kind: FieldType, canonical: str) -> str:
    """Returns what a search compares of a canonical text: of texts the letters and digits, without case and accents; of the rest all of it.

    So a loan number is found with or without its blanks and hyphens, and an e-mail address in any case.
    """
    if kind is FieldType.EMAIL:
        return texts.folded(canonical)
    if kind not in {FieldType.STRING, FieldType.CHOICE}:
        return canonical
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", canonical).casefold())
    return "".join(letter for letter in decomposed if letter.isalnum()) or texts.folded(canonical)


def check_name(value: str, least: int) -> None:
    """The optional validators `name_2` and `name_1`: letters only, at least so many (rule 3.9, off unless asked for)."""
    if len(value) < least or not _NAME.fullmatch(value):
        raise TextError(f"must have at least {least} characters; numbers and special characters are not allowed.")


VALIDATORS: Final[Mapping[str, Callable[[str], None]]] = {
    "name_2": lambda value: check_name(value, 2),
    "name_1": lambda value: check_name(value, 1),
}
"""Further checks that a field may ask for."""
