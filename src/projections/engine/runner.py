"""Keeps read models up to date: one `Runner` a process for all of them, one process active for each, the others standing by.

What is read is decoded once. Read models that are at the same place move together: while little is new in one transaction, else each in
its own, on two connections at once. One that is far behind the others, or has long work to do, catches up in a thread of its own and
joins them again. Promises: an event has its effect exactly once, because a batch's rows and the position they stand for are committed
together; order is the log's; an event that cannot be folded stops its own read model only, and is named in `projections`; an outage
of the database is waited for. To recover a read model that stopped: mend its code or the key it misses; it tries again by itself.
To make one anew: `rebuild`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Final

import psycopg
from psycopg import Connection

from projections.engine import positions
from projections.engine.members import Member, MembersProgress, lead
from projections.engine.pack import HELD_POLL_S, STOPPED_POLL_S, Pack
from projections.engine.projection import Projection
from projections.engine.single import Single, folding_connection
from store import outages
from store.application import Dossier
from store.database import Row
from store.heartbeats import Progress
from store.leadership import STANDBY_S
from store.serving import Faults, Step, keep_serving
from store.stopping import Stop

POLL_S: Final = 1.0
"""How long a lost signal of the log can delay a read model."""
_INSTALL: Final = """
    INSERT INTO projections (name, shape, topics, tables) VALUES (%s, %s, %s, %s) ON CONFLICT (name) DO NOTHING
"""


def install(connection: Connection[Row], classes: Sequence[type[Projection]]) -> None:
    """Makes the tables of each of these read models that has none, and its row in `projections`. Called under the migrations' lock.

    Tables made by an earlier definition are left as they are: their read model stops until it is rebuilt. Where only topics have come or
    gone, it goes on unless it has passed an event of one of them.
    """
    for projection in classes:
        name, definition = projection.name, projection.definition()
        installed = connection.execute(
            _INSTALL, [name, definition.shape, list(definition.topics), list(projection.tables)]
        )
        if installed.rowcount:
            connection.execute(projection.ddl.encode())
        else:
            positions.take_topics(connection, name, definition)


class _UnexpectedFaults(Faults):
    """Faults of a runner: what is not the database's rests longer, as a stopped read model does."""

    def delay_s(self, error: Exception, count: int) -> float:
        """See `Faults`."""
        return super().delay_s(error, count) if outages.is_outage(error) else STOPPED_POLL_S


class Runner:
    """Keeps read models of one company up to date. `progress` has their marks by name."""

    def __init__(
        self, dossier: Dossier, *projections: Projection, progress: Mapping[str, Progress] | None = None
    ) -> None:
        marks = progress or {}
        self._database = dossier.database
        self._members = [Member(Single(dossier, item), marks.get(item.name) or Progress()) for item in projections]
        self._progress = MembersProgress(self._members)
        self._pack = Pack(dossier, self._members, self._progress)
        self._lead_at = 0.0

    def run(self, stop: Stop) -> None:
        """Follows the log until `stop` is set (noticed at once); on standby for those that another runner leads."""
        keep_serving(
            f"Read model {', '.join(member.name for member in self._members)}",
            partial(self._term, stop),
            stop,
            self._progress,
            database=self._database,
            channels=("log",),
            faults=_UnexpectedFaults(),
        )

    def catch_up(self, connection: Connection[Row], stop: Stop) -> int:
        """Folds everything there is and returns the position reached by all. Only the leader of all the read models may do so.

        Raises:
            ProjectionStoppedError: an event cannot be folded into the only one; everything before it is.
            OperationalError, psycopg.OperationalError: the database cannot be reached.
        """
        if len(self._members) == 1:
            return self._members[0].single.catch_up(connection, stop)
        for member in self._members:
            member.is_led = True
        with closing(self._pack):
            self._pack.catch_up(connection, stop)
            places = [member.place or member.single.place(connection) for member in self._members]
        return min(place.position for place in places)

    @contextmanager
    def _term(self, stop: Stop) -> Iterator[Step]:
        for member in self._members:
            member.is_led, member.place = False, None
        with closing(folding_connection(self._database)) as connection, closing(self._pack):
            self._lead(connection)
            try:
                yield partial(self._step, stop, connection)
            finally:
                with suppress(psycopg.Error):  # a connection that is lost has no locks
                    connection.execute("SELECT pg_advisory_unlock_all()")

    def _lead(self, connection: Connection[Row]) -> None:
        lead(connection, self._database, self._members)
        self._lead_at = time.monotonic() + STANDBY_S

    def _step(self, stop: Stop, connection: Connection[Row], ends: Sequence[str]) -> float:
        """Folds what is new; `ends` of the log that are folded already need no look at it."""
        if time.monotonic() >= self._lead_at:
            self._lead(connection)
        if not ends or not self._pack.has(max(map(int, ends))):
            self._pack.catch_up(connection, stop)
        return min(map(self._pause_s, self._members))

    def _pause_s(self, member: Member) -> float:
        """Returns for how long nothing is to be done for a read model unless something is recorded."""
        if not member.is_led:
            return min(STANDBY_S, POLL_S)
        if member.lane is not None:
            return min(HELD_POLL_S, POLL_S)
        rests_s = member.rests_until - time.monotonic()
        return min(rests_s, POLL_S) if rests_s > 0 else POLL_S
