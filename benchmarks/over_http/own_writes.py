"""Reading one's own write: from an acknowledged save to the answer of the read that names its `Dossier-Position`.

All read models are kept up to date meanwhile, as in an installation. The peer is the library's projection runner with one read model, in
the process that saves, whose `wait` returns once its read model has the save.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import orjson
from eventsourcing.projection import ProjectionRunner

from aggregates.fact import Role
from benchmarks.load import answer, request
from benchmarks.over_http import company
from benchmarks.peer import Customer, PeerApplication, ResponsesProjection, ResponsesView
from benchmarks.rows import ROUNDS, Row, at_most
from benchmarks.servers import (
    BIN,
    environment,
    library_environment,
    listening,
    process_environment,
    running,
    token_of,
    wait_until_folded,
)
from store.application import Dossier

THINGS: Final = 2_000
READS: Final = 400
PEER_READS: Final = 50
WAIT_S: Final = 30.0
GOALS_MS: Final = {50: 8.0, 99: 25.0}
"""By percentile."""


def run(url: str, things: int = THINGS, reads: int = READS, peer_reads: int = PEER_READS) -> list[Row]:
    """A row for each percentile, in every round."""
    environ = environment(url)
    told = process_environment(url, environ["DOSSIER_COMPANY"])
    rows: list[Row] = []
    with (
        Dossier(environ) as dossier,
        listening([str(BIN / "dossier"), "serve", "--port"], told) as server,
        running([str(BIN / "dossier"), "project"], told),
    ):
        company.set_up(dossier)
        company.fill(dossier, things)
        wait_until_folded(dossier)
        for turn in range(ROUNDS):
            own = asyncio.run(_read_own_writes(server.port, environ["DOSSIER_COMPANY"], turn, things, reads))
            waits = _library_waits(url, peer_reads)
            rows += [
                at_most(
                    f"read-your-write, p{percent} (peer: the library's wait)",
                    "ms",
                    _percentile(own, percent),
                    _percentile(waits, percent),
                    goal_ms,
                )
                for percent, goal_ms in GOALS_MS.items()
            ]
    return rows


async def _read_own_writes(port: int, name: str, turn: int, things: int, reads: int) -> list[float]:
    """Milliseconds from asking for one's own write, just acknowledged, to having it. The first tenth is not counted."""
    headers, times = token_of(name, Role.AGENT), []
    responses = list(company.RESPONSES)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(reads):
        path = f"/v1/customers/{number * 7 % things}/drawer"
        body = {"responses": {str(company.CATEGORY): responses[1 + (turn + number * 7 // things) % 11]}}
        writer.write(request("PUT", path, orjson.dumps(body), headers))
        status, saved = await answer(reader)
        began = time.perf_counter()
        writer.write(request("GET", path, b"", {**headers, "Dossier-Position": saved["dossier-position"]}))
        read_status, _ = await answer(reader)
        times.append((time.perf_counter() - began) * 1_000)
        if (status, read_status) != (200, 200):
            raise RuntimeError(f"{path}: saved with {status}, read with {read_status}.")
    writer.close()
    return times[reads // 10 :]


def _library_waits(url: str, reads: int) -> list[float]:
    """Milliseconds that the library's projection runner takes to have one's own save, just acknowledged."""
    environ, times = library_environment(url), []
    with (
        PeerApplication(environ) as application,
        ProjectionRunner(
            application_class=PeerApplication,
            projection_class=ResponsesProjection,
            view_class=ResponsesView,
            env=environ,
        ) as runner,
    ):
        for number in range(reads):
            saved = application.save(Customer(number=str(number)))
            began = time.perf_counter()
            runner.wait(saved[-1].notification.id, timeout=WAIT_S)
            times.append((time.perf_counter() - began) * 1_000)
    return times


def _percentile(times: Sequence[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]
