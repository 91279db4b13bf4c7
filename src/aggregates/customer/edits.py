"""Edits of business fields by people: who may make them, and what each comes to (rules 3.4-3.7, 3.9, 5.2). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aggregates import texts
from aggregates.aggregate import Decision
from aggregates.customer.events import BusinessFieldEdited
from aggregates.customer.fields import FieldChange, FieldValues
from aggregates.customer.raw_values import defined_field, edited_value
from aggregates.customer.unmasking import is_hidden
from aggregates.effective import Days, Timeline
from aggregates.errors import DomainError, ForbiddenError
from aggregates.fact import Role
from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn

EDITORS: Final = (Role.ADMINISTRATOR, Role.AGENT)
"""Who may edit business fields."""


class NotAnEditorError(ForbiddenError):
    """People in this role do not edit business fields."""


class NotAgentEditableError(ForbiddenError):
    """Agents may not edit this field (rule 3.4)."""


class NoOpenInteractionError(ForbiddenError):
    """The agent is not on a call with this customer, nor in its wrap-up (rule 3.4)."""


class FieldChangedMeanwhileError(DomainError):
    """Somebody else changed the field since the caller saw it (rule 3.7). `theirs` is what it is now, `yours` what was asked for.

    `hidden`: the caller may not see the field's value, so that nothing is said of whether the two are equal (rule 5.2).
    """

    def __init__(
        self,
        definition: FieldDefinition,
        change: FieldChange,
        theirs: str | None,
        yours: str | None,
        *,
        hidden: bool = False,
    ) -> None:
        time = change.at.isoformat() if change.at else "just now"
        super().__init__(f"{definition.label} was changed by {change.by} at {time}.", field=f"fields.{definition.key}")
        self.key, self.by, self.at, self.theirs, self.yours = definition.key, change.by, change.at, theirs, yours
        self.hidden = hidden


@dataclass(frozen=True, slots=True)
class Editor:
    """A person who edits: the role, the version of the customer that was seen, and an agent's open interaction with the customer.

    `seen_version` is `None` where the person did not look, `interaction` where there is none.
    """

    role: Role
    seen_version: int | None = None
    interaction: str | None = None


class Editable(Protocol):
    """What is known of a field's definition."""

    @property
    def label(self) -> str:
        """The field's label."""
        ...

    @property
    def agent_editable(self) -> bool:
        """True when agents may edit the field."""
        ...


def edit_refusal(field: Editable, role: Role, interaction: str | None) -> ForbiddenError | None:
    """The reason why a person in this role may not edit the field, `None` when the person may (rule 3.4).

    `interaction` is an agent's open interaction with the customer. A save raises this refusal, and a read of the widget shows it.
    """
    if role not in EDITORS:
        return NotAnEditorError("Business fields are edited by administrators and agents only.")
    if role is not Role.AGENT:
        return None
    if not field.agent_editable:
        return NotAgentEditableError(f"{field.label} is not agent editable.")
    if interaction is None:
        return NoOpenInteractionError("Editing is allowed only during a call or its wrap-up.")
    return None


def decide_edits(
    values: FieldValues,
    editor: Editor,
    edits: Mapping[str, Any],
    definitions: Mapping[str, FieldDefinition],
    days: Days,
    *,
    dated: bool,
    keep_later: bool,
    zone: ZoneOn,
) -> list[Decision]:
    """The facts of a save in the widget: all of the edits, or a refusal. See `CustomerProfile.edit_fields`."""
    faults = texts.Faults()
    checked: list[tuple[FieldDefinition, str | None]] = []
    for key, raw in edits.items():
        with faults.at(f"fields.{key}"):
            definition = defined_field(definitions, key)
            if refusal := edit_refusal(definition, editor.role, editor.interaction):
                raise refusal
            value = edited_value(definition, raw, zone)
            _check_unchanged(values, editor, definition, value, days)
            checked.append((definition, value))
    faults.raise_any()
    decisions: list[Decision] = []
    for definition, value in checked:
        in_force = values.in_force.get(definition.key, Timeline())
        on = in_force.until_next(days) if keep_later else days
        if not _is_in_force(values, definition.key, value, on, dated=dated) or (
            value is not None and is_hidden(definition, editor.role)
        ):
            decisions.append(_decision(definition, value, on, editor.interaction))
    return decisions


def _check_unchanged(
    values: FieldValues, editor: Editor, definition: FieldDefinition, value: str | None, days: Days
) -> None:
    """Raises `FieldChangedMeanwhileError` where somebody else gave the field another value since the editor saw it."""
    change = values.changes.get(definition.key)
    if editor.seen_version is None or change is None or change.version <= editor.seen_version:
        return
    theirs = in_force.value if (in_force := values.at(definition.key, days.first)) else None
    hidden = is_hidden(definition, editor.role)
    if hidden or not texts.same(theirs, value):
        raise FieldChangedMeanwhileError(definition, change, theirs, value, hidden=hidden)


def _is_in_force(values: FieldValues, key: str, value: str | None, days: Days, *, dated: bool) -> bool:
    """Returns whether the field has this value already: on the first of the days, or on all of them when the editor named them."""
    in_force = values.in_force.get(key, Timeline())
    stored = in_force.at(days.first)
    if not dated and texts.same(None if stored is None else stored.value, value):
        return True
    if value is None:
        return not in_force.within(days)
    return in_force.holds(days, lambda present: texts.same(present.value, value))


def _decision(definition: FieldDefinition, value: str | None, days: Days, interaction: str | None) -> Decision:
    return Decision(
        BusinessFieldEdited,
        {
            "field": definition.key,
            "label": definition.label,
            "is_personal": definition.personal,
            "cleared": value is None,
            "value": None if definition.personal else value,
            "personal_value": value if definition.personal else None,
            "interaction": interaction,
            "effective_from": days.first,
            "effective_to": days.last,
        },
    )
