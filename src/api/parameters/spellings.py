"""Whole numbers, booleans and UUIDs in paths, queries and headers have one spelling each (rule 0.10); Pydantic accepts several.

Only texts are checked: a JSON body has types of its own. The range of a value is left to the type that uses these.
"""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Field

_WHOLE: Final = re.compile("0|-?[1-9][0-9]*")
_BOOLEAN: Final = re.compile("true|false")
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def _spelled(pattern: re.Pattern[str], message: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError(message)
        return value

    return BeforeValidator(check)


WHOLE: Final = _spelled(_WHOLE, "A whole number is written in digits, without sign, leading zeros or grouping.")
"""Must come last in the annotation, after the bounds of the number, so that the OpenAPI document shows them."""
Flag = Annotated[bool, _spelled(_BOOLEAN, "Must be true or false.")]
Id = Annotated[UUID, _spelled(_UUID, "A UUID is written like 0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11.")]
EventId = Annotated[Id, Field(strict=False)]
"""The same in a JSON body, where it is a text."""
