"""What a changed class makes of one profile: judged version by version, told value by value (rules 2.15-2.17). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from aggregates.account.profile import Profile
from aggregates.effective import Days, Version
from aggregates.profile_class.profile_class import ApplyTo, ClassChange
from aggregates.profile_class.terms import Value

MODIFIED: Final = "Modified here."
ONLY_LATER: Final = "Has the class after the run date only; later-dated versions were left out."
LEFT_OUT: Final = "Later-dated versions were left out."


class Became(StrEnum):
    """What a propagation came to for one profile (rule 2.17)."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


_RANKS: Final = {became: rank for rank, became in enumerate(Became)}
"""The lowest one counts for the whole profile."""


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A value that a propagation wrote on some days. `set_here_by` is the event that had set it here before, if one had."""

    days: Days
    path: str
    before: Value | None
    after: Value | None
    set_here_by: UUID | None


@dataclass(frozen=True, slots=True)
class PropagationOutcome:
    """What a propagation came to, with its reason in plain words; a profile that was changed whole needs none.

    `later` is how many later-dated versions of the class the profile has, changed or not.
    """

    became: Became
    reason: str | None = None
    written: tuple[WrittenValue, ...] = field(default=(), compare=False)
    later: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change may do to one version of a profile from the run date on. `later`: it begins after that date.

    `paths` are those at which it is written, in order.
    """

    version: Version[Profile]
    became: Became
    reason: str | None
    later: bool
    paths: Sequence[str] = ()


def judge(change: ClassChange, version: Version[Profile], *, later: bool) -> Verdict:
    """The verdict on one version: whether a change is written into it, and if not, why."""
    profile = version.content
    if change.apply_to is ApplyTo.UNMODIFIED and profile.set_here():
        return Verdict(version, Became.SKIPPED, MODIFIED, later)
    paths = profile.lacks(change)
    if not paths:
        reason = f"Has class version {change.version}, or a later one, already."
        return Verdict(version, Became.UNCHANGED, reason, later)
    return Verdict(version, Became.CHANGED, None, later, paths)


def written_values(change: ClassChange, verdict: Verdict) -> list[WrittenValue]:
    """The values that are written, with those of before."""
    before, days = verdict.version.content, verdict.version.days
    marks = before.set_here()
    return [
        WrittenValue(days, path, old, new, marks[path].event_id if path in marks else None)
        for path, old, new in change.applied_to(before.terms, verdict.paths).values
    ]


def summed_up(verdicts: Sequence[Verdict], in_scope: Sequence[Verdict]) -> tuple[Became, str | None]:
    """The outcome and reason of the verdicts on all versions of the class, of which those chosen count; there is at least one."""
    left_out = any(verdict.became is Became.CHANGED for verdict in verdicts if verdict not in in_scope)
    if left_out and not in_scope:
        return Became.SKIPPED, ONLY_LATER
    became, reason = _best(in_scope or verdicts)
    return became, " ".join(filter(None, (reason, LEFT_OUT if left_out else None))) or None


def _best(verdicts: Sequence[Verdict]) -> tuple[Became, str | None]:
    best = min(verdicts, key=lambda verdict: _RANKS[verdict.became])
    skipped = [verdict for verdict in verdicts if verdict.became is Became.SKIPPED]
    if best.became is Became.SKIPPED or not skipped:
        return best.became, best.reason
    return best.became, f"{len(skipped)} of {len(verdicts)} versions skipped: {skipped[0].reason}"
