"""`/v1/controls`: the system control values: K87, L37, L51, H95, the time zone, and whether agents start interactions (rules 3.5, 4.1).

The ETag is the version of all control values: they are one aggregate.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.setup import commands
from aggregates.setup.controls import ControlNotFoundError, SystemControls, control
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged, page_of
from api.parameters.paths import CONTROL
from api.parameters.points import From, To, two_views
from api.parameters.reading import AnswerSource, Explain, Reading
from api.parameters.shapes import ControlText, DatedBody
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.answers.definition_diffs import control_diff
from projections.answers.differences import Diff
from projections.answers.explained_setup import explained_controls
from projections.controls import queries as controls
from projections.controls.queries import ControlValue
from projections.history.models import HistoryEntry
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/controls", tags=["controls"], route_class=GuardedRoute)


class NewControlValue(DatedBody):
    """A value, by default from today on, open-ended; `keep_later` ends it before the next later-dated value."""

    value: ControlText


@router.get("", response_model=Page[ControlValue], dependencies=[allow(PROFILE_READERS)])
def list_controls(read: Reading, page: Paged, explain: Explain = False) -> Response:
    """Every control with the value in force, `default` when none was set."""
    with read.asked("controls", explain=explain) as view:
        listed = page_of(controls.controls(view), page)
        return read.answer(listed.explained(view, explained_controls) if explain else listed, view)


@router.get("/{code}", response_model=ControlValue, dependencies=[allow(PROFILE_READERS)])
def read_control(
    read: Reading, code: CONTROL, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """One control with the value in force."""
    known_code = control(code).code
    with read.asked("controls", explain=explain, source=source) as view:
        value = controls.control(view, known_code)
        if value is None:
            raise ControlNotFoundError(f"System control {known_code} is not defined.")
        [value] = explained_controls(view, [value]) if explain else [value]
        return read.answer(value, view, version=value.version)


@router.get(
    "/{code}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_control_history(read: Reading, asked: Asked, code: CONTROL) -> Response:
    """Every value that a control was set to: who, when, why, for which days, and the value before."""
    fields = (*asked.filters.fields, f"controls.{control(code).code}")
    with read.view("history") as view:
        return asked.answer(read, view, kind=SystemControls.KIND, key=read.services.dossier.company, fields=fields)


@router.get("/{code}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_control_diff(read: Reading, code: CONTROL, from_: From, to: To = None) -> Response:
    """The difference in the value of a control between two points of (`valid_at`, `known_at`)."""
    known_code = control(code).code
    with two_views(read, from_, to, "controls") as (before, after):
        return read.answer(control_diff(before, after, known_code), after)


@router.put("/{code}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def set_control(write: Writing, code: CONTROL, body: NewControlValue) -> Response:
    """Sets the value of a control for a range of days."""
    outcome = await write.run(
        commands.set_control,
        write.ask(body.reason),
        code=code,
        value=body.value,
        when=body.when,
    )
    write.services.day.forget()
    return write.done(outcome)
