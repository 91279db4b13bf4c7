"""The events of a long history: those of some days, and the same again for each copy of these days, later and about other things.

A copy comes as many days later as the days before it took, and is about customers and categories of its own, so that nothing of one copy
supersedes anything of another. All is drawn by chance, the same in every process.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any, Final
from uuid import UUID

from aggregates.customer.events import BusinessFieldEdited
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.field.events import FieldDefined
from aggregates.field.field import BusinessField
from aggregates.setup.category import ProfileCategory
from aggregates.setup.events import CategoryChanged
from projections.engine.projection import LoggedFact
from projections.history.marks import BLOCK

RARE: Final = "rare"
"""The actor of one event in 10,000."""
FIRST_KEY: Final = 1_000_000
"""The number of the first customer; all have as many digits."""
_FIELDS: Final = [f"note_{number}" for number in range(30)]
_ACTORS: Final = [f"agent-{number}" for number in range(200)]
_WORDS: Final = [f"word{number}" for number in range(5_000)]
_ROLES: Final = (Role.AGENT,) * 8 + (Role.ADMINISTRATOR, Role.INTEGRATOR)
_SOURCES: Final = (Source.UI,) * 5 + (Source.UPLOAD,) * 4 + (Source.API,)
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """How many events there are: those of `days` come `copies` times in all. Days are whole blocks of positions."""

    days: int
    blocks_a_day: int
    copies: int

    @property
    def blocks(self) -> int:
        """Blocks of each copy."""
        return self.days * self.blocks_a_day

    @property
    def events_a_copy(self) -> int:
        """Events of each copy."""
        return self.blocks * BLOCK

    @property
    def customers_a_copy(self) -> int:
        """Customers of each copy; the number of a category is that of one of them."""
        return self.events_a_copy // 10

    @property
    def events(self) -> int:
        """Events of all copies."""
        return self.events_a_copy * self.copies

    @property
    def end(self) -> int:
        """The last position. The first is that of the second block; the fields are defined before."""
        return BLOCK + self.events - 1

    def recorded_at(self, position: int) -> datetime:
        """When the event at a position was recorded."""
        return _BEGINNING + (position - BLOCK) * timedelta(days=1) / (self.blocks_a_day * BLOCK)


def field_definitions(company: str) -> Iterator[LoggedFact]:
    """Yields the definitions of the fields, none of them personal."""
    for position, key in enumerate(_FIELDS, 1):
        identifier = UUID(int=position)
        origin = Origin(
            actor="ann",
            role=Role.ADMINISTRATOR,
            source=Source.UI,
            correlation_id=identifier,
            causation_id=identifier,
        )
        definition = FieldDefined(
            originator_id=BusinessField.id_of(company, key),
            originator_version=1,
            event_id=identifier,
            company=company,
            origin=origin,
            recorded_at=_BEGINNING,
            key=key,
            label=key,
            group="business",
            type="string",
            agent_editable=True,
            position=position,
            required=False,
            personal=False,
            masked=False,
            choices=[],
            policy="keep_edits",
            validators=[],
            active=True,
        )
        yield LoggedFact(position, definition)


def facts(company: str, shape: Shape, copy: int = 0) -> Iterator[LoggedFact]:
    """Yields the events of a copy: edits of fields, and one in a hundred a change of a category."""
    events = _Events(company, shape, copy)
    for position in range(BLOCK, BLOCK + shape.events_a_copy):
        yield LoggedFact(position + copy * shape.events_a_copy, events.at(position))


def key_of(shape: Shape, copy: int, place: int) -> int:
    """The number of a copy's customer or category."""
    return FIRST_KEY + copy * shape.customers_a_copy + place


@dataclass(slots=True)
class _Events:
    company: str
    shape: Shape
    copy: int
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    versions: dict[UUID, int] = field(default_factory=dict)

    def at(self, position: int) -> Fact:
        """The next event; its position is that of the first copy."""
        chance = self.chance
        number = key_of(self.shape, self.copy, chance.randrange(self.shape.customers_a_copy))
        is_edit = chance.random() > 0.01
        recorded_at = self.shape.recorded_at(position) + timedelta(days=self.copy * self.shape.days)
        thing = (CustomerProfile if is_edit else ProfileCategory).id_of(self.company, number)
        self.versions[thing] = self.versions.get(thing, 0) + 1
        common: dict[str, Any] = {
            "originator_id": thing,
            "originator_version": self.versions[thing],
            "event_id": self._id(),
            "company": self.company,
            "origin": self._origin(),
            "recorded_at": recorded_at,
        }
        value = f"value {chance.randrange(20)}"
        if not is_edit:
            return CategoryChanged(**common, code=number, description=value, required=True, position=1, active=True)
        business_field = chance.choice(_FIELDS)
        return BusinessFieldEdited(
            **common,
            number=str(number),
            field=business_field,
            label=business_field,
            is_personal=False,
            cleared=False,
            value=value,
            effective_from=recorded_at.date() - timedelta(days=chance.choice((*[0] * 9, chance.randrange(900)))),
        )

    def _origin(self) -> Origin:
        chance, cause = self.chance, self._id()
        return Origin(
            actor=chance.choice(_ACTORS) if chance.random() > 0.0001 else RARE,
            role=chance.choice(_ROLES),
            source=chance.choice(_SOURCES),
            correlation_id=cause,
            causation_id=cause,
            reason=" ".join(chance.sample(_WORDS, 3)) if chance.random() < 0.2 else None,
        )

    def _id(self) -> UUID:
        """An id; in a later copy, the one that stands for that of the first."""
        first = UUID(int=self.chance.getrandbits(128))
        return UUID(md5(f"{first}{self.copy}".encode(), usedforsecurity=False).hexdigest()) if self.copy else first
