"""HTTP: saving a drawer against a no-op POST with the same body, and how soon a user reads their own write."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

import orjson
from eventsourcing.projection import ProjectionRunner

from aggregates.customer.commands import register_customer
from aggregates.fact import Origin, Role, Source
from aggregates.setup.commands import define_category, define_response
from aggregates.use_case import Request
from benchmarks.load import answer, request, send
from benchmarks.peer import Customer, PeerApplication, ResponsesProjection, ResponsesView
from benchmarks.rows import Row, at_least, at_most
from benchmarks.servers import BIN, environment, library_environment, listening, process_environment, running, token_of
from store.application import Dossier

CUSTOMERS: Final = 500
SAVES: Final = 6_000
WARM_UP: Final = 500
CONNECTIONS: Final = 32
READS: Final = 300
STARTED_S: Final = 30.0
PEER_READS: Final = 30
COLOURS: Final = ("RED", "GREEN", "BLUE")


def run(url: str) -> list[Row]:
    """Two rows: saves, and reads of one's own write."""
    environ = environment(url)
    with Dossier(environ) as dossier:
        _set_up(dossier)
    told = process_environment(url, environ["DOSSIER_COMPANY"])
    with listening([str(BIN / "uvicorn"), "benchmarks.noop:app", "--no-access-log", "--port"], told) as port:
        bodies = [request("POST", "/noop", _body(number)) for number in range(SAVES)]
        send(port, bodies[:WARM_UP], CONNECTIONS)
        noop = send(port, bodies, CONNECTIONS)
    with listening([str(BIN / "dossier"), "serve", "--port"], told) as port:
        saves = _saves(environ["DOSSIER_COMPANY"])
        send(port, saves[:WARM_UP], CONNECTIONS)
        saved = send(port, saves[WARM_UP:], CONNECTIONS)
        with running([str(BIN / "dossier"), "project"], told):
            own = asyncio.run(_read_own_writes(port, environ["DOSSIER_COMPANY"]))
    _expect(noop.statuses, saved.statuses)
    waits = _library_waits(url)
    return [
        at_least("HTTP save of a drawer (peer: no-op POST)", "requests/s", saved.rate, noop.rate, 0.4),
        at_most(
            "read-your-write, p50 (peer: the library's wait)",
            "ms",
            statistics.median(own),
            statistics.median(waits),
            20,
        ),
    ]


def _expect(*statuses: dict[int, int]) -> None:
    for found in statuses:
        if set(found) != {200}:
            raise RuntimeError(f"Not every answer was a success: {found}")


def _set_up(dossier: Dossier) -> None:
    def asked() -> Request:
        cause = uuid4()
        origin = Origin(
            actor="ann", role=Role.ADMINISTRATOR, source=Source.CLI, correlation_id=cause, causation_id=cause
        )
        return Request(origin, dossier.today())

    define_category(dossier, asked(), code=1, description="Favourite colour")
    for colour in COLOURS:
        define_response(dossier, asked(), code=1, response=colour, description=colour.title())
    for number in range(CUSTOMERS):
        register_customer(dossier, asked(), number=str(number), name="Ann Waller")


def _body(number: int) -> bytes:
    """Another colour for the same customer each time round, so that every save records a fact."""
    return orjson.dumps({"responses": {"1": COLOURS[(number // CUSTOMERS) % len(COLOURS)]}})


def _saves(company: str) -> Sequence[bytes]:
    headers = token_of(company, Role.AGENT)
    return [
        request("PUT", f"/v1/customers/{number % CUSTOMERS}/drawer", _body(number), headers)
        for number in range(WARM_UP + SAVES)
    ]


async def _read_own_writes(port: int, company: str) -> list[float]:
    """Milliseconds from asking for one's own write, just acknowledged, to having it."""
    headers, times = token_of(company, Role.AGENT), []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(READS):
        path = f"/v1/customers/{number % CUSTOMERS}/drawer"
        colour = {"responses": {"1": COLOURS[(number // CUSTOMERS + number + 1) % 3]}}
        writer.write(request("PUT", path, orjson.dumps(colour), headers))
        _, told = await answer(reader)
        began = time.perf_counter()
        position = {"Dossier-Position": told["dossier-position"]} if "dossier-position" in told else {}
        writer.write(request("GET", path, b"", {**headers, **position}))
        status, _ = await answer(reader)
        if position and status == 200:
            times.append((time.perf_counter() - began) * 1_000)
    writer.close()
    return times[READS // 10 :]


def _library_waits(url: str) -> list[float]:
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
        for number in range(PEER_READS):
            saved = application.save(Customer(number=str(number)))
            began = time.perf_counter()
            runner.wait(saved[-1].notification.id, timeout=STARTED_S)
            times.append((time.perf_counter() - began) * 1_000)
    return times
