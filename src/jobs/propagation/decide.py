"""What a propagation does to profiles: decided by the profiles themselves as the log has them now; nothing is stored here.

The run and its preview share it, so that the preview counts what the run would do (rules 2.16, 2.17).
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.holder import ProfileHolder
from aggregates.account.propagating import Became, PropagationOutcome
from aggregates.account.site import Site
from aggregates.fact import Fact, Origin, Source
from aggregates.profile_class.events import PropagationStarted
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.profile_class.propagation import change_of
from jobs.propagation.records import ProfileOutcome
from projections.tables.plain import json_text
from store.application import Dossier
from store.events import RecordedEvent

Key = tuple[str, str]
"""An account and a site of it; `''` for the account's own profile."""


class ProfileMissingError(LookupError):
    """The read model names a profile that the log does not have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of a class, and the day from which it is to be written into profiles. `origin` is that of the events, `run` the number of
    the run."""

    change: ClassChange
    run_date: date
    include_later: bool
    origin: Origin
    run: int | None = None


@dataclass(slots=True)
class Outcomes:
    """The facts of the profiles that change, and an outcome for each profile: as a row, and with the details that its aggregate gave."""

    facts: list[Fact] = field(default_factory=list)
    rows: list[ProfileOutcome] = field(default_factory=list)
    details: list[PropagationOutcome] = field(default_factory=list)
    consulted: AbstractSet[UUID] = frozenset()
    """The accounts and sites that were looked at."""


def plan_of(dossier: Dossier, started: RecordedEvent) -> Plan:
    """Returns what a start event asks for. The events of the run have the actor who started it, and are caused by the start event."""
    fact = cast("PropagationStarted", dossier.fact_mapper.to_domain_event(started))
    name = fact.profile_class
    change = change_of(dossier.load(ProfileClass, name), name, fact.applied_version)
    origin = fact.origin.model_copy(update={"source": Source.PROPAGATION, "causation_id": fact.event_id})
    return Plan(change, fact.run_date, fact.include_later, origin, fact.run)


def decide(dossier: Dossier, plan: Plan, keys: Sequence[Key]) -> Outcomes:
    """Decides on these profiles, in order. One whose event would be too large is skipped (rule 0.11).

    Raises:
        ProfileMissingError, MapperDeserialisationError: the log has no such profile, or an event that cannot be read.
        OperationalError: the database cannot be reached.
    """
    ids = [_holder_id(dossier.company, key) for key in keys]
    holders = dossier.load_many(ids)
    outcomes = Outcomes(consulted=frozenset(ids))
    for key, id_ in zip(keys, ids, strict=True):
        holder = holders.get(id_)
        if not isinstance(holder, ProfileHolder):
            raise ProfileMissingError(f"The log has no profile of {' '.join(filter(None, key))}.")
        outcome = holder.propagate(plan.origin, plan.change, plan.run_date, include_later=plan.include_later)
        facts = holder.collect_events()
        if (reason := _too_large(dossier, facts)) is not None:
            outcome, facts = PropagationOutcome(Became.SKIPPED, reason, later=outcome.later), ()
        outcomes.facts.extend(facts)
        outcomes.rows.append(_row(key, id_, outcome, facts))
        outcomes.details.append(outcome)
    return outcomes


def _holder_id(company: str, key: Key) -> UUID:
    account, site = key
    return Site.id_of(company, Site.key(account, site)) if site else Account.id_of(company, account)


def _too_large(dossier: Dossier, facts: Sequence[Any]) -> str | None:
    """Returns why these facts about profiles are too large to be recorded, `None` if they are not.

    Encoding a fact takes long. It is done only where the profile may exceed the bounds, which a propagation does not enforce.
    """
    return dossier.fact_mapper.too_large(fact for fact in facts if not fact.profile.is_surely_bounded())


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
    return ProfileOutcome(
        *key, holder, outcome.became.value, outcome.reason, event_id, json_text(changes), outcome.later
    )
