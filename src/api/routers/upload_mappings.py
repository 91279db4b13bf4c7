"""`/v1/upload-mappings`: the fields of the columns of a contact file, saved under a name (rule 3.2).

A mapping holds from when it is recorded; it has a known time, but no effective dates: each upload keeps the columns that it went by.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field, WithJsonSchema
from starlette.responses import Response

from aggregates.clocks import AsOf
from aggregates.upload import commands
from aggregates.upload.mapping import LONGEST_COLUMN, LONGEST_NAME, MappingNotFoundError, UploadMapping, mapping_name
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged, page_of
from api.parameters.reading import Explain, Read, Reading
from api.parameters.shapes import Body, Reason, rule
from api.parameters.writing import MADE, WriteAnswer, Writing
from api.routing.auth import UPLOADERS, GuardedRoute, allow
from jobs.upload.mappings import MappingRead, saved_mappings
from projections.answers.explanation import EXPLAINING, changed, each_explained
from projections.history.models import HistoryEntry
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/upload-mappings", tags=["uploads"], route_class=GuardedRoute)

NAME = Annotated[
    str,
    AfterValidator(rule(mapping_name)),
    WithJsonSchema({"type": "string", "pattern": f"^[A-Za-z0-9][A-Za-z0-9-]{{0,{LONGEST_NAME - 1}}}$"}),
    Path(description="Name of a mapping."),
]
_SETTINGS: Final = ("delimiter", "header")
Target = Annotated[str, Field(max_length=LONGEST_COLUMN)]


class SavedMapping(Body):
    """Each column's field: a field's key, `customer_number`, `alternate_number` or `name`.

    In a file without a header the columns are `1`, `2`, ... A file must have every column. Names are compared in NFC, without regard
    to case and to blanks and invisible characters at their ends.
    """

    columns: dict[str, Target]
    delimiter: Annotated[str | None, Field(description="One of , ; | ~ or a tab; detected by default.")] = None
    header: bool | None = None
    reason: Reason | None = None


@router.get("", response_model=Page[MappingRead], dependencies=[allow(UPLOADERS)])
def list_upload_mappings(read: Reading, page: Paged, explain: Explain = False) -> Response:
    """Every saved mapping of a contact file's columns, by name."""
    known_at = read.from_log().known_at
    listed = page_of(saved_mappings(read.services.dossier, known_at), page)
    if explain:
        listed = listed.model_copy(update={"items": _explained(read, listed.items, known_at)})
    return read.answer_known(listed, known_at)


@router.get("/{name}", response_model=MappingRead, dependencies=[allow(UPLOADERS)])
def read_upload_mapping(read: Reading, name: NAME, explain: Explain = False) -> Response:
    """One saved mapping of a contact file's columns."""
    known_at = read.from_log().known_at
    mapping = _mapping(read, name, known_at)
    [mapping] = _explained(read, [mapping], known_at) if explain else [mapping]
    return read.answer_known(mapping, known_at, version=mapping.version)


@router.get(
    "/{name}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(UPLOADERS, stream=True)],
)
def read_upload_mapping_history(read: Reading, asked: Asked, name: NAME) -> Response:
    """Every version of a saved mapping: who, when, why, and the columns before and after."""
    with read.view("history") as view:
        _mapping(read, name, view.known_at)
        return asked.answer(read, view, kind=UploadMapping.KIND, key=name)


@router.put("/{name}", response_model=WriteAnswer, dependencies=[allow(UPLOADERS)], responses=MADE)
async def save_upload_mapping(write: Writing, name: NAME, body: SavedMapping) -> Response:
    """Saves a mapping of a contact file's columns, or its next version; uploads that came before keep theirs."""
    outcome = await write.run(
        commands.save_mapping,
        write.ask(body.reason),
        name=name,
        columns=body.columns,
        delimiter=body.delimiter,
        header=body.header,
    )
    return write.done(outcome, location=f"/v1/upload-mappings/{name}" if outcome.version == 1 else None)


def _mapping(read: Read, name: str, known_at: datetime) -> MappingRead:
    mapping = next((item for item in saved_mappings(read.services.dossier, known_at) if item.name == name), None)
    if mapping is None:
        raise MappingNotFoundError(f"There is no upload mapping {name}.")
    return mapping


def _explained(read: Read, mappings: Sequence[MappingRead], known_at: datetime) -> list[MappingRead]:
    """Returns mappings, each column with the version that last changed it."""
    with read.at(AsOf(read.as_of.valid_at, known_at)).view(EXPLAINING) as view:
        paths = {
            mapping.name: [*_SETTINGS, *(f"columns.{column}" for column in mapping.columns)] for mapping in mappings
        }
        made = each_explained(view, changed(view, UploadMapping, paths))
        return [mapping.model_copy(update={"explanations": made[mapping.name]}) for mapping in mappings]
