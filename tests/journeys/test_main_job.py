"""The main job on real input: the drawers of a thousand people, through Kafka, while every process is killed in turn."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
import orjson
import pytest
from installation import PATIENCE_S, Installation, eventually
from people import Person, people

from aggregates.fact import Role

PEOPLE: Final = 1_000
CALLERS: Final = 8
KILLS: Final = ("relay", "project", "forward", "relay", "project", "forward")
HOMES: Final = ("OWN", "RENT")
COLOURS: Final = ("RED", "GREEN", "BLUE")
ATTRIBUTES: Final = {1: "age_band", 2: "homeowner", 3: "favourite_colour"}
SETUP: Final = {
    1: ("Age", [("A1", "18-29"), ("A2", "30-39"), ("A3", "40-49"), ("A4", "50-64"), ("A5", "65+")]),
    2: ("Homeowner", [("OWN", "Owner"), ("RENT", "Tenant")]),
    3: ("Favourite colour", [("RED", "Red"), ("GREEN", "Green"), ("BLUE", "Blue")]),
}


@dataclass
class Acknowledged:
    """What the API acknowledged: saves with their answers, and the last answer for each customer and category."""

    saves: int = 0
    changes: int = 0
    repeated: int = 0
    answers: dict[str, dict[int, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Everything, with Kafka."""
    with Installation(tmp_path, kafka=True) as installation:
        yield installation


def write(client: httpx2.Client, method: str, path: str, body: dict[str, Any], done: Acknowledged | None = None) -> Any:
    """One write that is repeated with its key until it is acknowledged, as a good client does."""
    key, deadline = str(uuid4()), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            answer = client.request(method, path, json=body, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            answer = None
        if answer is not None and answer.status_code < 300:
            return answer.json()
        assert answer is None or answer.status_code == 503, answer.text
        if done is not None:
            with done.lock:
                done.repeated += 1
        threading.Event().wait(0.2)
    raise AssertionError(f"{method} {path} was not acknowledged.")


def set_up(installation: Installation) -> None:
    """Categories, mappings and controls, as an administrator sets them up."""
    with installation.caller(Role.ADMINISTRATOR) as admin:
        for code, (description, responses) in SETUP.items():
            write(admin, "POST", "/v1/categories", {"code": code, "description": description, "position": code})
            for position, (response, text) in enumerate(responses):
                body = {"code": response, "description": text, "position": position}
                write(admin, "POST", f"/v1/categories/{code}/responses", body)
            write(admin, "PUT", f"/v1/attribute-mappings/category:{code}", {"attribute": ATTRIBUTES[code]})
        for control, value in (("L37", "INTERACT"), ("L51", "Yes")):
            write(admin, "PUT", f"/v1/controls/{control}", {"value": value})


def answers_of(person: Person, turn: int) -> dict[int, str]:
    """Age from the date of birth, the rest varied; another turn gives other answers."""
    seed = sum(map(ord, person.record)) + turn
    varied = {2: HOMES[seed % 2], 3: COLOURS[seed % 3]}
    return varied if person.age_band is None or turn else {1: person.age_band, **varied}


def save_drawer(client: httpx2.Client, person: Person, turn: int, done: Acknowledged) -> None:
    """OK in a person's drawer."""
    answers = answers_of(person, turn)
    body = {"responses": {str(code): response for code, response in answers.items()}}
    answer = write(client, "PUT", f"/v1/customers/{person.number}/drawer", body, done)
    with done.lock:
        held = done.answers.setdefault(person.number, {})
        done.saves += 1
        done.changes += sum(held.get(code) != response for code, response in answers.items())
        held.update(answers)
    assert answer["changed"]


def in_parallel(installation: Installation, people: Sequence[Person], job: Any) -> None:
    """Runs a job for every person, from several callers at once; each person's jobs stay in order."""

    def share(caller: int) -> None:
        with installation.caller(Role.AGENT) as client:
            for person in people[caller::CALLERS]:
                job(client, person)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(share, range(CALLERS)))


def disturb(installation: Installation, stop: threading.Event) -> None:
    """Kills the relay, the projections and the forwarder twice each, and restarts the broker once."""
    for number, name in enumerate(KILLS):
        if stop.wait(0.7):
            pass
        installation.kill(name)
        if number == 2:
            installation.restart_broker()


def sent_of(installation: Installation) -> list[dict[str, Any]]:
    """The feed: every event of the log, in order, as a subscriber gets it."""
    events: list[dict[str, Any]] = []
    with installation.caller(Role.INTEGRATOR) as integrator:
        while page := integrator.get("/v1/events", params={"after": len(events), "limit": 500}).content.splitlines():
            events.extend(orjson.loads(line) for line in page)
    return events


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_every_acknowledged_change_arrives_once_in_effect_and_in_order(
    installation: Installation, figures: Callable[[str], None]
) -> None:  # rules 0.6, 0.8, 4.2, 4.3, 4.5, 4.6
    set_up(installation)
    source, persons = people("febrl1.csv", PEOPLE)
    done, finished = Acknowledged(), threading.Event()
    began = time.monotonic()
    chaos = threading.Thread(target=disturb, args=(installation, finished))
    chaos.start()
    in_parallel(
        installation,
        persons,
        lambda client, person: write(
            client, "POST", "/v1/customers", {"number": person.number, "name": person.name}, done
        ),
    )
    in_parallel(installation, persons, lambda client, person: save_drawer(client, person, 0, done))
    in_parallel(installation, persons[: PEOPLE // 3], lambda client, person: save_drawer(client, person, 1, done))
    finished.set()
    chaos.join(PATIENCE_S)
    saved_after = time.monotonic() - began
    try:
        eventually(lambda: waiting(installation) == 0, "every change is sent")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{installation.logs()}") from None
    arrived_after = time.monotonic() - began

    events = sent_of(installation)
    selected = [event for event in events if event["type"] == "customer.response_selected"]
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["event_id"] for event in events}) == len(events)
    assert len(selected) == done.changes
    assert Counter(event["type"] for event in events)["customer.registered"] == len(persons)

    check_drawers(installation, done)
    received = check_engagement(installation, done, selected)
    figures(
        f"{source}: {len(persons)} registered, {done.saves} drawers saved, {done.changes} responses acknowledged"
        f" and in the log once, {done.repeated} requests repeated; killed {installation.killed};"
        f" Customer Engagement took {received['effective']} changes, {received['duplicates']} repeated deliveries without"
        f" effect; saved after {saved_after:.1f} s, all arrived after {arrived_after:.1f} s"
    )


def waiting(installation: Installation) -> int:
    """Changes that have not been sent, and events that the read models have not folded."""
    with installation.caller(Role.AUDITOR) as auditor:
        states = auditor.get("/v1/projections").json()["items"]
        behind = sum(state["lag"] for state in states)
        first = auditor.get("/v1/deliveries", params={"status": "waiting", "limit": 1}).json()["items"]
    return int(behind) + len(first)


def check_drawers(installation: Installation, done: Acknowledged) -> None:
    """The drawer of every customer reads what was acknowledged last."""
    with installation.caller(Role.AUDITOR) as auditor:
        for number, answers in done.answers.items():
            drawer = auditor.get(f"/v1/customers/{number}/drawer").json()
            shown = {category["code"]: category["value"] for category in drawer["categories"] if category["value"]}
            assert shown == answers, number


def check_engagement(installation: Installation, done: Acknowledged, selected: list[dict[str, Any]]) -> dict[str, int]:
    """Customer Engagement holds the last values, took each event once, and each customer's in order."""
    position = {event["event_id"]: event["position"] for event in selected}
    with installation.engagement() as engagement:
        for number, answers in done.answers.items():
            held = engagement.get(f"/customers/{number}/attributes").json()
            values = held.get("attributes", held)
            found = {name: one["value"] if isinstance(one, dict) else one for name, one in values.items()}
            assert found == {ATTRIBUTES[code]: response for code, response in answers.items()}, number
        received = engagement.get("/received").json()
    orders = received["order"]
    keys = [key for order in orders.values() for key in order]
    assert sorted(keys) == sorted(position)
    for number, order in orders.items():
        assert [position[key] for key in order] == sorted(position[key] for key in order), number
    return {"effective": len(keys), "duplicates": received["duplicates"]}
