"""The rows of an upload's file, in chunks and in the order of the file (rule 3.2). Used by the run and the dry run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from aggregates.field.field import FieldDefinition
from aggregates.setup.catalogue import Setup
from aggregates.upload.events import UploadReceived
from aggregates.upload.mapping import SPECIAL
from jobs.upload.contact_file.reader import check_columns, read_rows
from jobs.upload.contact_file.rows import FileRefusedError, Layout, Row
from jobs.upload.repeats import Repeats


def layout_of(received: UploadReceived) -> Layout:
    """Returns how the file of an upload is laid out."""
    return Layout(received.columns, received.delimiter, received.header)


def fields_of(setup: Setup, received: UploadReceived) -> Mapping[str, FieldDefinition]:
    """Returns every field that a column is mapped to. Raises `FileRefusedError` when one of them is no longer active."""
    fields = setup.fields
    mapped = [key for key in received.columns.values() if key not in SPECIAL]
    if inactive := [key for key in mapped if key not in fields or not fields[key].active]:
        plural = len(inactive) > 1
        raise FileRefusedError(
            f"Field{'s' if plural else ''} {', '.join(inactive)} {'are' if plural else 'is'} no longer active."
        )
    return {key: fields[key] for key in mapped}


def chunks_of_rows(
    open_file: Callable[[], Iterable[bytes]], pieces: Iterable[bytes], layout: Layout, *, done: int, size: int
) -> Iterator[list[Row]]:
    """Yields the rows of the file in `pieces` after the first `done` ones, so many at once. `open_file` opens it again, to look ahead.

    Raises `FileRefusedError` after the last readable row, or before the first where a mapped column is missing.
    """
    if not done:
        check_columns(open_file, layout)
    rows: list[Row] = []
    numbers = Repeats()
    try:
        for row in read_rows(pieces, layout):
            repeated = numbers.met_before(row)
            if row.number > done:
                rows.append(replace(row, repeated=True) if repeated else row)
                if len(rows) == size:
                    yield rows
                    rows = []
    except FileRefusedError:
        if rows:
            yield rows
        raise
    if rows:
        yield rows
