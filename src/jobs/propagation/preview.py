"""Counts what a propagation would do, without storing anything of it (rule 2.17).

A preview decides on every profile as a run would, which takes half a minute for 100,000. A call spends `MOST_S` on it at most and returns
the counts so far; the next call continues there, until the preview is complete. How far it has come is in `preview_records`, unless the
first call completes it.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from aggregates.account.propagating import Became, PropagationOutcome
from aggregates.fact import Origin, Role, Source
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.profile_class.propagation import Propagation, runs_of
from jobs.propagation import preview_records, records
from jobs.propagation.chunks import page_of
from jobs.propagation.decide import Key, Outcomes, Plan, decide
from jobs.propagation.models import Preview, reasons_of
from jobs.propagation.preview_records import Progress
from jobs.propagation.records import BEFORE_ALL, ProfileOutcome
from projections.reading.read_models import ReadModels
from store.application import Dossier

AT_ONCE: Final = 500
"""Profiles in memory during a preview."""
MOST_S: Final = 1.0
"""Seconds after which a call returns the counts so far."""


@dataclass
class Counts:
    """How many profiles have each outcome and reason; the rest as in `Preview`."""

    outcomes: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    later_dated: int = 0
    overwritten: int = 0
    overwritten_since: int = 0

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Counts":
        """Returns the counts that `to_json` gave."""
        outcomes = Counter({(outcome, reason): n for outcome, reason, n in values["outcomes"]})
        return cls(outcomes, values["later_dated"], values["overwritten"], values["overwritten_since"])

    def to_json(self) -> dict[str, Any]:
        """Returns the counts as values of JSON."""
        return vars(self) | {"outcomes": [[*key, n] for key, n in self.outcomes.items()]}

    def add(self, outcomes: Outcomes, since: set[UUID]) -> None:
        """Counts what was decided; `since` are the events after the change of the class."""
        self.outcomes.update((row.outcome, row.reason) for row in outcomes.rows)
        for detail in outcomes.details:
            overwritten_events = overwritten(detail)
            self.later_dated += detail.later > 0
            self.overwritten += bool(overwritten_events)
            self.overwritten_since += not overwritten_events.isdisjoint(since)


def preview(
    dossier: Dossier,
    reads: ReadModels,
    change: ClassChange,
    run_date: date,
    *,
    include_later: bool,
    position: int | None,
) -> Preview:
    """Continues the preview for `MOST_S` at most, and returns the counts so far.

    Raises:
        BehindError: the read model of accounts has not reached this position.
    """
    plan = plan_of_preview(change, run_date, include_later=include_later)
    key = (_id_of_next(dossier, change), run_date, include_later)
    with dossier.database.connection() as connection:
        stored = preview_records.read(connection, key)
    if stored is not None and stored.position < (position or 0):
        stored = None
    progress = stored if stored is not None and stored.complete else _continue(dossier, reads, plan, stored, position)
    if progress is not stored and not (stored is None and progress.complete):
        with dossier.database.connection() as connection:
            preview_records.write(connection, key, progress)
    return _as_preview(plan, progress)


def preview_outcomes(
    dossier: Dossier, reads: ReadModels, plan: Plan, after: Key, limit: int, *, later: bool, position: int | None
) -> list[ProfileOutcome]:
    """Returns the outcomes that up to `limit` profiles after `after` would have; `later`: only those with a later-dated version."""
    return decide(dossier, plan, page_of(reads, plan, after, limit, position=position, later=later).keys).rows


def plan_of_preview(change: ClassChange, run_date: date, *, include_later: bool) -> Plan:
    """Returns the plan of a run that is only previewed."""
    origin = Origin(
        actor="preview", role=Role.AUDITOR, source=Source.PROPAGATION, correlation_id=uuid4(), causation_id=uuid4()
    )
    return Plan(change, run_date, include_later, origin)


def overwritten(outcome: PropagationOutcome) -> set[UUID]:
    """Returns the events that had set a value of the profile which the propagation changes."""
    return {
        value.set_here_by for value in outcome.written if value.set_here_by is not None and value.before != value.after
    }


def _id_of_next(dossier: Dossier, change: ClassChange) -> UUID:
    """Returns the id of the run after those that are finished: a preview from before they were does not apply to it."""
    finished = sum(run.finished for run in runs_of(lambda key: dossier.load(Propagation, key), change))
    return Propagation.id_of(dossier.company, Propagation.key(change.name, change.version, finished + 1))


def _continue(
    dossier: Dossier, reads: ReadModels, plan: Plan, stored: Progress | None, position: int | None
) -> Progress:
    until = time.monotonic() + MOST_S
    progress = stored or Progress(None, position or 0, BEFORE_ALL, complete=False, counts=Counts().to_json())
    while not progress.complete:
        progress = _count_page(dossier, reads, plan, progress)
        if time.monotonic() >= until:
            break
    return progress


def _count_page(dossier: Dossier, reads: ReadModels, plan: Plan, progress: Progress) -> Progress:
    """Counts the next page; the first one fixes the instant and the position of the preview."""
    known_at = progress.known_at
    page = page_of(reads, plan, progress.place, AT_ONCE, known_at=known_at, position=progress.position)
    counts = Counts.from_json(progress.counts)
    _count(dossier, plan, page.keys, counts)
    position = page.position if known_at is None else progress.position
    place = page.keys[-1] if page.keys else progress.place
    return Progress(page.known_at, position, place, len(page.keys) < AT_ONCE, counts.to_json())


def _count(dossier: Dossier, plan: Plan, keys: list[Key], counts: Counts) -> None:
    outcomes = decide(dossier, plan, keys)
    overwritten_events = {event_id for detail in outcomes.details for event_id in overwritten(detail)}
    since: set[UUID] = set()
    if overwritten_events:
        rows = zip(outcomes.rows, outcomes.details, strict=True)
        holders = [row.holder for row, detail in rows if overwritten(detail)]
        class_change = ProfileClass.id_of(dossier.company, plan.change.name), plan.change.version
        with dossier.database.connection() as connection:
            since = records.recorded_after(connection, holders, list(overwritten_events), class_change)
    counts.add(outcomes, since)


def _as_preview(plan: Plan, progress: Progress) -> Preview:
    counts = Counts.from_json(progress.counts)
    totals = {became: sum(n for (outcome, _), n in counts.outcomes.items() if outcome == became) for became in Became}
    reasons = [(outcome, reason, n) for (outcome, reason), n in counts.outcomes.most_common() if reason is not None]
    return Preview(
        run_date=plan.run_date,
        include_later=plan.include_later,
        profiles=counts.outcomes.total(),
        **{became.value: n for became, n in totals.items()},
        reasons=list(reasons_of(reasons)),
        later_dated=counts.later_dated,
        overwritten=counts.overwritten,
        overwritten_since=counts.overwritten_since,
        complete=progress.complete,
        known_at=progress.known_at,
    )
