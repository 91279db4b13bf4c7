"""`/v1/categories`: profile categories and their responses, WPFL (rules 1.1-1.7, 1.13). Only administrators change them.

The ETag of a category and of each of its responses is the category's version: they are one aggregate. Nothing is ever
deleted: DELETE deactivates (rule 1.13).
"""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response as Answer

from aggregates.setup import commands
from aggregates.setup.category import CategoryNotFoundError, ProfileCategory, ResponseNotFoundError
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged, page_of
from api.parameters.paths import CATEGORY, RESPONSE
from api.parameters.points import From, To, two_views
from api.parameters.reading import NOT_MODIFIED, AnswerSource, Explain, Reading
from api.parameters.shapes import Body, CategoryCode, Description, Position, Reason, ResponseCode
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.answers.definition_diffs import category_diff
from projections.answers.differences import Diff
from projections.answers.explained_setup import explained_categories, explained_responses
from projections.drawer import categories as drawer
from projections.drawer.models import Category, Response
from projections.history.models import HistoryEntry
from projections.reading import paging
from projections.reading.view import View

router: Final = APIRouter(prefix="/v1/categories", tags=["categories"], route_class=GuardedRoute)


class NewCategory(Body):
    """A category to be defined (rule 1.1)."""

    code: CategoryCode
    description: Description
    required: bool = False
    position: Position = 0
    active: bool = True
    reason: Reason | None = None


class CategoryChange(Body):
    """The members of a category to be changed; what is left out stays as it is."""

    description: Description | None = None
    required: bool | None = None
    position: Position | None = None
    active: bool | None = None
    reason: Reason | None = None


class NewResponse(Body):
    """A response to be added (rule 1.2)."""

    code: ResponseCode
    description: Description
    default: bool = False
    position: Position = 0
    active: bool = True
    reason: Reason | None = None


class ResponseChange(Body):
    """The members of a response to be changed; `default: false` removes the flag (rule 1.3)."""

    description: Description | None = None
    default: bool | None = None
    position: Position | None = None
    active: bool | None = None
    reason: Reason | None = None


@router.get("", response_model=paging.Page[Category], dependencies=[allow(PROFILE_READERS)])
def list_categories(read: Reading, page: Paged, explain: Explain = False) -> Answer:
    """All categories with their responses, by position."""
    with read.asked("drawer", explain=explain) as view:
        listed = page_of(drawer.categories(view), page)
        return read.answer(listed.explained(view, explained_categories) if explain else listed, view)


@router.post("", status_code=201, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def define_category(write: Writing, body: NewCategory) -> Answer:
    """Defines a category; its code is fixed for life."""
    outcome = await write.run(
        commands.define_category,
        write.ask(body.reason, creates=True),
        code=body.code,
        description=body.description,
        required=body.required,
        position=body.position,
        active=body.active,
    )
    return write.done(outcome, location=f"/v1/categories/{body.code}")


@router.get("/{code}", response_model=Category, dependencies=[allow(PROFILE_READERS)], responses=NOT_MODIFIED)
def read_category(
    read: Reading, code: CATEGORY, explain: Explain = False, source: AnswerSource = "read_model"
) -> Answer:
    """One category with its responses."""
    with read.asked("drawer", explain=explain, source=source) as view:
        category = _category(view, code)
        [category] = explained_categories(view, [category]) if explain else [category]
        return read.answer(category, view, version=category.version, dated=False)


@router.patch("/{code}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def change_category(write: Writing, code: CATEGORY, body: CategoryChange) -> Answer:
    """Changes the given members of a category."""
    outcome = await write.run(
        commands.change_category,
        write.ask(body.reason),
        code=code,
        description=body.description,
        required=body.required,
        position=body.position,
        active=body.active,
    )
    return write.done(outcome)


@router.delete("/{code}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def deactivate_category(write: Writing, code: CATEGORY) -> Answer:
    """Deactivates a category (rule 1.13)."""
    return write.done(await write.run(commands.change_category, write.ask(), code=code, active=False))


@router.get(
    "/{code}/history",
    response_model=paging.Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_category_history(read: Reading, asked: Asked, code: CATEGORY) -> Answer:
    """Every event of a category and its responses: who, when, why."""
    with read.view("drawer", "history") as view:
        _category(view, code)
        return asked.answer(read, view, kind=ProfileCategory.KIND, key=str(code))


@router.get("/{code}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_category_diff(read: Reading, code: CATEGORY, from_: From, to: To = None) -> Answer:
    """The differences in a category and its responses between two points of (`valid_at`, `known_at`); only the instants count."""
    with two_views(read, from_, to, "drawer") as (before, after):
        differences = category_diff(before, after, code)
        if differences is None:
            raise CategoryNotFoundError(f"Category {code} is not defined.")
        return read.answer(differences, after)


@router.get("/{code}/responses", response_model=paging.Page[Response], dependencies=[allow(PROFILE_READERS)])
def list_responses(read: Reading, code: CATEGORY, page: Paged, explain: Explain = False) -> Answer:
    """The responses of a category, by position."""
    with read.asked("drawer", explain=explain) as view:
        category = _category(view, code)
        listed = page_of(category.responses, page)
        if explain:
            listed = listed.explained(view, partial(explained_responses, category))
        return read.answer(listed, view, version=category.version)


@router.post("/{code}/responses", status_code=201, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def define_response(write: Writing, code: CATEGORY, body: NewResponse) -> Answer:
    """Adds a response; as default it takes the flag from the one that has it (rule 1.3)."""
    outcome = await write.run(
        commands.define_response,
        write.ask(body.reason),
        code=code,
        response=body.code,
        description=body.description,
        default=body.default,
        position=body.position,
        active=body.active,
    )
    return write.done(outcome, location=f"/v1/categories/{code}/responses/{body.code}")


@router.get(
    "/{code}/responses/{response}",
    response_model=Response,
    dependencies=[allow(PROFILE_READERS)],
    responses=NOT_MODIFIED,
)
def read_response(read: Reading, code: CATEGORY, response: RESPONSE, explain: Explain = False) -> Answer:
    """One response of a category."""
    with read.asked("drawer", explain=explain) as view:
        category = _category(view, code)
        category_response = next((item for item in category.responses if item.code == response), None)
        if category_response is None:
            raise ResponseNotFoundError(f"Response {response} is not defined for category {code}.")
        if explain:
            [category_response] = explained_responses(category, view, [category_response])
        return read.answer(category_response, view, version=category.version, dated=False)


@router.patch("/{code}/responses/{response}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def change_response(write: Writing, code: CATEGORY, response: RESPONSE, body: ResponseChange) -> Answer:
    """Changes the given members of a response."""
    outcome = await write.run(
        commands.change_response,
        write.ask(body.reason),
        code=code,
        response=response,
        description=body.description,
        default=body.default,
        position=body.position,
        active=body.active,
    )
    return write.done(outcome)


@router.delete("/{code}/responses/{response}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def deactivate_response(write: Writing, code: CATEGORY, response: RESPONSE) -> Answer:
    """Deactivates a response; the default drops its flag (rules 1.3, 1.13)."""
    outcome = await write.run(commands.change_response, write.ask(), code=code, response=response, active=False)
    return write.done(outcome)


def _category(view: View, code: int) -> Category:
    category = drawer.category(view, code)
    if category is None:
        raise CategoryNotFoundError(f"Category {code} is not defined.")
    return category
