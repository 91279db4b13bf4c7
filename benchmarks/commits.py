"""Durable commits of one event each, by 1, 8, 64 and 256 writers, against the library's own store."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import uuid4

from aggregates.fact import Origin, Role, Source
from aggregates.setup.category import ProfileCategory
from benchmarks.peer import Customer, PeerApplication
from benchmarks.rows import Row, at_least, below
from benchmarks.servers import dossier, library_environment

WRITERS: Final = (1, 8, 64, 256)
OURS: Final = {1: 1_000, 8: 6_000, 64: 20_000, 256: 20_000}
PEERS: Final = {1: 600, 8: 1_200, 64: 2_000, 256: 2_000}
MOST_WAITING: Final = 64
P99_MS: Final = 20.0
"""The goal at as many writers."""
GOALS: Final = {1: 1.0, 8: None, 64: 12.0, 256: 15.0}


def run(url: str) -> list[Row]:
    """One row a number of writers, and one for how long each waits."""
    ours, peer = dossier(url), PeerApplication(library_environment(url))
    rows = []
    for writers in WRITERS:
        times: list[float] = []
        our_rate = commit_rate(ours.put, [our_facts() for _ in range(OURS[writers])], writers, times)
        peer_rate = commit_rate(peer.events.put, [_peer_facts() for _ in range(PEERS[writers])], writers)
        name = f"durable commits, {writers} writer{'s' if writers > 1 else ''}"
        rows.append(at_least(name, "commits/s", our_rate, peer_rate, GOALS[writers]))
        if writers == MOST_WAITING:
            rows.append(below(f"{name}, p99", "ms", 1_000 * sorted(times)[len(times) * 99 // 100], P99_MS))
    ours.close()
    peer.close()
    return rows


def our_facts() -> Sequence[Any]:
    """The facts of a command of one event."""
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)
    category = ProfileCategory.new("bench", str(cause))
    category.define(origin, code=1, description="Age", required=False, position=0, active=True)
    return category.pending


def _peer_facts() -> Sequence[Any]:
    return Customer(number=str(uuid4())).collect_events()


def commit_rate(
    put: Callable[[Any], Any], commands: Sequence[Any], writers: int, times: list[float] | None = None
) -> float:
    """Commands a second, from the first put to the last acknowledgement. `times` gets the seconds that each of them took."""
    shares = [commands[writer::writers] for writer in range(writers)]
    ready = threading.Barrier(writers + 1)

    def write(share: Sequence[Any]) -> None:
        ready.wait()
        for facts in share:
            started = time.perf_counter()
            put(facts)
            if times is not None:
                times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=write, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(commands) / (time.perf_counter() - began)
