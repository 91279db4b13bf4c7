"""What accounts and sites share: a profile on effective dates, and every way to change it (rules 2.7-2.16)."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Final
from uuid import UUID

from aggregates.account.profile import Profile
from aggregates.account.propagating import (
    Became,
    PropagationOutcome,
    Verdict,
    WrittenValue,
    judge,
    summed_up,
    written_values,
)
from aggregates.aggregate import Aggregate
from aggregates.effective import Days, Timeline, Version
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import EffectiveFact, Origin, event_id
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.profile_class.terms import Patch, check_bounds, check_required, differing
from aggregates.texts import Faults

MOST_STRETCHES: Final = 1_000
"""Facts that one change of details may come to."""


class NoProfileError(ConflictError):
    """There is no profile in force on any of the days on which it should be changed."""


class TooManyStretchesError(InvalidError):
    """A change of details would be too many facts for one commit."""


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

    def label(self) -> str:
        """Returns its name for users: `account A-7`."""
        raise NotImplementedError

    def capitalized_label(self) -> str:
        """Returns its name for the beginning of a sentence: `Account A-7`."""
        label = self.label()
        return label[0].upper() + label[1:]

    def profile(self, day: date) -> Version[Profile] | None:
        """The profile in force on `day`, with its days."""
        return self.profiles.version_at(day)

    def stretches(self, days: Days, *, keep_later: bool = False) -> tuple[Version[Profile], ...]:
        """The profiles in force on `days`, in stretches of one content each (rule 2.21). Raises `NoProfileError` where nothing is."""
        days = self.profiles.until_next(days) if keep_later else days
        stretches = self.profiles.cut(days).versions
        if not stretches:
            raise NoProfileError(
                f"{self.capitalized_label()} has no profile {_days_text(days)}; assign a profile class first.",
                field="effective_from",
            )
        if len(stretches) > MOST_STRETCHES:
            raise TooManyStretchesError(
                f"More than {MOST_STRETCHES} versions are in force on these days; name fewer days.",
                field="effective_from",
            )
        return stretches

    # Decisions

    def assign(
        self,
        origin: Origin,
        profile_class: ProfileClass,
        days: Days,
        *,
        keep_later: bool = False,
        keep_overrides: bool = False,
    ) -> None:
        """Lets a copy of the class win on `days`; records nothing where those days have the same already (rules 2.7, 2.9, 2.11)."""
        profile_class.check_assignable()
        days = self.profiles.until_ended(self.profiles.until_next(days)) if keep_later else days
        profile = Profile.copied(profile_class, self._next_event_id(origin))
        before = self.profiles.at(days.first)
        if keep_overrides and before is not None:
            copied, profile = profile, profile.keeping(before)
            _check([(copied, profile)])
        if not self._says(days, profile):
            self._record(self.ASSIGNED, origin, days, profile=profile, kept_overrides=keep_overrides)

    def update(self, origin: Origin, patch: Patch, days: Days, *, keep_later: bool = False) -> None:
        """Writes details, and nothing else, on each of `days` on which a profile is in force (rules 2.8, 2.21).

        One fact for each stretch of different content that the details change; none where they change nothing.
        """
        changed: list[tuple[Version[Profile], Profile]] = []
        for stretch in self.stretches(days, keep_later=keep_later):
            profile = stretch.content.updated(patch, self._next_event_id(origin, len(changed)))
            if profile is not stretch.content:
                changed.append((stretch, profile))
        _check([(stretch.content, profile) for stretch, profile in changed])
        for stretch, profile in changed:
            paths = sorted(differing(stretch.content.terms, profile.terms))
            self._record(self.UPDATED, origin, stretch.days, profile=profile, changed=paths)

    def propagate(
        self, origin: Origin, change: ClassChange, run_date: date, *, include_later: bool = False
    ) -> PropagationOutcome:
        """Writes a change of its class into what is in force on the run date, and on request later (rules 2.15, 2.16).

        From the run date on; what begins after it is later-dated. It may be asked again for what was left out: nothing is written twice.
        """
        verdicts = [
            judge(change, version, later=version.days.first > run_date)
            for version in self.profiles.cut(Days(run_date))
            if version.content.profile_class == change.name
        ]
        if not verdicts:
            return PropagationOutcome(Became.SKIPPED, f"{change.name} is not in force on {run_date}.")
        in_scope = [verdict for verdict in verdicts if include_later or not verdict.later]
        written_values = [
            value
            for verdict in in_scope
            if verdict.became is Became.CHANGED
            for value in self._write(origin, change, verdict)
        ]
        became, reason = summed_up(verdicts, in_scope)
        return PropagationOutcome(became, reason, tuple(written_values), sum(verdict.later for verdict in verdicts))

    def _write(self, origin: Origin, change: ClassChange, verdict: Verdict) -> list[WrittenValue]:
        profile = verdict.version.content.propagated(change, self._next_event_id(origin))
        self._record(self.PROPAGATED, origin, verdict.version.days, profile=profile, changed=list(verdict.paths))
        return written_values(change, verdict)

    def _says(self, days: Days, profile: Profile) -> bool:
        """Returns whether every day of `days` has this already."""
        inside = self.profiles.within(days)
        return self.profiles.covers(days) and all(version.content.same_as(profile) for version in inside)

    def _next_event_id(self, origin: Origin, further: int = 0) -> UUID:
        """The id of the next fact, or of one `further` on."""
        return event_id(origin.causation_id, self.id, self.version + 1 + further)

    def _record(self, fact: type[EffectiveFact], origin: Origin, days: Days, **payload: Any) -> None:
        effective = {"effective_from": days.first, "effective_to": days.last}
        self.record(fact, origin, **self.key_fields(), **payload, **effective)

    # What the facts say

    def _hold(self, event: Any) -> None:
        """The profile in the event wins on its days (rule 2.11)."""
        self.profiles = self.profiles.supersede(event.days, event.profile)


def _days_text(days: Days) -> str:
    if days.last is None:
        return f"on {days.first} or later"
    return f"on {days.first}" if days.last == days.first else f"from {days.first} to {days.last}"


def _check(changed: Sequence[tuple[Profile, Profile]]) -> None:
    """Each of them, before and after, sets what must be set (rule 2.3) and stays within bounds (0.11). A field is named once."""
    faults = Faults()
    for before, profile in changed:
        check_required(faults, profile.terms)
        check_bounds(faults, profile.paths(), before.paths())
    faults.errors = faults.last_of_each_field()
    faults.raise_any()
