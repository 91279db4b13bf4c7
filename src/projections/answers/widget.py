"""The widget of a customer's business fields, at two clocks (rules 3.1, 3.3, 3.8, 5.2).

Called by the API and the command line with a view of the read models in `WIDGET`: the name and version that it shows are those of
`customers`. A value is masked where its field is masked, as known then or now: an earlier `known_at` is no way around a mask.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from aggregates.customer.edits import edit_refusal
from aggregates.fact import Role
from aggregates.field.field import MASK, Group
from projections.customers.queries import customer, customer_or_survivor
from projections.fields.queries import FieldRead, has_uploaded, known_definitions, values_in_force
from projections.interactions.queries import InteractionRead, open_interaction
from projections.reading.view import View
from projections.tables.explanation import Explainable

WIDGET: Final = ("fields", "customers")
"""The read models that a view for `widget` must be of."""
WIDGET_OF_AGENT: Final = (*WIDGET, "interactions")
"""The same where an agent reads it."""
BUSINESS_FIELDS: Final = "Business Fields"
OPTIONAL_BUSINESS_FIELDS: Final = "Optional Business Fields"


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who reads the widget, and the role in which that person may also save."""

    actor: str
    role: Role


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class WidgetField(_Model):
    """A field and its value on the day, `None` where it has none.

    `masked`: the value is hidden behind `••••`. `editable`: agents may edit it, on a call and in its wrap-up. `source` is `edit`,
    `upload` or `merge`; `effective_from` and `effective_to` are the days, both inclusive, on which the value holds.
    """

    key: str
    label: str
    type: str
    value: str | None
    masked: bool
    editable: bool
    required: bool
    personal: bool
    choices: list[str]
    source: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None
    may_edit: bool | None = Field(
        None,
        exclude_if=lambda allowed: allowed is None,
        description="Whether the caller may edit the field, as a save would decide then (rule 3.4).",
    )
    refusal: str | None = Field(
        None,
        exclude_if=lambda text: text is None,
        description="Why the caller may not edit it, in the words of a refused save; absent where the caller may.",
    )


class WidgetGroup(_Model):
    """A section of the widget."""

    label: str
    fields: list[WidgetField]


class Widget(Explainable):
    """A customer's business fields. `version` is the customer's; `optional` is absent when no upload brought an optional field.

    `interaction` is the calling agent's open interaction with this customer, which a save names; it is absent where there is none.
    """

    number: str
    name: str
    title: str
    version: int
    valid_at: date
    known_at: datetime
    business: WidgetGroup
    optional: WidgetGroup | None = Field(None, exclude_if=lambda group: group is None)
    interaction: InteractionRead | None = Field(None, exclude_if=lambda interaction: interaction is None)

    @property
    def fields(self) -> list[WidgetField]:
        """All that is shown."""
        return [*self.business.fields, *(self.optional.fields if self.optional else ())]


def widget(
    view: View, number: str, *, sort: bool = False, unmask: bool = False, reader: Reader | None = None
) -> Widget | None:
    """The widget of a customer; `None` when there is none with this number, as known then.

    `sort`: each group ascending by label, whatever its case (rule 3.8). `unmask`: masked values are shown, which the caller must
    have recorded (rule 5.2). `reader`: each field says whether this person may edit it; for an agent the view is of `WIDGET_OF_AGENT`.
    """
    owner = customer(view, number)
    if owner is None:
        return None
    definitions = known_definitions(view)
    optional = definitions.shown(Group.OPTIONAL)
    groups = [definitions.shown(Group.BUSINESS), optional if has_uploaded(view, number, optional) else []]
    values = values_in_force(view, number, [field.key for group in groups for field in group])
    hidden = () if unmask else definitions.masked
    interaction = None if reader is None else _interaction_with(view, number, reader)
    business, further = (
        [
            _field(
                field, values.get(field.key, {}), hidden=field.key in hidden, **_permission(field, reader, interaction)
            )
            for field in _ordered(group, sort=sort)
        ]
        for group in groups
    )
    return Widget(
        number=number,
        name=owner.name,
        title=f"{owner.name} {number}",
        version=owner.version,
        valid_at=view.valid_at,
        known_at=view.known_at,
        business=WidgetGroup(label=BUSINESS_FIELDS, fields=business),
        optional=WidgetGroup(label=OPTIONAL_BUSINESS_FIELDS, fields=further) if further else None,
        interaction=interaction,
    )


def _interaction_with(view: View, number: str, reader: Reader) -> InteractionRead | None:
    """An agent's open interaction with this customer, or with one whose merges led to it; `None` when there is none."""
    call = open_interaction(view, reader.actor) if reader.role is Role.AGENT else None
    if call is None or call.customer == number:
        return call
    called = customer_or_survivor(view, call.customer)
    return call if called is not None and called.number == number else None


def _permission(field: FieldRead, reader: Reader | None, interaction: InteractionRead | None) -> dict[str, Any]:
    """The members of a `WidgetField` that say whether the reader may edit it."""
    if reader is None:
        return {}
    refusal = edit_refusal(field, reader.role, None if interaction is None else interaction.interaction)
    return {"may_edit": refusal is None, "refusal": None if refusal is None else refusal.text}


def _ordered(fields: list[FieldRead], *, sort: bool) -> list[FieldRead]:
    return sorted(fields, key=lambda field: field.label.casefold()) if sort else fields


def _field(definition: FieldRead, value: dict[str, Any], *, hidden: bool, **permission: Any) -> WidgetField:
    members = {name: member for name, member in value.items() if name != "event_id"}
    return WidgetField(
        key=definition.key,
        label=definition.label,
        type=definition.type,
        masked=hidden,
        editable=definition.agent_editable,
        required=definition.required,
        personal=definition.personal,
        choices=definition.choices,
        **{"value": None, **members, **({"value": MASK} if hidden and value else {}), **permission},
    )
