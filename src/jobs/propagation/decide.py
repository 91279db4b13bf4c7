"""What a propagation makes of profiles: decided by the profiles themselves on what the log says now, stored by nobody.

The run and its preview share it, so that the preview counts what the run would do (rules 2.16, 2.17).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.holder import ProfileHolder
from aggregates.account.propagating import Became, PropagationOutcome
from aggregates.account.site import Site
from aggregates.fact import EventTooLargeError, Fact, Origin
from aggregates.profile_class.profile_class import ClassChange
from jobs.propagation.records import ProfileOutcome
from projections.accounts.queries import profiles_of_class
from projections.reading.read_models import ReadModels
from projections.tables.plain import written
from store.application import Dossier

READ_MODEL: Final = "accounts"
BEFORE_ALL: Final = ("", "")
"""The place before every profile."""

Key = tuple[str, str]
"""An account and a site of it; `''`: the account's own profile."""


class ProfileMissingError(LookupError):
    """The read model names a profile that the log does not know."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of a class, and from which day on it is to be written into profiles. `origin` is that of the events, `run` of which run."""

    change: ClassChange
    run_date: date
    include_later: bool
    origin: Origin
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of some profiles, one outcome each, as rows and as their aggregates told it, and the facts of those that change."""

    outcomes: list[ProfileOutcome]
    facts: list[Fact]
    details: list[PropagationOutcome]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A page of the profiles that a plan concerns, and the instant and position of the read model that they were read at."""

    keys: list[Key]
    known_at: datetime
    position: int


def page_of(
    reads: ReadModels,
    plan: Plan,
    after: Key,
    limit: int,
    *,
    known_at: datetime | None = None,
    position: int | None = None,
    later: bool = False,
) -> Candidates:
    """Up to `limit` profiles after `after` that have the class on the run date or later, as known at an instant; fewer: there are no more.

    Without `known_at` it is what the read model knows. The same instant gives the same profiles whenever it is asked (rule 0.3).
    `later`: only those with a later-dated version of the class.

    Raises:
        BehindError: the read model has not come to the position, or to the instant.
    """
    with reads.view(READ_MODEL, valid_at=plan.run_date, known_at=known_at, position=position) as view:
        keys = profiles_of_class(view, plan.change.name, after, limit, later=later)
        return Candidates(keys, view.known_at, view.position)


def candidates(
    reads: ReadModels, plan: Plan, known_at: datetime | None, position: int | None, page: int
) -> Iterator[list[Key]]:
    """All of them, in order and in pages of at most this many. Raises `BehindError`."""
    after = BEFORE_ALL
    while True:
        found = page_of(reads, plan, after, page, known_at=known_at, position=position)
        if found.keys:
            yield found.keys
        if len(found.keys) < page:
            return
        after = found.keys[-1]


def decide(dossier: Dossier, plan: Plan, keys: Sequence[Key]) -> Decided:
    """Decides on these profiles.

    Raises:
        ProfileMissingError, MapperDeserialisationError: the log has no such profile, or an event that cannot be read.
        OperationalError: the database cannot be reached.
    """
    ids = [_holder_id(dossier.company, key) for key in keys]
    holders = dossier.load_many(ids)
    decided = Decided([], [], [])
    for key, id_ in zip(keys, ids, strict=True):
        holder = holders.get(id_)
        if not isinstance(holder, ProfileHolder):
            raise ProfileMissingError(f"The log does not know the profile of {' '.join(filter(None, key))}.")
        outcome = holder.propagate(plan.origin, plan.change, plan.run_date, include_later=plan.include_later)
        facts = holder.collect_events()
        if (refusal := _too_large(dossier, facts)) is not None:
            outcome, facts = PropagationOutcome(Became.SKIPPED, refusal, later=outcome.later), ()
        decided.outcomes.append(_row(key, id_, outcome, facts))
        decided.details.append(outcome)
        decided.facts.extend(facts)
    return decided


def _row(key: Key, holder: UUID, outcome: PropagationOutcome, facts: Sequence[Fact]) -> ProfileOutcome:
    changes = [
        {
            "path": value.path,
            "effective_from": value.days.first,
            "effective_to": value.days.last,
            "before": value.before,
            "after": value.after,
            "set_here": value.set_here_by is not None,
        }
        for value in outcome.written
    ]
    event_id = facts[0].event_id if facts else None
    return ProfileOutcome(*key, holder, outcome.became.value, outcome.reason, event_id, written(changes), outcome.later)


def _too_large(dossier: Dossier, facts: Sequence[Any]) -> str | None:
    """Why these facts about profiles cannot be recorded, `None` where they can: one is larger than an event may be (rule 0.11).

    To encode a fact takes long, so only those are tried whose profile may be above the bounds, which count for no propagation.
    """
    try:
        for fact in facts:
            if not fact.profile.is_surely_bounded():
                dossier.fact_mapper.to_stored_event(fact)
    except EventTooLargeError as error:
        return error.text
    return None


def _holder_id(company: str, key: Key) -> UUID:
    account, site = key
    return Site.id_of(company, Site.key(account, site)) if site else Account.id_of(company, account)
