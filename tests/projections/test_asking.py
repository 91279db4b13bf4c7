"""Questions on the event loop: asked together, answered each for itself, with what a view promises (rules 0.3, 0.8)."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from aggregates.use_case import Request
from conftest import environment
from counting import Counting, installed, register
from cutting_proxy import CuttingProxy
from projections.engine.positions import NotInstalledError
from projections.engine.rebuild import rebuild
from projections.reading import asking as asking_module
from projections.reading.asking import Asking
from projections.reading.questions import Answered, Question, Setup, ask_view
from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError, KnownAtError, View
from read_models import fold_log
from store.application import Dossier
from store.prepared import Prepared

Ask = Callable[..., Request]
DAY = date(2026, 6, 20)
PLACE: Question[None] = Question(
    ("counting",),
    (("number", "text"),),
    """
        SELECT one.position, 12 / length(one.number) AS share, %(valid_at)s::date AS day FROM counted AS one
        WHERE one.number = %(number)s
          AND (SELECT recorded_at FROM events WHERE events.position = one.position) <= %(known_at)s
    """,
)
"""At which position a customer was registered. An empty number divides by zero."""


@pytest.fixture
def counting(dossier: Dossier) -> Counting:
    return installed(dossier)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was sent to the server."""
    batches: list[bytes] = []
    send = Prepared.send

    def sending(statement: Prepared, arguments: Sequence[bytes]) -> asyncio.Future[list[Any]]:
        batches.extend(arguments)
        return send(statement, arguments)

    monkeypatch.setattr(Prepared, "send", sending)
    return batches


def over(dossier: Dossier, counting: Counting, questions: Callable[[Asking], Coroutine[Any, Any, None]]) -> None:
    """Runs what asks."""

    async def run() -> None:
        asking = Asking(dossier, ReadModels(dossier, [counting]).without_waiting(), asyncio.to_thread)
        try:
            await questions(asking)
        finally:
            asking.close()

    asyncio.run(run())


async def place(
    asking: Asking, number: str, *, known_at: datetime | None = None, position: int | None = None, day: date = DAY
) -> Answered[None]:
    return await asking.ask(PLACE, {"number": number}, day, known_at, position)


def rows(answers: Sequence[Answered[None]]) -> list[int | None]:
    return [answered.rows[0][0] if answered.rows else None for answered in answers]


def test_what_is_asked_in_one_moment_is_one_statement(
    dossier: Dossier, ask: Ask, counting: Counting, sent: list[bytes]
) -> None:
    register(dossier, ask(), 1, 30)
    fold_log(dossier, counting)

    async def questions(asking: Asking) -> None:
        answers = await asyncio.gather(*[place(asking, str(number)) for number in range(1, 32)])
        assert rows(answers) == [*range(1, 31), None]
        assert len(sent) == 1
        assert {answered.seen.position for answered in answers} == {30}

    over(dossier, counting, questions)


def test_each_is_answered_at_its_own_clocks(dossier: Dossier, ask: Ask, counting: Counting, sent: list[bytes]) -> None:
    register(dossier, ask(), 1, 1)
    first = dossier.log_of_facts.select_notifications(1, 1)[0].recorded_at
    register(dossier, ask(), 2, 1)
    second = dossier.log_of_facts.select_notifications(2, 1)[0].recorded_at
    fold_log(dossier, counting)

    async def questions(asking: Asking) -> None:
        before, after = await asyncio.gather(
            place(asking, "2", known_at=first, day=date(2020, 1, 1)), place(asking, "2", known_at=second)
        )
        now = await place(asking, "2")
        assert rows([before, after, now]) == [None, 2, 2]
        assert (before.seen.known_at, after.seen.known_at, now.seen.known_at) == (first, second, second)
        assert (before.seen.valid_at, after.rows[0][2]) == (date(2020, 1, 1), DAY)
        assert len(sent) == 2

    over(dossier, counting, questions)


def test_what_the_server_refuses_of_one_fails_no_other(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, counting)
    with dossier.database.connection() as connection:
        connection.execute("UPDATE counted SET number = '' WHERE number = '2'")

    async def questions(asking: Asking) -> None:
        answers = await asyncio.gather(*[place(asking, number) for number in ("1", "", "3")], return_exceptions=True)
        assert isinstance(answers[1], psycopg.errors.DivisionByZero)
        assert rows([answer for answer in answers if isinstance(answer, Answered)]) == [1, 3]
        assert rows([await place(asking, "3")]) == [3]

    over(dossier, counting, questions)


def test_a_position_that_is_not_reached_is_refused_at_once(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 2)

    async def questions(asking: Asking) -> None:
        with pytest.raises(BehindError, match="at position 0, behind 2") as behind:
            await place(asking, "1", position=2)
        assert (behind.value.names, behind.value.position) == (("counting",), 2)
        await asyncio.to_thread(fold_log, dossier, counting)
        assert rows([await place(asking, "1", position=2)]) == [1]

    over(dossier, counting, questions)


def test_an_instant_after_the_last_event_is_settled_once(
    dossier: Dossier, ask: Ask, counting: Counting, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    register(dossier, ask(), 1, 1)
    with dossier.database.connection() as connection:
        [(now,)] = connection.execute("SELECT clock_timestamp()").fetchall()
    looked: list[datetime] = []
    settled = ReadModels.settled

    def looking(models: ReadModels, known_at: datetime) -> int:
        looked.append(known_at)
        return settled(models, known_at)

    monkeypatch.setattr(ReadModels, "settled", looking)

    async def questions(asking: Asking) -> None:
        with pytest.raises(BehindError):
            await place(asking, "1", known_at=now)
        await asyncio.to_thread(fold_log, dossier, counting)
        looked.clear()
        answers = [await place(asking, "1", known_at=now) for _ in range(3)]
        assert {answered.seen.known_at for answered in answers} == {now}
        assert len(looked) <= 1
        with pytest.raises(KnownAtError):
            await place(asking, "1", known_at=now.replace(year=now.year + 1))

    over(dossier, counting, questions)


def test_an_answer_after_a_swap_is_of_the_new_tables(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, counting)

    async def questions(asking: Asking) -> None:
        assert rows([await place(asking, "3")]) == [3]
        with dossier.database.connection() as connection:
            connection.execute("DELETE FROM counted WHERE number = '3'")
        assert rows([await place(asking, "3")]) == [None]
        await asyncio.to_thread(rebuild, dossier, counting, lambda *_: None)
        assert rows([await place(asking, "3")]) == [3]

    over(dossier, counting, questions)


def test_answers_keep_coming_while_tables_are_swapped(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 20)
    fold_log(dossier, counting)

    async def questions(asking: Asking) -> None:
        swapping = asyncio.create_task(asyncio.to_thread(rebuild, dossier, counting, lambda *_: None))
        while not swapping.done():
            answers = await asyncio.gather(*[place(asking, str(number)) for number in range(1, 21)])
            assert rows(answers) == list(range(1, 21))
        assert (await swapping).generation == 2

    over(dossier, counting, questions)


def test_tables_that_are_missing_or_of_another_version_are_refused(dossier: Dossier, counting: Counting) -> None:
    async def questions(asking: Asking) -> None:
        with dossier.database.connection() as connection:
            connection.execute("UPDATE projections SET shape = '\\x00' WHERE name = 'counting'")
        with pytest.raises(NotInstalledError, match="another version"):
            await place(asking, "1")
        with dossier.database.connection() as connection:
            connection.execute("DROP TABLE counted")
        with pytest.raises(NotInstalledError, match="tables are missing"):
            await place(asking, "1")

    over(dossier, counting, questions)


def test_a_connection_that_is_lost_is_replaced(
    dossier: Dossier, ask: Ask, counting: Counting, postgres_url: str, schema: str
) -> None:
    register(dossier, ask(), 1, 1)
    fold_log(dossier, counting)
    proxy = CuttingProxy(postgres_url)

    async def questions(asking: Asking) -> None:
        assert rows([await place(asking, "1")]) == [1]
        proxy.cut_after(b"nth")
        with pytest.raises(OperationalError):
            await place(asking, "1")
        assert rows([await place(asking, "1")]) == [1]
        proxy.refusing = True
        proxy.cut_after(b"nth")
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(OperationalError):
                await place(asking, "1")
        assert time.monotonic() - began < 2  # a read that waited would wait for 3 s each
        proxy.refusing = False
        await asyncio.sleep(0.6)
        assert rows([await place(asking, "1")]) == [1]

    with Dossier(environment(proxy.url, schema)) as through:
        over(through, counting, questions)
    proxy.close()


def test_the_setup_is_read_once_and_again_after_a_change(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set-up is as of one position: an event of it in the log makes the next answer read it anew."""
    monkeypatch.setattr(asking_module, "MOST_SETUPS", 2)
    reads: list[datetime] = []
    counts = "SELECT count(*) FROM events WHERE topic LIKE 'category.%%' AND recorded_at <= %s"

    def read(view: View) -> int:
        reads.append(view.known_at)
        [(count,)] = view.connection.execute(counts, [view.known_at]).fetchall()
        return int(count)

    question: Question[int] = Question(
        ("counting",),
        (("number", "text"), ("least", "int")),
        "SELECT one.position FROM counted AS one WHERE one.number = %(number)s AND one.position >= %(least)s",
        setup=Setup(read, ["SELECT recorded_at FROM events WHERE split_part(topic, '.', 1) = 'category'"]),
        needs=lambda count: {"least": count},
    )
    register(dossier, ask(), 1, 1)
    fold_log(dossier, counting)

    async def questions(asking: Asking) -> None:
        first = [await asking.ask(question, {"number": "1"}, DAY, None, None) for _ in range(3)]
        assert [(answered.setup, len(answered.rows)) for answered in first] == [(0, 1)] * 3
        assert len(reads) == 1
        await asyncio.to_thread(define_category, dossier, ask())
        await asyncio.to_thread(register, dossier, ask(), 2, 1)
        await asyncio.to_thread(fold_log, dossier, counting)
        many = await asyncio.gather(
            *[asking.ask(question, {"number": "2"}, DAY, None, None) for _ in range(5)],
            *[asking.ask(question, {"number": "2"}, DAY, first[0].seen.known_at, None) for _ in range(5)],
        )
        assert [answered.setup for answered in many] == [1] * 5 + [0] * 5
        assert len(reads) <= 4
        with ReadModels(dossier, [counting]).view("counting") as view:
            assert ask_view(view, question, {"number": "2"}).rows == many[0].rows

    over(dossier, counting, questions)


def define_category(dossier: Dossier, request: Request) -> None:
    from aggregates.setup import commands

    commands.define_category(dossier, request, code=7, description="Age")
