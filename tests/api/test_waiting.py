"""Waiting reads, slow reads and slow clients: none of them delays a save."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from psycopg import sql

from aggregates.fact import Role
from api.app import create_app
from api.background.waiting import Waiting
from api.services import Services
from api.settings import ApiSettings
from api_client import token
from projections import catalogue
from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError
from read_models import fold_log
from served import Answered, Exchange, run, served
from store.application import Dossier
from store.log import UnsettledError

READERS = 400
PROMPT_S = 12.0
"""Seconds within which a save must be answered whatever readers do: it takes milliseconds on a quiet machine, and took 20 s behind those
that held its threads."""
PATIENCE_S = 30.0
WAITS_FOR_LOCK = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    """A real server over the application; no read model follows the log unless a test says so."""
    with served(app) as port:
        yield port


async def begun(port: int, method: str, path: str, **more: Any) -> Exchange:
    """A request that is sent."""
    exchange = Exchange(port, token(Role.ADMINISTRATOR))
    await exchange.begin(method, path, **more)
    return exchange


async def save(port: int, number: int) -> Answered:
    """A new customer."""
    body = json.dumps({"number": str(number), "name": "Ada Byron"}).encode()
    headers = {"Content-Type": "application/json"}
    return await (await begun(port, "POST", "/v1/customers", body=body, headers=headers)).end()


async def save_promptly(port: int, *numbers: int) -> None:
    """Saves one after the other, none of which takes long."""
    for number in numbers:
        start = time.monotonic()
        assert (await save(port, number)).status == 201
        assert time.monotonic() - start < PROMPT_S


async def readers(port: int, many: int, headers: dict[str, str] | None = None) -> list[Exchange]:
    """So many reads of a customer, under way."""
    return [await begun(port, "GET", "/v1/customers/1", headers=headers) for _ in range(many)]


def services(app: FastAPI) -> Services:
    """What is behind the routes."""
    found: Services = app.state.services
    return found


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


def test_saves_are_prompt_beside_hundreds_of_reads_that_wait_for_a_position(port: int) -> None:  # rule 0.8
    async def crowd() -> None:
        assert (await save(port, 1)).status == 201
        reading = await readers(port, READERS, {"Dossier-Position": "1"})
        await save_promptly(port, *range(2, 8))
        for answer in [await one.end() for one in reading]:
            assert answer.status == 503
            assert answer.json()["type"] == "/problems/behind"
            assert "retry-after: 1" in answer.headers

    run(crowd())


def test_reads_that_wait_are_answered_when_their_read_model_has_come_on(port: int, dossier: Dossier) -> None:
    async def crowd() -> None:
        assert (await save(port, 1)).status == 201
        position = str(dossier.log_of_facts.max_notification_id())
        reading = await readers(port, 20, {"Dossier-Position": position})
        await asyncio.to_thread(lambda: [fold_log(dossier, one) for one in catalogue.projections(dossier)])
        assert {(await one.end()).status for one in reading} == {200}

    run(crowd())


def test_so_many_reads_wait_and_no_more(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> None:
    app = create_app(dossier, reads, replace(settings, waiting=3))

    async def crowd(port: int) -> None:
        assert (await save(port, 1)).status == 201
        reading = await readers(port, 3, {"Dossier-Position": "1"})
        await eventually(lambda: len(services(app).waiting) == 3)
        (more,) = await readers(port, 1, {"Dossier-Position": "1"})
        answer = await more.end()
        assert (answer.status, answer.json()["type"]) == (503, "/problems/behind")
        assert answer.json()["detail"] == "3 reads wait for read models already; try again."
        assert "retry-after: 1" in answer.headers
        assert {(await one.end()).status for one in reading} == {503}

    with served(app) as port:
        run(crowd(port))


def test_saves_are_prompt_beside_reads_that_are_slow(port: int, dossier: Dossier) -> None:  # rule 0.8
    """The tables of a read model are locked, as in the moment of a rebuild's swap: every read of it stands in the database."""

    async def crowd() -> None:
        with dossier.database.connect(autocommit=False) as connection:
            assert (await save(port, 1)).status == 201
            await asyncio.to_thread(lambda: [fold_log(dossier, one) for one in catalogue.projections(dossier)])
            connection.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
            reading = await readers(port, 60)
            await save_promptly(port, *range(2, 8))
            connection.rollback()
        assert {(await one.end()).status for one in reading} == {200}

    run(crowd())


def test_saves_are_prompt_beside_files_that_come_slowly(port: int) -> None:
    async def crowd() -> None:
        headers = {"Content-Type": "text/csv", "Dossier-Upload-Columns": '{"Town": "city"}'}
        part = b"CustomerNumber,Town\n1,Lon"
        sending = [
            await begun(port, "POST", "/v1/uploads", headers=headers, body=part, length=len(part) + 4)
            for _ in range(60)
        ]
        await save_promptly(port, *range(1, 7))
        for one in sending:
            one.hang_up()

    run(crowd())


def test_the_place_of_a_follower_that_hung_up_is_free_again(app: FastAPI, port: int) -> None:
    followers = services(app).followers

    async def crowd() -> None:
        headers = {"Accept": "text/event-stream"}
        following = [await begun(port, "GET", "/v1/events?follow=true", headers=headers) for _ in range(2)]
        await eventually(lambda: len(followers) == 2)
        assert (await (await begun(port, "GET", "/v1/events?follow=true", headers=headers)).end()).status == 503
        for one in following:
            one.hang_up()
        await eventually(lambda: len(followers) == 0)

    run(crowd())


def test_a_read_for_now_waits_for_the_append_under_way_without_a_thread(
    port: int, dossier: Dossier
) -> None:  # rule 0.3
    async def crowd() -> None:
        assert (await save(port, 1)).status == 201
        await asyncio.to_thread(lambda: [fold_log(dossier, one) for one in catalogue.projections(dossier)])
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        with dossier.database.connect() as connection:
            lock = dossier.database.lock_key("append")
            connection.execute(sql.SQL("SELECT pg_advisory_lock({})").format(lock))
            refused = await begun(port, "GET", f"/v1/customers/1?known_at={now}")
            answer = await refused.end()
            assert (answer.status, answer.json()["type"]) == (503, "/problems/behind")
            waiting = await begun(port, "GET", f"/v1/customers/1?known_at={now}")
            await eventually(lambda: connection.execute(WAITS_FOR_LOCK).fetchone() is not None)
        assert (await waiting.end()).status == 200

    run(crowd())


def test_read_models_that_must_not_wait_say_at_once_what_they_would_wait_for(
    dossier: Dossier, reads: ReadModels
) -> None:
    at_once = reads.without_waiting()
    start = time.monotonic()
    with pytest.raises(BehindError) as behind, at_once.view("customers", position=7):
        pass
    assert (behind.value.names, behind.value.position) == (("customers",), 7)
    with dossier.database.connect() as connection:
        connection.execute(sql.SQL("SELECT pg_advisory_lock({})").format(dossier.database.lock_key("append")))
        with pytest.raises(UnsettledError), at_once.view("customers", known_at=datetime.now(UTC)):
            pass
    assert time.monotonic() - start < 1.5


def test_a_read_whose_model_has_come_is_not_refused_because_others_are_released_before_it() -> None:
    class Reads:
        """Read models that have come far enough, without telling, when they are looked at for the second time."""

        looks = 0

        def heard_by(self, _moved: Callable[[], None]) -> AbstractContextManager[None]:
            return nullcontext()

        def reached(self, _names: tuple[str, ...], _position: int) -> bool:
            self.looks += 1
            return self.looks > 1

    async def wait() -> None:
        waiting = Waiting(Reads(), 10)  # type: ignore[arg-type]
        await waiting.until(BehindError("behind", ("drawer",), 5), asyncio.get_running_loop().time() + 0.05)
        assert len(waiting) == 0

    asyncio.run(wait())
