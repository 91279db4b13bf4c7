"""`dossier resolutions`: which past answers about accounts and sites differ today from what was answered then (rules 0.3, 2.13)."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from api.parameters.resolution_files import check, csv_lines, ndjson_lines, rows
from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.output.profile_words import value_words
from cli.settings import Settings
from cli.wiring import open_reads
from projections.answers.resolution_models import ComparedResolution, CompareOutcome
from projections.answers.resolutions import COMPARED, compared
from projections.reading.read_models import newest_instant

MOST_SHOWN: Final = 1_000
"""Lines of a table; the other forms have all."""
_COLUMNS: Final = ("line", "account", "date", "known at", "value", "before", "after", "who", "recorded at", "why")


class RowsRefusedError(CliError):
    """Some rows could not be answered."""


def resolutions(settings: Settings, path: Path, *, known_at: datetime | None, form: str) -> None:
    """Prints the answers to the rows of a file. Raises `RowsRefusedError` after them, and what `check` raises."""
    outcomes: Counter[CompareOutcome] = Counter()
    with path.open("rb") as file, open_reads(settings) as (dossier, reads):
        is_csv = _is_csv(file)
        check(file, is_csv=is_csv)
        newest = known_at or newest_instant(dossier.database)
        answers = _counted(
            compared(lambda: reads.view(*COMPARED, known_at=newest), rows(file, is_csv=is_csv, newest=newest)), outcomes
        )
        if form == "table":
            _show(answers)
        else:
            _write(csv_lines(answers) if form == "csv" else ndjson_lines(answers))
    words = ", ".join(f"{outcomes[outcome]:,} {outcome.value}" for outcome in CompareOutcome)
    if form == "table":
        say(f"{outcomes.total():,} rows: {words}.")
    if outcomes[CompareOutcome.REFUSED]:
        raise RowsRefusedError(
            f"{outcomes[CompareOutcome.REFUSED]:,} of {outcomes.total():,} rows could not be answered."
        )


def _is_csv(file: IO[bytes]) -> bool:
    first = next((line for line in file if line.strip()), b"")
    return not first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _counted(
    answers: Iterable[Sequence[ComparedResolution]], outcomes: Counter[CompareOutcome]
) -> Iterator[Sequence[ComparedResolution]]:
    for piece in answers:
        outcomes.update(answer.outcome for answer in piece)
        yield piece


def _write(lines: Iterator[str] | Iterator[bytes]) -> None:
    for line in lines:
        sys.stdout.buffer.write(line.encode() if isinstance(line, str) else line)
    sys.stdout.flush()


def _show(answers: Iterable[Sequence[ComparedResolution]]) -> None:
    cells: list[Sequence[object]] = []
    for piece in answers:
        if len(cells) < MOST_SHOWN:
            cells += [row for answer in piece for row in _cells(answer)]
    if cells:
        show.table(_COLUMNS, cells[:MOST_SHOWN])
    if len(cells) >= MOST_SHOWN:
        say(f"These are the first {MOST_SHOWN:,}; --format=csv or --format=ndjson has all.")


def _cells(answer: ComparedResolution) -> Iterator[Sequence[object]]:
    """Yields a line for each value that differs and for each thing that is wrong."""
    place = f"{answer.account or ''}/{answer.site}" if answer.site else answer.account
    about = (answer.row, place, answer.date, answer.known_at)
    events = {event.event_id: event for event in answer.events}
    for difference in answer.differences:
        before, after = (
            None if value is None else value_words(value) for value in (difference.before, difference.after)
        )
        last = events[difference.event_ids[-1]] if difference.event_ids else None
        made_by = (last.actor, last.recorded_at, last.reason) if last else ("", "", "")
        yield (*about, difference.label, before, after, *made_by)
    for fault in answer.errors:
        yield (*about, "refused", "", "", "", "", f"{fault.field}: {fault.message}" if fault.field else fault.message)
