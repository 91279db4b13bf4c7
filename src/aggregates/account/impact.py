"""What a change of a profile would do to its days, and the digest of that (see `aggregates.impact`): what counts are values. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from aggregates import impact
from aggregates.account.place import Place
from aggregates.account.profile import Profile
from aggregates.effective import Timeline, joined
from aggregates.fact import Fact

Effect = impact.Effect[Profile]


def effects(before: Timeline[Profile], planned: Iterable[Fact]) -> list[Effect]:
    """The days on which these facts would make something else hold, in order, in as few ranges as they make."""
    after, ranges = before, []
    for fact in planned:
        effective: Any = fact
        after = after.splice(effective.days, getattr(fact, "profile", None)).timeline
        ranges.append(effective.days)
    return [effect for days in joined(ranges) for effect in impact.effects(before, after, days, _is_same)]


def digest(place: Place, profile_effects: Sequence[Effect]) -> str:
    """The digest of an effect, in hexadecimal digits."""
    return impact.digest(
        {"account": place.account, "site": place.site},
        (impact.written(effect.days, _content(effect.before), _content(effect.after)) for effect in profile_effects),
    )


def check_impact(seen: str | None, place: Place, before: Timeline[Profile], planned: Iterable[Fact]) -> None:
    """Checks that a change has the effect of which this is the digest; `None`: nobody looked. Raises `ImpactChangedError`."""
    if seen is not None:
        impact.check_digest(seen, digest(place, effects(before, planned)))


def _is_same(before: Profile | None, after: Profile | None) -> bool:
    return before is after if before is None or after is None else before.same_as(after)


def _content(profile: Profile | None) -> dict[str, Any] | None:
    """What counts of a profile: not which events made it so."""
    if profile is None:
        return None
    return {
        "profile_class": profile.profile_class,
        "class_version": profile.class_version,
        "set_here": sorted(profile.set_here()),
        "values": profile.terms.values(),
    }
