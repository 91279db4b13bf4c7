"""Which processor cores the server under test, the load generator and PostgreSQL have, so that no run depends on where Linux puts them.

The server has the first core, the generator the last, and PostgreSQL all but the first. With two cores, the generator and PostgreSQL share
one. With a single core nothing is pinned.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from benchmarks.running.processes import parent_of, processes_of


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of this process, shared out; empty where nothing is pinned."""

    server: Sequence[int]
    generator: Sequence[int]
    others: Sequence[int]

    @classmethod
    def here(cls) -> "Cores":
        """The cores that this process may use, shared out."""
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[:1], cores[-1:], cores[1:]) if len(cores) > 1 else cls((), (), ())

    def pinned(self, cores: Sequence[int]) -> list[str]:
        """The beginning of a command that is to run on these cores."""
        return ["taskset", "--cpu-list", ",".join(map(str, cores))] if cores else []


def postmaster_of(url: str) -> int:
    """The process id of the PostgreSQL server."""
    with psycopg.connect(url) as connection:
        return parent_of(connection.info.backend_pid)


@contextmanager
def postgres_apart(url: str, cores: Cores) -> Iterator[int]:
    """Keeps PostgreSQL off the core of the server under test; yields the process id of its postmaster."""
    postmaster = postmaster_of(url)
    with _moved(postmaster, set(cores.others)):
        yield postmaster


@contextmanager
def on_one_core(url: str) -> Iterator[None]:
    """Keeps PostgreSQL, this thread and all threads that it starts on one core."""
    before = os.sched_getaffinity(0)
    core = {min(before)}
    with _moved(postmaster_of(url), core):
        os.sched_setaffinity(0, core)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


@contextmanager
def _moved(postmaster: int, cores: set[int]) -> Iterator[None]:
    before = os.sched_getaffinity(postmaster)
    try:
        _move(postmaster, cores or before)
        yield
    finally:
        _move(postmaster, before)


def _move(postmaster: int, cores: set[int]) -> None:
    for process in processes_of(postmaster):
        try:
            os.sched_setaffinity(process, cores)
        except ProcessLookupError:
            continue  # a connection that has ended
