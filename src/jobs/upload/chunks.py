"""The rows of an upload's file in chunks, for whoever takes them or tries them (rule 3.2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from aggregates.field.field import FieldDefinition
from aggregates.setup.catalogue import Setup
from aggregates.upload.events import UploadReceived
from aggregates.upload.mapping import SPECIAL
from jobs.upload.contact_file.reader import check_columns, read_rows
from jobs.upload.contact_file.rows import FileRefusedError, Layout, Row


def layout_of(received: UploadReceived) -> Layout:
    """How the file of an upload is read."""
    return Layout(received.columns, received.delimiter, received.header)


def fields_of(setup: Setup, received: UploadReceived) -> Mapping[str, FieldDefinition]:
    """Every field that a column is mapped to. Raises `FileRefusedError` when one of them is not active any more."""
    fields = setup.fields
    wanted = [key for key in received.columns.values() if key not in SPECIAL]
    if gone := [key for key in wanted if key not in fields or not fields[key].active]:
        raise FileRefusedError(f"Field {', '.join(gone)} is not active any more.")
    return {key: fields[key] for key in wanted}


def chunks_of_rows(
    open_file: Callable[[], Iterable[bytes]], read_on: Iterable[bytes], layout: Layout, *, done: int, size: int
) -> Iterator[list[Row]]:
    """The rows of the file in `read_on` after the `done` first ones, so many at once. `open_file` opens it once more, to look ahead.

    Raises `FileRefusedError` after the last readable row, or before the first where a mapped column is missing.
    """
    if not done:
        check_columns(open_file, layout)
    batch: list[Row] = []
    try:
        for row in read_rows(read_on, layout):
            if row.number > done:
                batch.append(row)
                if len(batch) == size:
                    yield batch
                    batch = []
    except FileRefusedError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
