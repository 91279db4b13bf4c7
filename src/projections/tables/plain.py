"""Values of the domain as JSON has them: decimals as texts, dates as `YYYY-MM-DD`, of a model what is set. The log writes them the same."""

from typing import Any

import orjson
from pydantic import BaseModel


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
