"""Reads the JSON body of a request strictly, before anything else looks at it. Used by `GuardedRoute`.

FastAPI asks the request itself for `json()`, so whatever it makes of a body comes through here.
"""

from typing import Any, Final

from starlette.requests import Request

from aggregates import strict_json
from aggregates.errors import InvalidError, refuse

LABEL: Final = "The body"


class UnknownMemberError(InvalidError):
    """A request that takes no body came with one that says something (rule 0.9)."""


class JsonRequest(Request):
    """A request whose body is JSON as `aggregates.strict_json` reads it."""

    async def json(self) -> Any:
        """The value of the body. Raises `JsonError`, or `RefusedError` with several of them."""
        if not hasattr(self, "_json"):
            self._json = strict_json.read(await self.body(), label=LABEL)
        return self._json


async def read(request: Request) -> JsonRequest:
    """The request with its body read, if it has one. Raises `JsonError`, or `RefusedError` with several of them."""
    strict = JsonRequest(request.scope, request.receive)
    if await strict.body():
        await strict.json()
    return strict


async def check_none(request: JsonRequest) -> None:
    """Refuses what a body says to a route that takes none; `null` and `{}` say nothing. Raises `UnknownMemberError`, `RefusedError`."""
    said = await request.json() if await request.body() else None
    if isinstance(said, dict):
        refuse(
            [
                UnknownMemberError("There is no such member here: the request takes no body.", field=name)
                for name in said
            ]
        )
    elif said is not None:
        raise UnknownMemberError("The request takes no body.", field="body")
