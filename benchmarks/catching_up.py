"""Catch-up of a read model over stored events, against the library's projection runner over the same number of its own events.

Our read model is the drawer, with rectangles on two clocks. The peer keeps one plain row per customer and category, which is less work
per event.
"""

import time
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from uuid import uuid4

from eventsourcing.projection import ProjectionRunner

from aggregates.customer.events import ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source, event_id
from benchmarks import folding
from benchmarks.peer import Customer, PeerApplication, ResponsesProjection, ResponsesView
from benchmarks.rows import Row, at_least
from benchmarks.servers import dossier, fold_log, library_environment
from projections import catalogue

CUSTOMERS: Final = 10_000
OUR_EVENTS: Final = 100_000
PEER_EVENTS: Final = 5_000
PUT_EVENTS: Final = 4_000
GOAL: Final = 15.0
WAIT_S: Final = 120.0


def run(url: str) -> list[Row]:
    """A row for each read model by itself, and those for all of them together, which is what an installation runs."""
    with dossier(url) as application:
        stored = store_ours(application, OUR_EVENTS)
        times = {}
        for projection in catalogue.projections(application):
            began = time.perf_counter()
            fold_log(application, projection)
            times[projection.name] = time.perf_counter() - began
    peer = _peer_rate(url)
    rows = [
        at_least(f"catch-up, {name} (peer: ProjectionRunner)", "events/s", stored / took, peer, GOAL)
        for name, took in times.items()
    ]
    return [*rows, *folding.run(url, peer)]


def store_ours(application: Any, responses: int, first: int = 0) -> int:
    """Stores registrations and as many responses; gives the log's end. The first customer has this number."""
    facts: list[Fact] = []
    for fact in _facts(application.company, responses, first):
        facts.append(fact)
        if len(facts) == PUT_EVENTS:
            application.put(facts)
            facts = []
    application.put(facts)
    return int(application.log_of_facts.max_notification_id())


def _facts(company: str, responses: int, first: int) -> Iterator[Fact]:
    """Registrations, then responses in turns over all customers."""
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)
    for number in range(first, first + CUSTOMERS):
        customer = CustomerProfile.new(company, f"{number}")
        customer.register(origin, number=f"{number}", name="Ann Waller", days=Days(date(2020, 1, 1)))
        yield from customer.collect_events()
    for turn in range(responses):
        yield _selected(origin, company, f"{first + turn % CUSTOMERS}", turn)


def _selected(origin: Origin, company: str, number: str, turn: int) -> ResponseSelected:
    customer = CustomerProfile.id_of(company, number)
    version = 2 + turn // CUSTOMERS
    return ResponseSelected(
        originator_id=customer,
        originator_version=version,
        event_id=event_id(origin.causation_id, customer, version),
        company=company,
        origin=origin,
        number=number,
        category=1 + version % 3,
        category_description="Age",
        response=f"A{version % 5}",
        response_description="30-39",
        by_default=False,
        effective_from=date(2020, 1, 1 + version),
    )


def _peer_rate(url: str) -> float:
    environ = library_environment(url)
    with PeerApplication(environ) as application:
        for number in range(PEER_EVENTS // 10):
            customer = Customer(number=str(number))
            for turn in range(9):
                customer.select_response(1 + turn % 3, f"A{turn % 5}", "30-39", date(2020, 1, 1 + turn))
            application.save(customer)
        last = application.recorder.max_notification_id()
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=PeerApplication,
        projection_class=ResponsesProjection,
        view_class=ResponsesView,
        env=environ,
    ) as runner:
        runner.wait(last, timeout=WAIT_S)
        took = time.perf_counter() - began
    return PEER_EVENTS / took
