"""The shape of what people type: texts, codes and numbers. Each check gives the cleaned value or one fault that names its field."""

import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from aggregates.errors import DomainError, InvalidError, refuse

_CODE: Final = re.compile(r"[A-Za-z0-9]+")
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
_NO_CHARACTERS: Final = {"Cc", "Cs", "Zl", "Zp"}
"""Controls, halves of surrogate pairs and separators of lines. What is unassigned here may be a letter of a later Unicode."""
_NOT_SEEN: Final = {"Cf", "Mn", "Me", "Zs"}
"""Formats, marks that combine with a letter, and spaces."""
_BLANK: Final = frozenset(
    map(
        chr, (0x115F, 0x1160, 0x2065, 0x2800, 0x3164, 0xFFA0, 0x1D159, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))
    )
)
"""Letters and signs that look like nothing, and what Unicode keeps free for more of them."""


LONGEST_KEPT: Final = 1_000
"""Characters of the longest text that is kept anywhere."""
_MOST_OF_ONE: Final = 4
"""Characters of which NFC may make one."""


class TextError(InvalidError):
    """A text is missing, too long, or holds characters that cannot be shown."""


def text(value: str, *, field: str, label: str, longest: int) -> str:
    """`value` as `line` gives it, with something in it that can be seen. Raises `TextError`."""
    if value.isascii() and value.isprintable() and 1 <= len(plain := value.strip()) <= longest:
        return plain  # most texts: nothing in them is to be looked at letter by letter
    cleaned = line(value, field=field, label=label, longest=longest)
    if not any(map(_is_seen, cleaned)):
        raise TextError(f"{label} must hold a character that can be seen.", field=field)
    return cleaned


def line(value: str, *, field: str, label: str, longest: int) -> str:
    """`value` in NFC and without outer blanks: 1 to `longest` characters, no controls. Raises `TextError`."""
    cleaned = value.strip()
    if len(cleaned) <= _MOST_OF_ONE * longest:
        cleaned = normal(cleaned)
    if not 1 <= len(cleaned) <= longest:
        raise TextError(f"{label} must have 1 to {longest} characters.", field=field)
    if not cleaned.isprintable() and any(map(_is_no_character, cleaned)):
        raise TextError(f"{label} must not hold control characters.", field=field)
    return cleaned


def _is_no_character(letter: str) -> bool:
    """Returns whether no version of Unicode has, or will have, a character there."""
    place = ord(letter)
    return unicodedata.category(letter) in _NO_CHARACTERS or place & 0xFFFE == 0xFFFE or 0xFDD0 <= place <= 0xFDEF


def _is_seen(letter: str) -> bool:
    return letter not in _BLANK and unicodedata.category(letter) not in _NOT_SEEN


def normal(value: str) -> str:
    """Returns the text in NFC, the one form in which texts are stored and compared (rule 0.10).

    What is too long to be kept stays as it is: normalizing takes the square of the time for marks that follow each other.
    """
    if value.isascii() or len(value) > _MOST_OF_ONE * LONGEST_KEPT:
        return value
    return unicodedata.normalize("NFC", value)


def folded(value: str) -> str:
    """The text that look-ups compare: the same whatever its case, its outer blanks and how its letters are composed."""
    return normal(value.strip()).casefold()


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


def whole_number(value: int, *, field: str, label: str, lowest: int, highest: int) -> int:
    """`value` within its bounds, both inclusive. Raises `TextError`."""
    if not lowest <= value <= highest:
        raise TextError(f"{label} must be {lowest} to {highest}.", field=field)
    return value


def decimal(value: Any, *, field: str, label: str) -> Decimal:
    """The exact value, from text: not below zero, 15 digits and 6 decimals at most. Raises `TextError`.

    `100.50` and `100.5` are one number and get one spelling, the latter (rule 0.10).

    A JSON number is refused: one with a fraction was a binary float before it could be looked at.
    """
    text = str(value) if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text.strip()):
        raise TextError(
            f'{label} must be a decimal number as text, such as "1250.50", 15 digits and 6 decimals at most.',
            field=field,
        )
    number = Decimal(text.strip())
    if number < 0:
        raise TextError(f"{label} must not be negative.", field=field)
    return Decimal(plain_decimal(number.copy_abs()))


def plain_decimal(number: Decimal) -> str:
    """Returns the one spelling of a number: no exponent, no zeros after the last decimal, no minus before a zero."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def same(first: str | None, second: str | None) -> bool:
    """Returns whether two texts are equal in NFC, also when one was stored before NFC was the rule (rule 0.10)."""
    if first is None or second is None:
        return first is second
    return first == second or normal(first) == normal(second)


class Faults:
    """Collects the errors of one command, so that one answer names every wrong field: `with faults: ...` keeps going."""

    def __init__(self) -> None:
        self.errors: list[DomainError] = []

    def at(self, field: str) -> "_FaultsAt":
        """Returns a collector into the same errors that gives each of them this field."""
        return _FaultsAt(self, field)

    def __enter__(self) -> "Faults":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, DomainError):
            return False
        self.errors.extend(getattr(error, "faults", (error,)))
        return True

    def last_of_each_field(self) -> list[DomainError]:
        """Returns the last error of each field."""
        return list({error.field: error for error in self.errors}.values())

    def raise_any(self) -> None:
        """Raises the errors, if there are any."""
        refuse(self.errors)


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
            self._faults.errors.append(fault)
        return True
