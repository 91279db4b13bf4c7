"""`dossier verify`: reads the whole log and checks that it is still what was acknowledged.

For every event it checks: positions without a gap, recording times that never fall, versions without a gap in each aggregate, the
chain of digests of each aggregate, and that the event can still be read. Memory is bounded by one batch, however long the log
is. The digest of an aggregate's last event is not yet in a chain: a change to that event alone shows once another follows it,
or when it cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError
from eventsourcing.utils import TopicError
from psycopg import Connection

from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.output.show import Report
from cli.settings import Settings
from cli.wiring import open_dossier
from store.application import Dossier
from store.database import Row
from store.events import COLUMNS, NO_DIGEST, RecordedEvent, digest_of, recorded_event
from store.log import read
from store.mapper import FactMapper

BATCH: Final = 2_000
"""Events read at a time."""

_PREVIOUS: Final = f"""
    SELECT {COLUMNS} FROM events JOIN unnest(%s::uuid[], %s::int[]) AS wanted (originator_id, originator_version)
      USING (originator_id, originator_version)
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """The result. `broken_position` is the first position at fault, `None` when there is none."""

    events: int
    last_position: int
    broken_position: int | None = None
    fault: str | None = None


class _BrokenError(Exception):
    """An event is not what it should be."""

    def __init__(self, position: int, fault: str) -> None:
        super().__init__(fault)
        self.position, self.fault = position, fault


def verify(dossier: Dossier, report: Report) -> Verified:
    """Checks the log from its first event to its present last one, and stops at the first fault."""
    end = dossier.log_of_facts.max_notification_id() or 0
    last: RecordedEvent | None = None
    events = 0
    with dossier.database.connect() as connection:
        while last is None or last.id < end:
            batch = read(connection, last.id if last else 0, BATCH, until=end)
            if not batch:
                break
            try:
                _check(connection, dossier.fact_mapper, last, batch)
            except _BrokenError as broken:
                return Verified(events, end, broken.position, broken.fault)
            events, last = events + len(batch), batch[-1]
            report(last.id, end)
    if (last.id if last else 0) < end:
        return Verified(events, end, end, "The log ends before its last position.")
    return Verified(events, end)


def _check(
    connection: Connection[Row], mapper: FactMapper, last: RecordedEvent | None, batch: Sequence[RecordedEvent]
) -> None:
    by_version = _previous(connection, batch)
    mapper.keys.preload({event.uuid for event in batch})
    for event in batch:
        _check_place(last, event)
        _check_chain(by_version, event)
        _check_readable(mapper, event)
        last = event


def _previous(connection: Connection[Row], batch: Sequence[RecordedEvent]) -> dict[tuple[UUID, int], RecordedEvent]:
    """Returns the batch by aggregate and version, with the events that precede it in its aggregates."""
    by_version = {(event.uuid, event.originator_version): event for event in batch}
    needed = {(event.uuid, event.originator_version - 1) for event in batch if event.originator_version > 1}
    missing = sorted(needed - by_version.keys())
    if missing:
        columns = [list(column) for column in zip(*missing, strict=True)]
        for row in connection.execute(_PREVIOUS, columns, binary=True):
            event = recorded_event(row)
            by_version[event.uuid, event.originator_version] = event
    return by_version


def _check_place(last: RecordedEvent | None, event: RecordedEvent) -> None:
    expected = last.id + 1 if last else 1
    if event.id != expected:
        raise _BrokenError(expected, f"Position {expected} is missing; the next one there is {event.id}.")
    if last is not None and event.recorded_at < last.recorded_at:
        raise _BrokenError(event.id, f"Recorded at {event.recorded_at}, which is before position {last.id}.")


def _check_chain(by_version: dict[tuple[UUID, int], RecordedEvent], event: RecordedEvent) -> None:
    if event.originator_version == 1:
        expected = NO_DIGEST
    else:
        previous = by_version.get((event.uuid, event.originator_version - 1))
        if previous is None or previous.id > event.id:
            raise _BrokenError(
                event.id, f"Version {event.originator_version - 1} of {event.uuid} is missing before it."
            )
        expected = digest_of(previous)
    if event.previous_digest != expected:
        before = "the event before it" if event.originator_version > 1 else "it"
        raise _BrokenError(
            event.id, f"The chain of {event.uuid} is broken: {before} was changed after it was recorded."
        )


def _check_readable(mapper: FactMapper, event: RecordedEvent) -> None:
    try:
        mapper.to_domain_event(event)
    except (MapperDeserialisationError, TopicError) as error:
        raise _BrokenError(event.id, f"It cannot be read: {error}") from error


class BrokenLogError(CliError):
    """The log is not what was acknowledged."""


def command(settings: Settings, *, as_json: bool) -> None:
    """Verifies the log and prints the result. Raises `BrokenLogError` naming the first position at fault."""
    with open_dossier(settings) as dossier, show.progress("Verifying") as report:
        result = verify(dossier, report)
    if as_json:
        show.document(result)
    if result.broken_position is not None:
        raise BrokenLogError(f"The log is broken at position {result.broken_position}. {result.fault}")
    if not as_json:
        say(f"The log is whole: {result.events} events, the last at position {result.last_position}.")
