"""The preview of a contact file, as the API answers with it (rule 3.2)."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from jobs.upload.contact_file.head import Encoding
from jobs.upload.suggestions import SuggestedBy

HEAD_BYTES: Final = 65_536
"""Bytes of a file that its columns are found in."""
MOST_SHOWN: Final = 5
"""Refused values of a column, and rows with a fault, that are shown."""
MOST_REASONS: Final = 50
"""Reasons that a check names."""
EXAMPLES_OF_REASON: Final = 3
"""Refused values that are shown for each of them."""

_EXAMPLE: Final[dict[str, Any]] = {
    "file": "autumn.csv",
    "read_as": {"encoding": "utf-8", "delimiter": ";", "header": True},
    "found": {"encoding": "utf-8", "delimiter": ";", "header": True},
    "bytes_read": 61,
    "rows": 2,
    "columns": [
        {
            "place": 1,
            "column": "Due",
            "examples": ["2026-12-01", "soon"],
            "filled": 2,
            "goes_to": "due_date",
            "of_dossier": False,
            "suggested_by": "mapping",
            "refused": 1,
            "refused_values": [
                {"row": 2, "line": 3, "value": "soon", "reason": "Due Date must be a date like 2026-11-21."}
            ],
        }
    ],
    "not_taken": 0,
    "faulty": 0,
    "faulty_rows": [],
    "refusal": None,
    "check": None,
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class RefusedValue(_Model):
    """A value that would be refused."""

    row: int = Field(description="Number of its row, from 1 without the header.")
    line: int | None = Field(description="Number of the line of the file on which the row begins.")
    value: str | None = Field(
        description="The value, or the beginning of a long one; of a row that is wrong as a whole, the row. `null`: there is none."
    )
    reason: str = Field(description="What is wrong with it.")


class PreviewColumn(_Model):
    """A column of the file, or a member of JSON lines."""

    place: int = Field(description="Its place in the file, from 1.")
    column: str = Field(description="Its name as a mapping names it: that in the header, or its place.")
    examples: list[str] = Field(description="Its first different values, or the beginnings of long ones.")
    filled: int = Field(description="How many of the rows have a value in it.")
    goes_to: str | None = Field(
        description="`customer_number`, `alternate_number`, `name` or the key of a field; `null`: it is not taken."
    )
    of_dossier: bool = Field(
        description="Whether it holds the reasons that Dossier adds to a file of refused rows: it is not suggested for anything."
    )
    suggested_by: SuggestedBy | None = Field(description="Why it goes there; `request`: the request says so.")
    refused: int = Field(description="How many of the values would be refused whatever is stored.")
    refused_values: list[RefusedValue] = Field(description=f"The first {MOST_SHOWN} of these values.")


class FaultyRow(_Model):
    """A row that cannot be taken whatever its values are."""

    row: int = Field(description="Number of the row, from 1 without the header.")
    line: int = Field(description="Number of the line on which it begins.")
    reason: str = Field(description="What is wrong with it.")


class ReadAs(_Model):
    """How the file is read."""

    encoding: Encoding = Field(description="How characters are written. An upload takes `utf-8` only.")
    delimiter: str | None = Field(description="What parts the cells; `null`: the file has JSON lines.")
    header: bool | None = Field(description="Whether the first row names the columns; `null`: the file has JSON lines.")


class ReasonGroup(_Model):
    """Rows that would be refused for the same reason."""

    field: str | None = Field(description="The field with the wrong value; `null`: the row as a whole is wrong.")
    reason: str = Field(description="What is wrong; `…` stands for the value.")
    rows: int = Field(description="How many rows.")
    examples: list[RefusedValue] = Field(description=f"The first {EXAMPLES_OF_REASON} of them.")


class NewRow(_Model):
    """A row that would make a new customer."""

    row: int = Field(description="Number of the row, from 1 without the header.")
    line: int = Field(description="Number of the line of the file on which it begins.")


class RepeatedRow(_Model):
    """A row with a number that an earlier row of the file has."""

    row: int = Field(description="Number of the row, from 1 without the header.")
    line: int = Field(description="Number of the line of the file on which it begins.")


class UploadCheck(_Model):
    """What an upload of the first rows would come to now."""

    rows: int = Field(description="Rows that were checked.")
    all_rows: bool = Field(description="Whether these are all rows of the file.")
    new: int = Field(description="Rows that would make a new customer.")
    without_number: int = Field(
        description="Those of them without a customer number and an alternate number: Dossier makes up a number for each. In"
        " another file, the same row makes another customer."
    )
    without_number_rows: list[NewRow] = Field(description=f"The first {EXAMPLES_OF_REASON} of these rows.")
    repeated: int = Field(
        description="Rows that would be taken and have a number that an earlier row of the file has. Rows of one customer are applied in"
        " order, so of values for the same days that of the last row counts."
    )
    repeated_rows: list[RepeatedRow] = Field(description=f"The first {EXAMPLES_OF_REASON} of these rows.")
    changed: int = Field(description="Rows that would change a customer.")
    unchanged: int = Field(description="Rows that would change nothing.")
    refused: int = Field(description="Rows that would be refused.")
    reasons: list[ReasonGroup] = Field(description=f"Why, the most frequent reason first: {MOST_REASONS} at most.")
    reasons_left_off: int = Field(description="How many reasons there are besides.")
    refusal: str | None = Field(description="Why the rest of the file would be refused; `null`: it would not, so far.")


class UploadPreview(_Model):
    """How a contact file would be read, as far as its beginning tells, and where its columns would go. Nothing of it is stored."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    file: str = Field(description="Name of the file.")
    read_as: ReadAs = Field(description="How it was read: as found, or as the request says.")
    found: ReadAs = Field(description="What was found, whatever the request says.")
    bytes_read: int = Field(description=f"Bytes that the columns were found in, {HEAD_BYTES:,} at most.")
    rows: int = Field(description="Rows in them.")
    columns: list[PreviewColumn] = Field(description="The columns in the order of the file.")
    not_taken: int = Field(description="How many columns go nowhere, besides that of Dossier's reasons.")
    faulty: int = Field(description="Rows that cannot be taken whatever their values are.")
    faulty_rows: list[FaultyRow] = Field(description=f"The first {MOST_SHOWN} of them.")
    refusal: str | None = Field(
        description="Why an upload of the file as it is would be refused, and what to do; `null`: it would not, so far."
    )
    check: UploadCheck | None = Field(description="What the first rows would come to; `null`: it was not asked for.")
