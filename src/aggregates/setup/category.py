"""`ProfileCategory`: one category of the profile drawer with its responses, set up by an administrator (rules 1.1-1.7, 1.13)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.setup.events import (
    CategoryChanged,
    CategoryDefined,
    DefaultResponseMoved,
    ResponseChanged,
    ResponseDefined,
)

CODES: Final = (1, 999)
"""Lowest and highest category code (rule 1.1)."""
POSITIONS: Final = (0, 9999)
LONGEST_DESCRIPTION: Final = 30
LONGEST_RESPONSE_CODE: Final = 5


class CategoryExistsError(ConflictError):
    """The category code is taken."""


class CategoryNotFoundError(NotFoundError):
    """There is no category with this code."""


class ResponseExistsError(ConflictError):
    """The response code is taken within its category."""


class ResponseNotFoundError(NotFoundError):
    """The category has no response with this code."""


class InactiveDefaultError(InvalidError):
    """An inactive response cannot be the default."""


@dataclass(frozen=True, slots=True)
class Response:
    """One choice of a category."""

    code: str
    description: str
    position: int
    active: bool


class ProfileCategory(Aggregate):
    """A category: code, description, required, position, active, and its responses with at most one default."""

    KIND: ClassVar[str] = "category"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.code = 0
        self.description = ""
        self.required = False
        self.position = 0
        self.active = False
        self.responses: dict[str, Response] = {}
        self.default: str | None = None

    @property
    def shown(self) -> bool:
        """A category is shown when it is active and has an active response (rule 1.4)."""
        return self.active and any(response.active for response in self.responses.values())

    @property
    def offers_blank(self) -> bool:
        """A blank choice is offered if and only if there is no default and the category is not required (rule 1.7)."""
        return self.default is None and not self.required

    # Decisions

    def define(
        self, origin: Origin, *, code: int, description: str, required: bool, position: int, active: bool
    ) -> None:
        """Sets the category up (rule 1.1)."""
        if self.version:
            raise CategoryExistsError(f"Category {code} is already defined.", field="code")
        faults = texts.Faults()
        with faults:
            texts.whole_number(code, field="code", label="The category code", lowest=CODES[0], highest=CODES[1])
        with faults:
            description = _description(description)
        with faults:
            _position(position)
        faults.raise_any()
        self.record(
            CategoryDefined,
            origin,
            code=code,
            description=description,
            required=required,
            position=position,
            active=active,
        )

    def change(
        self,
        origin: Origin,
        *,
        description: str | None = None,
        required: bool | None = None,
        position: int | None = None,
        active: bool | None = None,
    ) -> None:
        """Changes what is given; records nothing when nothing differs. The code is fixed for life (rule 1.1)."""
        faults = texts.Faults()
        with faults:
            description = self.description if description is None else _description(description)
        with faults:
            position = self.position if position is None else _position(position)
        faults.raise_any()
        required = self.required if required is None else required
        active = self.active if active is None else active
        if (description, required, position, active) == (
            self.description,
            self.required,
            self.position,
            self.active,
        ):
            return
        self.record(
            CategoryChanged,
            origin,
            code=self.code,
            description=description,
            required=required,
            position=position,
            active=active,
        )

    def define_response(
        self, origin: Origin, *, response: str, description: str, default: bool, position: int, active: bool
    ) -> None:
        """Adds a response (rule 1.2); as default, it takes the flag from the one that has it (rule 1.3)."""
        faults = texts.Faults()
        with faults:
            response = response_code(response)
            if response in self.responses:
                raise ResponseExistsError(
                    f"Response {response} is already defined for category {self.code}.", field="code"
                )
        with faults:
            description = _description(description)
        with faults:
            _position(position)
        with faults:
            _active_default(default, active)
        faults.raise_any()
        self.record(
            ResponseDefined,
            origin,
            code=self.code,
            response=response,
            description=description,
            position=position,
            active=active,
        )
        if default:
            self._move_default(origin, response)

    def change_response(
        self,
        origin: Origin,
        response: str,
        *,
        description: str | None = None,
        default: bool | None = None,
        position: int | None = None,
        active: bool | None = None,
    ) -> None:
        """Changes what is given of a response. Deactivating the default drops the flag; used ones are never deleted (rule 1.13)."""
        old = self.responses.get(response.strip().upper())
        if old is None:
            raise ResponseNotFoundError(f"Response {response} is not defined for category {self.code}.")
        faults = texts.Faults()
        new = old if active is None else replace(old, active=active)
        with faults:
            new = new if description is None else replace(new, description=_description(description))
        with faults:
            new = new if position is None else replace(new, position=_position(position))
        with faults:
            _active_default(bool(default), new.active)
        faults.raise_any()
        if new != old:
            self._change_response(origin, new)
        if default:
            self._move_default(origin, new.code)
        elif self.default == new.code and (default is False or not new.active):
            self._move_default(origin, None)

    def _change_response(self, origin: Origin, new: Response) -> None:
        self.record(
            ResponseChanged,
            origin,
            code=self.code,
            response=new.code,
            description=new.description,
            position=new.position,
            active=new.active,
        )

    def _move_default(self, origin: Origin, to: str | None) -> None:
        if to != self.default:
            self.record(DefaultResponseMoved, origin, code=self.code, from_response=self.default, to_response=to)

    # What the facts say

    @applies(CategoryDefined)
    def _defined(self, event: CategoryDefined) -> None:
        self.code = event.code
        self._assign(event)

    @applies(CategoryChanged)
    def _changed(self, event: CategoryChanged) -> None:
        self._assign(event)

    def _assign(self, event: CategoryDefined | CategoryChanged) -> None:
        self.description, self.required = event.description, event.required
        self.position, self.active = event.position, event.active

    @applies(ResponseDefined)
    def _response_defined(self, event: ResponseDefined) -> None:
        self._put(event)

    @applies(ResponseChanged)
    def _response_changed(self, event: ResponseChanged) -> None:
        self._put(event)

    def _put(self, event: ResponseDefined | ResponseChanged) -> None:
        self.responses[event.response] = Response(event.response, event.description, event.position, event.active)

    @applies(DefaultResponseMoved)
    def _default_response_moved(self, event: DefaultResponseMoved) -> None:
        self.default = event.to_response


def response_code(value: str) -> str:
    """A response code in capitals. Raises `TextError` when it has not 1 to 5 letters or digits (rule 1.2)."""
    return texts.code(value, field="code", label="The response code", longest=LONGEST_RESPONSE_CODE)


def _description(value: str) -> str:
    return texts.text(value, field="description", label="The description", longest=LONGEST_DESCRIPTION)


def _position(value: int) -> int:
    return texts.whole_number(value, field="position", label="The position", lowest=POSITIONS[0], highest=POSITIONS[1])


def _active_default(default: bool, active: bool) -> None:
    if default and not active:
        raise InactiveDefaultError("An inactive response cannot be the default.", field="default")
