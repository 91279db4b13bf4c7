"""`dossier as-of` and `replay` of definitions: a category, business field, class, control or mapping, or the company's own options."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from aggregates.clocks import AsOf
from aggregates.errors import NotFoundError
from aggregates.setup.system_options import SystemOptions
from cli.errors import CliError
from cli.output import show
from cli.output.explanations import print_explanations
from cli.output.lines import say
from cli.output.profile_words import value_words
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections import catalogue
from projections.accounts.classes import profile_class
from projections.accounts.queries import system_options, system_options_set_by
from projections.answers.explained_accounts import explained_classes, explained_system_options
from projections.answers.explained_setup import (
    explained_categories,
    explained_controls,
    explained_fields,
    explained_mappings,
)
from projections.answers.explanation import EXPLAINING
from projections.controls.queries import MappingRow, control, mappings
from projections.drawer.categories import category
from projections.drawer.models import Category
from projections.fields.queries import definition
from projections.reading.log_view import view_of_log
from projections.reading.read_models import clocks_of_log
from projections.reading.view import View
from projections.tables.explanation import Explainable

SYSTEM_OPTIONS: Final = "system-options"
_TERMS: Final = ("options", "amounts", "attributes")


class DefinitionKeyError(CliError):
    """A key is missing, or is given for what has none."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of definition: the read model that has it, the query for one, and the one for its explanation."""

    read_model: str
    query: Callable[[View, str], Any]
    explained: Callable[[View, list[Any]], list[Any]]


def _category(view: View, code: str) -> Category | None:
    return category(view, int(code)) if code.isdecimal() else None


def _mapping(view: View, mapped: str) -> MappingRow | None:
    return next((row for row in mappings(view) if row.mapped == mapped), None)


def _options(view: View, items: list[Any]) -> list[Any]:
    return [explained_system_options(view, options, system_options_set_by(view)) for options in items]


_KINDS: Final = {
    "category": _Kind("drawer", _category, explained_categories),
    "field": _Kind("fields", definition, explained_fields),
    "profile-class": _Kind("accounts", profile_class, explained_classes),
    "control": _Kind("controls", control, explained_controls),
    "mapping": _Kind("controls", _mapping, explained_mappings),
    SYSTEM_OPTIONS: _Kind("accounts", lambda view, _: system_options(view), _options),
}


def as_of(settings: Settings, kind: str, key: str | None, *, as_of: AsOf, explain: bool, as_json: bool) -> None:
    """Prints a definition from its read model. Raises `DefinitionKeyError`, `NotFoundError`."""
    _check(kind, key)
    names = (_KINDS[kind].read_model, *([EXPLAINING] if explain else []))
    with open_reads(settings) as (_, reads):
        view = reads.view(*names, valid_at=as_of.valid_at, known_at=as_of.known_at)
        _show(view, kind, key, explain=explain, as_json=as_json)


def replay(settings: Settings, kind: str, key: str | None, *, as_of: AsOf, as_json: bool) -> None:
    """Prints the same from the log alone. Raises what `as_of` raises."""
    _check(kind, key)
    with open_dossier(settings) as dossier:
        name = _KINDS[kind].read_model
        projections = [projection for projection in catalogue.projections(dossier) if projection.name == name]
        things = [SystemOptions.id_of(dossier.company, dossier.company)] if kind == SYSTEM_OPTIONS else []
        view = view_of_log(dossier, projections, clocks_of_log(dossier, as_of), things)
        _show(view, kind, key, explain=False, as_json=as_json)


def _check(kind: str, key: str | None) -> None:
    if (kind == SYSTEM_OPTIONS) != (key is None):
        raise DefinitionKeyError(f"{kind} takes no key." if key else f"Say which {kind}.")


def _show(opened: AbstractContextManager[View], kind: str, key: str | None, *, explain: bool, as_json: bool) -> None:
    """Prints a definition, as a document or in tables."""
    with opened as view:
        answer = _KINDS[kind].query(view, key or "")
        if answer is None:
            raise NotFoundError(f"There is no {kind} {key}, or there was none then.")
        [answer] = _KINDS[kind].explained(view, [answer]) if explain else [answer]
        point = f"on {show.words(view.valid_at)}, as known at {show.words(view.known_at)}"
    if as_json:
        show.document(answer)
        return
    say(f"{kind} {key or ''}".rstrip())
    say(point)
    show.table(("", "value"), _rows(answer))
    if explain:
        print_explanations(answer.explanations)


def _rows(answer: Explainable) -> list[tuple[str, str]]:
    """Returns the members of a definition, those of its terms and responses one by one."""
    rows: list[tuple[str, str]] = []
    for name, value in answer.model_dump(exclude={"explanations", "valid_at", "known_at"}).items():
        if name == "responses":
            for response in value:
                default = ", default" if response["default"] else ""
                active = "" if response["active"] else ", not active"
                rows.append((f"responses.{response['code']}", f"{response['description']}{default}{active}"))
        elif name == "amounts":
            rows += [
                (f"amounts.{code}.{amount}", value_words(content))
                for code, row in value.items()
                for amount, content in row.items()
            ]
        elif name in _TERMS:
            rows += [(f"{name}.{option}", value_words(content)) for option, content in value.items()]
        else:
            rows.append((name, ", ".join(value) if isinstance(value, list) else show.words(value)))
    return rows
