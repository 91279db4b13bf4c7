"""Definitions and settings between two points: the same shape as for customers, accounts and sites, and the paths of their histories."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from aggregates.clocks import AsOf
from aggregates.effective import When
from aggregates.field.commands import change_field, define_field
from aggregates.profile_class import commands as classes
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from projections.answers.definition_diffs import (
    category_diff,
    class_diff,
    control_diff,
    field_diff,
    mapping_diff,
    system_options_diff,
)
from projections.answers.differences import Diff
from projections.history.filters import Filters
from projections.history.queries import history
from projections.reading.view import View
from store.application import Dossier

from .fold import now_known, reading

Ask = Callable[..., Request]
Compare = Callable[[View, View], Diff | None]
MARCH = date(2026, 3, 1)


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """One of each definition."""
    classes.found_company(dossier, ask())
    setup.define_category(dossier, ask(), code=7, description="Age")
    setup.define_response(dossier, ask(), code=7, response="A", description="Young", default=True)
    define_field(
        dossier,
        ask(),
        key="colour",
        members={"label": "Colour", "group": "business", "type": "choice", "choices": ["red", "blue"]},
    )
    options = {"collector": "EU-1", "allow_discount": False}
    classes.define_class(dossier, ask(), name="Late", description="Pays late", options=options)
    setup.map_category(dossier, ask(), code=7, attribute="age")
    setup.change_system_options(dossier, ask(), options={"clearing_days": 3}, when=When(MARCH))
    return dossier


def change_all(company: Dossier, ask: Ask) -> None:
    setup.change_category(company, ask(), code=7, required=True, description="Years")
    setup.define_response(company, ask(), code=7, response="B", description="Old", default=True)
    setup.change_response(company, ask(), code=7, response="A", active=False)
    change_field(company, ask(), key="colour", changes={"required": True, "choices": ["red", "blue", "green"]})
    amounts = {"EUR": {"interest": {"rate": "1.5"}}}
    classes.change_class(
        company, ask(), name="Late", options={"tolerance_percent": "2"}, amounts=amounts, apply_to="new"
    )
    setup.map_category(company, ask(), code=7, attribute="years")
    setup.change_system_options(company, ask(), options={"clearing_days": 5, "credit_check": True}, when=When(MARCH))
    setup.set_control(company, ask(), code="K87", value="Yes", when=When(MARCH))


def told(view: View, compare: Compare, before: AsOf) -> dict[str, tuple[str | None, str | None]]:
    diff = compare(view.at(before), view)
    assert diff is not None
    return {one.field: (one.before, one.after) for one in diff.differences}


def test_each_definition_is_compared_between_two_instants(company: Dossier, ask: Ask) -> None:  # rule 0.3
    then = AsOf(None, now_known(company))
    change_all(company, ask)
    with reading(company, "accounts", "drawer", "fields", "controls", valid_at=MARCH) as view:
        assert told(view, lambda old, new: category_diff(old, new, 7), then) == {
            "description": ("Age", "Years"),
            "required": ("no", "yes"),
            "default_response": ("A", "B"),
            "responses.A.active": ("yes", "no"),
            "responses.B.description": (None, "Old"),
            "responses.B.position": (None, "0"),
            "responses.B.active": (None, "yes"),
        }
        assert told(view, lambda old, new: field_diff(old, new, "colour"), then) == {
            "required": ("no", "yes"),
            "choices": ("red, blue", "red, blue, green"),
        }
        assert told(view, lambda old, new: class_diff(old, new, "late"), then) == {
            "version": ("1", "2"),
            "options.tolerance_percent": ("0", "2"),
            "amounts.EUR.interest": (None, "1.5 %"),
        }
        assert told(view, lambda old, new: mapping_diff(old, new, "category:7"), then) == {
            "mappings.category:7": ("age", "years")
        }
        assert told(view, system_options_diff, then) == {
            "options.clearing_days": ("3", "5"),
            "options.credit_check": (None, "yes"),
        }
        assert told(view, lambda old, new: control_diff(old, new, "K87"), then) == {"controls.K87": ("No", "Yes")}


def test_what_has_effective_dates_is_compared_between_two_days(company: Dossier, ask: Ask) -> None:  # rule 0.3
    change_all(company, ask)
    before = AsOf(MARCH - timedelta(1))
    with reading(company, "accounts", "drawer", "controls", valid_at=MARCH) as view:
        assert told(view, lambda old, new: control_diff(old, new, "K87"), before) == {"controls.K87": ("No", "Yes")}
        assert told(view, system_options_diff, before)["options.clearing_days"] == (None, "5")
        assert told(view, lambda old, new: category_diff(old, new, 7), before) == {}


def test_what_was_known_at_one_point_only_is_compared_with_nothing(company: Dossier, ask: Ask) -> None:
    then = AsOf(None, now_known(company))
    setup.define_category(company, ask(), code=8, description="Size")
    with reading(company, "accounts", "drawer", "fields", "controls") as view:
        assert told(view, lambda old, new: category_diff(old, new, 8), then)["description"] == (None, "Size")
        old = view.at(then)
        assert category_diff(old, old, 8) is None
        assert class_diff(view, view, "Unknown") is field_diff(view, view, "unknown") is None
        nothing = mapping_diff(view, view, "category:8")
        assert nothing is not None
        assert (nothing.number, nothing.differences) == ("category:8", [])


def test_paths_are_those_of_histories(company: Dossier, ask: Ask) -> None:
    """Every value that differs between before and after a change is one that its history tells as changed."""
    before = now_known(company)
    change_all(company, ask)
    compared: dict[str, Compare] = {
        "category": lambda old, new: category_diff(old, new, 7),
        "field": lambda old, new: field_diff(old, new, "colour"),
        "profile_class": lambda old, new: class_diff(old, new, "Late"),
        "mappings": lambda old, new: mapping_diff(old, new, "category:7"),
        "system_options": system_options_diff,
        "controls": lambda old, new: control_diff(old, new, "K87"),
    }
    with reading(company, "accounts", "drawer", "fields", "controls", "history", valid_at=MARCH) as view:
        for kind, compare in compared.items():
            entries = history(view, Filters(kind=kind, recorded_from=before)).items
            changed = {change.field for entry in entries for change in entry.changes}
            assert told(view, compare, AsOf(None, before)).keys() - {"version"} <= changed, kind
