"""`Setup`: all that administrators set up, as use cases and projections consult it. A value: folding gives a new one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.field.field import BusinessField, FieldDefinition
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.setup.category import CategoryNotFoundError, ProfileCategory
from aggregates.setup.controls import SystemControls
from aggregates.setup.mappings import AttributeMappings
from aggregates.use_case import FactReader, FactStore

FAMILIES: Final = (
    ProfileCategory.KIND,
    SystemControls.KIND,
    AttributeMappings.KIND,
    ProfileClass.KIND,
    BusinessField.KIND,
)
"""Aggregate kinds that belong to the setup: the words before the dot of their topics."""


@dataclass(frozen=True)
class Setup:
    """The setup of one company after some facts. The aggregates in it must not be changed."""

    company: str
    aggregates: Mapping[UUID, Aggregate]
    position: int = 0
    """Log position of the last fact in it, as far as its reader knows positions."""

    @classmethod
    def empty(cls, company: str) -> "Setup":
        """The setup of a company that has none yet."""
        return cls(company, {})

    def after(self, facts: Iterable[Fact], position: int = 0) -> "Setup":
        """The setup after these further facts, in order, the last one at `position`; other families do not count."""
        aggregates = dict(self.aggregates)
        touched: set[UUID] = set()
        for fact in facts:
            if fact.TOPIC.partition(".")[0] not in FAMILIES:
                continue
            before = aggregates.get(fact.originator_id)
            if before is not None and before.id not in touched:
                before = before.copy()
            aggregates[fact.originator_id] = fact.mutate(before)
            touched.add(fact.originator_id)
        return Setup(self.company, aggregates, position or self.position) if touched else self

    @property
    def categories(self) -> tuple[ProfileCategory, ...]:
        """All categories, by position, then code."""
        categories = [aggregate for aggregate in self.aggregates.values() if isinstance(aggregate, ProfileCategory)]
        return tuple(sorted(categories, key=lambda category: (category.position, category.code)))

    def category(self, code: int) -> ProfileCategory:
        """The category with this code. Raises `CategoryNotFoundError`."""
        category = self.aggregates.get(ProfileCategory.id_of(self.company, code))
        if category is None:
            raise CategoryNotFoundError(f"Category {code} is not defined.")
        return cast("ProfileCategory", category)

    @property
    def controls(self) -> SystemControls:
        """The system control values."""
        controls = self.aggregates.get(SystemControls.id_of(self.company, self.company))
        return cast("SystemControls", controls or SystemControls.new(self.company, self.company))

    @property
    def mappings(self) -> AttributeMappings:
        """The attribute mappings."""
        mappings = self.aggregates.get(AttributeMappings.id_of(self.company, self.company))
        return cast("AttributeMappings", mappings or AttributeMappings.new(self.company, self.company))

    def profile_class(self, name: str) -> ProfileClass | None:
        """The profile class of this name, whatever its case; `None` when there is none."""
        return cast("ProfileClass | None", self.aggregates.get(ProfileClass.id_of(self.company, name)))

    @property
    def fields(self) -> dict[str, FieldDefinition]:
        """All business field definitions by key, by group, position, then order of definition (rule 3.8)."""
        fields = [field.definition for field in self.aggregates.values() if isinstance(field, BusinessField)]
        return {field.key: field for field in sorted(fields, key=lambda field: (field.group, field.position))}


class SetupReader(FactReader, Protocol):
    """What decisions that consult the setup read."""

    def setup(self) -> Setup:
        """Categories, controls and mappings, as far as this store has read them. Not to be changed."""
        ...


class SetupStore(FactStore, SetupReader, Protocol):
    """What use cases that consult the setup need of the store."""
