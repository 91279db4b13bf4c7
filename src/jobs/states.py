"""How propagations are getting on, for whoever reads: planned, running, finished or failed, with counts; and what one would do.

Read from the log and from the outcomes, never from a clock of the past: these are jobs, not facts with effective dates.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID, uuid4

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.account.holder import Became
from aggregates.fact import Origin, Role, Source
from aggregates.profile_class.events import PropagationFinished, PropagationStarted
from aggregates.profile_class.profile_class import ApplyTo, ClassChange, ClassNotFoundError, ProfileClass
from aggregates.profile_class.propagation import Propagation, change_of
from jobs.deciding import Plan, candidates, decide
from projections.reading import ReadModels
from store import propagations
from store.application import Dossier
from store.database import Row

PREVIEWED_AT_ONCE: Final = 500
"""Profiles in memory while a preview is made."""


class State(StrEnum):
    """Where a propagation stands. A failed one is tried again by itself."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Reason(BaseModel):
    """Why how many profiles were left as they are."""

    model_config = ConfigDict(frozen=True)

    outcome: Became
    reason: str
    profiles: int


class Preview(BaseModel):
    """What a propagation would do if it was started now with this run date; nothing is stored (rule 2.17)."""

    model_config = ConfigDict(frozen=True)

    run_date: date
    include_later: bool
    profiles: int
    changed: int
    unchanged: int
    skipped: int
    reasons: list[Reason]


class PropagationRead(BaseModel):
    """One class version that is meant for existing profiles, and how far that is. Counts are those of the outcomes so far."""

    model_config = ConfigDict(frozen=True)

    profile_class: str
    version: int
    apply_to: ApplyTo
    message: str
    """The choice in the words that the administrator read (rule 2.15)."""
    state: State
    run_date: date | None = None
    include_later: bool | None = None
    started_at: datetime | None = None
    started_by: str | None = None
    reason: str | None = None
    correlation_id: UUID | None = None
    finished_at: datetime | None = None
    position: int | None = None
    """Log position of its last event once it is finished: a read that waits for it sees every profile."""
    profiles: int | None = None
    """How many it concerns; `None` until they are counted."""
    done: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    error: str | None = None
    """Why it is not getting on, while it failed."""
    failed_at: datetime | None = None


class PropagationDetail(PropagationRead):
    """The same with its reasons, and while it is planned with a preview."""

    reasons: list[Reason] = []
    preview: Preview | None = None


def propagations_of(dossier: Dossier, name: str) -> list[PropagationRead]:
    """Every version of a class that is meant for existing profiles, by number. Raises `ClassNotFoundError`."""
    found = dossier.load(ProfileClass, name)
    if found is None:
        raise ClassNotFoundError(f"Profile class {name} does not exist.")
    changes = [change for _, change in sorted(found.changes.items()) if change.apply_to.propagates]
    with dossier.database.connection() as connection:
        return [PropagationRead(**_told(dossier, connection, change)) for change in changes]


def unfinished(dossier: Dossier, limit: int) -> tuple[list[PropagationRead], int]:
    """Up to `limit` propagations that were started and are not finished, the oldest first, and how many there are besides."""
    with dossier.database.connection() as connection:
        started = [dossier.fact_mapper.to_domain_event(event) for event in propagations.unfinished(connection)]
        changes = [_change(dossier, cast("PropagationStarted", fact)) for fact in started[:limit]]
        found = [PropagationRead(**_told(dossier, connection, change)) for change in changes]
    return found, len(started[limit:])


def _change(dossier: Dossier, fact: PropagationStarted) -> ClassChange:
    name = fact.profile_class
    return change_of(dossier.load(ProfileClass, name), name, fact.applied_version)


def propagation(dossier: Dossier, name: str, version: int) -> PropagationDetail:
    """One of them. Raises `PropagationNotFoundError`."""
    change = change_of(dossier.load(ProfileClass, name), name, version)
    with dossier.database.connection() as connection:
        reasons = propagations.reasons(connection, _id(dossier, change))
        return PropagationDetail(**_told(dossier, connection, change), reasons=list(_reasons(reasons)))


def outcomes_of(
    dossier: Dossier, name: str, version: int, limit: int, after: tuple[str, str], *, outcome: Became | None = None
) -> list[propagations.ProfileOutcome]:
    """The report (rule 2.17): up to `limit` outcomes after this account and site. Raises `PropagationNotFoundError`."""
    change = change_of(dossier.load(ProfileClass, name), name, version)
    with dossier.database.connection() as connection:
        return propagations.report(connection, _id(dossier, change), limit, after, outcome)


def preview(
    dossier: Dossier,
    reads: ReadModels,
    change: ClassChange,
    run_date: date,
    *,
    include_later: bool,
    position: int | None,
) -> Preview:
    """Decides on every profile as a run would, and counts; takes about as long as a run without storing.

    Raises:
        BehindError: the read model of accounts has not come to this position.
    """
    nobody = Origin(
        actor="preview", role=Role.AUDITOR, source=Source.PROPAGATION, correlation_id=uuid4(), causation_id=uuid4()
    )
    plan = Plan(change, run_date, include_later, nobody)
    counted: Counter[tuple[str, str | None]] = Counter()
    for keys in candidates(reads, plan, None, position, PREVIEWED_AT_ONCE):
        counted.update((one.outcome, one.reason) for one in decide(dossier, plan, keys).outcomes)
    totals = {became: sum(n for (outcome, _), n in counted.items() if outcome == became) for became in Became}
    told = [(outcome, reason, n) for (outcome, reason), n in counted.most_common() if reason is not None]
    return Preview(
        run_date=run_date,
        include_later=include_later,
        profiles=counted.total(),
        **{became.value: n for became, n in totals.items()},
        reasons=list(_reasons(told)),
    )


def _id(dossier: Dossier, change: ClassChange) -> UUID:
    return Propagation.id_of(dossier.company, Propagation.key(change.name, change.version))


def _reasons(rows: list[tuple[str, str, int]]) -> Iterator[Reason]:
    for outcome, reason, profiles in rows:
        yield Reason(outcome=Became(outcome), reason=reason, profiles=profiles)


def _told(dossier: Dossier, connection: Connection[Row], change: ClassChange) -> dict[str, Any]:
    """The fields of `PropagationRead`."""
    id_ = _id(dossier, change)
    told: dict[str, Any] = {
        "profile_class": change.name,
        "version": change.version,
        "apply_to": change.apply_to,
        "message": change.apply_to.text,
        "state": State.PLANNED,
    }
    for event in dossier.log_of_facts.select_events(id_):
        fact = dossier.fact_mapper.to_domain_event(event)
        if isinstance(fact, PropagationStarted):
            told |= _started(fact, connection, id_)
        elif isinstance(fact, PropagationFinished):
            counts = {outcome.value: getattr(fact, outcome.value) for outcome in Became}
            profiles = sum(counts.values())
            told |= {**counts, "state": State.FINISHED, "finished_at": fact.recorded_at, "done": profiles}
            told["position"] = event.id
            told |= {"profiles": profiles, "error": None, "failed_at": None}
    return told


def _started(fact: PropagationStarted, connection: Connection[Row], id_: UUID) -> dict[str, Any]:
    run = propagations.run(connection, id_)
    counts = propagations.counts(connection, id_)
    return {
        **counts,
        "state": State.RUNNING if run.error is None else State.FAILED,
        "run_date": fact.run_date,
        "include_later": fact.include_later,
        "started_at": fact.recorded_at,
        "started_by": fact.origin.actor,
        "reason": fact.origin.reason,
        "correlation_id": fact.origin.correlation_id,
        "profiles": run.profiles,
        "done": sum(counts.values()),
        "error": run.error,
        "failed_at": run.failed_at,
    }
