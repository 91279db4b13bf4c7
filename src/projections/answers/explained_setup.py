"""Definitions of categories and business fields, system controls and attribute mappings, explained (rules 1.1-1.3, 3.1, 4.1, 4.2).

Called by the API with a view of the answer's read model and of `EXPLAINING`. A value of a definition is explained by the event that last
changed it; a control that nobody set for the day has its default, and no explanation.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aggregates.field.field import BusinessField
from aggregates.setup.category import ProfileCategory
from aggregates.setup.controls import SystemControls
from aggregates.setup.mappings import AttributeMappings
from projections.answers.explanation import changed, each_explained, explanations, stated
from projections.controls.queries import ControlValue, MappingRow
from projections.drawer.models import Category, Response
from projections.fields.queries import FieldRead
from projections.history.statements import UNDATED
from projections.reading.view import View
from projections.tables.explanation import Explanations

_OF_CATEGORY: Final = ("description", "required", "position", "active")
_OF_RESPONSE: Final = ("description", "position", "active")
_DEFAULT: Final = "default_response"
_NOT_OF_FIELD: Final = frozenset({"key", "version", "explanations"})


def explained_categories(view: View, categories: Sequence[Category]) -> list[Category]:
    """Returns the categories with each value of theirs and of their responses explained."""
    paths = {str(category.code): _paths(category) for category in categories}
    made = each_explained(view, changed(view, ProfileCategory, paths))
    return [category.model_copy(update={"explanations": made[str(category.code)]}) for category in categories]


def explained_responses(category: Category, view: View, responses: Sequence[Response]) -> list[Response]:
    """Returns responses of a category, each value explained."""
    [explained] = explained_categories(view, [category])
    made = explained.explanations or {}
    return [response.model_copy(update={"explanations": _of_response(made, response)}) for response in responses]


def explained_fields(view: View, fields: Sequence[FieldRead]) -> list[FieldRead]:
    """Returns the definitions of business fields with each value explained."""
    paths = [name for name in FieldRead.model_fields if name not in _NOT_OF_FIELD]
    made = each_explained(view, changed(view, BusinessField, {field.key: paths for field in fields}))
    return [field.model_copy(update={"explanations": made[field.key]}) for field in fields]


def explained_controls(view: View, controls: Sequence[ControlValue]) -> list[ControlValue]:
    """Returns the controls with the value in force explained."""
    paths = {path: (path, "") for control in controls if not control.default for path in [_control(control)]}
    made = explanations(view, stated(view, SystemControls, {view.company: paths})[view.company])
    return [
        control.model_copy(update={"explanations": {path: made[path] for path in [_control(control)] if path in made}})
        for control in controls
    ]


def explained_mappings(view: View, mappings: Sequence[MappingRow]) -> list[MappingRow]:
    """Returns the mappings, each explained."""
    paths = {path: (f"{UNDATED}{path}", "") for row in mappings for path in [f"mappings.{row.mapped}"]}
    values = stated(view, AttributeMappings, {view.company: paths})[view.company]
    made = explanations(view, {path: replace(value, about=None) for path, value in values.items()})
    return [
        row.model_copy(
            update={"explanations": {path: made[path] for path in [f"mappings.{row.mapped}"] if path in made}}
        )
        for row in mappings
    ]


def _paths(category: Category) -> list[str]:
    of_responses = (f"responses.{response.code}.{name}" for response in category.responses for name in _OF_RESPONSE)
    return [*_OF_CATEGORY, *([] if category.default is None else [_DEFAULT]), *of_responses]


def _of_response(made: Explanations, response: Response) -> Explanations:
    """Returns the explanations of one response, among them that of the default flag, if it has it."""
    paths = [f"responses.{response.code}.{name}" for name in _OF_RESPONSE]
    return {path: made[path] for path in [*paths, *([_DEFAULT] if response.default else [])] if path in made}


def _control(control: ControlValue) -> str:
    return f"controls.{control.code}"
