"""The pipeline of long work: a chunk is decided while another is stored; order is kept, and a conflict delays nothing else (rule 0.6)."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from jobs.pipeline import MOST_ATTEMPTS, ContestedError, Decision, Pipeline
from store.application import Dossier
from store.stopping import Stop

WAIT_S = 20.0


class Numbering:
    """A job that stores numbers, each of which the table takes once; 13 never."""

    def __init__(self, dossier: Dossier, consults: Callable[[Sequence[int]], Iterable[int]] = frozenset) -> None:
        self.decided: list[list[int]] = []
        self.counted = 0
        self.deciding: Callable[[Sequence[int]], None] = lambda _: None
        self._dossier = dossier
        self._consults = consults
        with dossier.database.connection() as connection:
            connection.execute("CREATE TABLE numbers (number int PRIMARY KEY CHECK (number <> 13), place serial)")

    def decide(self, subjects: Sequence[int]) -> Decision:
        self.decided.append(list(subjects))
        self.deciding(subjects)
        statement = "INSERT INTO numbers SELECT * FROM unnest(%s::int[])"
        return Decision(
            (), [(statement, [list(subjects)])], {"new": len(subjects)}, frozenset(self._consults(subjects))
        )

    def stored(self, decision: Decision) -> None:
        self.counted += decision.outcomes["new"]

    def after_conflict(self, subjects: Sequence[int]) -> Sequence[int]:
        done = self.numbers()
        return [number for number in subjects if number not in done]

    def name_of(self, subject: int) -> str:
        return f"Number {subject}"

    def numbers(self) -> list[int]:
        """The numbers that are stored, in the order of their storing."""
        with self._dossier.database.connection() as connection:
            return [number for (number,) in connection.execute("SELECT number FROM numbers ORDER BY place")]

    def store_elsewhere(self, *numbers: int) -> None:
        """Stores numbers as somebody else."""
        with self._dossier.database.connection() as connection:
            connection.execute("INSERT INTO numbers SELECT * FROM unnest(%s::int[])", [list(numbers)])


def test_the_next_chunk_is_decided_while_one_is_being_stored(dossier: Dossier) -> None:
    job, next_decided = Numbering(dossier), threading.Event()
    pipeline = Pipeline(dossier, job)
    store = pipeline._store

    def stored_late(decision: Decision) -> None:
        assert next_decided.wait(WAIT_S)
        store(decision)

    def note(numbers: Sequence[int]) -> None:
        if numbers[0] == 3:
            next_decided.set()

    pipeline._store = stored_late  # type: ignore[method-assign]
    job.deciding = note
    pipeline.run([[1, 2], [3, 4]], Stop())
    assert job.numbers() == [1, 2, 3, 4]
    assert job.decided == [[1, 2], [3, 4]]


def test_a_chunk_is_decided_again_where_the_one_before_was_about_the_same(dossier: Dossier) -> None:
    job = Numbering(dossier, consults=lambda numbers: {number // 10 for number in numbers})
    Pipeline(dossier, job).run([[1, 2], [3, 14], [25, 26]], Stop())
    assert job.decided == [[1, 2], [3, 14], [3, 14], [25, 26]]
    assert job.numbers() == [1, 2, 3, 14, 25, 26]


def test_a_conflict_splits_a_chunk_and_keeps_the_order(dossier: Dossier) -> None:
    job = Numbering(dossier)
    job.store_elsewhere(6)
    Pipeline(dossier, job).run([[1, 2], [3, 4, 5, 6, 7, 8, 9], [10]], Stop())
    assert job.numbers() == [6, 1, 2, 3, 4, 5, 7, 8, 9, 10]
    assert job.counted == 9


def test_a_subject_that_can_never_be_stored_is_named_and_what_came_before_it_is_stored(dossier: Dossier) -> None:
    job = Numbering(dossier)
    with pytest.raises(ContestedError, match=r"^Number 13 cannot be stored: .* violates check constraint [^\n]*$"):
        Pipeline(dossier, job).run([[1, 2], [11, 12, 13, 14], [15]], Stop())
    assert job.numbers() == [1, 2, 11, 12]
    assert job.decided.count([13]) == MOST_ATTEMPTS + 1


def test_what_was_decided_is_stored_before_a_fault_of_the_next_chunk_ends_it(dossier: Dossier) -> None:
    job = Numbering(dossier)

    def chunks() -> Iterator[list[int]]:
        yield [1, 2]
        raise ArithmeticError("no third number")

    with pytest.raises(ArithmeticError):
        Pipeline(dossier, job).run(chunks(), Stop())
    assert job.numbers() == [1, 2]


def test_it_stops_between_two_chunks(dossier: Dossier) -> None:
    job, stop = Numbering(dossier), Stop()
    job.deciding = lambda _: stop.set()
    Pipeline(dossier, job).run([[1, 2], [3, 4]], stop)
    assert job.numbers() == [1, 2]
