"""Helpers for tests of propagations: a company with a class, its accounts and sites, and a worker that runs until nothing is left to do."""

from contextlib import closing
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from aggregates.account.commands import assign_class, create_site, open_account
from aggregates.account.place import Place
from aggregates.customer.commands import register_customer
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.commands import change_class, define_class, found_company, start_propagation
from aggregates.use_case import Request
from conftest import TODAY
from jobs.propagation import progress
from jobs.propagation.progress import PropagationDetail
from jobs.propagation.records import ProfileOutcome
from jobs.propagation.worker import PropagationWorker
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store.application import Dossier
from store.heartbeats import Progress
from store.leadership import leading
from store.stopping import Stop

START = date(2026, 1, 1)
TERMS = {"collector": "EU-1", "allow_discount": True, "payment_terms": "NET30"}


def request(actor: str = "ann", role: Role = Role.ADMINISTRATOR, reason: str | None = None) -> Request:
    """A request of the day of the tests."""
    cause = uuid4()
    origin = Origin(actor=actor, role=role, source=Source.API, reason=reason, correlation_id=cause, causation_id=cause)
    return Request(origin, TODAY)


def company(dossier: Dossier, accounts: int = 3) -> None:
    """Class Prompt, and accounts A-1 ... of customer 1001 that have had it since START."""
    found_company(dossier, request())
    define_class(dossier, request(), name="Prompt", description="Prompt payers", options=TERMS)
    register_customer(dossier, request(), number="1001", name="Ada Byron")
    for number in range(1, accounts + 1):
        account(dossier, f"A-{number}")


def account(dossier: Dossier, number: str, *, profile_class: str = "Prompt", start: date = START) -> None:
    """An account with this class from its start."""
    from aggregates.effective import When

    open_account(dossier, request(), account=number, customer="1001", start=start)
    assign_class(dossier, request(), Place(number), profile_class=profile_class, when=When(start))


def site(dossier: Dossier, number: str, name: str, *, profile_class: str | None = "Prompt") -> None:
    """A site with a profile of this class since START, or without one."""
    from aggregates.effective import When

    create_site(dossier, request(), account=number, site=name)
    if profile_class is not None:
        assign_class(
            dossier, request(), Place(number, name), profile_class=profile_class, when=When(START), create=True
        )


def change(dossier: Dossier, apply_to: str = "all", **options: Any) -> int:
    """Changes class Prompt, by default its payment terms; gives the version."""
    changed = options or {"payment_terms": "NET45"}
    return change_class(dossier, request(), name="Prompt", options=changed, apply_to=apply_to).version


def begin(dossier: Dossier, version: int, **more: Any) -> None:
    """Starts the propagation of a version of class Prompt."""
    start_propagation(dossier, request("boss", reason="New terms"), name="Prompt", version=version, **more)


def catch_up(dossier: Dossier) -> None:
    """Folds everything into the read model of accounts."""
    for projection in projections(dossier):
        if projection.name == "accounts":
            fold_log(dossier, projection)


def work(dossier: Dossier, stop: Stop | None = None) -> None:
    """Lets a worker do what there is to do now, over a read model that has folded everything."""
    catch_up(dossier)
    attempt(dossier, stop)


def attempt(dossier: Dossier, stop: Stop | None = None) -> None:
    """The same over the read model as it is."""
    stop = stop or Stop()
    with (
        closing(ReadModels(dossier, projections(dossier))) as reads,
        leading(dossier.database, "work", Stop(), Progress()) as leader,
    ):
        assert leader is not None
        PropagationWorker(dossier, reads).work(leader, stop)


def read(dossier: Dossier, version: int, run: int | None = None) -> PropagationDetail:
    """How the propagation of a version of class Prompt is getting on: its last run, or the one asked for."""
    return progress.propagation(dossier, "Prompt", version, run)


def report(dossier: Dossier, version: int) -> list[ProfileOutcome]:
    """What became of every profile."""
    return progress.outcomes_of(dossier, "Prompt", version, 100_000, ("", ""))


def told(dossier: Dossier, version: int) -> list[tuple[str, str, str, str | None]]:
    """The same in short: account, site, outcome, reason."""
    return [(one.account, one.site, one.outcome, one.reason) for one in report(dossier, version)]


def facts_of(dossier: Dossier, *topics: str) -> list[Any]:
    """Every fact of these topics, in order."""
    events = dossier.log_of_facts.select_notifications(1, 1_000_000, topics=topics)
    return [dossier.fact_mapper.to_domain_event(event) for event in events]


def propagated(dossier: Dossier) -> list[Any]:
    """Every fact of a propagated change, in order."""
    return facts_of(dossier, "account.profile_propagated", "site.profile_propagated")


def ids(facts: list[Fact]) -> list[UUID]:
    """Of whose profiles these facts are."""
    return [fact.originator_id for fact in facts]
