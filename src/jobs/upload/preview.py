"""A preview of a contact file, made of its beginning: how it is read, where its columns go, what would be refused (rule 3.2).

For the API. Nothing is stored. With a number of rows, these are also decided like those of an upload, in a dry run. An upload takes UTF-8
only; a file in another encoding is shown all the same, so that a person can see what it is, with the refusal that an upload would give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Final

from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn
from aggregates.texts import Faults
from aggregates.upload.mapping import check_delimiter
from aggregates.use_case import Request
from jobs.upload import receive
from jobs.upload.chunks import layout_of
from jobs.upload.contact_file.head import (
    FIRST_COLUMN,
    MOST_ROWS,
    Column,
    Encoding,
    Table,
    complete_rows,
    encoding_of,
    in_utf_8,
    present_columns,
    read_table,
)
from jobs.upload.contact_file.reader import check_columns, read_rows
from jobs.upload.contact_file.rows import FileRefusedError, Layout, OpenQuoteError
from jobs.upload.dry_run import DryRunner
from jobs.upload.preview_models import (
    EXAMPLES_OF_REASON,
    HEAD_BYTES,
    MOST_REASONS,
    MOST_SHOWN,
    FaultyRow,
    NewRow,
    PreviewColumn,
    ReadAs,
    ReasonGroup,
    RefusedValue,
    RepeatedRow,
    UploadCheck,
    UploadPreview,
)
from jobs.upload.progress import WrongValue
from jobs.upload.receive import Reading
from jobs.upload.suggestions import Names, SuggestedBy, Suggestion, examples, fault_of, is_reason, suggestions
from store.application import Dossier

MOST_CHECKED: Final = 1_000
"""Rows that are checked at once."""
LONGEST_SHOWN: Final = 200
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file, or all of it when it is `whole`. `encoding`: as the caller says; `rows`: how many to check."""

    content: bytes
    whole: bool
    encoding: Encoding | None = None
    rows: int | None = None

    def head(self) -> "Sample":
        """Returns the part in which columns are found."""
        whole = self.whole and len(self.content) <= HEAD_BYTES
        return replace(self, content=self.content[:HEAD_BYTES], whole=whole)


def preview(dossier: Dossier, request: Request, reading: Reading, sample: Sample) -> UploadPreview:
    """Returns the preview of a file that would be uploaded by this request. Raises what is wrong with the request, as an upload does."""
    dossier.renew_setup()
    layout, setup, head = _layout(dossier, request, reading), dossier.setup(), sample.head()
    zone = setup.controls.zone
    encoding = encoding_of(head.content, whole=head.whole)
    sample = replace(sample, encoding=sample.encoding or encoding)
    table_as_found, table = _tables(sample.head(), layout, Names(setup.fields))
    by = SuggestedBy.MAPPING if reading.columns is None else SuggestedBy.REQUEST
    going = suggestions(table.columns, setup.fields, mapped=layout.columns, by=by, zone=zone)
    columns = [_column(column, going.get(column.place), setup.fields, zone, table.lines) for column in table.columns]
    return UploadPreview(
        file=reading.file,
        read_as=_read_as(sample.encoding or encoding, table),
        found=_read_as(encoding, table_as_found),
        bytes_read=len(head.content),
        rows=table.rows,
        columns=columns,
        not_taken=sum(column.goes_to is None and not column.of_dossier for column in columns),
        faulty=len(table.faulty),
        faulty_rows=[
            FaultyRow(row=row.number, line=row.line, reason=row.fault or "") for row in table.faulty[:MOST_SHOWN]
        ],
        refusal=_refusal(head, layout, table) or _unless_cut_off(table.refusal, head, table),
        check=_check(dossier, request, _as_checked(reading, layout, table, going), sample) if table.columns else None,
    )


def _tables(head: Sample, layout: Layout, names: Names) -> tuple[Table, Table]:
    """Returns the columns as found, and the columns as the request says they are to be read."""
    as_found = table = Table(layout.delimiter, layout.header)
    try:
        content = in_utf_8(head.content, head.encoding or Encoding.UTF_8, whole=head.whole)
        as_found = read_table(content, Layout(layout.columns), names.is_name)
        table = as_found if layout == Layout(layout.columns) else read_table(content, layout, names.is_name)
    except FileRefusedError as error:
        table = replace(table, refusal=error)
    return as_found, table


def _read_as(encoding: Encoding, table: Table) -> ReadAs:
    return ReadAs(encoding=encoding, delimiter=table.delimiter, header=table.header)


def _as_checked(reading: Reading, layout: Layout, table: Table, going: Mapping[int, Suggestion]) -> Reading:
    """Returns how an upload would read the rows that are checked: by the mapping, or where there is none by what is suggested."""
    suggested = {column.name: going[column.place].target for column in table.columns if column.place in going}
    columns = layout.columns or suggested
    return replace(reading, mapping=None, columns=columns, delimiter=table.delimiter, header=table.header)


def _layout(dossier: Dossier, request: Request, reading: Reading) -> Layout:
    """Returns how an upload would read the file; without columns where none are mapped.

    Raises what would be wrong with an upload whatever its file holds.
    """
    if reading.mapping is not None or reading.columns is not None:
        receive.check(dossier, request, reading)
        return layout_of(receive.as_received(dossier, request, reading, size=0, digest=""))
    faults = Faults()
    check_delimiter(faults, reading.delimiter)
    reading.when.days(faults, request.today)
    faults.raise_any()
    return Layout({}, reading.delimiter, reading.header)


def _refusal(head: Sample, layout: Layout, table: Table) -> str | None:
    """Returns why an upload of the bytes as they are would be refused, as far as the beginning of the file tells."""
    rows_of = layout if layout.columns else Layout(FIRST_COLUMN, layout.delimiter, header=False)
    try:
        content = in_utf_8(head.content, Encoding.UTF_8, whole=head.whole)
        if head.whole and layout.columns:
            check_columns(lambda: [content], layout)
        for _ in islice(read_rows([content], rows_of), MOST_ROWS):
            pass
    except FileRefusedError as error:
        return _unless_cut_off(error, head, table)
    return None


def _unless_cut_off(error: FileRefusedError | None, head: Sample, table: Table) -> str | None:
    """Returns the refusal in words; `None` if it only comes from the end of what was sent, after rows that can be read."""
    cut_off = isinstance(error, OpenQuoteError) and not head.whole and bool(table.columns)
    return None if error is None or cut_off else str(error)


def _column(
    column: Column,
    suggestion: Suggestion | None,
    fields: Mapping[str, FieldDefinition],
    zone: ZoneOn,
    lines: Sequence[int],
) -> PreviewColumn:
    refused = []
    if suggestion is not None:
        faults = ((row, cell, fault_of(suggestion.target, cell, fields, zone)) for row, cell in column.cells)
        refused = [
            RefusedValue(row=row, line=lines[row - 1], value=cell[:LONGEST_SHOWN], reason=fault)
            for row, cell, fault in faults
            if fault
        ]
    return PreviewColumn(
        place=column.place,
        column=column.name,
        examples=[example[:LONGEST_SHOWN] for example in examples(column)],
        filled=len(column.cells),
        goes_to=None if suggestion is None else suggestion.target,
        of_dossier=is_reason(column),
        suggested_by=None if suggestion is None else suggestion.by,
        refused=len(refused),
        refused_values=refused[:MOST_SHOWN],
    )


def _check(dossier: Dossier, request: Request, reading: Reading, sample: Sample) -> UploadCheck | None:
    """Returns what an upload of the first rows would come to; `None` where that was not asked. Raises what is wrong with the columns."""
    if sample.rows is None:
        return None
    digest = sha256(sample.content).hexdigest() if sample.whole else ""
    received = receive.as_received(dossier, request, reading, size=len(sample.content), digest=digest)
    encoding = sample.encoding or Encoding.UTF_8
    content = in_utf_8(sample.content, encoding, whole=sample.whole)
    rows = complete_rows(content, layout_of(received), sample.rows, whole=sample.whole)
    all_rows = sample.whole and len(rows) == len(content)
    if not all_rows:
        received = received.model_copy(update={"columns": present_columns(rows, layout_of(received))})
    dry_run = DryRunner(dossier, received, lambda: [rows])
    for _ in dry_run.chunks():
        pass
    result = dry_run.result()
    reasons = _reasons(result.errors)
    return UploadCheck(
        rows=result.rows,
        all_rows=all_rows,
        new=result.new,
        without_number=result.without_number,
        without_number_rows=[
            NewRow(row=row.number, line=row.line) for row in dry_run.without_number[:EXAMPLES_OF_REASON]
        ],
        repeated=result.repeated,
        repeated_rows=[RepeatedRow(row=row.number, line=row.line) for row in dry_run.repeated[:EXAMPLES_OF_REASON]],
        changed=result.changed,
        unchanged=result.unchanged,
        refused=result.failed,
        reasons=reasons[:MOST_REASONS],
        reasons_left_off=max(0, len(reasons) - MOST_REASONS),
        refusal=result.refusal,
    )


def _reasons(errors: Sequence[WrongValue]) -> list[ReasonGroup]:
    """Returns what is wrong with rows, by field and reason, the most frequent first."""
    groups: dict[tuple[str | None, str], list[WrongValue]] = {}
    for error in errors:
        reason = error.reason.replace(error.value, "…") if error.value else error.reason
        groups.setdefault((error.field, reason), []).append(error)
    frequent = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [
        ReasonGroup(
            field=field,
            reason=reason,
            rows=len(alike),
            examples=[
                RefusedValue(row=error.row, line=error.line, value=_shown(error), reason=error.reason)
                for error in alike[:EXAMPLES_OF_REASON]
            ],
        )
        for (field, reason), alike in frequent
    ]


def _shown(error: WrongValue) -> str | None:
    """Returns the beginning of what is wrong: a value, or the whole row."""
    value = error.original_row if error.field is None else error.value
    return value and value[:LONGEST_SHOWN]
