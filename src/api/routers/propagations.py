"""`/v1/profile-classes/{name}/propagations`: how a changed class reaches existing profiles (rules 2.15-2.17).

A class version that is meant for existing profiles is *planned*: reading it gives a preview. An administrator starts it, and
`dossier work` runs it; reading it then gives progress and counts, and its report what became of each profile, value by value. Once
a run has finished, a further one may bring what it left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from aggregates.account.propagating import Became
from aggregates.errors import InvalidError
from aggregates.profile_class.commands import start_propagation
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import MOST_RUNS, change_of
from aggregates.upload.mapping import BYTE_ORDER_MARK
from api.http.csv_files import CSV, MEDIA_TYPE, csv_line, harmless
from api.http.streaming import Stream
from api.parameters.pages import Paged, Paging, page_of
from api.parameters.paths import CLASS, CLASS_VERSION
from api.parameters.reading import AtLeast, answer_at, as_json
from api.parameters.shapes import Body, Day, Reason
from api.parameters.spellings import WHOLE, Flag
from api.parameters.writing import JSON, WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from api.services import services_of
from jobs.propagation import preview as previewing
from jobs.propagation import progress
from jobs.propagation.progress import PropagationDetail, PropagationRead, State
from jobs.propagation.records import BEFORE_ALL, ProfileOutcome
from projections.reading.paging import Page, cursor_of, keys_of
from projections.tables.plain import PlainValue

router: Final = APIRouter(
    prefix="/v1/profile-classes/{name}/propagations", tags=["profile classes"], route_class=GuardedRoute
)
PROFILE_COLUMNS: Final = ("account", "site", "outcome", "reason")
VALUE_COLUMNS: Final = ("path", "effective_from", "effective_to", "before", "after", "set_here")
REPORT_COLUMNS: Final = (*PROFILE_COLUMNS, *VALUE_COLUMNS)


class Start(Body):
    """The settings of a run: from which day on, and whether it also changes later-dated versions of the class's profiles."""

    run_date: Day | None = None
    include_later: bool = False
    reason: Reason | None = None


class ChangedValue(BaseModel):
    """A value that the change of the class wrote on some days. `set_here`: it had been set on this account or site."""

    model_config = ConfigDict(frozen=True)

    path: str
    effective_from: date
    effective_to: date | None
    before: PlainValue | None
    after: PlainValue | None
    set_here: bool


class Reported(BaseModel):
    """The outcome, or the expected one, for a profile. Without a site it is the account's; `event_id` is the first event that changed it.

    `later_dated` is how many later-dated versions of the class it has. It and `changes` are `null` where a run of an earlier release did
    not write them down.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    site: str | None
    outcome: Became
    reason: str | None
    event_id: UUID | None
    later_dated: int | None
    changes: list[ChangedValue] | None


RunDate = Annotated[Day | None, Query(description="The run date of the preview; by default today.")]
RunNumber = Annotated[int, Field(ge=1, le=MOST_RUNS), WHOLE]
Run = Annotated[RunNumber | None, Query(description="The number of the run; by default the last one.")]


@router.get("", response_model=Page[PropagationRead], dependencies=[allow(PROFILE_READERS)])
def list_propagations(request: Request, name: CLASS, page: Paged) -> Response:
    """Every version of a class that is meant for existing profiles, and how far that is."""
    return _answer(page_of(progress.propagations_of(services_of(request).dossier, name), page))


@router.get("/{version}", response_model=PropagationDetail, dependencies=[allow(PROFILE_READERS)])
def read_propagation(
    request: Request,
    name: CLASS,
    version: CLASS_VERSION,
    *,
    run: Run = None,
    run_date: RunDate = None,
    include_later: Annotated[
        Flag | None, Query(description="Whether the preview includes later-dated versions.")
    ] = None,
    position: AtLeast = None,
) -> Response:
    """A propagation of a class: while it is planned, with a preview of what it would do; afterwards, with its progress and counts.

    With `run_date` or `include_later` there is always a preview, of a further run. A preview of many profiles is made in parts: until it is
    `complete`, repeat the request to continue it.
    """
    services = services_of(request)
    propagation = progress.propagation(services.dossier, name, version, run)
    if propagation.state is State.PLANNED or run_date is not None or include_later is not None:
        change = change_of(services.dossier.load(ProfileClass, name), name, version)
        day = run_date or services.day.today()
        preview = previewing.preview(
            services.dossier, services.reads, change, day, include_later=bool(include_later), position=position
        )
        propagation = propagation.model_copy(update={"preview": preview})
    return answer_at(propagation, propagation.position)


@router.get("/{version}/preview", response_model=Page[Reported], dependencies=[allow(PROFILE_READERS)])
def read_preview(
    request: Request,
    name: CLASS,
    version: CLASS_VERSION,
    page: Paged,
    *,
    run_date: RunDate = None,
    include_later: Annotated[Flag, Query(description="Whether to include later-dated versions.")] = False,
    later: Annotated[Flag, Query(description="Only profiles with a later-dated version of the class.")] = False,
    position: AtLeast = None,
) -> Response:
    """The outcome that a run, or a further one, would have for each profile, by account and site; nothing is stored."""
    services = services_of(request)
    change = change_of(services.dossier.load(ProfileClass, name), name, version)
    plan = previewing.plan_of_preview(change, run_date or services.day.today(), include_later=include_later)
    rows = previewing.preview_outcomes(
        services.dossier, services.reads, plan, _keys_of(page), page.limit + 1, later=later, position=position
    )
    return _reported([replace(row, event_id=None) for row in rows], page)


@router.post("/{version}", status_code=202, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def begin_propagation(write: Writing, name: CLASS, version: CLASS_VERSION, body: Start | None = None) -> Response:
    """Starts a propagation, or once a run has finished a further one.

    From the run date on, today where it is left out, the change is written
    into the profiles in force, and with `include_later` into later-dated ones; never twice into the same.
    """
    start = body or Start()
    outcome = await write.run(
        start_propagation,
        write.ask(start.reason, creates=True),
        name=name,
        version=version,
        run_date=start.run_date,
        include_later=start.include_later,
    )
    answer = write.done(outcome)
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/profile-classes/{quote(name, safe='')}/propagations/{version}"
    return answer


_REPORT: Final = (
    f"{','.join(REPORT_COLUMNS)}\r\nA-2001,S-1,changed,,options.tolerance_percent,2026-07-01,,2.5,3,false\r\n"
)


@router.get(
    "/{version}/report",
    response_model=Page[Reported],
    dependencies=[allow(PROFILE_READERS)],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}, "example": _REPORT}}}},
)
def read_report(
    request: Request,
    name: CLASS,
    version: CLASS_VERSION,
    page: Paged,
    *,
    outcome: Annotated[Became | None, Query(description="Only those with this outcome.")] = None,
    run: Run = None,
    format: Annotated[  # noqa: A002  (the caller's word)
        Literal["csv", "json"],
        Query(description="`csv`: the whole report, as a file to download; `json`: in pages."),
    ] = "json",
    bom: Annotated[
        Flag | None, Query(description="Whether the file begins with a byte order mark, which Excel needs.")
    ] = None,
) -> Response:
    """The outcome for each profile, by account and site, with every value before and after; empty while it is planned.

    The file has a line for each value, and one for each profile without any. A value that a spreadsheet would take for a formula has a
    `'` before it.
    """
    dossier = services_of(request).dossier
    if format == "json":
        if bom is not None:
            raise InvalidError("Only the file has a byte order mark: ask for format=csv.", field="bom")
        rows = progress.outcomes_of(dossier, name, version, page.limit + 1, _keys_of(page), outcome=outcome, run=run)
        return _reported(rows, page)
    lines = _csv_lines(progress.all_outcomes_of(dossier, name, version, outcome=outcome, run=run), bom=bool(bom))
    headers = {"Content-Disposition": f'attachment; filename="report-{version}.csv"'}
    return Stream(services_of(request).queries.each(lines), 200, headers, MEDIA_TYPE)


def _csv_lines(outcomes: Iterable[ProfileOutcome], *, bom: bool) -> Iterator[str]:
    """Yields the outcomes as a file, profile by profile."""
    yield BYTE_ORDER_MARK * bom + csv_line(REPORT_COLUMNS)
    for row in outcomes:
        profile = {name: getattr(row, name) for name in PROFILE_COLUMNS}
        changes = orjson.loads(row.changes or "[]") or [{}]
        yield "".join(csv_line(map(_cell, map((profile | change).get, REPORT_COLUMNS))) for change in changes)


def _cell(value: Any) -> str:
    """Returns a value as a cell: what is no text as JSON has it, nothing for `null`."""
    return harmless(value) if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _keys_of(page: Paging) -> tuple[str, str]:
    keys = keys_of(page.cursor, str, str) or BEFORE_ALL
    return keys[0], keys[1]


def _reported(rows: Sequence[ProfileOutcome], page: Paging) -> Response:
    """Returns a page of rows; there is one row too many if there is a next page."""
    more, listed = len(rows) > page.limit, rows[: page.limit]
    items = [
        Reported(
            account=row.account,
            site=row.site or None,
            outcome=Became(row.outcome),
            reason=row.reason,
            event_id=row.event_id,
            later_dated=row.later_dated,
            changes=None if row.changes is None else orjson.loads(row.changes),
        )
        for row in listed
    ]
    return _answer(Page(items=items, next_cursor=cursor_of(listed[-1].account, listed[-1].site) if more else None))


def _answer(body: BaseModel) -> Response:
    return Response(as_json(body), media_type=JSON)
