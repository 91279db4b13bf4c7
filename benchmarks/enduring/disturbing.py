"""The disturbances of the endurance run: killed or paused processes and servers, and a full disk, in random order."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from benchmarks.running.company import PARTS, Company
from benchmarks.running.servers import Broker, Postgres

FROZEN_S: Final = (15.0, 20.0)
"""Seconds that something stands still: longer than most time limits between the processes."""
FULL_S: Final = 8.0
PAUSE_S: Final = (0.5, 3.0)
"""Seconds between two disturbances."""
WATCH_S: Final = 1.0


class Disturber(threading.Thread):
    """Disturbs until it is stopped; what it has disturbed is well again then. `error` is what kept it from going on."""

    def __init__(
        self, companies: Sequence[Company], postgres: Postgres, broker: Broker, seed: int, only: str = ""
    ) -> None:
        super().__init__(name="disturber", daemon=True)
        self.counts: Counter[str] = Counter()
        self.error: BaseException | None = None
        self._companies, self._postgres, self._broker = companies, postgres, broker
        self._chance = random.Random(seed)
        self._only = only
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Lets the present disturbance pass, and ends."""
        self._stop_asked.set()
        self.join()

    def run(self) -> None:
        """Goes through the whole deck again and again, each time in another order."""
        deck: list[tuple[str, Callable[[], None]]] = []
        try:
            while not self._stop_asked.wait(self._chance.uniform(*PAUSE_S)):
                deck = deck or self._shuffled()
                name, disturb = deck.pop()
                print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
                disturb()
                self.counts[name] += 1
                for company in self._companies:
                    company.restart_ended()
        except BaseException as error:  # noqa: BLE001  (told by the run, which fails)
            self.error = error

    def _shuffled(self) -> list[tuple[str, Callable[[], None]]]:
        deck: list[tuple[str, Callable[[], None]]] = [(f"kill {part}", self._killer(part)) for part in PARTS]
        deck += [(f"freeze {part}", self._freezer(part)) for part in PARTS]
        deck += [
            ("kill a PostgreSQL backend", self._kill_backend),
            ("kill PostgreSQL", self._postgres.restart),
            ("freeze PostgreSQL", lambda: self._freeze(self._postgres.send)),
            ("kill the broker", self._broker.restart),
            ("freeze the broker", lambda: self._freeze(self._broker.send)),
        ]
        if self._postgres.mounted:
            deck.append(("fill the disk", self._fill_disk))
        self._chance.shuffle(deck)
        return [card for card in deck if self._only in card[0]]

    def _killer(self, part: str) -> Callable[[], None]:
        company = self._chance.choice(self._companies)
        return lambda: company.restart(part)

    def _freezer(self, part: str) -> Callable[[], None]:
        company = self._chance.choice(self._companies)
        return lambda: self._freeze(lambda number: company.send(part, number))

    def _freeze(self, send: Callable[[signal.Signals], None]) -> None:
        send(signal.SIGSTOP)
        time.sleep(self._chance.uniform(*FROZEN_S))
        send(signal.SIGCONT)

    def _kill_backend(self) -> None:
        """PostgreSQL ends all of its connections then, and recovers."""
        pids = self._postgres.backends()
        if pids:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(pids), signal.SIGKILL)
        self._postgres.ensure_running()

    def _fill_disk(self) -> None:
        self._postgres.fill_disk()
        time.sleep(FULL_S)
        self._postgres.free_disk()
        self._postgres.ensure_running()
