"""Light traffic: some saves a second, and how many of them Customer Engagement has received."""

import threading
import time
from contextlib import suppress
from typing import Final
from uuid import uuid4

import httpx2

from aggregates.fact import Role
from benchmarks.running.company import Company
from benchmarks.running.setting_up import CATEGORY, response_of

SAVES_PER_S: Final = 5
CUSTOMERS: Final = 20
ATTEMPT_S: Final = 5.0
LOOK_S: Final = 0.5


class Traffic:
    """Saves until it is stopped, each again with its key until it is acknowledged. Instants are of `time.monotonic`."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._stop_asked = threading.Event()
        self.acknowledged: list[float] = []
        """When each save was acknowledged, or rather asked for in the attempt that was."""
        self.arrived: list[tuple[float, int]] = []
        """How many Customer Engagement had at an instant, each once."""
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._save_on, self._look_on)]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends, after what is under way."""
        self._stop_asked.set()
        for thread in self._threads:
            thread.join()

    def all_forwarded_at(self, instant: float) -> bool:
        """True when Customer Engagement had what was acknowledged until a little before; false where nobody has looked."""
        looks = [(at, count) for at, count in self.arrived if at <= instant]
        if not looks:
            return False
        at, count = looks[-1]
        return count >= sum(acknowledged <= at - 2 * LOOK_S for acknowledged in self.acknowledged)

    def _save_on(self) -> None:
        due, turn = time.monotonic(), 0
        with self._company.caller(Role.AGENT) as client:
            client.timeout = httpx2.Timeout(ATTEMPT_S)
            while not self._stop_asked.wait(max(0.0, due - time.monotonic())):
                due = max(due + 1 / SAVES_PER_S, time.monotonic())
                self._save(client, turn)
                turn += 1

    def _save(self, client: httpx2.Client, turn: int) -> None:
        response = response_of(self._company, turn // CUSTOMERS)
        body = {"responses": {str(CATEGORY): response}}
        key = str(uuid4())
        while not self._stop_asked.is_set():
            asked = time.monotonic()
            with suppress(httpx2.TransportError):
                path, headers = f"/v1/customers/{turn % CUSTOMERS}/drawer", {"Idempotency-Key": key}
                answer = client.put(path, json=body, headers=headers)
                if answer.status_code < 300:
                    self.acknowledged.append(asked)
                    return
            self._stop_asked.wait(1 / SAVES_PER_S)

    def _look_on(self) -> None:
        while not self._stop_asked.wait(LOOK_S):
            with suppress(httpx2.TransportError), self._company.engagement() as engagement:
                engagement.timeout = httpx2.Timeout(ATTEMPT_S)
                asked = time.monotonic()
                self.arrived.append((asked, engagement.get("/received").json()["effective"]))
