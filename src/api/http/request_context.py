"""The context of a request: its headers, its correlation id and, once the token is verified, the caller.

There is one object per request, in the ASGI scope. `middleware` makes it, `auth` completes it, problem documents, logs and events use it.
"""

from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from starlette.types import Scope

from aggregates.fact import Role
from api.http.tokens import Caller

_KEY: Final = "dossier.context"


@dataclass(slots=True)
class RequestContext:
    """The context of one request. `repeated` names the headers that came on several lines; `headers` has them as one list.

    `writes` is set when the route takes the headers of a write. `caller` is set once the token is verified, `role` is the one of its
    roles in which it acts. `none_match` is If-None-Match as it came.
    """

    headers: dict[bytes, bytes]
    correlation_id: UUID
    caller: Caller | None = None
    role: Role | None = None
    repeated: frozenset[bytes] = frozenset()
    writes: bool = False
    none_match: bytes = b""

    @property
    def actor(self) -> str | None:
        """The caller's name, `None` before the token is verified."""
        return None if self.caller is None else self.caller.actor

    @property
    def expires_at(self) -> int:
        """When the caller's token expires, in seconds since 1970; 0 before it is verified."""
        return 0 if self.caller is None else self.caller.expires_at

    def header(self, name: bytes) -> str | None:
        """Returns a header by its lower-case name, `None` where it is missing. It is decoded as UTF-8 if possible, else as Latin-1."""
        value = self.headers.get(name)
        if value is None:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")


def put(scope: Scope, context: RequestContext) -> None:
    """Places the context in the scope."""
    scope[_KEY] = context


def of(scope: Scope) -> RequestContext:
    """Returns the context of the request with this scope."""
    return cast("RequestContext", scope[_KEY])
