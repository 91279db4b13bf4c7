"""`/v1/attribute-mappings`: which category goes to which Customer Engagement attribute (rule 4.2).

The ETag is the version of all mappings: they are one aggregate. What is mapped is written `category:<code>`.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.setup import commands
from aggregates.setup.mappings import MappingNotFoundError, category_source
from api.auth import ADMINISTRATORS, FACT_READERS, allow
from api.deciding import DecidingRoute
from api.pages import Paged, page_of
from api.paths import MAPPED
from api.reading import Reading
from api.shapes import AttributeName, Body, Reason
from api.writing import WriteAnswer, Writing
from projections import controls
from projections.controls import MappingRow
from projections.paging import Page

router: Final = APIRouter(prefix="/v1/attribute-mappings", tags=["attribute mappings"], route_class=DecidingRoute)


class NewMapping(Body):
    """The attribute's name: 1 to 60 letters, digits, dots, hyphens or underscores, the first one a letter."""

    attribute: AttributeName
    reason: Reason | None = None


@router.get("", response_model=Page[MappingRow], dependencies=[allow(FACT_READERS)])
def list_mappings(read: Reading, page: Paged) -> Response:
    """Every mapping."""
    with read.view("controls") as view:
        found = page_of(controls.mappings(view), page)
        return read.answer(found, view, version=controls.mappings_version(view))


@router.get("/{mapped}", response_model=MappingRow, dependencies=[allow(FACT_READERS)])
def read_mapping(read: Reading, mapped: MAPPED) -> Response:
    """One mapping."""
    source = category_source(mapped)
    with read.view("controls") as view:
        found = next((row for row in controls.mappings(view) if row.mapped == source), None)
        if found is None:
            raise MappingNotFoundError(f"{source} is not mapped.")
        return read.answer(found, view, version=controls.mappings_version(view))


@router.put("/{mapped}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
def map_category(write: Writing, mapped: MAPPED, body: NewMapping) -> Response:
    """Maps a category, or maps it to another attribute; changes count for what is recorded from then on."""
    outcome = commands.map_category(
        write.services.dossier, write.ask(body.reason), code=mapped, attribute=body.attribute
    )
    return write.done(outcome)


@router.delete("/{mapped}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
def unmap_category(write: Writing, mapped: MAPPED) -> Response:
    """Takes a mapping away."""
    return write.done(commands.unmap_category(write.services.dossier, write.ask(), code=mapped))
