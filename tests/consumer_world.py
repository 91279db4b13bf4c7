"""Helpers for tests and journeys of consumers: loops in threads, a real simulator, a company that fills the log."""

import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import UUID

import httpx2
import uvicorn
from eventsourcing.persistence import OperationalError

from aggregates.customer import commands as customers
from aggregates.setup import commands as setup
from consumers.feeds import Later
from consumers.kafka_client import KafkaConsumer, TopicPartition
from consumers.messages import Received, headers_of, key_of, message
from consumers.reading import Incoming, read_message
from projections.deliveries.fold import DeliveriesProjection
from read_models import fold_log
from store import deliveries
from store.application import Dossier
from store.database import Database
from store.log import RELAY, position_of
from store.public import PublicEvent, as_json
from store.retrying import Retrying
from store.stopping import Stop

PATIENCE_S = 30.0
FAST = Retrying(first_s=0.02, longest_s=0.1, most_attempts=4)
"""Retries of a test: four attempts within a fifth of a second."""
TOKEN = "test-token"


def wait_for(condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Waits until the condition holds, bounded, and gives what it gave."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        threading.Event().wait(0.01)
    return found


class Loops:
    """Loops of the product in threads; each is asked to stop, and must, at the end."""

    def __init__(self) -> None:
        self._running: list[tuple[threading.Thread, threading.Event]] = []

    def start(self, loop: Callable[[threading.Event], None]) -> Callable[[], None]:
        """Runs a loop; gives what ends it."""
        stop = Stop()
        thread = threading.Thread(target=loop, args=[stop], daemon=True)
        thread.start()
        self._running.append((thread, stop))

        def end() -> None:
            stop.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the loop does not end"

        return end

    def end(self) -> None:
        for _, stop in self._running:
            stop.set()
        for thread, _ in self._running:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the loop does not end"


class Simulator:
    """Customer Engagement, as the tests see it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    def fail(self, status: int, times: int = 1, number: str | None = None, retry_after: int | None = None) -> None:
        fault = {"status": status, "times": times, "number": number, "retry_after": retry_after}
        self._client.post("/faults", json=fault).raise_for_status()

    def recover(self) -> None:
        self._client.delete("/faults").raise_for_status()

    def received(self) -> dict[str, Any]:
        return dict(self._client.get("/received").raise_for_status().json())

    def values(self, number: str) -> dict[str, Any]:
        stored = self._client.get(f"/customers/{number}/attributes").raise_for_status().json()
        return {attribute: one["value"] for attribute, one in stored.items()}

    def put(self, number: str, attribute: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
        return self._client.put(f"/customers/{number}/attributes/{attribute}", json=body, headers=headers)

    def close(self) -> None:
        self._client.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """An application served by uvicorn in a thread, at a port that the system chose."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="auto", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started, "the simulator starts")
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(PATIENCE_S)


class _NotUtf8(str):
    """The name of a header that goes out as a byte that UTF-8 does not have."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xff"


NOT_UTF_8 = _NotUtf8("not-utf-8")

AGE, SIZE = 1, 2


class Company:
    """Fills the log: two categories with responses, customers, answers."""

    def __init__(self, dossier: Dossier, ask: Callable[..., Any]) -> None:
        self.dossier = dossier
        self._ask = ask

    def define(self) -> "Company":
        """Two categories: age (A, B, C) and size (S, M)."""
        for code, description, responses in ((AGE, "Age", "ABC"), (SIZE, "Size", "SM")):
            setup.define_category(self.dossier, self._ask(), code=code, description=description)
            for response in responses:
                setup.define_response(
                    self.dossier, self._ask(), code=code, response=response, description=f"{description} {response}"
                )
        return self

    def integrate(self, l37: str = "INTERACT", l51: str = "Yes") -> "Company":
        """Switches forwarding on, and maps age but not size."""
        setup.set_control(self.dossier, self._ask(), code="L37", value=l37)
        setup.set_control(self.dossier, self._ask(), code="L51", value=l51)
        setup.map_category(self.dossier, self._ask(), code=AGE, attribute="age")
        return self

    def register(self, *numbers: str, name: str = "Ada Byron") -> "Company":
        for number in numbers:
            customers.register_customer(self.dossier, self._ask(), number=number, name=name)
        return self

    def answer(self, number: str, response: str | None, category: int = AGE, **dates: Any) -> Any:
        """Selects (or clears) a response and gives the recorded event."""
        outcome = customers.confirm_drawer(
            self.dossier, self._ask(), number=number, responses={category: response}, **dates
        )
        [event] = self.dossier.log_of_facts.select_notifications(outcome.position, 1)
        return event


class Recorder:
    """A handler that remembers, and behaves as told for a profile."""

    types: ClassVar[frozenset[str]] = frozenset({"customer.registered", "customer.response_selected"})

    def __init__(self) -> None:
        self.handled: dict[str, list[int]] = defaultdict(list)
        self.attempts: dict[str, list[int]] = defaultdict(list)
        self.given_up: list[str] = []
        self.unreadable: list[Received] = []
        self.behaviour: dict[str, Callable[[int], Later | None]] = {}
        self.at_work: Counter[str] = Counter()
        self.overlapped = False
        self._lock = threading.Lock()

    def handle(self, incoming: Incoming, attempt: int) -> Later | None:
        profile = incoming.event.profile
        with self._lock:
            self.at_work[profile] += 1
            self.overlapped |= self.at_work[profile] > 1
        try:
            self.attempts[profile].append(attempt)
            later = self.behaviour.get(profile, lambda _: None)(attempt)
            if later is None:
                self.handled[profile].append(incoming.event.position)
            return later
        finally:
            with self._lock:
                self.at_work[profile] -= 1

    def give_up(self, incoming: Incoming, reason: str) -> None:
        self.given_up.append(reason)

    def put_aside(self, received: Received, reason: str) -> None:
        self.unreadable.append(received)

    @property
    def total(self) -> int:
        return sum(map(len, self.handled.values()))


def on_topic(servers: str, topic: str) -> list[Received]:
    """Everything on a topic now, in order within each partition."""
    consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, metrics_enabled=False)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        if not partitions:
            return []
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        found = []
        while any(consumer.position(one) < end for one, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                found += [Received(r.key, r.value, dict(r.headers), f"{r.partition}", r.offset) for r in records]
        return found
    finally:
        consumer.close()


@dataclass(frozen=True)
class RelayState:
    """How far the relay is in the log."""

    position: int
    log_end: int

    @property
    def lag(self) -> int:
        """Events that are not on the bus yet."""
        return self.log_end - self.position


def relay_state(database: Database) -> RelayState:
    """How far the relay is, whether or not one is running."""
    with database.connection() as connection:
        end = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        return RelayState(position_of(connection, RELAY) or 0, end[0] if end else 0)


def drop_connections(database: Database) -> None:
    """Ends every connection to the schema at the server, as a failover would."""
    with database.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND pid <> pg_backend_pid()",
            [f"dossier/{database.schema}"],
        )


def succeeds(act: Callable[[], Any]) -> Any:
    """What the act gives, `None` while the database is away."""
    with suppress(OperationalError):
        return act()


class World:
    """A company whose changes go out: projection, feed and simulator at work."""

    def __init__(self, dossier: Dossier, company: Company, simulator: Simulator) -> None:
        self.dossier, self.company, self.simulator = dossier, company, simulator

    def outcome(self, event: Any) -> deliveries.Delivered | None:
        with self.dossier.database.connection() as connection:
            return deliveries.outcome(connection, event.event_id)

    def wait_for(self, event: Any, status: str) -> deliveries.Delivered:
        def reached() -> deliveries.Delivered | None:
            found = self.outcome(event)
            return found if found is not None and found.status == status else None

        found: deliveries.Delivered = wait_for(reached, f"{event.event_id} is {status}")
        return found

    def letter(self, event: Any) -> deliveries.DeadLetter:
        with self.dossier.database.connection() as connection:
            found = deliveries.dead_letter(connection, event.event_id)
        assert found is not None
        return found

    def resend(self, event: Any, **how: Any) -> deliveries.DeadLetter:
        with self.dossier.database.connection() as connection:
            return deliveries.request_resend(connection, event.event_id, "ann", **how)

    def received(self, number: str) -> list[str]:
        return list(self.simulator.received()["order"].get(number, []))


def public_value(company: str, number: str, position: int) -> dict[str, Any]:
    """The value of a message that says that a customer of this company answered."""
    ids = {"event_id": str(UUID(int=position)), "correlation_id": str(UUID(int=1)), "causation_id": str(UUID(int=2))}
    return {
        **ids,
        "type": "customer.response_selected",
        "profile": f"customer:{number}",
        "company": company,
        "version": 1,
        "position": position,
        "recorded_at": "2026-11-21T09:30:00.000000Z",
        "actor": "ann",
        "role": "agent",
        "source": "ui",
        "reason": None,
        "effective_from": "2026-11-21",
        "effective_to": None,
        "data": {"number": number, "category": 1, "response": "A"},
        "personal_fields": [],
    }


def message_of(company: str = "demo", number: str = "1001", position: int = 1, **changed: Any) -> Received:
    """A message that keeps the contract, with some members of its value changed, and its headers and key with them."""
    value = {**public_value(company, number, position), **changed}
    ids = (str(value[name]) for name in ("event_id", "company", "type", "recorded_at"))
    about = {"log": str(UUID(int=7)).encode(), "schema": f"urn:dossier:event:{value['type']}:1".encode()}
    headers = headers_of(*ids, profile=value["profile"], position=value["position"], **about)
    key = key_of(value["company"], value["profile"])
    return Received(key, as_json(cast("PublicEvent", value)), dict(headers), f"test/0/{position}", position)


def received_of(dossier: Dossier, event: Any) -> Received:
    made = message(dossier.fact_mapper, event, dossier.log_id)
    return Received(made.key, made.value, dict(made.headers), f"test/0/{event.id}", event.id)


def incoming_of(dossier: Dossier, event: Any) -> Incoming:
    return read_message(received_of(dossier, event), dossier.company)


def fold_deliveries(dossier: Dossier) -> None:
    fold_log(dossier, DeliveriesProjection(dossier.fact_mapper.keys, dossier.company))
