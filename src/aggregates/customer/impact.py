"""What a change would do to the values of a customer, and the digest of that (see `aggregates.impact`). Pure.

What counts are values; of a personal field, the event that set the value: the digest is kept in clear for ever, and must not be a way to
try out what a masked value is, or an erased one was (rules 5.1, 5.2).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from aggregates import impact, texts
from aggregates.customer.fields import FieldValue
from aggregates.customer.merging import Mergeable
from aggregates.effective import EVER, Timeline
from aggregates.field.field import FieldDefinition
from aggregates.setup.catalogue import Setup

T = TypeVar("T")
Effect = impact.Effect[FieldValue] | impact.Effect[str]
_NEW: Final = "new"
"""Stands in a digest for the value that a change would give to a field whose values are not in it."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds of a customer: the values of business fields by key, and the responses by category."""

    fields: Mapping[str, Timeline[FieldValue]]
    responses: Mapping[int, Timeline[str]]

    @classmethod
    def of(cls, customer: Mergeable) -> "InForce":
        """Returns what holds of a customer now; it stays so, whatever becomes of the customer."""
        return cls(customer.fields.in_force, customer.responses.in_force)

    def timeline(self, path: str) -> Timeline[FieldValue] | Timeline[str]:
        """What holds at a path: `fields.city`, `responses.7`."""
        kind, _, name = path.partition(".")
        if kind == "fields":
            return self.fields.get(name, Timeline())
        return self.responses.get(int(name), Timeline())


def effects(before: InForce, after: InForce, unseen: Collection[str]) -> Iterator[tuple[str, Effect]]:
    """Yields where another value would hold, by path (`fields.city`, `responses.7`), then by day.

    Of the fields in `unseen` every other event counts, even if the value is the same.
    """
    for key in sorted(before.fields.keys() | after.fields.keys()):
        is_same = _is_same_event if key in unseen else _is_same_value
        values = before.fields.get(key), after.fields.get(key)
        yield from ((f"fields.{key}", effect) for effect in _effects(*values, is_same))
    for category in sorted(before.responses.keys() | after.responses.keys()):
        codes = before.responses.get(category), after.responses.get(category)
        yield from ((f"responses.{category}", effect) for effect in _effects(*codes, texts.same))


def digest(number: str, before: InForce, after: InForce, definitions: Mapping[str, FieldDefinition]) -> str:
    """Returns the digest of the effect on a customer, in hexadecimal digits, the same for everybody who looks."""
    sealed = {key for key, definition in definitions.items() if definition.personal}
    sealed_paths = {f"fields.{key}" for key in sealed}
    return impact.digest(
        {"customer": number},
        (
            {"field": path, **impact.written(effect.days, *_contents(effect, sealed=path in sealed_paths))}
            for path, effect in effects(before, after, sealed)
        ),
    )


def check_impact(seen: str | None, customer: Mergeable, before: InForce, setup: Setup) -> None:
    """Checks that a change has the effect of which this is the digest; `None`: nobody looked. Raises `ImpactChangedError`.

    `before` is what was in force of the customer before the change was decided.
    """
    if seen is not None:
        impact.check_digest(seen, digest(customer.number, before, InForce.of(customer), setup.fields))


def text_of(value: FieldValue | str | None) -> str | None:
    """Returns the text of a field's value, or the code of a response."""
    return value.value if isinstance(value, FieldValue) else value


def _effects(
    before: Timeline[T] | None, after: Timeline[T] | None, is_same: Callable[[T | None, T | None], bool]
) -> list[impact.Effect[T]]:
    if before is after:
        return []
    return impact.effects(before or Timeline(), after or Timeline(), EVER, is_same)


def _is_same_value(before: FieldValue | None, after: FieldValue | None) -> bool:
    return texts.same(text_of(before), text_of(after))


def _is_same_event(before: FieldValue | None, after: FieldValue | None) -> bool:
    return before is after if before is None or after is None else before.event_id == after.event_id


def _contents(effect: Effect, *, sealed: bool) -> tuple[str | None, str | None]:
    """Returns what counts of the values before and after."""
    if sealed and not isinstance(effect.before, str):
        event = None if effect.before is None else str(effect.before.event_id)
        return event, None if effect.after is None else _NEW
    return text_of(effect.before), text_of(effect.after)
