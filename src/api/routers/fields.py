"""`/v1/fields`: definitions of business fields (rules 3.1, 3.8-3.10). Only administrators change them.

Nothing is ever deleted: a field with `active: false` is not in the widget any more and cannot be edited; its values stay.
"""

from typing import Any, Final

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from aggregates.field import commands
from aggregates.field.field import BusinessField, FieldNotFoundError
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged, page_of
from api.parameters.paths import FIELD
from api.parameters.points import From, To, two_views
from api.parameters.reading import NOT_MODIFIED, AnswerSource, Explain, Reading
from api.parameters.shapes import (
    Body,
    Choices,
    FieldWord,
    GroupWord,
    PolicyWord,
    Position,
    Reason,
    TypeWord,
    ValidatorWord,
)
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.answers.definition_diffs import field_diff
from projections.answers.differences import Diff
from projections.answers.explained_setup import explained_fields
from projections.fields import queries as fields
from projections.fields.queries import FieldRead
from projections.history.models import HistoryEntry
from projections.reading.paging import Page
from projections.reading.view import View

router: Final = APIRouter(prefix="/v1/fields", tags=["business fields"], route_class=GuardedRoute)
_NOT_DEFINED: Final = frozenset({"key", "reason"})


class NewField(Body):
    """A field to be defined (rule 3.1). Its key, in snake_case, type and personal flag are fixed for life.

    Only a personal field can be masked; one of type `choice` has choices, and no other has. The label has 1 to 60 characters.
    """

    key: FieldWord
    label: FieldWord
    group: GroupWord
    type: TypeWord
    agent_editable: bool = False
    position: Position = 0
    required: bool = False
    personal: bool = False
    masked: bool = False
    choices: Choices = Field(default_factory=list)
    policy: PolicyWord = "newest"
    validators: list[ValidatorWord] = Field(default_factory=list)
    active: bool = True
    searchable: bool = False
    reason: Reason | None = None


class FieldChange(Body):
    """The members of a definition to be changed; what is left out stays as it is."""

    label: FieldWord | None = None
    group: GroupWord | None = None
    type: TypeWord | None = None
    agent_editable: bool | None = None
    position: Position | None = None
    required: bool | None = None
    personal: bool | None = None
    masked: bool | None = None
    choices: Choices | None = None
    policy: PolicyWord | None = None
    validators: list[ValidatorWord] | None = None
    active: bool | None = None
    searchable: bool | None = None
    reason: Reason | None = None


@router.get("", response_model=Page[FieldRead], dependencies=[allow(PROFILE_READERS)])
def list_fields(read: Reading, page: Paged, explain: Explain = False) -> Response:
    """All business fields: by group, position, then order of definition."""
    with read.asked("fields", explain=explain) as view:
        listed = page_of(fields.definitions(view), page)
        return read.answer(listed.explained(view, explained_fields) if explain else listed, view)


@router.post("", status_code=201, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def define_field(write: Writing, body: NewField) -> Response:
    """Defines a business field."""
    outcome = await write.run(
        commands.define_field, write.ask(body.reason, creates=True), key=body.key, members=_attributes(body)
    )
    return write.done(outcome, location=f"/v1/fields/{body.key}")


@router.get("/{key}", response_model=FieldRead, dependencies=[allow(PROFILE_READERS)], responses=NOT_MODIFIED)
def read_field(read: Reading, key: FIELD, explain: Explain = False, source: AnswerSource = "read_model") -> Response:
    """The definition of one business field."""
    with read.asked("fields", explain=explain, source=source) as view:
        definition = _definition(view, key)
        [definition] = explained_fields(view, [definition]) if explain else [definition]
        return read.answer(definition, view, version=definition.version, dated=False)


@router.patch("/{key}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def change_field(write: Writing, key: FIELD, body: FieldChange) -> Response:
    """Changes the given members of a business field's definition."""
    outcome = await write.run(commands.change_field, write.ask(body.reason), key=key, changes=_attributes(body))
    return write.done(outcome)


@router.get(
    "/{key}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_field_history(read: Reading, asked: Asked, key: FIELD) -> Response:
    """Every event of a business field's definition: who, when, why."""
    with read.view("fields", "history") as view:
        _definition(view, key)
        return asked.answer(read, view, kind=BusinessField.KIND, key=key)


@router.get("/{key}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_field_diff(read: Reading, key: FIELD, from_: From, to: To = None) -> Response:
    """The differences in a definition between two points of (`valid_at`, `known_at`); only the instants count."""
    with two_views(read, from_, to, "fields") as (before, after):
        differences = field_diff(before, after, key)
        if differences is None:
            raise FieldNotFoundError(f"Field {key} is not defined.")
        return read.answer(differences, after)


def _attributes(body: NewField | FieldChange) -> dict[str, Any]:
    return {name: value for name, value in body if name not in _NOT_DEFINED}


def _definition(view: View, key: str) -> FieldRead:
    definition = fields.definition(view, key)
    if definition is None:
        raise FieldNotFoundError(f"Field {key} is not defined.")
    return definition
