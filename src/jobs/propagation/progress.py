"""Reads how far propagations have come: planned, running, finished or failed, with counts and reasons.

Used by the API and `dossier status`. It is read from the log and from the outcomes as they are now: a propagation is a job, not a
fact with effective dates.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.account.propagating import Became
from aggregates.profile_class.events import PropagationFinished, PropagationStarted
from aggregates.profile_class.profile_class import ApplyTo, ClassChange, ClassNotFoundError, ProfileClass
from aggregates.profile_class.propagation import (
    FIRST_RUN,
    Propagation,
    PropagationNotFoundError,
    change_of,
    runs_of,
)
from jobs.propagation import records
from jobs.propagation.models import Preview, Reason, reasons_of
from store.application import Dossier
from store.database import Row

READ_AT_ONCE: Final = 500
"""Outcomes in memory while a whole report is read."""


class State(StrEnum):
    """The state of a propagation. A failed one is retried automatically."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class PropagationRead(BaseModel):
    """One class version that is meant for existing profiles, and how far a run of it is. Counts are those of the outcomes so far."""

    model_config = ConfigDict(frozen=True)

    profile_class: str
    version: int
    apply_to: ApplyTo
    message: str
    """The choice in the words that the administrator read (rule 2.15)."""
    state: State
    run: int | None = None
    """The number of the run, from 1; `None` while there is none. By default the last run is shown."""
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
    """Why it failed, while it has failed."""
    failed_at: datetime | None = None


class PropagationDetail(PropagationRead):
    """The same with its reasons, and with a preview of the next run: while it is planned, and afterwards on request."""

    reasons: list[Reason] = []
    preview: Preview | None = None


def propagations_of(dossier: Dossier, name: str) -> list[PropagationRead]:
    """Returns every version of a class that is meant for existing profiles, by number. Raises `ClassNotFoundError`."""
    profile_class = dossier.load(ProfileClass, name)
    if profile_class is None:
        raise ClassNotFoundError(f"Profile class {name} does not exist.")
    changes = [change for _, change in sorted(profile_class.changes.items()) if change.apply_to.propagates]
    with dossier.database.connection() as connection:
        return [PropagationRead(**_members(dossier, connection, change, runs(dossier, change))) for change in changes]


def unfinished(dossier: Dossier, limit: int) -> tuple[list[PropagationRead], int]:
    """Returns up to `limit` runs that were started and are not finished, the oldest first, and the number of further ones."""
    with dossier.database.connection() as connection:
        started = [dossier.fact_mapper.to_domain_event(event) for event in records.unfinished(connection)]
        runs_read = [
            PropagationRead(**_members(dossier, connection, _change(dossier, fact), fact.run or FIRST_RUN))
            for fact in cast("list[PropagationStarted]", started[:limit])
        ]
    return runs_read, len(started[limit:])


def _change(dossier: Dossier, fact: PropagationStarted) -> ClassChange:
    name = fact.profile_class
    return change_of(dossier.load(ProfileClass, name), name, fact.applied_version)


def propagation(dossier: Dossier, name: str, version: int, run: int | None = None) -> PropagationDetail:
    """Returns the propagation of a version of a class: the run with this number, or the last one. Raises `PropagationNotFoundError`."""
    change = change_of(dossier.load(ProfileClass, name), name, version)
    run = _number_of(dossier, change, run)
    with dossier.database.connection() as connection:
        reasons = records.reasons(connection, _id(dossier, change, run))
        return PropagationDetail(**_members(dossier, connection, change, run), reasons=list(reasons_of(reasons)))


def outcomes_of(
    dossier: Dossier,
    name: str,
    version: int,
    limit: int,
    after: tuple[str, str],
    *,
    outcome: Became | None = None,
    run: int | None = None,
) -> list[records.ProfileOutcome]:
    """Returns the report of a run, by default the last one (rule 2.17): up to `limit` outcomes after this account and site.

    Raises `PropagationNotFoundError`.
    """
    id_ = _id_of_run(dossier, name, version, run)
    with dossier.database.connection() as connection:
        return records.report(connection, id_, limit, after, outcome)


def all_outcomes_of(
    dossier: Dossier, name: str, version: int, *, outcome: Became | None = None, run: int | None = None
) -> Iterator[records.ProfileOutcome]:
    """Returns the whole report of a run, which is read in bounded memory. Raises `PropagationNotFoundError`."""
    return _each_outcome(dossier, _id_of_run(dossier, name, version, run), outcome)


def _each_outcome(dossier: Dossier, id_: UUID, outcome: Became | None) -> Iterator[records.ProfileOutcome]:
    after = records.BEFORE_ALL
    while True:
        with dossier.database.connection() as connection:
            rows = records.report(connection, id_, READ_AT_ONCE, after, outcome)
        yield from rows
        if len(rows) < READ_AT_ONCE:
            return
        after = (rows[-1].account, rows[-1].site)


def runs(dossier: Dossier, change: ClassChange) -> int:
    """Returns how many runs of a change there are, finished or not."""
    return len(runs_of(lambda key: dossier.load(Propagation, key), change))


def _number_of(dossier: Dossier, change: ClassChange, run: int | None) -> int:
    """Returns `run`, or the number of the last run; 0 while there is none. Raises `PropagationNotFoundError`."""
    last = runs(dossier, change)
    if run is not None and run > last:
        raise PropagationNotFoundError(f"Version {change.version} of {change.name} has no run {run}.")
    return last if run is None else run


def _id_of_run(dossier: Dossier, name: str, version: int, run: int | None) -> UUID:
    """Returns the id of the run with this number, or of the last one. Raises `PropagationNotFoundError`."""
    change = change_of(dossier.load(ProfileClass, name), name, version)
    return _id(dossier, change, _number_of(dossier, change, run))


def _id(dossier: Dossier, change: ClassChange, run: int) -> UUID:
    return Propagation.id_of(dossier.company, Propagation.key(change.name, change.version, run or FIRST_RUN))


def _members(dossier: Dossier, connection: Connection[Row], change: ClassChange, run: int) -> dict[str, Any]:
    """Returns the members of `PropagationRead`; run 0 is one that is planned."""
    id_ = _id(dossier, change, run)
    members: dict[str, Any] = {
        "profile_class": change.name,
        "version": change.version,
        "apply_to": change.apply_to,
        "message": change.apply_to.text,
        "state": State.PLANNED,
        "run": run or None,
    }
    for event in dossier.log_of_facts.select_events(id_):
        fact = dossier.fact_mapper.to_domain_event(event)
        if isinstance(fact, PropagationStarted):
            members |= _started(fact, connection, id_)
        elif isinstance(fact, PropagationFinished):
            members |= _finished(fact) | {"position": event.id}
    return members


def _started(fact: PropagationStarted, connection: Connection[Row], id_: UUID) -> dict[str, Any]:
    run = records.run(connection, id_)
    counts = records.counts(connection, id_)
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


def _finished(fact: PropagationFinished) -> dict[str, Any]:
    counts = {became.value: getattr(fact, became.value) for became in Became}
    profiles = sum(counts.values())
    return {
        **counts,
        "state": State.FINISHED,
        "finished_at": fact.recorded_at,
        "profiles": profiles,
        "done": profiles,
        "error": None,
        "failed_at": None,
    }
