"""Reads the saved mappings of upload columns from the log (rule 3.2). For the API."""

from datetime import datetime
from typing import Final, cast

from aggregates.upload.events import UploadMappingSaved
from projections.tables.explanation import Explainable
from store.application import Dossier
from store.events import COLUMNS, recorded_event

_MAPPINGS: Final = f"""
    SELECT {COLUMNS} FROM events WHERE topic = 'upload_mapping.saved' AND position <= %s ORDER BY position
"""


class MappingRead(Explainable):
    """A saved mapping: each column and its field. A delimiter or header that is `None` is detected in each file."""

    name: str
    columns: dict[str, str]
    delimiter: str | None
    header: bool | None
    version: int
    saved_at: datetime | None
    saved_by: str


def saved_mappings(dossier: Dossier, known_at: datetime) -> list[MappingRead]:
    """Returns every saved mapping as it was known at this instant, by name."""
    position = dossier.log_of_facts.settled(known_at)
    with dossier.database.connection() as connection:
        rows = connection.execute(_MAPPINGS, [position], binary=True).fetchall()
    facts = [cast("UploadMappingSaved", dossier.fact_mapper.to_domain_event(recorded_event(row))) for row in rows]
    last = {fact.name: fact for fact in facts}
    return [_mapping(fact) for _, fact in sorted(last.items())]


def _mapping(fact: UploadMappingSaved) -> MappingRead:
    return MappingRead(
        name=fact.name,
        columns=fact.columns,
        delimiter=fact.delimiter,
        header=fact.header,
        version=fact.originator_version,
        saved_at=fact.recorded_at,
        saved_by=fact.origin.actor,
    )
