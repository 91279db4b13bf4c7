"""The next batch of several read models: read and decoded once, folded into those that are at the same place.

Few events are folded into all of them in one transaction: what an event costs then is its statements. Many are folded into each in a
transaction of its own, on two connections at once. Those behind come first, up to where the next one is, so that they are soon together
again; one that is far behind, or has long work to do, goes on in a thread of its own. A fault is looked for in each by itself: it stops
one only.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from psycopg import Connection

from projections.engine import positions
from projections.engine.folding import Batch, SharedBatch, SharedReader, uncollected
from projections.engine.members import BATCH_PATIENCE_S, Lane, Member
from projections.engine.positions import Place
from projections.engine.spreading import Spreading
from store import outages
from store.application import Dossier
from store.database import Row
from store.heartbeats import Progress
from store.stopping import Stop

STOPPED_POLL_S: Final = 5.0
"""How long a stopped read model rests before it tries its event again."""
HELD_POLL_S: Final = 0.02
"""How long one rests whose tables are being swapped, and how often it is looked whether one has caught up by itself."""
FAR: Final = 20_000
"""Events behind the others from which on a read model catches up by itself."""
FEW_EVENTS: Final = 250
"""Up to so many are folded into all read models in one transaction."""

_log = logging.getLogger(__name__)

Places = Mapping[Member, Place]
Parts = Mapping[Member, Batch]


class Pack:
    """The read models of a runner, while it folds them."""

    def __init__(self, dossier: Dossier, members: Sequence[Member], progress: Progress) -> None:
        self._database = dossier.database
        self._members = members
        self._progress = progress
        self._reader = SharedReader(dossier, [member.single.projection for member in members])
        self._spreading = Spreading(dossier.database)

    def has(self, end: int) -> bool:
        """Returns whether everything up to a position is folded into all that can be folded now."""
        places = [member.place for member in self._members if member.is_ready]
        return all(place is not None and place.position >= end for place in places)

    def catch_up(self, connection: Connection[Row], stop: Stop) -> None:
        """Folds everything there is. Raises `OUTAGES`; the faults of read models are stored, and those rest."""
        more = True
        while more and not stop.is_set():
            with uncollected():
                more = self._turn(connection, stop)

    def close(self) -> None:
        """Ends all threads and closes their connections."""
        for member in self._members:
            member.end_lane()
        self._spreading.close()

    def _turn(self, connection: Connection[Row], stop: Stop) -> bool:
        """Folds the next batch of those that are behind; returns whether there may be more to do at once."""
        self._progress.mark(patience_s=BATCH_PATIENCE_S)
        places = self._places(connection)
        if not places:
            return False
        after, *further = sorted({place.position for place in places.values()})
        pack = {member: place for member, place in places.items() if place.position == after}
        try:
            batch = self._reader.next(connection, after, further[0] if further else None)
        except Exception as error:
            if outages.is_outage(error):
                raise
            for member in pack:  # which of them cannot read the log is found out one by one
                self._attempt(connection, member, partial(member.single.catch_up, connection, stop))
            return False
        if batch is None:
            for member, place in pack.items():
                member.single.clear(connection, place)
                member.place = replace(place, stopped=False)
            return False
        self._fold(connection, pack, batch)
        return not batch.is_last or any(member.is_ready and member.place is None for member in pack)

    def _places(self, connection: Connection[Row]) -> Places:
        """Returns where those are that can be folded now; who is far behind the others goes on alone."""
        places: dict[Member, Place] = {}
        for member in self._members:
            self._rejoin(member)
            if member.is_ready and member.place is None:
                self._attempt(connection, member, partial(_look_up, connection, member))
            if member.is_ready and member.place is not None:
                places[member] = member.place
        front = max((place.position for place in places.values()), default=0)
        for member in [member for member, place in places.items() if front - place.position > FAR]:
            self._send_off(member)
            del places[member]
        return places

    def _send_off(self, member: Member) -> None:
        """Lets a read model go on in a thread of its own."""
        member.place = None
        member.lane = Lane(self._database, member.single, member.progress)

    def _rejoin(self, member: Member) -> None:
        """Takes a read model back whose thread has ended."""
        if member.lane is not None and member.lane.has_ended():
            fault, member.lane = member.lane.fault, None
            if fault is not None:
                self._stop(member, fault)

    def _fold(self, connection: Connection[Row], places: Places, batch: SharedBatch) -> None:
        parts = {member: batch.of(member.single.projection) for member in places}
        busy = [member for member in places if _takes_long(member, parts[member])]
        if len(batch.facts) > FEW_EVENTS or len(busy) == len(places):
            self._fold_many(connection, places, parts)
            return
        for member in busy:
            self._send_off(member)
        together = {member: place for member, place in places.items() if member not in busy}
        try:
            self._fold_few(connection, together, parts)
        except Exception:
            if connection.closed:
                raise
            for member in together:
                self._fold_alone(member, places, parts, connection)

    def _fold_few(self, connection: Connection[Row], places: Places, parts: Parts) -> None:
        """Folds a batch into all of these in one transaction; those whose tables are being swapped rest for a moment.

        No statement waits for the answer to another that it does not read. So an error may surface at a later statement: whose it is, and
        what it is, is found out where each is folded by itself.
        """
        sound = {member: place for member, place in places.items() if parts[member].fault is None}
        if sound:
            batch = next(iter(parts.values()))
            with connection.pipeline(), connection.transaction():
                named = {member.name: place for member, place in sound.items()}
                moved = positions.advance(
                    connection, self._database, named, batch.end, batch.recorded_at, keeps_plans=True
                )
                for member in sound:
                    if member.name in moved and parts[member].facts:
                        member.single.projection.fold(connection, parts[member].facts)
            for member, place in sound.items():
                if member.name in moved:
                    member.place = place.moved(batch.end, batch.recorded_at)
                else:
                    member.rest(HELD_POLL_S)
        for member in places.keys() - sound.keys():
            self._fold_alone(member, places, parts, connection)

    def _fold_many(self, connection: Connection[Row], places: Places, parts: Parts) -> None:
        """Folds a batch into each of these in a transaction of its own; those with most to do begin."""
        most_first = sorted(places, key=lambda member: len(parts[member].facts), reverse=True)
        jobs = [partial(self._fold_alone, member, places, parts) for member in most_first]
        if len(jobs) == 1:
            jobs[0](connection)
        else:
            self._spreading.run(connection, jobs)

    def _fold_alone(self, member: Member, places: Places, parts: Parts, connection: Connection[Row]) -> None:
        self._attempt(connection, member, partial(self._store, connection, member, places[member], parts[member]))

    def _store(self, connection: Connection[Row], member: Member, place: Place, part: Batch) -> None:
        self._reader.preload_keys(part)
        member.single.store(connection, place, part)

    def _attempt(self, connection: Connection[Row], member: Member, action: Callable[[], object]) -> None:
        """Does something for one read model, whose place is looked up afterwards. Raises what closes the connection.

        One that meets an outage while the connection stays goes on by itself: the others do not share a statement that takes too long.
        """
        member.place = None
        try:
            action()
        except Exception as error:
            if connection.closed or (outages.is_outage(error) and len(self._members) == 1):
                raise
            if outages.is_outage(error):
                self._send_off(member)
            else:
                self._stop(member, error)

    def _stop(self, member: Member, error: Exception) -> None:
        """Lets a read model rest that has a fault, which table `projections` tells."""
        _log.error("Read model %s stopped: %s", member.name, error)
        member.rest(STOPPED_POLL_S)


def _look_up(connection: Connection[Row], member: Member) -> None:
    member.place = member.single.place(connection)


def _takes_long(member: Member, part: Batch) -> bool:
    return member.single.projection.takes_long(part.facts)
