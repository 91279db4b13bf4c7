"""A changed profile class written into 100,000 profiles, against an ordinary application of the library that saves each profile.

We measure the worker's whole run: finding the profiles, loading, deciding, storing facts and outcomes. The peer loads each aggregate from
its repository, records an event with an equal payload and saves it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from eventsourcing.domain import Aggregate, event

from aggregates.account.account import Account
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.commands import change_class, found_company, start_propagation
from aggregates.profile_class.profile_class import DEFAULT, ProfileClass
from aggregates.use_case import Request
from benchmarks.peer import PeerApplication
from benchmarks.rows import Row, at_least
from benchmarks.servers import dossier, fold_log, library_environment
from jobs.propagation.preview import preview
from jobs.propagation.progress import State, propagation
from jobs.propagation.worker import LOCK, PropagationWorker
from projections import catalogue
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.heartbeats import Progress
from store.leadership import leading
from store.stopping import Stop

PROFILES: Final = 100_000 if os.environ.get("FULL") else 20_000
PEER_PROFILES: Final = 1_000
PUT_EVENTS: Final = 4_000
GOAL: Final = 12.0
START: Final = date(2026, 1, 1)
TODAY: Final = date(2026, 11, 22)
READ_MODEL: Final = "accounts"
OPTIONS: Final = {
    "credit_check": True,
    "payment_terms": "NET30",
    "discount_grace_days": 5,
    "send_statements": True,
    "late_charges": True,
    "late_charge_calculation": "both",
    "interest_period_days": 30,
}
AMOUNTS: Final = {
    "USD": {"credit_limit": "10000", "minimum_statement": "5", "interest": {"rate": "1.5"}},
    "EUR": {"credit_limit": "9000"},
}


def run(url: str) -> list[Row]:
    """One row for the run; one without a goal for its preview. The peer runs before and after, and its better rate counts."""
    with dossier(url) as application:
        _accounts(application)
        version = _changed(application)
        _fold(application)
        before = _peer_rate(url, application)
        with closing(ReadModels(application, catalogue.projections(application))) as reads:
            previewed = _preview_rate(application, reads, version)
            ran = _run_rate(application, reads, version)
        peer = max(before, _peer_rate(url, application))
    return [
        at_least("propagation (peer: get and save each)", "profiles/s", ran, peer, GOAL),
        at_least("propagation, preview", "profiles/s", previewed, peer, None),
    ]


def _request() -> Request:
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)
    return Request(origin, TODAY)


def _accounts(application: Dossier) -> None:
    """The class, and as many accounts that have it."""
    found_company(application, _request())
    change_class(application, _request(), name=DEFAULT, options=OPTIONS, amounts=AMOUNTS, apply_to="new")
    facts: list[Fact] = []
    for opened in _opened(application):
        facts.extend(opened)
        if len(facts) >= PUT_EVENTS:
            application.put(facts)
            facts = []
    application.put(facts)


def _opened(application: Dossier) -> Iterator[Any]:
    default = application.load(ProfileClass, DEFAULT)
    assert default is not None
    origin = _request().origin
    for number in range(PROFILES):
        account = Account.new(application.company, f"A-{number}")
        account.open(origin, number=f"A-{number}", customer="1001", start=START, default=default)
        yield account.collect_events()


def _changed(application: Dossier) -> int:
    """The version of the class that is to be propagated."""
    options, amounts = {"payment_terms": "NET45"}, {"USD": {"credit_limit": "12000"}}
    request = _request()
    return change_class(application, request, name=DEFAULT, apply_to="all", options=options, amounts=amounts).version


def _fold(application: Dossier) -> None:
    for projection in catalogue.projections(application):
        if projection.name == READ_MODEL:
            fold_log(application, projection)


def _preview_rate(application: Dossier, reads: ReadModels, version: int) -> float:
    profile_class = application.load(ProfileClass, DEFAULT)
    assert profile_class is not None
    change = profile_class.changes[version]
    began, complete = time.perf_counter(), False
    while not complete:  # each call takes a second at most
        previewed = preview(application, reads, change, TODAY, include_later=False, position=None)
        complete = previewed.complete
    took = time.perf_counter() - began
    assert previewed.changed == PROFILES
    return PROFILES / took


def _run_rate(application: Dossier, reads: ReadModels, version: int) -> float:
    """From the start event to the event that says it is finished."""
    start_propagation(application, _request(), name=DEFAULT, version=version)
    _fold(application)
    stop = Stop()
    with leading(application.database, LOCK, stop, Progress()) as leader:
        assert leader is not None
        began = time.perf_counter()
        PropagationWorker(application, reads).work(leader, stop)
        took = time.perf_counter() - began
    done = propagation(application, DEFAULT, version)
    assert (done.state, done.changed) == (State.FINISHED, PROFILES), done
    return PROFILES / took


class PeerAccount(Aggregate):
    """An account written the way the library's documentation does. Payloads are plain values, which is what it stores fastest."""

    def __init__(self, account: str, customer: str, origin: Any, effective_from: date) -> None:
        self.account = account
        self.profile: Any = None

    @event("ProfileClassAssigned")
    def assign(self, origin: Any, profile: Any, effective_from: date, effective_to: date | None) -> None:
        """Assigns a class."""
        self.profile = profile

    @event("ProfilePropagated")
    def propagate(
        self, origin: Any, profile: Any, changed: Any, effective_from: date, effective_to: date | None
    ) -> None:
        """Writes a changed class."""
        self.profile = profile


def _peer_rate(url: str, application: Dossier) -> float:
    """One load and one save each, after the accounts were stored."""
    state = orjson.loads(application.log_of_facts.select_events(Account.id_of(application.company, "A-0"))[-1].state)
    origin, profile = state["origin"], state["profile"]
    ids: list[UUID] = []
    with PeerApplication(library_environment(url)) as peer:
        for number in range(PEER_PROFILES):
            account = PeerAccount(account=f"A-{number}", customer="1001", origin=origin, effective_from=START)
            account.assign(origin, profile, START, None)
            peer.save(account)
            ids.append(account.id)
        began = time.perf_counter()
        for id_ in ids:
            account = peer.repository.get(id_)
            account.propagate(origin, profile, ["options.payment_terms", "amounts.USD.credit_limit"], TODAY, None)
            peer.save(account)
        return PEER_PROFILES / (time.perf_counter() - began)
