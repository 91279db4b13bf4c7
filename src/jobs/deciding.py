"""What a propagation makes of profiles: decided by the profiles themselves on what the log says now, stored by nobody.

The run and its preview share it, so that the preview counts what the run would do (rules 2.16, 2.17).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.holder import Became, ProfileHolder
from aggregates.account.site import Site
from aggregates.fact import EventTooLargeError, Fact, Origin
from aggregates.profile_class.profile_class import ClassChange
from projections.accounts import profiles_of_class
from projections.reading import ReadModels
from store.application import Dossier
from store.propagations import ProfileOutcome

READ_MODEL: Final = "accounts"
BEFORE_ALL: Final = ("", "")
"""The place before every profile."""

Key = tuple[str, str]
"""An account and a site of it; `''`: the account's own profile."""


class ProfileMissingError(LookupError):
    """The read model names a profile that the log does not know."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of a class, and from which day on it is to be written into profiles. `origin` is that of the events."""

    change: ClassChange
    run_date: date
    include_later: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of some profiles, one outcome each, and the facts of those that change."""

    outcomes: list[ProfileOutcome]
    facts: list[Fact]


def candidates(
    reads: ReadModels, plan: Plan, known_at: datetime | None, position: int | None, page: int
) -> Iterator[list[Key]]:
    """The profiles of the class in force on the run date, as known at one instant, in order and in pages of at most this many.

    Without `known_at` it is what the read model knows when the first page is read. The same instant gives the same profiles whenever
    it is asked (rule 0.3).

    Raises:
        BehindError: the read model has not come to the position, or to the instant.
    """
    after = BEFORE_ALL
    while True:
        with reads.view(READ_MODEL, valid_at=plan.run_date, known_at=known_at, position=position) as view:
            known_at = view.known_at
            keys = profiles_of_class(view, plan.change.name, after, page)
        if keys:
            yield keys
        if len(keys) < page:
            return
        after = keys[-1]


def decide(dossier: Dossier, plan: Plan, keys: Sequence[Key]) -> Decided:
    """Decides on these profiles.

    Raises:
        ProfileMissingError, MapperDeserialisationError: the log has no such profile, or an event that cannot be read.
        OperationalError: the database cannot be reached.
    """
    ids = [_holder_id(dossier.company, key) for key in keys]
    holders = dossier.load_many(ids)
    decided = Decided([], [])
    for key, id_ in zip(keys, ids, strict=True):
        holder = holders.get(id_)
        if not isinstance(holder, ProfileHolder):
            raise ProfileMissingError(f"The log does not know the profile of {' '.join(filter(None, key))}.")
        outcome = holder.propagate(plan.origin, plan.change, plan.run_date, include_later=plan.include_later)
        facts = holder.collect_events()
        if (refusal := _too_large(dossier, facts)) is not None:
            decided.outcomes.append(ProfileOutcome(*key, id_, Became.SKIPPED.value, refusal, None))
            continue
        first = facts[0].event_id if facts else None
        decided.outcomes.append(ProfileOutcome(*key, id_, outcome.became.value, outcome.reason, first))
        decided.facts.extend(facts)
    return decided


def _too_large(dossier: Dossier, facts: Sequence[Fact]) -> str | None:
    """Why these facts cannot be recorded, if so: one of them is larger than an event may be (rule 0.11)."""
    try:
        for fact in facts:
            dossier.fact_mapper.to_stored_event(fact)
    except EventTooLargeError as error:
        return error.text
    return None


def _holder_id(company: str, key: Key) -> UUID:
    account, site = key
    return Site.id_of(company, Site.key(account, site)) if site else Account.id_of(company, account)
