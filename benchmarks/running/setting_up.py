"""Sets up a company of a long run, with writes that are repeated with their key until they are acknowledged."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import httpx2

from aggregates.fact import Role
from benchmarks.running.company import Company

ANSWERS: Final = 5
"""Responses of the one category; each is marked with the company's name, so that what is foreign shows."""
CATEGORY: Final = 1
ATTRIBUTE: Final = "answer"
PATIENCE_S: Final = 300.0
PAUSE_S: Final = 0.25
BROKEN: Final = 500
"""What no client should ever be answered."""


class NotAcknowledgedError(Exception):
    """A write was refused, or had no answer for as long as a writer waits."""


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
