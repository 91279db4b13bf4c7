"""One answer for everything that is wrong: where a body has values of the wrong type, the rest of it is decided on as well.

A framework looks at types first and would tell of nothing else. `DecidingRoute` takes the wrong values out of the body and asks the
use case about what remains, only to hear what it says: nothing is stored (`use_case.Request.only_decide`). For routes whose every
effect goes through `Write.ask`.
"""

import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from aggregates.errors import DomainError
from api import around
from api.auth import GuardedRoute

_BODY: Final = "body"
_IN_KEY: Final = "[key]"
_STAND_INS: Final[tuple[Any, ...]] = ("0", {}, 0, False, "2000-01-01")
"""What stands for a required member that cannot be read, so that the others can be judged; nothing is said of the member itself."""
_TOGETHER: Final = ({"effective_from", "effective_to"},)
"""Fields that are judged together: without the one, nothing can be said of the other."""


class DecidingRoute(GuardedRoute):
    """A route whose refusals name every wrong field, whatever is wrong with it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that looks twice at a body it cannot read."""
        handle = super().get_route_handler()

        async def decided(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                rest = _rest(error.body, list(_paths(error.errors())))
                if rest is not None:
                    known = around.of(request.scope)
                    known.only_decide = True
                    known.also_wrong = [
                        fault for fault in await _faults(handle, request, rest) if fault.field is not None
                    ]
                raise

        return decided


async def _faults(
    handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request, rest: dict[str, Any]
) -> Sequence[DomainError]:
    """What the use case says of the rest."""

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(rest).encode(), "more_body": False}

    for _ in _STAND_INS:
        try:
            await handle(Request(request.scope, receive))
        except DomainError as error:
            return getattr(error, "faults", (error,))
        except RequestValidationError as error:
            wanted = [path[0] for path in _paths(error.errors()) if len(path) == 1]
            if not wanted:
                break
            for member in wanted:
                rest[str(member)] = _next_stand_in(rest.get(str(member)))
    return ()


def _next_stand_in(tried: Any) -> Any:
    """The stand-in to try after the one that did not fit; the first one for a member that is missing."""
    places = [place for place, one in enumerate(_STAND_INS) if type(one) is type(tried) and one == tried]
    return _STAND_INS[min(places[0] + 1, len(_STAND_INS) - 1)] if places else _STAND_INS[0]


def _paths(errors: Sequence[Any]) -> Iterator[list[str | int]]:
    for error in errors:
        place, *path = error["loc"]
        if place == _BODY:
            yield [part for part in path if part != _IN_KEY]


def _rest(body: Any, paths: Sequence[list[str | int]]) -> dict[str, Any] | None:
    """The body without what stands at these paths; `None` when nothing can be said of it."""
    if not isinstance(body, dict) or not paths or not all(paths):
        return None
    rest = deepcopy(body)
    for path in paths:
        _take_out(rest, path)
        for together in _TOGETHER:
            if path[0] in together:
                for name in together:
                    rest.pop(name, None)
    return rest


def _take_out(rest: Any, path: Sequence[str | int]) -> None:
    *outer, last = path
    for part in outer:
        rest = rest.get(part) if isinstance(rest, dict) else None
    if isinstance(rest, dict):
        rest.pop(last, None)
