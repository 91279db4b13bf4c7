"""Makes several read models anew from one reading of the log, in two threads: while PostgreSQL writes for one, Python folds another.

Each batch is decoded once and folded into all new tables; then each read model catches up with the log and is swapped by itself, as by
`rebuild`. One that cannot be completed is given up; the others go on.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

from psycopg import Connection

from projections.engine.folding import Batch, SharedBatch, SharedReader, uncollected
from projections.engine.projection import Projection
from projections.engine.rebuild import Progress, Rebuild, RebuildFailedError, RebuildReport
from store.application import Dossier
from store.database import Row

THREADS: Final = 2
"""More would wait for the interpreter."""


@dataclass(slots=True)
class _Part:
    """A read model under way, and why it was given up."""

    projection: Projection
    rebuild: Rebuild
    connection: Connection[Row]
    fault: RebuildFailedError | None = None


def rebuild_all(dossier: Dossier, projections: Sequence[Projection], progress: Progress) -> Iterator[RebuildReport]:
    """Makes these read models anew; yields the report of each once it is swapped.

    Raises:
        RebuildUnderWayError: another rebuild of one of them is at work.
        RebuildFailedError: one or more could not be completed, of which this is the first; raised after the others are.
        OperationalError, psycopg.OperationalError: the database went away. Start again.
    """
    with ExitStack() as opened:
        parts = []
        for number, projection in enumerate(projections):
            rebuild = Rebuild(dossier, projection, progress if number == 0 else _ignore)
            parts.append(_Part(projection, rebuild, opened.enter_context(rebuild.begun())))
        _fold_all(SharedReader(dossier, projections), parts)
        for part in parts:
            yield from _finished(part)
    for part in parts:
        if part.fault is not None:
            raise part.fault


def _fold_all(reader: SharedReader, parts: Sequence[_Part]) -> None:
    """Folds what is in the log now."""
    batch: SharedBatch | None = None
    with ThreadPoolExecutor(THREADS, "rebuild") as pool:
        while batch is None or not batch.is_last:
            with uncollected():
                batch = reader.next(parts[0].connection, 0 if batch is None else batch.end)
                if batch is None:
                    break
                _fold_batch(pool, reader, parts, batch)


def _fold_batch(pool: ThreadPoolExecutor, reader: SharedReader, parts: Sequence[_Part], batch: SharedBatch) -> None:
    jobs = [(part, batch.of(part.projection)) for part in parts if part.fault is None]
    jobs.sort(key=lambda job: len(job[1].facts), reverse=True)
    for done in [pool.submit(partial(_fold, reader, *job)) for job in jobs]:
        done.result()


def _fold(reader: SharedReader, part: _Part, batch: Batch) -> None:
    reader.preload_keys(batch)
    try:
        part.rebuild.fold(part.connection, batch)
    except RebuildFailedError as error:
        _give_up(part, error)


def _finished(part: _Part) -> Iterator[RebuildReport]:
    if part.fault is None:
        try:
            report = part.rebuild.finish(part.connection)
        except RebuildFailedError as error:
            _give_up(part, error)
        else:
            yield report


def _give_up(part: _Part, fault: RebuildFailedError) -> None:
    part.fault = fault
    part.rebuild.give_up(part.connection)


def _ignore(_position: int, _target: int) -> None:
    return
