"""Following the log over HTTP: one listening thread per application wakes any number of open answers.

The thread starts with the first follower and ends with the application. NOTIFY is a hint: the end of the log is also looked up after
`POLLS_A_LOOK` polls without one. A follower needs no thread: it waits in the event loop, and batches are shared (`event_batches`).
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from eventsourcing.persistence import OperationalError

from api.http.problems import FollowersError
from store.application import Dossier
from store.heartbeats import Progress
from store.serving import Step, keep_serving
from store.stopping import Stop

POLL_S: Final = 1.0
POLLS_A_LOOK: Final = 5
"""Polls without a signal after which the log's end is looked up."""


class Places:
    """The places for answers that stay open: `most` in all, `most_each` for one caller. Used in the event loop."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, actor: str) -> Iterator[None]:
        """Takes a place for a caller. Raises `FollowersError` where there is none."""
        if self._taken[actor] >= self._most_each:
            raise FollowersError(f"{self._most_each} answers to you are open already; end one or try again later.")
        if self._taken.total() >= self._most:
            raise FollowersError(f"{self._most} answers are open already; try again later.")
        self._taken[actor] += 1
        try:
            yield
        finally:
            self._taken[actor] -= 1
            self._taken += Counter()  # forgets callers that follow no more


class LogFollowers:
    """Those who follow the log; each is woken when it has grown. `position` is the last known end of the log."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._waiting: set[asyncio.Event] = set()
        self._thread: threading.Thread | None = None
        self._stop = Stop()
        self._quiet = 0
        """Looks in a row without a signal."""
        self.position = 0

    def __len__(self) -> int:
        """Returns the number of followers."""
        return len(self._waiting)

    @contextmanager
    def follower(self) -> Iterator[asyncio.Event]:
        """Yields an event that is set whenever the log has grown. To be used in the event loop."""
        growth = asyncio.Event()
        self._waiting.add(growth)
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, args=(asyncio.get_running_loop(),), name="log-followers", daemon=True
            )
            self._thread.start()
        try:
            yield growth
        finally:
            self._waiting.discard(growth)

    def close(self) -> None:
        """Ends the listening thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2 * POLL_S)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        keep_serving(
            "followers of the log",
            lambda: self._term(loop),
            self._stop,
            Progress(),
            database=self._dossier.database,
            channels=("log",),
        )

    @contextmanager
    def _term(self, loop: asyncio.AbstractEventLoop) -> Iterator[Step]:
        """A term begins with a look at the log: an event may have been recorded while nobody listened."""
        self._quiet = 0
        yield partial(self._step, loop)

    def _step(self, loop: asyncio.AbstractEventLoop, ends: Sequence[str]) -> float:
        """Wakes the followers when the log has grown, as signals say or, now and then without one, a look at it."""
        looks = not ends and self._quiet % POLLS_A_LOOK == 0
        self._quiet = 0 if ends else self._quiet + 1
        if (ends or looks) and self._has_grown(ends) and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake_all)
        return POLL_S

    def _has_grown(self, ends: Sequence[str]) -> bool:
        """Returns whether the log has grown beyond the last known position, which is updated."""
        try:
            end = max(map(int, ends)) if ends else self._dossier.log_of_facts.max_notification_id() or 0
        except OperationalError:
            return False  # a busy pool must not end the listening; the next look will tell
        previous, self.position = self.position, max(self.position, end)
        return end > previous

    def _wake_all(self) -> None:
        for growth in self._waiting:
            growth.set()
