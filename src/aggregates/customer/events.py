"""Facts of a customer profile (rules 1.5-1.9, 1.14, 1.15)."""

from typing import ClassVar

from aggregates.fact import EffectiveFact, Fact, Personal


class CustomerRegistered(EffectiveFact):
    """A customer was registered under a number; the name holds from `effective_from`."""

    TOPIC: ClassVar[str] = "customer.registered"
    number: str
    name: Personal[str]


class CustomerRenamed(EffectiveFact):
    """A customer has another name on a range of days."""

    TOPIC: ClassVar[str] = "customer.renamed"
    number: str
    name: Personal[str]


class AlternateNumberAdded(Fact):
    """A customer got an alternate number; `primary` when it is the primary one from now on, in place of `replaced`."""

    TOPIC: ClassVar[str] = "customer.alternate_number_added"
    number: str
    alternate_number: str
    primary: bool
    replaced: str | None = None


class PrimaryAlternateNumberChanged(Fact):
    """Another of the customer's alternate numbers became the primary one, in place of `replaced`."""

    TOPIC: ClassVar[str] = "customer.primary_alternate_number_changed"
    number: str
    alternate_number: str
    replaced: str | None = None


class AlternateNumberRemoved(Fact):
    """An alternate number is no longer the customer's."""

    TOPIC: ClassVar[str] = "customer.alternate_number_removed"
    number: str
    alternate_number: str


class ResponseSelected(EffectiveFact):
    """A response was stored for a category. The descriptions are those of the time; `by_default` when a shown default was confirmed."""

    TOPIC: ClassVar[str] = "customer.response_selected"
    number: str
    category: int
    category_description: str
    response: str
    response_description: str
    by_default: bool


class ResponseCleared(EffectiveFact):
    """The blank choice was stored for a category: the customer has no response on those days."""

    TOPIC: ClassVar[str] = "customer.response_cleared"
    number: str
    category: int
    category_description: str
