"""`/v1/attribute-mappings`: which category or business field goes to which Customer Engagement attribute (rule 4.2).

The ETag is the version of all mappings: they are one aggregate. What is mapped is written `category:<code>` or `field:<key>`.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.setup import commands
from aggregates.setup.mappings import AttributeMappings, MappingNotFoundError
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged, page_of
from api.parameters.paths import MAPPED
from api.parameters.points import From, To, two_views
from api.parameters.reading import AnswerSource, Explain, Reading
from api.parameters.shapes import AttributeName, Body, Reason
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.answers.definition_diffs import mapping_diff
from projections.answers.differences import Diff
from projections.answers.explained_setup import explained_mappings
from projections.controls import queries as controls
from projections.controls.queries import MappingRow
from projections.history.models import HistoryEntry
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/attribute-mappings", tags=["attribute mappings"], route_class=GuardedRoute)


FIELD: Final = "field"


class NewMapping(Body):
    """The attribute's name: 1 to 60 letters, digits, dots, hyphens or underscores, the first one a letter."""

    attribute: AttributeName
    reason: Reason | None = None


@router.get("", response_model=Page[MappingRow], dependencies=[allow(PROFILE_READERS)])
def list_mappings(read: Reading, page: Paged, explain: Explain = False) -> Response:
    """Every mapping of a category or field to a Customer Engagement attribute."""
    with read.asked("controls", explain=explain) as view:
        listed = page_of(controls.mappings(view), page)
        listed = listed.explained(view, explained_mappings) if explain else listed
        return read.answer(listed, view, version=controls.mappings_version(view))


@router.get("/{mapped}", response_model=MappingRow, dependencies=[allow(PROFILE_READERS)])
def read_mapping(
    read: Reading, mapped: MAPPED, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """The mapping of one category or field."""
    with read.asked("controls", explain=explain, source=source) as view:
        mapping = next((row for row in controls.mappings(view) if row.mapped == mapped), None)
        if mapping is None:
            raise MappingNotFoundError(f"{mapped} is not mapped.")
        [mapping] = explained_mappings(view, [mapping]) if explain else [mapping]
        return read.answer(mapping, view, version=controls.mappings_version(view))


@router.get(
    "/{mapped}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_mapping_history(read: Reading, asked: Asked, mapped: MAPPED) -> Response:
    """Every attribute that a category or field was mapped to: who, when, why, and the one before; empty if it never was."""
    fields = (*asked.filters.fields, f"mappings.{mapped}")
    with read.view("history") as view:
        return asked.answer(read, view, kind=AttributeMappings.KIND, key=read.services.dossier.company, fields=fields)


@router.get("/{mapped}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_mapping_diff(read: Reading, mapped: MAPPED, from_: From, to: To = None) -> Response:
    """The difference in the attribute of a category or field between two points of (`valid_at`, `known_at`); only the instants count."""
    with two_views(read, from_, to, "controls") as (before, after):
        return read.answer(mapping_diff(before, after, mapped), after)


@router.put("/{mapped}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def map_attribute(write: Writing, mapped: MAPPED, body: NewMapping) -> Response:
    """Maps a category or field, or maps it to another attribute; changes count for what is recorded from then on.

    A personal field can be mapped, too: its values go to Customer Engagement, and are kept nowhere on the way.
    """
    request = write.ask(body.reason)
    kind, _, key = mapped.partition(":")
    if kind == FIELD:
        return write.done(await write.run(commands.map_field, request, key=key, attribute=body.attribute))
    return write.done(await write.run(commands.map_category, request, code=int(key), attribute=body.attribute))


@router.delete("/{mapped}", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def unmap_attribute(write: Writing, mapped: MAPPED) -> Response:
    """Removes the mapping of a category or field."""
    kind, _, key = mapped.partition(":")
    if kind == FIELD:
        return write.done(await write.run(commands.unmap_field, write.ask(), key=key))
    return write.done(await write.run(commands.unmap_category, write.ask(), code=int(key)))
