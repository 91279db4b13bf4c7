"""The refused rows of an upload as a file of the same layout, to be corrected and uploaded again (rules 3.2, 5.1, 5.2).

It has the header of the file, its delimiter, and each refused row once, with a last column that says why. The first row of a file is kept
for that, sealed with the upload's key. What must not be shown is left blank, and said in the last column: a row that is not corrected is
refused again, never taken with something else in it.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any, Final
from uuid import UUID

from aggregates.errors import InvalidError
from aggregates.field.field import MASK
from aggregates.strict_json import JsonError
from aggregates.upload.mapping import column_key
from jobs.upload import progress, records
from jobs.upload.contact_file import json_lines
from jobs.upload.contact_file.head import first_cells
from jobs.upload.contact_file.lines import Lines
from jobs.upload.contact_file.originals import REASON_COLUMN, Delimited, JsonLine, Original, restored
from jobs.upload.contact_file.rows import FileRefusedError, Layout
from jobs.upload.failed_rows import masked_targets
from jobs.upload.records import FailedRow, ReadError
from store.application import Dossier

_WIDTH: Final = re.compile(r"The row has \d+ cells, not \d+ like the first\.", re.ASCII)
"""The reason in a row that comes back with its wrong number of cells."""
_MASKED: Final = "Masked values were left out: fill them in."
_NOT_KEPT: Final = "The row itself was not kept."


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is laid out: `header` is `None` for one without, `delimiter` for JSON lines; `width` is the number of cells."""

    delimiter: str | None
    header: Sequence[str] | None = None
    width: int = 0

    @property
    def reason_at(self) -> int | None:
        """The place of the reasons in a file that was itself made here."""
        keys = [column_key(name) for name in self.header or ()]
        return keys.index(column_key(REASON_COLUMN)) if column_key(REASON_COLUMN) in keys else None


def first_row(pieces: Iterable[bytes], layout: Layout) -> list[FailedRow]:
    """Returns what is kept of the first row of a file: its names of columns and its delimiter; nothing where it cannot be read."""
    content = next(iter(pieces), b"")
    with suppress(FileRefusedError):
        if json_lines.is_json(Lines([content]).sample()[0]):
            return [FailedRow(records.FIRST_ROW, {"delimiter": None})]
        first = first_cells(content, layout)
        header = list(first.cells) if layout.has_header else None
        shape = {"delimiter": first.delimiter, "header": header, "width": len(first.cells)}
        return [FailedRow(records.FIRST_ROW, shape)]
    return []


def shape_of(dossier: Dossier, upload: UUID) -> Shape:
    """Returns the layout of the file. Raises `UploadNotFoundError`, `InvalidError`."""
    progress.upload(dossier, upload)
    with dossier.database.connection() as connection:
        kept = records.first_row(connection, dossier.fact_mapper.keys, upload)
    if kept is None:
        raise InvalidError(
            "How the file is laid out was not kept: none of its rows was read, or an earlier version read them."
            " Ask for format=csv.",
            field="format",
        )
    return Shape(**kept)


def refused_file(dossier: Dossier, upload: UUID, shape: Shape) -> Iterator[str]:
    """Yields the lines of the file, in the order of the upload's file and in bounded memory."""
    hidden = masked_targets(dossier.setup().fields)
    if shape.header is not None:
        yield _line(shape, [*_without_reason(shape, shape.header), REASON_COLUMN])
    write: Callable[..., str] = _json_line if shape.delimiter is None else _delimited_line
    for _, errors in groupby(progress.all_errors(dossier, upload), key=lambda error: error.error.row):
        faults = list(errors)
        reason = " ".join(dict.fromkeys(fault.error.reason for fault in faults))
        yield write(shape, _original(faults[0]), reason, hidden)


def _original(error: ReadError) -> Original | None:
    kept: Mapping[str, Any] | None = None if error.erased or error.content is None else error.content.get("original")
    return None if kept is None else restored(kept)


def _delimited_line(shape: Shape, original: Original | None, reason: str, hidden: AbstractSet[str]) -> str:
    if isinstance(original, Delimited):
        cells = ["" if _is_masked(cell, target, hidden) else cell for cell, target in _pairs(original)]
        reasons = [reason, _MASKED] if cells != list(original.cells) else [reason]
        return _line(shape, [*_without_reason(shape, cells), " ".join(reasons)])
    text = "" if original is None else original.without(hidden).written().rstrip("\r\n")
    width = len(_without_reason(shape, [""] * shape.width)) + 1
    if not text:
        return _line(shape, [*[""] * (width - 1), f"{reason} {_NOT_KEPT}"])
    split = _split(text, shape.delimiter or "")
    if split is None:
        return f"{text}{shape.delimiter}{_line(shape, [reason])}"
    cells = [*takewhile(lambda cell: not _WIDTH.fullmatch(cell), split), reason]
    return _line(shape, cells if len(cells) != width else [*cells, ""])  # its number of cells stays wrong


def _json_line(_shape: Shape, original: Original | None, reason: str, hidden: AbstractSet[str]) -> str:
    if isinstance(original, JsonLine):
        masked = {target for target in original.targets.values() if target in hidden}
        with suppress(JsonError):
            line = original.with_reason(f"{reason} {_MASKED}" if masked else reason, masked)
            return f"{line}\n"
    text = "" if original is None else original.without(hidden).written()
    reason = f"{reason} The line was: {text}" if text else f"{reason} {_NOT_KEPT}"
    return json.dumps({REASON_COLUMN: reason}) + "\n"


def _pairs(original: Delimited) -> Iterator[tuple[str, str | None]]:
    return zip(original.cells, original.targets, strict=True)


def _is_masked(cell: str, target: str | None, hidden: AbstractSet[str]) -> bool:
    return target is not None and (cell == MASK or (cell != "" and target in hidden))


def _without_reason(shape: Shape, cells: Sequence[str]) -> list[str]:
    return [cell for place, cell in enumerate(cells) if place != shape.reason_at]


def _split(text: str, delimiter: str) -> list[str] | None:
    """Returns the cells of a row, `None` where a quotation mark is misplaced."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True))
    except (csv.Error, StopIteration):
        return None


def _line(shape: Shape, cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=shape.delimiter or ",").writerow(cells)
    return line.getvalue()
