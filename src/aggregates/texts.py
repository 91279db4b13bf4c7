"""The shape of what people type: texts, codes and numbers. Each check gives the cleaned value or one fault that names its field."""

import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from aggregates.errors import DomainError, InvalidError, refuse

_CODE: Final = re.compile(r"[A-Za-z0-9]+")
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
_UNPRINTABLE: Final = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


class TextError(InvalidError):
    """A text is missing, too long, or holds characters that cannot be shown."""


def text(value: str, *, field: str, label: str, longest: int) -> str:
    """`value` without outer blanks, 1 to `longest` characters, all of them printable. Raises `TextError`."""
    cleaned = value.strip()
    if not 1 <= len(cleaned) <= longest:
        raise TextError(f"{label} must have 1 to {longest} characters.", field=field)
    if not cleaned.isprintable() and any(unicodedata.category(letter) in _UNPRINTABLE for letter in cleaned):
        raise TextError(f"{label} must not hold control characters.", field=field)
    return cleaned


def code(value: str, *, field: str, label: str, longest: int) -> str:
    """`value` in capitals: 1 to `longest` letters A to Z or digits. Raises `TextError`."""
    cleaned = value.strip()
    if len(cleaned) > longest or not _CODE.fullmatch(cleaned):
        raise TextError(f"{label} must have 1 to {longest} letters or digits.", field=field)
    return cleaned.upper()


def number(value: str, *, field: str, label: str, longest: int) -> str:
    """`value`: 1 to `longest` letters, digits or hyphens, not starting with a hyphen. Raises `TextError`."""
    cleaned = value.strip()
    if len(cleaned) > longest or not _NUMBER.fullmatch(cleaned):
        raise TextError(f"{label} must have 1 to {longest} letters, digits or hyphens.", field=field)
    return cleaned


def whole(value: int, *, field: str, label: str, lowest: int, highest: int) -> int:
    """`value` within its bounds, both inclusive. Raises `TextError`."""
    if not lowest <= value <= highest:
        raise TextError(f"{label} must be {lowest} to {highest}.", field=field)
    return value


def decimal(value: Any, *, field: str, label: str) -> Decimal:
    """The exact value, from text or a whole number: not below zero, 15 digits and 6 decimals at most. Raises `TextError`.

    `100.50` and `100.5` are one number and get one spelling, the latter (rule 0.10).

    A JSON number with a fraction is refused: it was a binary float before it could be looked at.
    """
    written = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not _DECIMAL.fullmatch(written.strip()):
        raise TextError(
            f'{label} must be a decimal number as text, such as "1250.50", 15 digits and 6 decimals at most.',
            field=field,
        )
    number = Decimal(written.strip())
    if number < 0:
        raise TextError(f"{label} must not be negative.", field=field)
    return Decimal(plain_decimal(number.copy_abs()))


def plain_decimal(number: Decimal) -> str:
    """The one spelling of a number: no exponent, no zeros after the last decimal, no minus before a zero."""
    written = f"{number:f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written == "-0" else written


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, however their letters are composed (rule 0.10)."""
    return one == other or unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


class Faults:
    """Collects the faults of one command, so that one answer names every wrong field: `with faults: ...` keeps going."""

    def __init__(self) -> None:
        self.found: list[DomainError] = []

    def at(self, field: str) -> "_FaultsAt":
        """Collects like the whole, and names what is found after `field`."""
        return _FaultsAt(self, field)

    def __enter__(self) -> "Faults":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, DomainError):
            return False
        self.found.extend(getattr(error, "faults", (error,)))
        return True

    def raise_any(self) -> None:
        """Raises what was found, if anything."""
        refuse(self.found)


class _FaultsAt:
    def __init__(self, faults: Faults, field: str) -> None:
        self._faults, self._field = faults, field

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, DomainError):
            return False
        for fault in getattr(error, "faults", (error,)):
            fault.field = self._field
            self._faults.found.append(fault)
        return True
