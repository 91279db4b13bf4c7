"""`ProfileClass`: setting up, further versions, the three choices, activation, and DEFAULT."""

from decimal import Decimal
from typing import Any

import pytest

from aggregates.errors import RefusedError
from aggregates.profile_class.commands import change_class, define_class, found_company
from aggregates.profile_class.options import OPTIONS
from aggregates.profile_class.profile_class import (
    ApplyTo,
    ApplyToError,
    ClassExistsError,
    ClassInactiveError,
    ClassNotFoundError,
    DefaultClassError,
    ProfileClass,
)
from aggregates.profile_class.terms import OptionRequiredError
from aggregates.texts import TextError
from aggregates.use_case import Outcome, Request
from profile_facts import REQUIRED, class_changed, class_defined, terms
from scenario import COMPANY, ORIGIN, TODAY, given, given_no, said, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
LATE: dict[str, Any] = {"name": "Late payers", "description": "High late charges", "active": True}
CHOOSE = (
    "Choose what the change applies to: new: “Apply changes to new profiles only.”"
    " unmodified: “Apply changes to unmodified profiles and version existing unmodified profiles.”"
    " all: “Apply changes to all profiles and version all existing profiles.”"
)


# Setting up


def test_a_class_has_a_name_a_description_options_and_amounts() -> None:  # rules 2.1, 2.3, 2.4
    given_no(ProfileClass, "Late payers").when(
        lambda it: it.define(
            ORIGIN,
            **LATE,
            options={"collector": " EU-1 ", "allow_discount": True, "tolerance_percent": "5"},
            amounts={"usd": {"credit_limit": "100.00", "interest": {"rate": "1.5"}}},
            attributes={"region": "north"},
        )
    ).then(
        class_defined(
            "Late payers",
            terms(
                {"USD": {"credit_limit": "100.00", "interest": {"rate": "1.5"}}},
                {"region": "north"},
                tolerance_percent="5",
            ),
            description="High late charges",
        )
    )


def test_the_tolerance_is_0_where_nothing_is_said() -> None:  # rule 2.3
    fresh = ProfileClass.new(COMPANY, "Late payers")
    fresh.define(ORIGIN, **LATE, options={"collector": "EU-1", "allow_discount": False})
    assert fresh.terms.options.tolerance_percent == Decimal(0)
    assert set(fresh.terms.values()) == {
        "options.collector",
        "options.allow_discount",
        "options.tolerance_percent",
    }


def test_every_option_but_the_required_ones_may_be_not_set() -> None:  # rule 2.3
    given_no(ProfileClass, "Late payers").when(
        lambda it: it.define(ORIGIN, **LATE, options={**dict.fromkeys(OPTIONS), **REQUIRED})
    ).then(class_defined("Late payers", description="High late charges"))


@pytest.mark.parametrize("missing", ["collector", "allow_discount"])
def test_a_class_without_a_required_option_is_refused(missing: str) -> None:  # rule 2.3
    options = {name: value for name, value in REQUIRED.items() if name != missing}
    given_no(ProfileClass, "Late payers").when(lambda it: it.define(ORIGIN, **LATE, options=options)).then_refused(
        OptionRequiredError, f"{OPTIONS[missing].label} must be set.", (f"options.{missing}",)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "The name must have 1 to 30 characters."),
        ("x" * 31, "The name must have 1 to 30 characters."),
        ("a/b", "The name must not hold a slash, nor be . or .."),
        ("..", "The name must not hold a slash, nor be . or .."),
    ],
)
def test_a_name_has_1_to_30_characters(name: str, text: str) -> None:  # rule 2.1
    given_no(ProfileClass, name).when(
        lambda it: it.define(ORIGIN, **(LATE | {"name": name}), options=REQUIRED)
    ).then_refused(TextError, text, ("name",))


@pytest.mark.parametrize("name", ["Late payers", "LATE PAYERS", "late payers"])
def test_a_name_is_unique_whatever_its_case(name: str) -> None:  # rule 2.1
    store = MemoryStore(class_defined("Late payers"))
    with pytest.raises(ClassExistsError, match=r"^Profile class Late payers is already defined\.$"):
        define_class(store, REQUEST, name=name, description="Again", options=REQUIRED)
    assert store.recorded == []


def test_every_wrong_field_of_a_class_is_named_at_once() -> None:  # rules 2.1, 2.3, 2.4
    wrong = {"options": {"collector": 7}, "amounts": {"XYZ": {}, "USD": {"credit_limit": "-1"}}}
    fresh = ProfileClass.new(COMPANY, "x")
    with pytest.raises(RefusedError) as refused:
        fresh.define(ORIGIN, name="", description=" ", active=True, **wrong)
    fields = [fault.field for fault in refused.value.faults]
    assert fields == [
        "name",
        "description",
        "options.collector",
        "amounts.XYZ",
        "amounts.USD.credit_limit",
        "options.allow_discount",
    ]
    assert fresh.pending == ()


# Further versions


def test_each_change_makes_a_further_version_from_1_on() -> None:  # rule 2.1
    found = told(class_defined("Late payers"))
    assert found.version == 1
    found.change(ORIGIN, options={"risk_code": "R2"}, apply_to="new")
    found.change(ORIGIN, description="Others")
    assert found.version == 3
    assert [fact.TOPIC for fact in found.pending] == ["profile_class.changed"] * 2


def test_a_change_is_told_whole_with_what_differs_and_for_whom_it_is() -> None:  # rules 2.1, 2.15
    given(class_defined("Late payers", terms({"USD": {"credit_limit": "100"}}, risk_code="R1"))).when(
        lambda it: it.change(
            ORIGIN,
            description="Slow",
            options={"risk_code": None, "credit_rating": "C"},
            amounts={"USD": None, "EUR": {"credit_limit": "50"}},
            attributes={"region": "north"},
            apply_to="unmodified",
        )
    ).then(
        class_changed(
            "Late payers",
            terms({"EUR": {"credit_limit": "50"}}, {"region": "north"}, credit_rating="C"),
            "amounts.EUR.credit_limit",
            "amounts.USD.credit_limit",
            "attributes.region",
            "options.credit_rating",
            "options.risk_code",
            apply_to="unmodified",
            description="Slow",
        )
    )


def test_a_required_option_cannot_be_taken_away() -> None:  # rule 2.3
    given(class_defined()).when(lambda it: it.change(ORIGIN, options={"collector": None}, apply_to="new")).then_refused(
        OptionRequiredError, "Collector must be set.", ("options.collector",)
    )


def test_the_name_is_fixed_for_life() -> None:  # rules 2.1, 2.2
    store = MemoryStore(class_defined("Late payers"))
    change_class(store, REQUEST, name="LATE PAYERS", description="Slow")
    assert [fact.name for fact in store.recorded] == ["Late payers"]  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        change_class(store, REQUEST, name="Late payers", new_name="Other")  # type: ignore[call-arg]


def test_a_class_that_there_is_not_cannot_be_changed() -> None:  # rule 2.1
    with pytest.raises(ClassNotFoundError, match=r"^Profile class Late does not exist\.$"):
        change_class(MemoryStore(), REQUEST, name="Late", description="Slow")


@pytest.mark.parametrize(
    "change",
    [{}, {"description": "A class"}, {"active": True}, {"options": {"tolerance_percent": "0.00"}, "apply_to": "all"}],
)
def test_a_change_of_nothing_records_nothing(change: dict[str, Any]) -> None:  # rule 0.5
    given(class_defined()).when(lambda it: it.change(ORIGIN, **change)).then_nothing()


# The three choices


def test_the_three_choices_have_their_texts() -> None:  # rule 2.15
    assert {one.value: one.text for one in ApplyTo} == {
        "new": "Apply changes to new profiles only.",
        "unmodified": "Apply changes to unmodified profiles and version existing unmodified profiles.",
        "all": "Apply changes to all profiles and version all existing profiles.",
    }
    assert [one.value for one in ApplyTo if one.propagates] == ["unmodified", "all"]


@pytest.mark.parametrize("apply_to", [None, "", "some", "New"])
def test_a_change_without_one_of_the_three_choices_is_refused(apply_to: str | None) -> None:  # rule 2.15
    given(class_defined()).when(
        lambda it: it.change(ORIGIN, options={"risk_code": "R2"}, apply_to=apply_to)
    ).then_refused(ApplyToError, CHOOSE, ("apply_to",))


@pytest.mark.parametrize(
    "change",
    [{"amounts": {"USD": {"credit_limit": "1"}}}, {"attributes": {"a": "b"}}, {"options": {"collector": "EU-1"}}],
)
def test_options_amounts_and_attributes_all_need_a_choice(change: dict[str, Any]) -> None:  # rule 2.15
    given(class_defined()).when(lambda it: it.change(ORIGIN, **change)).then_refused(
        ApplyToError, CHOOSE, ("apply_to",)
    )


def test_a_description_alone_needs_no_choice_and_is_for_no_profile() -> None:  # rule 2.15
    given(class_defined()).when(lambda it: it.change(ORIGIN, description="Slow", apply_to="all")).then(
        class_changed(description="Slow")
    )


def test_a_wrong_choice_stands_beside_every_other_fault() -> None:  # rule 2.15
    found = told(class_defined())
    with pytest.raises(RefusedError) as refused:
        found.change(ORIGIN, description="", active=False, options={"collector": 1}, apply_to="some")
    assert [fault.field for fault in refused.value.faults] == [
        "description",
        "active",
        "options.collector",
        "apply_to",
    ]


def test_a_class_knows_what_each_version_changed() -> None:  # rule 2.16
    found = told(
        class_defined("Late payers", terms(risk_code="R1")),
        class_changed("Late payers", terms(credit_rating="C"), apply_to="all"),
        class_changed("Late payers", terms(credit_rating="C"), description="Slow"),
        class_changed("Late payers", terms(credit_rating="D"), apply_to="new"),
    )
    assert {version: (one.apply_to.value, dict(one.patch)) for version, one in found.changes.items()} == {
        2: ("all", {"options.risk_code": None, "options.credit_rating": "C"}),
        4: ("new", {"options.credit_rating": "D"}),
    }


# Activation


def test_a_deactivated_class_cannot_be_assigned() -> None:  # rule 2.19
    found = told(class_defined("Late payers"))
    found.check_assignable()
    found.change(ORIGIN, active=False)
    with pytest.raises(ClassInactiveError, match=r"^Profile class Late payers is not active\.$") as refused:
        found.check_assignable()
    assert refused.value.field == "profile_class"
    found.change(ORIGIN, active=True)
    found.check_assignable()
    assert said(found.pending) == said([class_changed("Late payers", active=False), class_changed("Late payers")])


@pytest.mark.parametrize("name", ["DEFAULT", "default"])
def test_default_cannot_be_deactivated(name: str) -> None:  # rule 2.2
    store = MemoryStore(class_defined())
    with pytest.raises(DefaultClassError, match=r"^DEFAULT cannot be deactivated\.$") as refused:
        change_class(store, REQUEST, name=name, active=False)
    assert (refused.value.field, store.recorded) == ("active", [])


def test_default_can_be_changed() -> None:  # rule 2.2
    store = MemoryStore(class_defined())
    change_class(store, REQUEST, name="DEFAULT", options={"risk_code": "R2"}, apply_to="new")
    assert said(store.recorded) == said(
        [class_changed("DEFAULT", terms(risk_code="R2"), "options.risk_code", apply_to="new")]
    )


def test_default_exists_from_the_start_and_is_founded_once() -> None:  # rule 2.2
    store = MemoryStore()
    assert found_company(store, REQUEST) == Outcome(True, 1, 1)
    default = store.load(ProfileClass, "DEFAULT")
    assert default is not None
    assert (default.name, default.active, default.version) == ("DEFAULT", True, 1)
    assert default.terms == terms(collector="DEFAULT")
    assert found_company(store, REQUEST) == Outcome(False, 1, None)


def test_a_founded_default_that_was_changed_stays_as_it_is() -> None:  # rules 0.5, 2.2
    store = MemoryStore(class_defined(), class_changed(of=terms(risk_code="R2"), apply_to="new"))
    assert found_company(store, REQUEST) == Outcome(False, 2, None)


@pytest.mark.parametrize("written", ["Cafés", " cafés ", "CAFE\u0301S"])
def test_a_class_is_found_however_its_name_is_written(written: str) -> None:  # rule 2.1
    assert ProfileClass.id_of("acme", written) == ProfileClass.id_of("acme", "Caf\u00e9s")
