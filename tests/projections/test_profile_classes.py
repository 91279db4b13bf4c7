"""Profile classes and their versions, as known at a given instant (rules 2.1-2.4, 2.15, 2.19)."""

from collections.abc import Callable

import pytest

from aggregates.errors import InvalidError
from aggregates.profile_class import commands as classes
from aggregates.use_case import Request
from profile_facts import class_defined
from projections.accounts.classes import class_versions, profile_class, profile_classes
from store.application import Dossier

from .fold import now_known, reading

Ask = Callable[..., Request]
LATE = {"collector": "EU-1", "allow_discount": False}


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """The classes DEFAULT and Late."""
    classes.found_company(dossier, ask())
    amounts = {"EUR": {"credit_limit": "100.00", "interest": {"amount": "5"}}}
    classes.define_class(dossier, ask(), name="Late", description="Pays late", options=LATE, amounts=amounts)
    return dossier


def test_a_class_is_told_with_its_highest_version_whatever_the_case_of_its_name(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 2.1, 2.3, 2.4
    then = now_known(company)
    request = ask(actor="bob", reason="new policy")
    classes.change_class(company, request, name="LATE", options={"clearing_days": 3}, apply_to="all")
    with reading(company, "accounts") as view:
        found = profile_class(view, "lAtE")
        assert profile_class(view, "Early") is profile_class(view, "L\0") is None
    assert found is not None
    assert (found.name, found.description, found.active, found.version) == ("Late", "Pays late", True, 2)
    assert found.options == {**LATE, "tolerance_percent": "0", "clearing_days": 3}
    assert found.amounts == {"EUR": {"credit_limit": "100", "interest": {"amount": "5"}}}
    assert found.recorded_at == now_known(company)
    with reading(company, "accounts", known_at=then) as view:
        before = profile_class(view, "Late")
    assert before is not None
    assert (before.version, "clearing_days" in before.options) == (1, False)


@pytest.mark.parametrize("asked", ["GR\u00dc\u00dfe", "gru\u0308\u00dfe"])
@pytest.mark.parametrize("stored", ["Gr\u00fc\u00dfe", "Gru\u0308\u00dfe"])
def test_a_class_is_found_however_its_letters_are_composed(
    company: Dossier, asked: str, stored: str
) -> None:  # rule 0.10
    company.put([class_defined(stored)])
    with reading(company, "accounts") as view:
        found = profile_class(view, asked)
        assert found is not None
        assert found.name == stored
        assert len(class_versions(view, asked).items) == 1


def test_each_version_says_what_it_changed_and_for_whom(company: Dossier, ask: Ask) -> None:
    # rules 2.1, 2.15, 2.19
    request = ask(actor="bob", reason="new policy")
    classes.change_class(company, request, name="Late", options={"clearing_days": 3}, apply_to="unmodified")
    then = now_known(company)
    classes.change_class(company, ask(), name="Late", active=False)
    with reading(company, "accounts") as view:
        first = class_versions(view, "late", 2)
        last = class_versions(view, "late", 2, first.next_cursor)
        assert class_versions(view, "Early").items == class_versions(view, "L\0").items == []
        with pytest.raises(InvalidError):
            class_versions(view, "late", 501)
    told = [*first.items, *last.items]
    assert [(one.version, one.changed, one.apply_to, one.active) for one in told] == [
        (1, [], None, True),
        (2, ["options.clearing_days"], "unmodified", True),
        (3, [], None, False),
    ]
    assert (told[1].actor, told[1].reason) == ("bob", "new policy")
    with reading(company, "accounts", known_at=then) as view:
        assert len(class_versions(view, "late").items) == 2


def test_classes_are_listed_by_name_each_once(company: Dossier, ask: Ask) -> None:
    # rule 2.2
    classes.define_class(company, ask(), name="early", description="Pays early", options=LATE)
    classes.change_class(company, ask(), name="early", description="Pays at once")
    with reading(company, "accounts") as view:
        first = profile_classes(view, 2)
        last = profile_classes(view, 2, first.next_cursor)
    assert [one.name for one in (*first.items, *last.items)] == ["DEFAULT", "early", "Late"]
    assert (first.items[1].description, last.next_cursor) == ("Pays at once", None)
