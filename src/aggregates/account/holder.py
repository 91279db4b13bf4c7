"""What accounts and sites share: a profile on effective dates, and every way to change it (rules 2.7-2.16)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from aggregates.account.profile import Profile
from aggregates.aggregate import Aggregate
from aggregates.effective import Days, Timeline, Version
from aggregates.errors import ConflictError
from aggregates.fact import EffectiveFact, Origin, event_id
from aggregates.profile_class.profile_class import ApplyTo, ClassChange, ProfileClass
from aggregates.profile_class.terms import Patch, check_required, differing
from aggregates.texts import Faults


class NoProfileError(ConflictError):
    """There is no profile in force on the day from which it should be changed."""


class Became(StrEnum):
    """What a propagation came to for one profile (rule 2.17)."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class PropagationOutcome:
    """What a propagation came to, with its reason in plain words; a profile that was changed whole needs none."""

    became: Became
    reason: str | None = None


class ProfileHolder(Aggregate):
    """An account or a site. Subclasses name the facts that they record and how they are called."""

    ASSIGNED: ClassVar[type[EffectiveFact]]
    UPDATED: ClassVar[type[EffectiveFact]]
    PROPAGATED: ClassVar[type[EffectiveFact]]

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.profiles: Timeline[Profile] = Timeline()

    def key_fields(self) -> dict[str, str]:
        """The payload fields that name this holder."""
        raise NotImplementedError

    def called(self) -> str:
        """How users call it: `account A-7`."""
        raise NotImplementedError

    def named(self) -> str:
        """How users call it, at the beginning of a sentence: `Account A-7`."""
        called = self.called()
        return called[0].upper() + called[1:]

    def profile(self, day: date) -> Version[Profile] | None:
        """The profile in force on `day`, with its days."""
        return self.profiles.version_at(day)

    def in_force(self, day: date) -> Profile:
        """The profile in force on `day`, to be changed. Raises `NoProfileError`."""
        found = self.profiles.at(day)
        if found is None:
            raise NoProfileError(
                f"{self.named()} has no profile on {day}; assign a profile class first.", field="effective_from"
            )
        return found

    # Decisions

    def assign(
        self, origin: Origin, found: ProfileClass, days: Days, *, keep_later: bool = False, keep_overrides: bool = False
    ) -> None:
        """Lets a copy of the class win on `days`; records nothing where those days have the same already (rules 2.7, 2.9, 2.11)."""
        found.check_assignable()
        days = self.profiles.until_next(days) if keep_later else days
        profile = Profile.copied(found, self._next_event_id(origin))
        before = self.profiles.at(days.first)
        if keep_overrides and before is not None:
            profile = profile.keeping(before)
        if not self._says(days, profile):
            self._record(self.ASSIGNED, origin, days, profile=profile, kept_overrides=keep_overrides)

    def update(
        self, origin: Origin, patch: Patch, days: Days, *, dated: bool = False, keep_later: bool = False
    ) -> None:
        """Changes details on this holder only (rule 2.8): what holds on the first day, changed, wins on all of `days`.

        `dated` says that the caller named the days; then what equals the present profile may still reach further.
        """
        before = self.in_force(days.first)
        profile = before.updated(patch, self._next_event_id(origin))
        faults = Faults()
        check_required(faults, profile.terms)
        faults.raise_any()
        days = self.profiles.until_next(days) if keep_later else days
        if (profile is before and not dated) or self._says(days, profile):
            return
        changed = sorted(differing(before.terms, profile.terms))
        self._record(self.UPDATED, origin, days, profile=profile, changed=changed)

    def propagate(
        self, origin: Origin, change: ClassChange, run_date: date, *, include_later: bool = False
    ) -> PropagationOutcome:
        """Writes a change of its class into what is in force from the run date on (rules 2.15, 2.16)."""
        in_force = self.profiles.version_at(run_date)
        if in_force is None or in_force.content.profile_class != change.name:
            return PropagationOutcome(Became.SKIPPED, f"{change.name} is not in force on {run_date}.")
        versions = self.profiles.within(Days(run_date)) if include_later else (in_force,)
        of_class = [one for one in versions if one.content.profile_class == change.name]
        outcomes = [self._propagate(origin, change, run_date, one) for one in of_class]
        best = min(outcomes, key=lambda one: list(Became).index(one.became))
        skipped = [one for one in outcomes if one.became is Became.SKIPPED]
        if best.became is Became.SKIPPED or not skipped:
            return best
        return PropagationOutcome(
            best.became, f"{len(skipped)} of {len(outcomes)} versions skipped: {skipped[0].reason}"
        )

    def _propagate(
        self, origin: Origin, change: ClassChange, run_date: date, version: Version[Profile]
    ) -> PropagationOutcome:
        before = version.content
        if change.apply_to is ApplyTo.UNMODIFIED and before.set_here():
            return PropagationOutcome(Became.SKIPPED, "Modified here.")
        profile = before.propagated(change, self._next_event_id(origin))
        if profile is before:
            return PropagationOutcome(Became.UNCHANGED, f"Has class version {change.version}, or a later one, already.")
        written = sorted(path for path, mark in profile.marks.items() if before.marks.get(path) != mark)
        self._record(self.PROPAGATED, origin, version.days.since(run_date), profile=profile, changed=written)
        return PropagationOutcome(Became.CHANGED)

    def _says(self, days: Days, profile: Profile) -> bool:
        """Whether every day of `days` has this already."""
        inside = self.profiles.within(days)
        return self.profiles.covers(days) and all(version.content.same_as(profile) for version in inside)

    def _next_event_id(self, origin: Origin) -> UUID:
        return event_id(origin.causation_id, self.id, self.version + 1)

    def _record(self, fact: type[EffectiveFact], origin: Origin, days: Days, **payload: Any) -> None:
        effective = {"effective_from": days.first, "effective_to": days.last}
        self.record(fact, origin, **self.key_fields(), **payload, **effective)

    # What the facts say

    def _hold(self, event: Any) -> None:
        """The profile in the event wins on its days (rule 2.11)."""
        self.profiles = self.profiles.supersede(Days(event.effective_from, event.effective_to), event.profile)
