"""What a propagation would do, counted without storing anything of it (rule 2.17).

A preview decides every profile as a run would, which takes half a minute for 100,000. A call spends `MOST_S` on it at most and tells how
far it is; the next one goes on from there (see `preview_records`), until it is complete. What is counted within one call is not kept.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from aggregates.account.propagating import Became, PropagationOutcome
from aggregates.fact import Origin, Role, Source
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.profile_class.propagation import Propagation, runs_of
from jobs.propagation import preview_records, records
from jobs.propagation.decide import BEFORE_ALL, Decided, Key, Plan, decide, page_of
from jobs.propagation.preview_records import Progress
from jobs.propagation.records import ProfileOutcome
from projections.reading.read_models import ReadModels
from store.application import Dossier

AT_ONCE: Final = 500
"""Profiles in memory while a preview is made."""
MOST_S: Final = 1.0
"""Seconds after which a call tells how far it is."""


class Reason(BaseModel):
    """Why how many profiles were left as they are."""

    model_config = ConfigDict(frozen=True)

    outcome: Became
    reason: str
    profiles: int


class Preview(BaseModel):
    """What a propagation would do if it was started now with this run date; nothing is stored (rule 2.17).

    Until it is `complete`, it counts the profiles that were looked at so far; ask again, and it goes on. The profiles concerned are
    those of `known_at`.
    """

    model_config = ConfigDict(frozen=True)

    run_date: date
    include_later: bool
    profiles: int
    changed: int
    unchanged: int
    skipped: int
    reasons: list[Reason]
    later_dated: int
    """Profiles with a later-dated version of the class."""
    overwritten: int
    """Profiles of which a value that was set here would be overwritten with another (rule 2.16)."""
    overwritten_since: int
    """Of these, profiles on which such a value was set here after the class was changed."""
    complete: bool
    known_at: datetime


@dataclass
class Counts:
    """How many profiles came to what; the rest as in `Preview`."""

    outcomes: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    later_dated: int = 0
    overwritten: int = 0
    overwritten_since: int = 0

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Counts":
        """The counts that were kept."""
        outcomes = Counter({(outcome, reason): n for outcome, reason, n in kept["outcomes"]})
        return cls(outcomes, kept["later_dated"], kept["overwritten"], kept["overwritten_since"])

    def kept(self) -> dict[str, Any]:
        """As JSON has it."""
        return vars(self) | {"outcomes": [[*key, n] for key, n in self.outcomes.items()]}

    def add(self, decided: Decided, since: set[UUID]) -> None:
        """Counts what was decided; `since` are the events after the change of the class."""
        self.outcomes.update((one.outcome, one.reason) for one in decided.outcomes)
        for detail in decided.details:
            lost = overwritten(detail)
            self.later_dated += detail.later > 0
            self.overwritten += bool(lost)
            self.overwritten_since += not lost.isdisjoint(since)


def preview(
    dossier: Dossier,
    reads: ReadModels,
    change: ClassChange,
    run_date: date,
    *,
    include_later: bool,
    position: int | None,
) -> Preview:
    """Goes on with the preview for `MOST_S` at most, and gives what is counted so far.

    Raises:
        BehindError: the read model of accounts has not come to this position.
    """
    plan = plan_of_preview(change, run_date, include_later=include_later)
    key = (_id_of_next(dossier, change), run_date, include_later)
    with dossier.database.connection() as connection:
        kept = preview_records.read(connection, key)
    if kept is not None and kept.position < (position or 0):
        kept = None
    progress = kept if kept is not None and kept.complete else _go_on(dossier, reads, plan, kept, position)
    if progress is not kept and not (kept is None and progress.complete):
        with dossier.database.connection() as connection:
            preview_records.write(connection, key, progress)
    return _read(plan, progress)


def previewed(
    dossier: Dossier, reads: ReadModels, plan: Plan, after: Key, limit: int, *, later: bool, position: int | None
) -> list[ProfileOutcome]:
    """The outcomes that up to `limit` profiles after `after` would have; `later`: of those with a later-dated version only."""
    return decide(dossier, plan, page_of(reads, plan, after, limit, position=position, later=later).keys).outcomes


def plan_of_preview(change: ClassChange, run_date: date, *, include_later: bool) -> Plan:
    """The plan of a run that nobody starts."""
    nobody = Origin(
        actor="preview", role=Role.AUDITOR, source=Source.PROPAGATION, correlation_id=uuid4(), causation_id=uuid4()
    )
    return Plan(change, run_date, include_later, nobody)


def overwritten(outcome: PropagationOutcome) -> set[UUID]:
    """The events that had set a value here which is another now."""
    return {one.set_here_by for one in outcome.written if one.set_here_by is not None and one.before != one.after}


def reasons_of(rows: list[tuple[str, str, int]]) -> Iterator[Reason]:
    """Rows of outcome, reason and how many profiles."""
    for outcome, reason, profiles in rows:
        yield Reason(outcome=Became(outcome), reason=reason, profiles=profiles)


def _id_of_next(dossier: Dossier, change: ClassChange) -> UUID:
    """The id of the run after those that are finished: what was kept before they were says nothing of it."""
    finished = sum(run.finished for run in runs_of(lambda key: dossier.load(Propagation, key), change))
    return Propagation.id_of(dossier.company, Propagation.key(change.name, change.version, finished + 1))


def _go_on(dossier: Dossier, reads: ReadModels, plan: Plan, kept: Progress | None, position: int | None) -> Progress:
    until = time.monotonic() + MOST_S
    progress = kept or Progress(None, position or 0, BEFORE_ALL, complete=False, counts=Counts().kept())
    while not progress.complete:
        progress = _further(dossier, reads, plan, progress)
        if time.monotonic() >= until:
            break
    return progress


def _further(dossier: Dossier, reads: ReadModels, plan: Plan, progress: Progress) -> Progress:
    """One page further; the first one says which instant and position the preview is of."""
    at = progress.known_at
    page = page_of(reads, plan, progress.place, AT_ONCE, known_at=at, position=progress.position)
    counts = Counts.of(progress.counts)
    _count(dossier, plan, page.keys, counts)
    position = page.position if at is None else progress.position
    place = page.keys[-1] if page.keys else progress.place
    return Progress(page.known_at, position, place, len(page.keys) < AT_ONCE, counts.kept())


def _count(dossier: Dossier, plan: Plan, keys: list[Key], counts: Counts) -> None:
    decided = decide(dossier, plan, keys)
    lost = {event_id for detail in decided.details for event_id in overwritten(detail)}
    since: set[UUID] = set()
    if lost:
        holders = [
            row.holder for row, detail in zip(decided.outcomes, decided.details, strict=True) if overwritten(detail)
        ]
        changed = ProfileClass.id_of(dossier.company, plan.change.name), plan.change.version
        with dossier.database.connection() as connection:
            since = records.recorded_after(connection, holders, list(lost), changed)
    counts.add(decided, since)


def _read(plan: Plan, progress: Progress) -> Preview:
    counts = Counts.of(progress.counts)
    totals = {became: sum(n for (outcome, _), n in counts.outcomes.items() if outcome == became) for became in Became}
    told = [(outcome, reason, n) for (outcome, reason), n in counts.outcomes.most_common() if reason is not None]
    return Preview(
        run_date=plan.run_date,
        include_later=plan.include_later,
        profiles=counts.outcomes.total(),
        **{became.value: n for became, n in totals.items()},
        reasons=list(reasons_of(told)),
        later_dated=counts.later_dated,
        overwritten=counts.overwritten,
        overwritten_since=counts.overwritten_since,
        complete=progress.complete,
        known_at=progress.known_at,
    )
