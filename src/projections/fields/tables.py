"""Tables of the read model `fields`: values and definitions at two clocks, what uploads brought, who was merged into whom.

Personal values are sealed with the customer's key, each for its own place, so that a row moved elsewhere does not open.
"""

from typing import Any, Final
from uuid import UUID

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import ERASED
from projections.tables.bitemporal import Rectangles
from projections.tables.versions import Versions
from store.keys import SEARCH_INDEX, KeyRing, seal, unseal

VALUES: Final = Rectangles(
    "field_values",
    (("number", "text"), ("field", "text")),
    (
        ("value", "text"),
        ("personal", "bytea"),
        ("source", "text"),
        ("event_id", "uuid"),
        ("changed_by", "text"),
        ("changed_at", "timestamptz"),
    ),
)
"""A value in clear, or the sealed one of a personal field; neither: it is erased."""
DEFINITIONS: Final = Rectangles("field_definitions", (("field", "text"),), (("definition", "text"),))
"""JSON of the definition as it was recorded."""
MERGES: Final = Rectangles("field_merges", (("number", "text"), ("other", "text")), (("event_id", "uuid"),))
"""Who is merged into whom."""
VERSIONS: Final = Versions("field_versions")
"""Of definitions, by field."""
PLACES: Final = "field_places"
"""The order of definition."""
UPLOADS: Final = "field_uploads"
"""One row an event of an upload: which fields it brought to a customer, separated by spaces."""
INDEX: Final = SEARCH_INDEX
"""Which customers ever had a value of a searchable field: see `blind_index`."""
TABLES: Final = (VALUES.table, DEFINITIONS.table, MERGES.table, VERSIONS.table, PLACES, UPLOADS, INDEX)
DDL: Final = f"""
    {VALUES.ddl}
    {DEFINITIONS.ddl}
    {MERGES.ddl}
    {VERSIONS.ddl}
    CREATE TABLE {PLACES} (field text COLLATE "C" PRIMARY KEY, position bigint NOT NULL);
    CREATE TABLE {UPLOADS} (number text COLLATE "C" NOT NULL, recorded_at timestamptz NOT NULL, fields text NOT NULL);
    CREATE INDEX {UPLOADS}_of ON {UPLOADS} (number, recorded_at);
    CREATE TABLE {INDEX} (
        token bytea,
        number text COLLATE "C",
        field text COLLATE "C" NOT NULL,
        subject uuid,
        PRIMARY KEY (token, number)
    );
    CREATE INDEX {INDEX}_of ON {INDEX} (subject) WHERE subject IS NOT NULL;
"""


def seal_value(key: bytes, subject: UUID, field: str, value: str) -> bytes:
    """A personal value for its row."""
    return seal(key, value.encode(), _context(subject, field))


def open_value(keys: KeyRing, subject: UUID, field: str, sealed: bytes | None) -> str:
    """The value in a row of a personal field; `ERASED` once the key is destroyed."""
    return open_value_with(None if sealed is None else keys.find(subject)[1], subject, field, sealed)


def open_value_with(key: bytes | None, subject: UUID, field: str, sealed: bytes | None) -> str:
    """The same by the customer's key, `None` once it is destroyed."""
    return ERASED if key is None or sealed is None else unseal(key, sealed, _context(subject, field)).decode()


def opened_values(keys: KeyRing, company: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns rows of `VALUES` with what is sealed in them opened."""
    subjects = [CustomerProfile.id_of(company, row["number"]) for row in rows]
    keys.preload(subject for subject, row in zip(subjects, rows, strict=True) if row["personal"] is not None)
    return [
        row
        if row["value"] is not None
        else {**row, "personal": open_value(keys, subject, row["field"], row["personal"])}
        for subject, row in zip(subjects, rows, strict=True)
    ]


def _context(subject: UUID, field: str) -> bytes:
    return f"{VALUES.table}/{field}/{subject}".encode()
