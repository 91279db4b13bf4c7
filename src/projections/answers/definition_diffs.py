"""What differs in a definition or setting of the company between two points of (`valid_at`, `known_at`), in the shape of all differences.

Called by the API with two views of the read model that has the definition. Paths are those of its history. What has no effective dates is
compared as known then, whatever the days.
"""

from collections.abc import Mapping
from typing import Final

from projections.accounts.answers import label_of
from projections.accounts.classes import profile_class
from projections.accounts.queries import system_options
from projections.answers.differences import Diff, Value, Values, between, text_of
from projections.controls.queries import control, mappings
from projections.drawer.categories import category
from projections.fields.queries import definition
from projections.reading.view import View
from projections.tables.plain import PlainValue, flat

_FIELD: Final = (
    *("label", "group", "type", "agent_editable", "position", "required", "personal", "masked", "choices", "policy"),
    *("validators", "active"),
)
_CATEGORY: Final = ("description", "required", "position", "active")
_RESPONSE: Final = ("description", "position", "active")
_CLASS: Final = ("version", "description", "active")


def class_diff(before: View, after: View, name: str) -> Diff | None:
    """The differences in a profile class, under the name it has; `None` when it was known at neither point. Views of `accounts`."""

    def values(view: View) -> tuple[str, Values | None]:
        known = profile_class(view, name)
        if known is None:
            return name, None
        terms = {"options": known.options, "amounts": known.amounts, "attributes": known.attributes}
        return known.name, _members(known, _CLASS) | _terms(flat(terms))

    (_, old), (known_as, new) = values(before), values(after)
    return between((before, old), (after, new), known_as)


def system_options_diff(before: View, after: View) -> Diff | None:
    """The differences in the company's own options and amounts. Views of `accounts`."""

    def values(view: View) -> Values:
        options = system_options(view)
        return _terms(flat({"options": options.options, "amounts": options.amounts, "attributes": options.attributes}))

    return between((before, values(before)), (after, values(after)), after.company)


def category_diff(before: View, after: View, code: int) -> Diff | None:
    """The differences in a category and its responses; `None` when it was known at neither point. Views of `drawer`."""

    def values(view: View) -> Values | None:
        known = category(view, code)
        if known is None:
            return None
        members = _members(known, _CATEGORY)
        for response in known.responses:
            path = f"responses.{response.code}"
            members |= _members(response, _RESPONSE, f"{path}.", f"Response {response.code}: ")
            if response.default:
                members["default_response"] = Value("Default response", response.code, response.description)
        return members

    return between((before, values(before)), (after, values(after)), str(code))


def field_diff(before: View, after: View, key: str) -> Diff | None:
    """The differences in the definition of a business field; `None` when it was known at neither point. Views of `fields`."""

    def values(view: View) -> Values | None:
        known = definition(view, key)
        return None if known is None else _members(known, _FIELD)

    return between((before, values(before)), (after, values(after)), key)


def control_diff(before: View, after: View, code: str) -> Diff | None:
    """The difference in the value of a system control; `None` when there is no such control. Views of `controls`."""

    def values(view: View) -> Values | None:
        known = control(view, code)
        return None if known is None else {f"controls.{known.code}": Value(known.label, known.value)}

    return between((before, values(before)), (after, values(after)), code)


def mapping_diff(before: View, after: View, mapped: str) -> Diff | None:
    """The difference in the attribute that a category or field is mapped to. Views of `controls`."""

    def values(view: View) -> Values:
        return {
            f"mappings.{row.mapped}": Value("Attribute", row.attribute)
            for row in mappings(view)
            if row.mapped == mapped
        }

    return between((before, values(before)), (after, values(after)), mapped)


def _members(known: object, names: tuple[str, ...], prefix: str = "", title: str = "") -> Values:
    """Returns members of a definition that are set, each labelled with its name."""
    values: Values = {}
    for name in names:
        value = getattr(known, name)
        text = ", ".join(value) if isinstance(value, list) else text_of(value)
        if text:
            words = name.replace("_", " ")
            values[prefix + name] = Value(f"{title}{words}" if title else words.capitalize(), text)
    return values


def _terms(values: Mapping[str, PlainValue]) -> Values:
    return {path: Value(label_of(path), text_of(value)) for path, value in values.items()}
