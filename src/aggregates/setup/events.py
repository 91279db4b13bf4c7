"""Facts of the setup: profile categories and responses (rules 1.1-1.3, 1.13), controls (4.1), attribute mappings (4.2),
the company's system options (2.13).
"""

from typing import ClassVar
from uuid import UUID

from aggregates.fact import EffectiveFact, Fact
from aggregates.profile_class.terms import Terms


class CategoryDefined(Fact):
    """A profile category was set up."""

    TOPIC: ClassVar[str] = "category.defined"
    code: int
    description: str
    required: bool
    position: int
    active: bool


class CategoryChanged(Fact):
    """The description, required flag, position or active flag of a category was changed; all four are given."""

    TOPIC: ClassVar[str] = "category.changed"
    code: int
    description: str
    required: bool
    position: int
    active: bool


class ResponseDefined(Fact):
    """A response was added to a category."""

    TOPIC: ClassVar[str] = "category.response_defined"
    code: int
    response: str
    description: str
    position: int
    active: bool


class ResponseChanged(Fact):
    """The description, position or active flag of a response was changed; all three are given."""

    TOPIC: ClassVar[str] = "category.response_changed"
    code: int
    response: str
    description: str
    position: int
    active: bool


class DefaultResponseMoved(Fact):
    """The default flag of a category moved from one response to another; `None` stands for no default."""

    TOPIC: ClassVar[str] = "category.default_response_moved"
    code: int
    from_response: str | None = None
    to_response: str | None = None


class ControlValueSet(EffectiveFact):
    """A system control value was set for a range of days."""

    TOPIC: ClassVar[str] = "controls.value_set"
    ABOUT: ClassVar[str | None] = "controls.{code}"
    code: str
    value: str


class AttributeMapped(Fact):
    """A category or field was mapped to a Customer Engagement attribute; `mapped` is `category:<code>` or `field:<key>`."""

    TOPIC: ClassVar[str] = "mappings.attribute_mapped"
    mapped: str
    attribute: str


class AttributeUnmapped(Fact):
    """A category or field is no longer mapped to a Customer Engagement attribute."""

    TOPIC: ClassVar[str] = "mappings.attribute_unmapped"
    mapped: str
    attribute: str


class SystemOptionsChanged(EffectiveFact):
    """The company's system options changed for a range of days; given whole, with the event behind each path."""

    TOPIC: ClassVar[str] = "system_options.changed"
    ABOUT: ClassVar[str | None] = "options"
    terms: Terms
    set_by: dict[str, UUID]
    changed: list[str]
