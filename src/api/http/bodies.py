"""Reads the JSON body of a request strictly, before anything else looks at it. Used by `GuardedRoute`.

FastAPI calls `json()` of the request itself, so every body that it parses comes through here.
"""

from typing import Any, Final

from starlette.requests import Request

from aggregates import strict_json
from aggregates.errors import InvalidError, refuse

LABEL: Final = "The body"


class UnknownMemberError(InvalidError):
    """A route that takes no body was sent one that is not empty (rule 0.9)."""


class JsonRequest(Request):
    """A request whose body is JSON as `aggregates.strict_json` reads it."""

    def keep(self, content: bytes) -> None:
        """Keeps the body, which was read already."""
        self._body = content

    async def json(self) -> Any:
        """Returns the parsed body. Raises `JsonError`, or `RefusedError` with several of them."""
        if not hasattr(self, "_json"):
            self._json = strict_json.read(await self.body(), label=LABEL)
        return self._json


async def read(request: Request) -> JsonRequest:
    """Returns the request with its body read, if it has one. Raises `JsonError`, or `RefusedError` with several of them."""
    strict = JsonRequest(request.scope, request.receive)
    if await strict.body():
        await strict.json()
    return strict


async def check_none(request: JsonRequest) -> None:
    """Refuses a body on a route that takes none; `null` and `{}` count as empty. Raises `UnknownMemberError`, `RefusedError`."""
    content = await request.json() if await request.body() else None
    if isinstance(content, dict):
        refuse([UnknownMemberError("Unknown member: this request takes no body.", field=name) for name in content])
    elif content is not None:
        raise UnknownMemberError("This request takes no body.", field="body")
