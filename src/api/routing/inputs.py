"""The input of a route, read by what its function declares: worked out once, when the application is made.

FastAPI works most of it out anew for each request. It still has the last word on input that is not in order, since it names every fault:
`read` only says that there is one. It calls what a function depends on in the same order, with the same values.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import isclass, iscoroutinefunction
from types import NoneType
from typing import Any, Final, get_args, get_origin

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

_UNREAD: Final = (
    "cookie_params",
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
)
"""What a function may declare by FastAPI, and none of ours does."""
_CONSTANT: Final = (NoneType, bool, int, str)


class UnreadError(Exception):
    """A function declares something that only FastAPI reads."""


class FaultyError(Exception):
    """Something in the request is wrong."""


@dataclass(slots=True)
class Given:
    """The parts of a request. `body` is the parsed one, of a route that takes one."""

    request: Request
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    body: Any = None


class Inputs:
    """The arguments of one function. Raises `UnreadError` where they cannot be read here."""

    def __init__(self, dependant: Dependant) -> None:
        declared = [name for name in _UNREAD if getattr(dependant, name)]
        if declared or len(dependant.body_params) > 1:
            raise UnreadError(f"{dependant.call} declares {declared or 'several bodies'}.")
        self._dependencies = [_dependency(inner) for inner in dependant.dependencies]
        self._path = [_Parameter(field) for field in dependant.path_params]
        self._query = [_Parameter(field) for field in dependant.query_params]
        self._headers = [_Parameter(field) for field in dependant.header_params]
        self._bodies = [(field.name, field._type_adapter.validator.validate_python) for field in dependant.body_params]
        self._request = dependant.request_param_name

    async def read(self, given: Given) -> dict[str, Any]:
        """Returns the arguments by their names.

        Raises:
            FaultyError: something is missing or wrong.
            Exception: what a function raises that this one depends on.
        """
        values = {}
        for name, call, inputs in self._dependencies:
            values[name] = await call(**await inputs.read(given))
        try:
            for parameter in self._path:
                values[parameter.name] = parameter.validate(given.path[parameter.alias])
            for parameter in self._query:
                values[parameter.name] = parameter.of(given.query.get(parameter.alias))
            for parameter in self._headers:
                line = given.headers.get(parameter.header)
                values[parameter.name] = parameter.of(None if line is None else line.decode("latin-1"))
            for name, validate in self._bodies:
                values[name] = validate(given.body, from_attributes=True)
        except ValidationError:
            raise FaultyError from None
        if self._request is not None:
            values[self._request] = given.request
        return values


class _Parameter:
    """A parameter. `alias` is its name in the request, `header` the same as the name of a header."""

    __slots__ = ("_copies_default", "_default", "_is_required", "_validate", "alias", "header", "name")

    def __init__(self, field: Any) -> None:
        information = field.field_info
        alias_differs = information.validation_alias not in {None, field.alias}
        makes_default = information.validate_default or information.default_factory is not None
        if alias_differs or makes_default or _has_several(information.annotation):
            raise UnreadError(f"{field.name} is declared in a way that only FastAPI reads.")
        self.name: str = field.name
        self.alias: str = field.alias
        self.header = field.alias.lower().encode()
        self._validate: Callable[..., Any] = field._type_adapter.validator.validate_python
        self._is_required: bool = information.is_required()
        self._default = None if self._is_required else field.default
        self._copies_default = not isinstance(self._default, _CONSTANT)

    def validate(self, value: Any) -> Any:
        """Returns a value that was given. Raises `ValidationError`."""
        return self._validate(value, from_attributes=True)

    def of(self, value: str | None) -> Any:
        """Returns a value, or the default where none was given. Raises `ValidationError`, `FaultyError`."""
        if value is not None:
            return self._validate(value, from_attributes=True)
        if self._is_required:
            raise FaultyError
        return deepcopy(self._default) if self._copies_default else self._default


def _dependency(dependant: Dependant) -> tuple[str, Callable[..., Any], Inputs]:
    """Returns what a function depends on: its name there, what to call, and the arguments of that."""
    if dependant.name is None or not iscoroutinefunction(dependant.call) or dependant.body_params:
        raise UnreadError(f"{dependant.call} is called by FastAPI only.")
    return dependant.name, dependant.call, Inputs(dependant)


def _has_several(annotation: Any) -> bool:
    """Returns whether a parameter has several values, or is a model of several parameters."""
    parts = [annotation, *get_args(annotation)]
    containers = (list, set, frozenset, tuple, dict)
    return any(
        get_origin(part) in containers or (isclass(part) and issubclass(part, (BaseModel, *containers)))
        for part in parts
    )
