"""`dossier verify`: reads the whole log and checks that it is still what was acknowledged.

For every event it checks: positions without a gap, recording times that never fall, its leaf in the tree and the signed heads over it
(see `store.proof.check`), versions without a gap in each aggregate, the chain of digests of each aggregate, and that the event can still be
read. Memory is bounded by one batch, however long the log is. What was recorded after the last signed head, at most about a minute ago, is
only in the chains: the result says up to which position the log is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError
from eventsourcing.utils import TopicError
from psycopg import Connection

from cli.commands.verify_files import VerifiedFile, verify_file
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
from store.proof.check import BrokenError, TreeCheck
from store.proof.heads import Head, open_head
from store.proof.notes import NoteError, PublicKey, public_keys
from store.proof.tree import leaf_of

BATCH: Final = 2_000
"""Events read at a time."""

_PREVIOUS: Final = f"""
    SELECT {COLUMNS} FROM events JOIN unnest(%s::uuid[], %s::int[]) AS wanted (originator_id, originator_version)
      USING (originator_id, originator_version)
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """The result. `broken_position` is the first position at fault, `None` when there is none.

    `signed_position` is that of the last event under a head of a trusted key, signed at `signed_at`.
    """

    events: int
    last_position: int
    broken_position: int | None = None
    fault: str | None = None
    signed_position: int = 0
    signed_at: datetime | None = None


def verify(
    dossier: Dossier, report: Report, *, trusted: Sequence[PublicKey] = (), outside: Sequence[Head] = ()
) -> Verified:
    """Checks the log from its first event to its present last one, and stops at the first fault.

    `trusted` are the keys whose heads count, by default the present one; `outside` are heads that were kept elsewhere.
    """
    last: RecordedEvent | None = None
    events = 0
    with dossier.database.connect() as connection:
        tree = TreeCheck(connection, trusted or [dossier.notary.key.public], outside)
        end = dossier.log_of_facts.max_notification_id() or 0
        try:
            while batch := read(connection, last.id if last else 0, BATCH, until=end):
                _check(connection, dossier.fact_mapper, tree, last, batch)
                events, last = events + len(batch), batch[-1]
                report(last.id, end)
            tree.end()
        except BrokenError as broken:
            return Verified(events, end, broken.position, broken.fault)
    signed = tree.signed
    return Verified(
        events, end, signed_position=signed.size if signed else 0, signed_at=signed.signed_at if signed else None
    )


def _check(
    connection: Connection[Row],
    mapper: FactMapper,
    tree: TreeCheck,
    last: RecordedEvent | None,
    batch: Sequence[RecordedEvent],
) -> None:
    by_version = _previous(connection, batch)
    mapper.keys.preload({event.uuid for event in batch})
    for event in batch:
        _check_place(last, event)
        tree.take(leaf_of(event))
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
        raise BrokenError(expected, f"Position {expected} is missing; the next one there is {event.id}.")
    if last is not None and event.recorded_at < last.recorded_at:
        raise BrokenError(event.id, f"Recorded at {event.recorded_at}, which is before position {last.id}.")


def _check_chain(by_version: dict[tuple[UUID, int], RecordedEvent], event: RecordedEvent) -> None:
    if event.originator_version == 1:
        expected = NO_DIGEST
    else:
        previous = by_version.get((event.uuid, event.originator_version - 1))
        if previous is None or previous.id > event.id:
            raise BrokenError(event.id, f"Version {event.originator_version - 1} of {event.uuid} is missing before it.")
        expected = digest_of(previous)
    if event.previous_digest != expected:
        before = "the event before it" if event.originator_version > 1 else "it"
        raise BrokenError(event.id, f"The chain of {event.uuid} is broken: {before} was changed after it was recorded.")


def _check_readable(mapper: FactMapper, event: RecordedEvent) -> None:
    try:
        mapper.to_domain_event(event)
    except (MapperDeserialisationError, TopicError) as error:
        raise BrokenError(event.id, f"It cannot be read: {error}") from error


class BrokenLogError(CliError):
    """The log is not what was acknowledged."""


class UnusableFileError(CliError):
    """A file that was named is not what it should be."""


def command(settings: Settings, heads: Sequence[Path], keys: Path | None, *, as_json: bool) -> None:
    """Verifies the log and prints the result. `heads` are files with heads kept elsewhere, `keys` is one with trusted public keys.

    Raises `BrokenLogError` naming the first position at fault, or `UnusableFileError`.
    """
    with open_dossier(settings) as dossier, show.progress("Verifying") as report:
        trusted = keys_in(keys) if keys else dossier.notary.public_keys()
        outside = [_head_in(path, trusted) for path in heads]
        result = verify(dossier, report, trusted=trusted if keys else (), outside=outside)
    if as_json:
        show.document(result)
    if result.broken_position is not None:
        raise BrokenLogError(f"The log is broken at position {result.broken_position}. {result.fault}")
    if not as_json:
        signed = f"signed up to position {result.signed_position}" if result.signed_position else "not signed yet"
        say(f"The log is whole: {result.events} events, the last at position {result.last_position}; {signed}.")


def verify_files(files: Sequence[Path], keys: Path, answer: Path | None, *, as_json: bool) -> None:
    """Verifies files without the log and prints the results. Raises `BrokenLogError` naming the first fault, or `UnusableFileError`."""
    trusted = keys_in(keys)
    results = [_verified(path, trusted, answer) for path in files]
    if as_json:
        show.document({"files": results})
    for result in results:
        if result.fault is not None:
            place = f" at position {result.broken_position}" if result.broken_position else ""
            raise BrokenLogError(f"{result.file} is broken{place}. {result.fault}")
        if not as_json:
            say(_words_of(result))


def _verified(path: Path, trusted: Sequence[PublicKey], answer: Path | None) -> VerifiedFile:
    try:
        return verify_file(path, trusted, answer)
    except (NoteError, OSError) as error:
        raise UnusableFileError(f"{path}: {error}") from None


def _words_of(result: VerifiedFile) -> str:
    what = {
        "history": f"a history of {result.events} events",
        "event": "an event",
        "head": "a head",
        "receipt": f"a receipt for {result.request}",
    }[result.kind]
    return f"{result.file} is right: {what}, of the log with {result.size} events signed at {result.signed_at}."


def keys_in(path: Path) -> list[PublicKey]:
    """Returns the public keys in a file. Raises `UnusableFileError`."""
    try:
        return public_keys(text_of(path))
    except NoteError as error:
        raise UnusableFileError(f"{path}: {error}") from None


def _head_in(path: Path, trusted: Sequence[PublicKey]) -> Head:
    try:
        return open_head(text_of(path), trusted)
    except NoteError as error:
        raise UnusableFileError(f"{path}: {error}") from None


def text_of(path: Path) -> str:
    """Returns the content of a small file. Raises `UnusableFileError`."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise UnusableFileError(f"{path} cannot be read.") from None
