"""`/v1/history`: every event of everything, found by who, what, when and why; and one event by its id (rules 0.1, 0.2).

The histories of single things (`/v1/customers/{number}/history` and others) take the same filters and answer with the same entries.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from aggregates.errors import InvalidError, NotFoundError
from aggregates.profile_class.profile_class import ProfileClass
from api.parameters.histories import FILES, Asked, Kind, Word
from api.parameters.reading import Read, Reading, asked_by
from api.parameters.spellings import Flag, Id
from api.routing.auth import FACT_READERS, GuardedRoute, allow
from projections.history import queries as history
from projections.history.models import HistoryEntry
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/history", tags=["history"], route_class=GuardedRoute)


EVENT = Annotated[Id, Path(description="Id of an event.")]


class EventNotFoundError(NotFoundError):
    """There is no event with this id."""


@router.get("", response_model=Page[HistoryEntry], responses=FILES, dependencies=[allow(FACT_READERS, stream=True)])
def search_history(  # noqa: PLR0917  (query parameters)
    request: Request,
    read: Reading,
    asked: Asked,
    kind: Annotated[Kind | None, Query(description="The kind of thing that it is about.")] = None,
    key: Annotated[
        Word | None,
        Query(description="The thing of that kind: its number, code, key, name or id; `A-7/S-1` for a site."),
    ] = None,
    proof: Annotated[
        Flag,
        Query(
            description="Of an NDJSON file, each line has the event as it is stored and the proof that it is under the signed head of the"
            " first line; the last line has a receipt. `dossier verify` checks the file without this API."
        ),
    ] = False,
) -> Response:
    """Everything that was recorded, the newest first: who, when, why, from where, and the values before and after.

    All filters that are given must be met. Masked values are masked, those of erased customers read as erased (rules 5.1, 5.2).
    """
    if key is not None and kind is None:
        asked.check(InvalidError("Name the kind of thing, too.", field="kind"))
    proved = asked_by(request) if proof else None
    if proved is not None:
        asked.check(proved=True, receipt=read.receipt_for is not None)
        read.services.dossier.notary.head()  # What refuses it has to be said before the file begins.
    with read.view("history") as view:
        return asked.answer(read, view, order="newest", proved=proved, kind=kind, key=_as_written(read, kind, key))


@router.get("/{event_id}", response_model=HistoryEntry, dependencies=[allow(FACT_READERS)])
def read_event(read: Reading, event_id: EVENT) -> Response:
    """One event: who, when, why, from where, the values before and after, and what became of it."""
    with read.view("history") as view:
        entry = history.entry(view, event_id)
        if entry is None:
            raise EventNotFoundError(f"There is no event {event_id}.")
        return read.answer(entry, view)


def _as_written(read: Read, kind: str | None, key: str | None) -> str | None:
    """Returns the key; of a profile class, whose name is found whatever its case, as it was first written."""
    if kind != ProfileClass.KIND or key is None:
        return key
    profile_class = read.services.dossier.setup().profile_class(key)
    return key if profile_class is None else profile_class.name
