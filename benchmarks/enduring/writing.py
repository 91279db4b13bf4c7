"""Writers of the endurance run: they save drawers all the time, and repeat every save with its key until it is acknowledged."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx2

from aggregates.fact import Role
from benchmarks.enduring.company import Company

ANSWERS: Final = 5
"""Responses of the one category; each is marked with the company's name, so that what is foreign shows."""
CATEGORY: Final = 1
ATTRIBUTE: Final = "answer"
PATIENCE_S: Final = 300.0
PAUSE_S: Final = 0.25
BROKEN: Final = 500
"""What no client should ever be answered."""


class NotAcknowledgedError(Exception):
    """A save was refused, or had no answer for as long as a writer waits."""


@dataclass(frozen=True, slots=True)
class Save:
    """An acknowledged save: what marks it everywhere, what it answered, and the log position that it was told."""

    mark: str
    response: str
    position: int


@dataclass
class Acknowledged:
    """What one company's API has acknowledged: each customer's saves in order."""

    saves: dict[str, list[Save]] = field(default_factory=lambda: defaultdict(list))
    repeated: Counter[str] = field(default_factory=Counter)
    """Attempts without an acknowledgement, by their answer."""

    @property
    def count(self) -> int:
        """Saves in all."""
        return sum(map(len, self.saves.values()))


def set_up(company: Company, repeated: Counter[str]) -> None:
    """The category, its responses and mapping, and the controls, as an administrator sets them up."""
    with company.caller(Role.ADMINISTRATOR) as admin:
        write(admin, "POST", "/v1/categories", {"code": CATEGORY, "description": "Answer"}, repeated)
        for number in range(ANSWERS):
            body = {"code": response_of(company, number), "description": f"{number} of {company.name}"}
            write(admin, "POST", f"/v1/categories/{CATEGORY}/responses", body, repeated)
        write(admin, "PUT", f"/v1/attribute-mappings/category:{CATEGORY}", {"attribute": ATTRIBUTE}, repeated)
        for control, value in (("L37", "INTERACT"), ("L51", "Yes")):
            write(admin, "PUT", f"/v1/controls/{control}", {"value": value}, repeated)


def response_of(company: Company, number: int) -> str:
    """A response code that only this company has."""
    return f"{company.name[0].upper()}{number % ANSWERS}"


def save_until(stop: threading.Event, company: Company, numbers: list[str], done: Acknowledged) -> None:
    """One writer: registers these customers, then saves their drawers in turn, each time with another answer."""
    turn = 0
    with company.caller(Role.AGENT) as client:
        for number in numbers:
            write(
                client, "POST", "/v1/customers", {"number": number, "name": f"{company.name} {number}"}, done.repeated
            )
        while not stop.is_set():
            for number in numbers:
                response, mark = response_of(company, turn), f"{company.name}/{number}/{turn}"
                body = {"responses": {str(CATEGORY): response}, "reason": mark}
                answer = write(client, "PUT", f"/v1/customers/{number}/drawer", body, done.repeated)
                done.saves[number].append(Save(mark, response, answer["position"]))
                if stop.is_set():
                    return
            turn += 1


def write(client: httpx2.Client, method: str, path: str, body: Mapping[str, Any], repeated: Counter[str]) -> Any:
    """One write, repeated with its key until it is acknowledged. Raises `NotAcknowledgedError`."""
    key, deadline = str(uuid4()), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            answer = client.request(method, path, json=body, headers={"Idempotency-Key": key})
        except httpx2.TransportError as error:
            repeated[type(error).__name__] += 1
        else:
            if answer.status_code < 300:
                return answer.json()
            repeated[str(answer.status_code)] += 1
            if answer.status_code == BROKEN:
                print(f"a fault of Dossier: {method} {path}: {answer.text}", flush=True)
            if answer.status_code < 500:
                raise NotAcknowledgedError(f"{method} {path}: {answer.status_code} {answer.text}")
        time.sleep(PAUSE_S)
    raise NotAcknowledgedError(f"{method} {path} was not acknowledged within {PATIENCE_S:.0f} s.")
