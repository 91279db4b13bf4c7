"""What every history takes: filters, the order, and the form of the answer: pages of JSON, or all of it as CSV or NDJSON.

A file is made while it is sent, page by page, as known at the instant at which it began, however long it is: nothing that is recorded
meanwhile is in it, and no page is held for longer than it takes to read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Depends, Query, Request
from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from starlette.responses import Response

from aggregates.catalogue import FACTS, KEY_FIELDS
from aggregates.clocks import AsOf
from aggregates.errors import DomainError, InvalidError, RefusedError
from aggregates.fact import LONGEST_REASON, Role, Source
from aggregates.upload.mapping import BYTE_ORDER_MARK
from api.http.csv_files import CSV, MEDIA_TYPE, csv_line, harmless
from api.http.streaming import Stream
from api.parameters.pages import Paged, Paging
from api.parameters.proved_lines import proved_lines
from api.parameters.reading import RECEIPT, Asker, Read, as_json
from api.parameters.shapes import LONGEST_WORD, MOST_A_PAGE, Day, day, moment
from api.parameters.spellings import Flag, Id
from projections.history.filters import Filters
from projections.history.models import HistoryEntry, ValueChange
from projections.history.queries import history
from projections.reading.view import View
from store.proof.receipts import Question
from store.public import instant

NDJSON: Final = "application/x-ndjson"
LONGEST_FIELD: Final = 300
"""Characters of the path of a value."""
ENTRY_COLUMNS: Final = (
    *("position", "event_id", "recorded_at", "kind", "key", "topic", "version", "actor", "role", "source", "reason"),
    *("correlation_id", "causation_id", "effective_from", "effective_to", "back_dated"),
)
CHANGE_COLUMNS: Final = ("field", "field_from", "field_to", "before", "after")
COLUMNS: Final = (*ENTRY_COLUMNS, *CHANGE_COLUMNS)
_EXAMPLE: Final = (
    *("4711", "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f", "2026-06-20T10:42:00.000000Z", "customer", "1001"),
    *("customer.field_edited", "3", "ada", "agent", "ui", "As agreed on the telephone."),
    *("0197a3c4-5d60-7a0b-8c1d-2e3f4a5b6c7d", "0197a3c4-5d60-7a0b-8c1d-2e3f4a5b6c7d", "2026-06-20", "", "false"),
    *("fields.city", "2026-06-20", "", "Graz", "Vienna"),
)


def _among(known: Iterable[str], noun: str) -> tuple[AfterValidator, WithJsonSchema]:
    names = list(known)

    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"There is no {noun} of this name.")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": names})


def day_or_moment(value: Any) -> date | datetime:
    """Parses a day or an instant. Raises `ValueError`."""
    parse: Callable[[Any], date | datetime] = (
        moment if isinstance(value, str) and len(value) > len("YYYY-MM-DD") else day
    )
    return parse(value)


_KIND, _TOPIC = _among(KEY_FIELDS, "kind"), _among(FACTS, "kind of event")
Kind = Annotated[str, *_KIND]
"""A kind of thing that has a history."""
Topic = Annotated[str, *_TOPIC]
Word = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]
FieldPath = Annotated[str, Field(min_length=1, max_length=LONGEST_FIELD)]
ReasonWords = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
DayOrInstant = Annotated[
    date | datetime,
    PlainValidator(day_or_moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}, mode="validation"
    ),
]
Order = Literal["newest", "oldest"]
Format = Literal["json", "csv", "ndjson"]
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A page, or with `format` all of it as a file.",
        "content": {
            CSV: {"schema": {"type": "string"}, "example": csv_line(COLUMNS) + csv_line(_EXAMPLE)},
            NDJSON: {"schema": {"type": "string"}, "example": '{"position":4711,"topic":"customer.field_edited"}\n'},
        },
    }
}
"""The OpenAPI description of routes that answer with a history."""


@dataclass(frozen=True, slots=True)
class AskedHistory:
    """Which entries of a history are wanted, in which order and form. `order` is `None` where it is not given."""

    filters: Filters
    page: Paging
    order: Order | None
    format: Format
    bom: bool | None
    names: frozenset[str]
    """The names of all query parameters that are given."""

    def check(self, *faults: DomainError, proved: bool = False, receipt: bool = False) -> None:
        """Raises `RefusedError` where these faults are, or values that break a rule."""
        errors = [*faults, *_range_faults(self.filters)]
        if proved and self.format != "ndjson":
            errors.append(InvalidError("Only an NDJSON file has proofs: ask for format=ndjson.", field="proof"))
        if receipt and self.format != "json":
            text = "A file has no header with a receipt; an NDJSON file with proof=true has one in its last line."
            errors.append(InvalidError(text, field=RECEIPT))
        if self.format != "json":
            paging = sorted(self.names & {"limit", "cursor"})
            errors += [InvalidError("A file has no pages; leave it out.", field=name) for name in paging]
        if self.format != "csv" and self.bom is not None:
            errors.append(InvalidError("Only a CSV file has a byte order mark: ask for format=csv.", field="bom"))
        try:
            self.filters.groups()
        except InvalidError as fault:
            errors.append(fault)
        if errors:
            raise RefusedError(errors)

    def answer(
        self, read: Read, view: View, *, order: Order = "oldest", proved: Asker | None = None, **about: Any
    ) -> Response:
        """Returns the entries that pass the filters and these further ones: `kind`, `key`, `fields`.

        `order` is the one where none is asked for; `proved` is who asks for a file with proofs. Raises what `check` raises, and
        `InvalidError` for a bad cursor.
        """
        self.check(proved=proved is not None, receipt=read.receipt_for is not None)
        filters = replace(self.filters, **about)
        newest_first = (self.order or order) == "newest"
        if self.format == "json":
            page = history(view, filters, self.page.limit, self.page.cursor, newest_first=newest_first)
            return read.answer(page, view)
        then = read.at(AsOf(view.valid_at, view.known_at))
        pages = _pages(then, filters, newest_first=newest_first)
        lines = (
            _LINES[self.format](pages, bom=bool(self.bom))
            if proved is None
            else proved_lines(read.services.dossier, pages, Question(*proved, view.valid_at, view.known_at))
        )
        headers = {
            "Dossier-Known-At": instant(view.known_at),
            "Content-Disposition": f'attachment; filename="history.{self.format}"',
        }
        media_type = MEDIA_TYPE if self.format == "csv" else NDJSON
        return Stream(read.services.queries.each(lines), 200, headers, media_type)


def _pages(read: Read, filters: Filters, *, newest_first: bool) -> Iterator[list[HistoryEntry]]:
    """Yields all entries, page by page, each from a view of its own."""
    cursor: str | None = None
    while True:
        with read.view("history") as view:
            page = history(view, filters, MOST_A_PAGE, cursor, newest_first=newest_first)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def csv_lines(pages: Iterable[list[HistoryEntry]], *, bom: bool = False) -> Iterator[str]:
    """Yields entries as a file, page by page: a line for each changed value, or one where none changed."""
    yield BYTE_ORDER_MARK * bom + csv_line(COLUMNS)
    for entries in pages:
        yield "".join(csv_line(cells) for entry in entries for cells in _rows(entry))


def ndjson_lines(pages: Iterable[list[HistoryEntry]], *, bom: bool = False) -> Iterator[bytes]:
    """Yields entries as a file, page by page: a line each."""
    del bom
    for entries in pages:
        yield b"".join(as_json(entry) + b"\n" for entry in entries)


_LINES: Final[dict[str, Callable[..., Iterator[str | bytes]]]] = {"csv": csv_lines, "ndjson": ndjson_lines}


def _rows(entry: HistoryEntry) -> Iterator[tuple[str, ...]]:
    cells = tuple(_cell(getattr(entry, column)) for column in ENTRY_COLUMNS)
    if not entry.changes:
        yield (*cells, *("" for _ in CHANGE_COLUMNS))
    for change in entry.changes:
        yield (*cells, *_change_cells(change))


def _change_cells(change: ValueChange) -> Iterator[str]:
    values = (change.field, change.effective_from, change.effective_to, change.before, change.after)
    return map(_cell, values)


def _cell(value: Any) -> str:
    """A value as a cell: what is neither a text nor a date as JSON has it, nothing for `null`."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bool | int | list | dict):
        return orjson.dumps(value).decode()
    return harmless(str(value))


def _range_faults(filters: Filters) -> Iterator[DomainError]:
    """Yields a fault for each range that ends before it begins."""
    for name in ("recorded", "effective"):
        first, last = getattr(filters, f"{name}_from"), getattr(filters, f"{name}_to")
        if first is not None and type(first) is type(last) and last < first:
            yield InvalidError("The end must not be before the start.", field=f"{name}_to")


Actor = Annotated[Word | None, Query(description="Who did it: the subject of the token.")]
InRole = Annotated[Role | None, Query(description="The role in which it was done.")]
FromSource = Annotated[Source | None, Query(description="The way by which it came.")]
OfTopic = Annotated[Topic | None, Query(description="The kind of event.")]
Changing = Annotated[
    FieldPath | None,
    Query(
        description="A value that changed, such as `fields.city`, `options.tolerance_percent`, `responses.1` or `name`."
    ),
]
RecordedFrom = Annotated[
    DayOrInstant | None, Query(description="Recorded at this instant or later, or on this business day or later.")
]
RecordedTo = Annotated[
    DayOrInstant | None,
    Query(description="Recorded at this instant or earlier, or on this business day or earlier."),
]
EffectiveFrom = Annotated[Day | None, Query(description="Its effective dates begin on this day or later.")]
EffectiveTo = Annotated[Day | None, Query(description="Its effective dates begin on this day or earlier.")]
BackDated = Annotated[Flag, Query(description="Only what holds from a day before the one on which it was recorded.")]
WithReason = Annotated[
    ReasonWords | None,
    Query(description="Words of the reason; all of them must be in it, whatever their case and accents."),
]
Correlated = Annotated[Id | None, Query(description="The id that ties together what belongs together.")]
Caused = Annotated[
    Id | None, Query(description="The id of the cause: of a request, or of the event that started a job.")
]
InOrder = Annotated[Order | None, Query(description="The order of the log, or the newest first.")]
InFormat = Annotated[
    Format, Query(description="`json`: in pages; `csv` and `ndjson`: all of it, as a file to download.")
]
WithMark = Annotated[
    Flag | None, Query(description="Whether a CSV file begins with a byte order mark, which Excel needs.")
]


async def _asked(
    request: Request,
    page: Paged,
    *,
    actor: Actor = None,
    role: InRole = None,
    source: FromSource = None,
    topic: OfTopic = None,
    field: Changing = None,
    recorded_from: RecordedFrom = None,
    recorded_to: RecordedTo = None,
    effective_from: EffectiveFrom = None,
    effective_to: EffectiveTo = None,
    back_dated: BackDated = False,
    reason: WithReason = None,
    correlation_id: Correlated = None,
    causation_id: Caused = None,
    order: InOrder = None,
    format: InFormat = "json",  # noqa: A002  (the caller's word)
    bom: WithMark = None,
) -> AskedHistory:
    filters = Filters(
        actor=actor,
        role=role,
        source=source,
        topic=topic,
        fields=() if field is None else (field,),
        recorded_from=recorded_from,
        recorded_to=recorded_to,
        effective_from=effective_from,
        effective_to=effective_to,
        back_dated=back_dated,
        reason=reason,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )
    return AskedHistory(filters, page, order, format, bom, frozenset(request.query_params))


Asked = Annotated[AskedHistory, Depends(_asked)]
