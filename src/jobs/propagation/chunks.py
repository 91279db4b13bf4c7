"""The profiles that a propagation concerns, in chunks and in the order of their keys (rule 2.16)."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jobs.propagation.decide import Key, Plan
from jobs.propagation.records import BEFORE_ALL
from projections.accounts.queries import profiles_of_class
from projections.reading.read_models import ReadModels

READ_MODEL: Final = "accounts"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Profiles that a plan concerns, and the instant and position of the read model that they were read at."""

    keys: list[Key]
    known_at: datetime
    position: int


def page_of(
    reads: ReadModels,
    plan: Plan,
    after: Key,
    limit: int,
    *,
    known_at: datetime | None = None,
    position: int | None = None,
    later: bool = False,
) -> Candidates:
    """Returns up to `limit` profiles after `after` that have the class on the run date or later, as known at an instant.

    There are no more if there are fewer than `limit`. The default instant is the newest that the read model knows; the same instant always
    gives the same profiles (rule 0.3). `later`: only those with a later-dated version of the class.

    Raises:
        BehindError: the read model has not reached the position, or the instant.
    """
    with reads.view(READ_MODEL, valid_at=plan.run_date, known_at=known_at, position=position) as view:
        keys = profiles_of_class(view, plan.change.name, after, limit, later=later)
        return Candidates(keys, view.known_at, view.position)


def read_ahead(executor: Executor, chunks: Iterator[list[Key]]) -> Iterator[list[Key]]:
    """Yields the chunks; while one is worked on, a thread of the executor reads the next."""
    following = executor.submit(next, chunks, None)
    while (keys := following.result()) is not None:
        following = executor.submit(next, chunks, None)
        yield keys


def chunks_of_profiles(
    reads: ReadModels, plan: Plan, *, known_at: datetime, position: int, size: int
) -> Iterator[list[Key]]:
    """Yields all profiles that the plan concerns, so many at once. Raises `BehindError`."""
    after = BEFORE_ALL
    while True:
        keys = page_of(reads, plan, after, size, known_at=known_at, position=position).keys
        if keys:
            yield keys
        if len(keys) < size:
            return
        after = keys[-1]
