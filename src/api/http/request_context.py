"""What is known of a request from its first byte on: its headers, its correlation id, and, once the token is verified, who calls.

One object a request, in the ASGI scope. `middleware` makes it, `auth` completes it, problem documents, logs and events use it.
"""

from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from starlette.types import Scope

from aggregates.fact import Role

_KEY: Final = "dossier.context"


@dataclass(slots=True)
class RequestContext:
    """The circumstances of one request. `repeated`: headers that came on several lines; `headers` has them as one list.

    `writes`: its route takes the headers of a write. `expires_at` is the end of its token, in seconds since 1970.
    """

    headers: dict[bytes, bytes]
    correlation_id: UUID
    actor: str | None = None
    expires_at: int = 0
    role: Role | None = None
    repeated: frozenset[bytes] = frozenset()
    writes: bool = False

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name. Bytes are Latin-1 by the letter, and UTF-8 where they can be."""
        value = self.headers.get(name)
        if value is None:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")


def put(scope: Scope, context: RequestContext) -> None:
    """Places it in the scope."""
    scope[_KEY] = context


def of(scope: Scope) -> RequestContext:
    """The circumstances of the request with this scope."""
    return cast("RequestContext", scope[_KEY])
