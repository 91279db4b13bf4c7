"""`UploadMapping`: which column of a contact file is which field, saved under a name (rule 3.2)."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.errors import InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.texts import Faults, TextError
from aggregates.upload.events import UploadMappingSaved

NUMBER: Final = "customer_number"
ALTERNATE_NUMBER: Final = "alternate_number"
NAME: Final = "name"
SPECIAL: Final = (NUMBER, ALTERNATE_NUMBER, NAME)
"""What a column may be besides a field: by the numbers a row is matched; the name is that of a new customer."""
DELIMITERS: Final = (",", ";", "|", "~", "\t")
LONGEST_NAME: Final = 60
LONGEST_COLUMN: Final = 200
MOST_COLUMNS: Final = 500
BYTE_ORDER_MARK: Final = "\ufeff"
_UNSEEN: Final = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060" + BYTE_ORDER_MARK
"""Characters that nobody sees, the byte order mark among them."""


class MappingNotFoundError(NotFoundError):
    """There is no upload mapping of this name."""


class ColumnError(InvalidError):
    """A column is mapped to what is no field, or two columns to the same one."""


class UploadMapping(Aggregate):
    """A saved mapping. `columns` gives each column's target: a field's key, or one of `SPECIAL`."""

    KIND: ClassVar[str] = "upload_mapping"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.name = ""
        self.columns: dict[str, str] = {}
        self.delimiter: str | None = None
        self.header: bool | None = None

    def save(
        self,
        origin: Origin,
        *,
        name: str,
        columns: Mapping[str, str],
        fields: Collection[str],
        delimiter: str | None = None,
        header: bool | None = None,
    ) -> None:
        """Saves the mapping, or its next version; `fields` are the keys of the fields there are."""
        faults = Faults()
        with faults:
            name = mapping_name(name)
        checked = check_columns(faults, columns, fields)
        check_delimiter(faults, delimiter)
        faults.raise_any()
        if (checked, delimiter, header) != (self.columns, self.delimiter, self.header) or not self.version:
            self.record(UploadMappingSaved, origin, name=name, columns=checked, delimiter=delimiter, header=header)

    @applies(UploadMappingSaved)
    def _saved(self, event: UploadMappingSaved) -> None:
        self.name, self.columns = event.name, event.columns
        self.delimiter, self.header = event.delimiter, event.header


def mapping_name(value: str) -> str:
    """A name: 1 to 60 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="name", label="The name", longest=LONGEST_NAME)


def trimmed(text: str) -> str:
    """`text` in NFC, without blanks of any kind, byte order marks and other invisible characters at its ends."""
    first, last = 0, len(text)
    while first < last and (text[first].isspace() or text[first] in _UNSEEN):
        first += 1
    while first < last and (text[last - 1].isspace() or text[last - 1] in _UNSEEN):
        last -= 1
    return texts.normal(text[first:last])


@lru_cache(maxsize=10_000)  # the members of JSON lines are compared row by row
def column_key(name: str) -> str:
    """The text by which names of columns are compared: equal for names that differ in outer blanks, normal form or case only."""
    return texts.normal(trimmed(name).casefold())


def check_columns(faults: Faults, columns: Mapping[str, str], fields: Collection[str]) -> dict[str, str]:
    """The columns as `trimmed`; each column (see `column_key`) and each target once."""
    checked: dict[str, str] = {}
    keys: set[str] = set()
    if not 1 <= len(columns) <= MOST_COLUMNS:
        faults.errors.append(ColumnError(f"Map 1 to {MOST_COLUMNS} columns.", field="columns"))
    for column, target in columns.items():
        with faults.at(f"columns.{column}"):
            name = texts.text(trimmed(column), field="", label="A column", longest=LONGEST_COLUMN)
            if target not in fields and target not in SPECIAL:
                raise ColumnError(f"There is no field {target[:60]}.")
            if target in checked.values():
                raise ColumnError(f"Another column is mapped to {target} already.")
            if column_key(name) in keys:
                raise ColumnError("The column is named twice.")
            keys.add(column_key(name))
            checked[name] = target
    return checked


def check_delimiter(faults: Faults, delimiter: str | None) -> None:
    """A delimiter is one of `DELIMITERS`, or detected."""
    if delimiter is not None and delimiter not in DELIMITERS:
        faults.errors.append(TextError("The delimiter is one of , ; | ~ or a tab.", field="delimiter"))
