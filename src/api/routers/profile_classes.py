"""`/v1/profile-classes`: profile classes with their options and amounts, and every version of them (rules 2.1-2.4, 2.15, 2.19).

The ETag is the class version. What becomes of existing profiles when a class changes is under `…/propagations`.
"""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aggregates.errors import NotFoundError
from aggregates.profile_class import commands
from aggregates.profile_class.profile_class import ClassNotFoundError, ProfileClass
from aggregates.use_case import Outcome
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged
from api.parameters.paths import CLASS, CLASS_VERSION
from api.parameters.points import From, To, two_views
from api.parameters.reading import NOT_MODIFIED, AnswerSource, Explain, Reading
from api.parameters.shapes import MOST_A_PAGE, ApplyToWord, ClassDescription, ClassName, Reason
from api.parameters.terms import OptionsOfNew, OptionsToKeep, TermsBody
from api.parameters.writing import Write, WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.accounts import classes
from projections.accounts.models import ClassRead, ClassVersion
from projections.answers.definition_diffs import class_diff
from projections.answers.differences import Diff
from projections.answers.explained_accounts import explained_classes
from projections.history.models import HistoryEntry
from projections.reading.paging import Page
from projections.reading.view import View

router: Final = APIRouter(prefix="/v1/profile-classes", tags=["profile classes"], route_class=GuardedRoute)


class ClassVersionNotFoundError(NotFoundError):
    """The class has no version of this number, or had none then."""


class NewProfileClass(TermsBody):
    """A profile class to be set up; collector and allow discount must be set (rules 2.1, 2.3)."""

    name: ClassName
    description: ClassDescription
    options: OptionsOfNew = Field(None, validate_default=True)
    active: bool = True
    reason: Reason | None = None


class ProfileClassChange(TermsBody):
    """The members of a class to be changed; what is left out stays. A change of options or amounts needs `apply_to` (rule 2.15)."""

    description: ClassDescription | None = None
    options: OptionsToKeep | None = None
    active: bool | None = None
    apply_to: ApplyToWord | None = None
    reason: Reason | None = None


class ProfileClassAnswer(WriteAnswer):
    """The result of the change of a class. `message` is the text of the choice."""

    propagation: str | None = Field(
        None, description="Where the change is applied to existing profiles, if it is to be."
    )


@router.get("", response_model=Page[ClassRead], dependencies=[allow(PROFILE_READERS)])
def list_profile_classes(read: Reading, page: Paged, explain: Explain = False) -> Response:
    """All profile classes, by name."""
    with read.asked("accounts", explain=explain) as view:
        listed = classes.profile_classes(view, page.limit, page.cursor)
        return read.answer(listed.explained(view, explained_classes) if explain else listed, view)


@router.post("", status_code=201, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def define_profile_class(write: Writing, body: NewProfileClass) -> Response:
    """Sets a profile class up; its name is fixed for life."""
    outcome = await write.run(
        commands.define_class,
        write.ask(body.reason, creates=True),
        name=body.name,
        description=body.description,
        active=body.active,
        **body.terms,
    )
    return write.done(outcome, location=_path(body.name))


@router.get("/{name}", response_model=ClassRead, dependencies=[allow(PROFILE_READERS)], responses=NOT_MODIFIED)
def read_profile_class(
    read: Reading, name: CLASS, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """One profile class as it was known then."""
    with read.asked("accounts", explain=explain, source=source) as view:
        profile_class = _profile_class(view, name)
        [profile_class] = explained_classes(view, [profile_class]) if explain else [profile_class]
        return read.answer(profile_class, view, version=profile_class.version, dated=False)


@router.patch("/{name}", response_model=ProfileClassAnswer, dependencies=[allow(ADMINISTRATORS)])
async def change_profile_class(write: Writing, name: CLASS, body: ProfileClassChange) -> Response:
    """Makes a further version of a class. Existing profiles stay as they are until the change is applied to them."""
    outcome = await write.run(
        commands.change_class,
        write.ask(body.reason),
        name=name,
        description=body.description,
        active=body.active,
        apply_to=body.apply_to,
        **body.terms,
    )
    return await run_in_threadpool(_changed, write, name, outcome)


@router.delete("/{name}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def deactivate_profile_class(write: Writing, name: CLASS) -> Response:
    """Deactivates a class: it is not assigned any more, and profiles made from it go on (rule 2.19)."""
    return write.done(await write.run(commands.change_class, write.ask(), name=name, active=False))


@router.get(
    "/{name}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_profile_class_history(read: Reading, asked: Asked, name: CLASS) -> Response:
    """Every event of a class: who, when, why, and the values before and after."""
    with read.view("accounts", "history") as view:
        return asked.answer(read, view, kind=ProfileClass.KIND, key=_profile_class(view, name).name)


@router.get("/{name}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_profile_class_diff(read: Reading, name: CLASS, from_: From, to: To = None) -> Response:
    """The differences in a class between two points of (`valid_at`, `known_at`); only the instants count."""
    with two_views(read, from_, to, "accounts") as (before, after):
        differences = class_diff(before, after, name)
        if differences is None:
            raise ClassNotFoundError(f"Profile class {name} does not exist.")
        return read.answer(differences, after)


@router.get("/{name}/versions", response_model=Page[ClassVersion], dependencies=[allow(PROFILE_READERS)])
def list_profile_class_versions(read: Reading, name: CLASS, page: Paged) -> Response:
    """Every version of a class: what it changed, for which profiles, who, when and why."""
    with read.view("accounts") as view:
        _profile_class(view, name)
        return read.answer(classes.class_versions(view, name, page.limit, page.cursor), view)


@router.get(
    "/{name}/versions/{version}",
    response_model=ClassVersion,
    dependencies=[allow(PROFILE_READERS)],
    responses=NOT_MODIFIED,
)
def read_profile_class_version(read: Reading, name: CLASS, version: CLASS_VERSION) -> Response:
    """One version of a class."""
    with read.view("accounts") as view:
        profile_class = _profile_class(view, name)
        class_version = None if version > profile_class.version else _version(view, name, version)
        if class_version is None:
            raise ClassVersionNotFoundError(f"Profile class {profile_class.name} has no version {version}.")
        return read.answer(class_version, view, version=version, dated=False)


def _changed(write: Write, name: str, outcome: Outcome) -> Response:
    """Returns the answer to a change, with the text of the choice and where the change is applied, if it is (rules 2.15, 2.17)."""
    profile_class = write.services.dossier.load(ProfileClass, name) if outcome.changed else None
    change = None if profile_class is None else profile_class.changes.get(outcome.version)
    if change is None:
        return write.done(outcome)
    if not change.apply_to.propagates:
        return write.done(outcome, message=change.apply_to.text)
    location = f"{_path(change.name)}/propagations/{change.version}"
    return write.done(outcome, message=change.apply_to.text, propagation=location)


def _path(name: str) -> str:
    return f"/v1/profile-classes/{quote(name, safe='')}"


def _version(view: View, name: str, version: int) -> ClassVersion | None:
    cursor: str | None = None
    while True:
        page = classes.class_versions(view, name, MOST_A_PAGE, cursor)
        class_version = next((item for item in page.items if item.version == version), None)
        cursor = page.next_cursor
        if class_version is not None or cursor is None:
            return class_version


def _profile_class(view: View, name: str) -> ClassRead:
    profile_class = classes.profile_class(view, name)
    if profile_class is None:
        raise ClassNotFoundError(f"Profile class {name} does not exist.")
    return profile_class
