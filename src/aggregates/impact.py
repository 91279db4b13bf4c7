"""What a change would do to the days of something that has effective dates, and the digest by which a write shows that this was seen.

The digest is made of the effect alone: which days, and what holds on them before and after. It does not depend on who looks, on the day
of looking, or on versions that have the same effect, and can be made again from the log for ever. Pure; `account.impact` and
`customer.impact` say what counts as a difference.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from aggregates.effective import Days, Timeline, joined
from aggregates.errors import ConflictError

CHANGED: Final = "The change would have another effect than the one that was seen; look at its impact again."

T = TypeVar("T")


class ImpactChangedError(ConflictError):
    """The effect of a change is not the one of which the write has the digest."""


@dataclass(frozen=True, slots=True)
class Effect(Generic[T]):
    """Days on which one content, or none, would take the place of another one, or of none."""

    days: Days
    before: T | None
    after: T | None


def effects(
    before: Timeline[T], after: Timeline[T], days: Days, is_same: Callable[[T | None, T | None], bool]
) -> list[Effect[T]]:
    """Returns where on these days something else holds after than before, in order, in as few ranges as that makes."""
    differing: list[Effect[T]] = []
    for part in parts(days, before, after):
        effect = Effect(part, before.at(part.first), after.at(part.first))
        if is_same(effect.before, effect.after):
            continue
        last = differing[-1] if differing else None
        if last and _meet(last, effect) and is_same(last.before, effect.before) and is_same(last.after, effect.after):
            effect = Effect(differing.pop().days.hull(part), effect.before, effect.after)
        differing.append(effect)
    return differing


def parts(days: Days, *timelines: Timeline[Any]) -> Iterator[Days]:
    """Yields these days in parts, throughout each of which every timeline has one content, or none."""
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


def written(days: Days, before: object, after: object) -> dict[str, object]:
    """Returns what the digest is made of for some days: what counts of the content before and of the one after."""
    last = None if days.last is None else days.last.isoformat()
    return {"effective_from": days.first.isoformat(), "effective_to": last, "before": before, "after": after}


def digest(subject: Mapping[str, str | None], effects_written: Iterable[Mapping[str, object]]) -> str:
    """Returns the digest of what would become of a subject, in hexadecimal digits."""
    content = {**subject, "effects": list(effects_written)}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain).encode()).hexdigest()


def check_digest(seen: str, actual: str) -> None:
    """Checks that a change has the effect of which `seen` is the digest. Raises `ImpactChangedError`."""
    if seen != actual:
        raise ImpactChangedError(CHANGED, field="impact")


def _meet(first: Effect[Any], second: Effect[Any]) -> bool:
    return len(joined([first.days, second.days])) == 1


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: str(member) for name, member in vars(value).items() if member is not None}
    return str(value)
