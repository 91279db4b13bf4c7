"""The fields that a widget shows, as they are defined, with what is the same in every answer written once (rules 3.1, 3.4, 3.8, 5.2)."""

from dataclasses import dataclass
from typing import Any, Final

from orjson import Fragment

from aggregates.customer.edits import edit_refusal
from aggregates.fact import Role
from aggregates.field.field import MASK, Group
from projections.fields.queries import FieldRead, known_definitions
from projections.fields.tables import DEFINITIONS, VERSIONS
from projections.reading.questions import Setup, json_of
from projections.reading.view import View
from store.database import Row


@dataclass(frozen=True, slots=True)
class Showing:
    """How fields are shown: with masked values or without, and to whom: `role` is `None` where it is not said who may edit.

    `has_call`: an agent has an open interaction with the customer.
    """

    unmask: bool
    role: Role | None
    has_call: bool


class ShownField:
    """A field of the widget."""

    def __init__(self, definition: FieldRead, *, masked: bool) -> None:
        self.key = definition.key
        self.label = definition.label.casefold()
        self.masked = masked
        self._definition = definition
        self._blanks: dict[Showing, tuple[dict[str, Any], Fragment]] = {}

    def content(self, value: Row | None, showing: Showing) -> dict[str, Any] | Fragment:
        """Returns the members of a `WidgetField`. `value` has the value, its source, first and last day, who changed it, and when."""
        blank = self._blanks.get(showing)
        if blank is None:
            members = self._blank(showing)
            blank = self._blanks[showing] = members, Fragment(json_of(members))
        if value is None:
            return blank[1]
        text, source, first, last, changed_by, changed_at = value
        return blank[0] | {
            "value": MASK if blank[0]["masked"] else text,
            "source": source,
            "effective_from": first,
            "effective_to": last,
            "changed_by": changed_by,
            "changed_at": changed_at,
        }

    def _blank(self, showing: Showing) -> dict[str, Any]:
        """The members where there is no value."""
        definition = self._definition
        return {
            "key": definition.key,
            "label": definition.label,
            "type": definition.type,
            "value": None,
            "masked": self.masked and not showing.unmask,
            "editable": definition.agent_editable,
            "required": definition.required,
            "personal": definition.personal,
            "choices": definition.choices,
            "source": None,
            "effective_from": None,
            "effective_to": None,
            "changed_by": None,
            "changed_at": None,
            **self._permission(showing),
        }

    def _permission(self, showing: Showing) -> dict[str, Any]:
        """The members that say whether the reader may edit it."""
        if showing.role is None:
            return {}
        refusal = edit_refusal(self._definition, showing.role, "open" if showing.has_call else None)
        return {"may_edit": True} if refusal is None else {"may_edit": False, "refusal": refusal.text}


@dataclass(frozen=True, slots=True)
class WidgetFields:
    """The fields of both groups, in order."""

    business: list[ShownField]
    optional: list[ShownField]

    def keys(self) -> dict[str, str]:
        """Returns what a question needs of them: all keys, and those of optional fields, separated by spaces."""
        optional = " ".join(field.key for field in self.optional)
        return {"fields": " ".join(field.key for field in (*self.business, *self.optional)), "optional": optional}


def widget_fields(view: View) -> WidgetFields:
    """Returns the fields as known then; a field is masked where it was then or is now."""
    definitions = known_definitions(view)
    business, optional = (
        [ShownField(field, masked=field.key in definitions.masked) for field in definitions.shown(group)]
        for group in (Group.BUSINESS, Group.OPTIONAL)
    )
    return WidgetFields(business, optional)


WIDGET_FIELDS: Final = Setup(widget_fields, [DEFINITIONS.changes, VERSIONS.changes])
