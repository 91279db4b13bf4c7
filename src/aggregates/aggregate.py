"""The base of every aggregate: a public verb decides, a private past participle decorated with `applies` only assigns.

An aggregate satisfies the protocols of `eventsourcing` (`collect_events`, facts with `mutate`), so the library's application and
repository load and save it. Nothing here reads a clock, a file or a socket. Rules are checked in the deciding method and
never in an applier: appliers run again on every replay, and a rule tightened later must not make old facts unloadable.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar, cast
from uuid import UUID

from aggregates.errors import StaleVersionError
from aggregates.fact import Fact, Origin, event_id, stream_id

_Applier = Callable[[Any, Any], None]
_A = TypeVar("_A", bound=_Applier)


def applies(fact: type[Fact]) -> Callable[[_A], _A]:
    """Marks the method that applies `fact`. Each fact class belongs to one method of one aggregate: its applier."""

    def mark(method: _A) -> _A:
        method.__dict__["applies"] = fact
        return method

    return mark


@dataclass(frozen=True, slots=True)
class Decision:
    """What a pure part of an aggregate decides: the class of a fact, and its payload but for what names the aggregate."""

    fact: type[Fact]
    payload: Mapping[str, Any]


class Aggregate:
    """One consistent thing with a history. `version` counts its facts; `pending` are those not yet stored."""

    KIND: ClassVar[str]
    """The word before the dot of its topics, and the word in its id."""

    company: str

    def __init__(self, id: UUID) -> None:  # noqa: A002
        self.id = id
        self.version = 0
        self.changed_by: str | None = None
        self.changed_at: datetime | None = None
        self._pending: list[Fact] = []

    def __init_subclass__(cls) -> None:
        for method in list(vars(cls).values()):
            fact = getattr(method, "applies", None)
            if fact is not None:
                fact.APPLIER = (cls, method)

    @classmethod
    def id_of(cls, company: str, key: str | int) -> UUID:
        """The id of the aggregate with this natural key."""
        return stream_id(company, cls.KIND, str(key))

    @classmethod
    def new(cls, company: str, key: str | int) -> Self:
        """An aggregate without history. It exists for others once its first fact is stored."""
        aggregate = cls(cls.id_of(company, key))
        aggregate.company = company
        return aggregate

    @classmethod
    def from_facts(cls, facts: Iterable[Fact]) -> Self:
        """The aggregate that these facts made, in order; at least one."""
        aggregate: Any = None
        for fact in facts:
            aggregate = fact.mutate(aggregate)
        return cast("Self", aggregate)

    def record(self, fact: type[Fact], origin: Origin, **payload: Any) -> None:
        """Records the next fact and applies it. Decide first: nothing is checked here."""
        version = self.version + 1
        event = fact(
            originator_id=self.id,
            originator_version=version,
            event_id=event_id(origin.causation_id, self.id, version),
            company=self.company,
            origin=origin,
            **payload,
        )
        event.mutate(self)
        self._pending.append(event)

    def copy(self) -> Self:
        """An aggregate of the same state that can go its own way. What an aggregate holds in lists and dicts is itself immutable."""
        twin = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | list):
                setattr(twin, name, value.copy())
        return twin

    @property
    def pending(self) -> tuple[Fact, ...]:
        """Facts recorded here and not yet stored."""
        return tuple(self._pending)

    def collect_events(self) -> Sequence[Fact]:
        """Hands over the pending facts for saving; called by the application."""
        collected, self._pending = self._pending, []
        return collected

    def expect(self, versions: Collection[int] | None) -> None:
        """Refuses a command that was decided on none of these versions (rule 0.7). `None` expects nothing.

        Raises:
            StaleVersionError: naming who changed the aggregate and when.
        """
        if versions is not None and self.version not in versions:
            raise StaleVersionError(versions, self.version, self.changed_by, self.changed_at)
