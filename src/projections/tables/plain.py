"""Values of the domain as JSON has them: decimals as texts, dates as `YYYY-MM-DD`, of a model what is set. The log writes them the same."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel

PlainValue = str | bool | int | dict[str, str]
"""A value of terms as JSON has it: an interest is an object, a decimal and a date are texts."""


def json_text(value: Any) -> str:
    """The JSON text of a value."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def plain(value: Any) -> Any:
    """The value as reading its JSON gives it."""
    return orjson.loads(orjson.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: member for name, member in vars(value).items() if member is not None}
    return str(value)


def flat(terms: Mapping[str, Any]) -> dict[str, PlainValue]:
    """The values in the JSON of terms by path, in the order of a form."""
    values = {f"options.{name}": value for name, value in terms["options"].items()}
    for code, row in terms["amounts"].items():
        values |= {f"amounts.{code}.{name}": value for name, value in row.items()}
    return values | {f"attributes.{key}": value for key, value in terms["attributes"].items()}
