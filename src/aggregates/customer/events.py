"""Facts of a customer profile (rules 1.5-1.9, 1.14, 1.15), its business fields (3.2-3.11) and merges (6.1)."""

from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from aggregates.effective import Days
from aggregates.fact import EffectiveFact, Fact, Personal


class CustomerRegistered(EffectiveFact):
    """A customer was registered; from `effective_from` the name holds, and the values of the row of an upload that brought it."""

    TOPIC: ClassVar[str] = "customer.registered"
    number: str
    name: Personal[str]
    upload: str | None = None
    row: int | None = None
    file: str | None = None
    values: dict[str, str] | None = None
    personal_values: Personal[dict[str, str] | None] = None


class CustomerRenamed(EffectiveFact):
    """A customer has another name on a range of days."""

    TOPIC: ClassVar[str] = "customer.renamed"
    ABOUT: ClassVar[str | None] = "name"
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
    ABOUT: ClassVar[str | None] = "responses.{category}"
    number: str
    category: int
    category_description: str
    response: str
    response_description: str
    by_default: bool


class ResponseCleared(EffectiveFact):
    """The blank choice was stored for a category: the customer has no response on those days."""

    TOPIC: ClassVar[str] = "customer.response_cleared"
    ABOUT: ClassVar[str | None] = "responses.{category}"
    number: str
    category: int
    category_description: str


class BusinessFieldEdited(EffectiveFact):
    """A person changed a business field; `cleared` when its value was taken away. A personal value is in `personal_value`."""

    TOPIC: ClassVar[str] = "customer.field_edited"
    number: str
    field: str
    label: str
    is_personal: bool
    cleared: bool
    value: str | None = None
    personal_value: Personal[str | None] = None
    interaction: str | None = None


class Held(BaseModel):
    """A value and the days, both inclusive, on which it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    NOT_PERSONAL: ClassVar[frozenset[str]] = frozenset()
    """Texts that stay when the value of a personal field is erased (rule 5.1)."""

    effective_from: date
    effective_to: date | None = None
    value: str | None = None

    @property
    def days(self) -> Days:
        """The days on which it holds."""
        return Days(self.effective_from, self.effective_to)


class BusinessFieldsUploaded(EffectiveFact):
    """A row of a contact upload said something new; an edit stands on all days of fields `withheld`, on some of those in `withheld_on`."""

    TOPIC: ClassVar[str] = "customer.fields_uploaded"
    class_version: ClassVar[int] = 2
    number: str
    upload: str
    row: int
    file: str | None = None
    values: dict[str, str]
    personal_values: Personal[dict[str, str]]
    withheld: list[str]
    withheld_on: dict[str, list[Held]] | None = None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """A field was withheld on all days or on none: nothing is to be mended."""


class CustomerMerged(Fact):
    """Another customer was merged into this one, which took the values that it had not itself; in several events if they are many."""

    # Values that are too many for one event are in several, one after the other.

    TOPIC: ClassVar[str] = "customer.merged"
    number: str
    other: str
    fields: dict[str, list[Held]]
    personal_fields_taken: Personal[dict[str, list[Held]]]
    responses: dict[int, list[Held]]


class CustomerMergedAway(Fact):
    """This customer was merged into another, the survivor; its number redirects there."""

    TOPIC: ClassVar[str] = "customer.merged_away"
    number: str
    survivor: str


class CustomerUnmerged(Fact):
    """A merge was undone: what was taken then, and still stood, is gone again, by field and by category; in several events if many."""

    # These are the days on which nothing holds since; `customer.values_put_back` follows where something else came to light. Days that
    # are too many for one event are in several, one after the other.

    TOPIC: ClassVar[str] = "customer.unmerged"
    number: str
    other: str
    fields: dict[str, list[Held]]
    responses: dict[int, list[Held]]


class PutBack(Held):
    """A value that came to light, its source (`edit`, `upload`, `merge`), and of `merge` the customer whose merge brought it."""

    NOT_PERSONAL: ClassVar[frozenset[str]] = frozenset({"source", "brought_by"})

    source: str
    brought_by: str | None = None


class CustomerValuesPutBack(Fact):
    """The merge of `other` was undone: what its values had covered came to light, by field and by category; in several events if many."""

    # It is the customer's own, or what others brought whose merges still stand. Values that are too many for one event are in several.

    TOPIC: ClassVar[str] = "customer.values_put_back"
    number: str
    other: str
    fields: dict[str, list[PutBack]]
    personal_fields_put_back: Personal[dict[str, list[PutBack]]]
    responses: dict[int, list[PutBack]]


class CustomerBroughtBack(Fact):
    """This customer stands for itself again: its merge into the survivor was undone."""

    TOPIC: ClassVar[str] = "customer.brought_back"
    number: str
    survivor: str


class PersonalDataErased(Fact):
    """A customer's personal values were erased: the key that they were encrypted with is destroyed, and nobody can read them again."""

    TOPIC: ClassVar[str] = "customer.personal_data_erased"
    number: str


class MaskedFieldsShown(Fact):
    """Somebody who may was shown the values of masked fields."""

    TOPIC: ClassVar[str] = "unmasking.shown"
    number: str
    fields: list[str]


class MaskedFieldEditRefused(Fact):
    """Somebody who may not see masked fields was refused an edit of them, which had changed meanwhile; the values are not kept."""

    TOPIC: ClassVar[str] = "unmasking.edit_refused"
    number: str
    fields: list[str]
