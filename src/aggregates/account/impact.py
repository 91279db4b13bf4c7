"""What a change of a profile would do to its days, and the digest by which a write shows that whoever makes it has seen that.

The digest is made of the effect alone: which days, and what holds on them before and after. It does not depend on who looks, on the day
of looking, or on versions that have the same effect, and can be made again from the log for ever. Pure.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel

from aggregates.account.place import Place
from aggregates.account.profile import Profile
from aggregates.effective import Days, Timeline, joined
from aggregates.errors import ConflictError
from aggregates.fact import Fact

CHANGED: Final = "The change would have another effect than the one that was seen; look at its impact again."


class ImpactChangedError(ConflictError):
    """The effect of a change is not the one of which the write has the digest."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Days on which one profile, or none, would take the place of another one, or of none."""

    days: Days
    before: Profile | None
    after: Profile | None


def effects(before: Timeline[Profile], planned: Iterable[Fact]) -> list[Effect]:
    """The days on which these facts would make something else hold, in order, in as few ranges as they make."""
    after, ranges = before, []
    for fact in planned:
        effective: Any = fact
        after = after.splice(effective.days, getattr(fact, "profile", None)).timeline
        ranges.append(effective.days)
    effects: list[Effect] = []
    for days in joined(ranges):
        for part in parts(days, before, after):
            effect = Effect(part, before.at(part.first), after.at(part.first))
            if _is_same(effect.before, effect.after):
                continue
            if effects and _continues(effects[-1], effect):
                effect = Effect(effects.pop().days.hull(part), effect.before, effect.after)
            effects.append(effect)
    return effects


def parts(days: Days, *timelines: Timeline[Any]) -> Iterator[Days]:
    """These days in parts, throughout each of which every timeline has one content, or none."""
    firsts = {days.first}
    for timeline in timelines:
        for version in timeline.within(days):
            firsts.add(max(version.days.first, days.first))
            if (rest := days.after(version.days.last)) is not None:
                firsts.add(rest.first)
    remaining: Days | None = days
    for first in sorted(firsts)[1:]:
        if remaining is not None and (part := remaining.before(first)) is not None:
            yield part
            remaining = remaining.after(part.last)
    if remaining is not None:
        yield remaining


def digest(place: Place, found: Sequence[Effect]) -> str:
    """The digest of an effect, in hexadecimal digits."""
    content = {
        "account": place.account,
        "site": place.site,
        "effects": [
            {
                "effective_from": effect.days.first.isoformat(),
                "effective_to": None if effect.days.last is None else effect.days.last.isoformat(),
                "before": _content(effect.before),
                "after": _content(effect.after),
            }
            for effect in found
        ],
    }
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain).encode()).hexdigest()


def check_impact(seen: str | None, place: Place, before: Timeline[Profile], planned: Iterable[Fact]) -> None:
    """Checks that a change has the effect of which this is the digest; `None`: nobody looked. Raises `ImpactChangedError`."""
    if seen is not None and seen != digest(place, effects(before, planned)):
        raise ImpactChangedError(CHANGED, field="impact")


def _is_same(before: Profile | None, after: Profile | None) -> bool:
    return before is after if before is None or after is None else before.same_as(after)


def _continues(last: Effect, effect: Effect) -> bool:
    return (
        len(joined([last.days, effect.days])) == 1
        and _is_same(last.before, effect.before)
        and _is_same(last.after, effect.after)
    )


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


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: str(member) for name, member in vars(value).items() if member is not None}
    return str(value)
