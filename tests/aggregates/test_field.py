"""`BusinessField`: what administrators define about a customer, and the fields that exist from the start."""

from typing import Any

import pytest

from aggregates.errors import RefusedError
from aggregates.field import commands as field
from aggregates.field.field import (
    BusinessField,
    FieldDefinitionError,
    FieldExistsError,
    FieldNotFoundError,
    Group,
    Policy,
)
from aggregates.field.standard import STANDARD
from aggregates.field.types import FieldType
from aggregates.setup.catalogue import Setup
from aggregates.texts import TextError
from aggregates.use_case import Outcome, Request
from field_facts import FIELDS, field_changed, field_defined
from scenario import COMPANY, ORIGIN, TODAY, given, given_no, history, said, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
FIXED = "Key, type and personal flag of a field are fixed."


def define(**given_: Any) -> Any:
    """An administrator defines a field; `key` and `label` are right unless they are given."""
    return lambda it: it.define(ORIGIN, **{"key": "city", "label": "City", **given_})


def change(**given_: Any) -> Any:
    return lambda it: it.change(ORIGIN, **given_)


# Defining


def test_a_field_is_a_string_that_agents_may_not_edit_unless_said_otherwise() -> None:  # rule 3.1
    given_no(BusinessField, "city").when(define()).then(field_defined())
    plain = told(field_defined()).definition
    assert (plain.group, plain.type, plain.policy) == (Group.BUSINESS, FieldType.STRING, Policy.NEWEST)
    assert not any((plain.agent_editable, plain.required, plain.personal, plain.masked))
    assert plain.active


def test_whether_a_field_is_searchable_is_written_while_it_holds() -> None:  # rule 0.3
    given_no(BusinessField, "city").when(define(searchable=True)).then(field_defined(searchable=True))
    given(field_defined(searchable=True)).when(change(searchable=False)).then(field_changed(label="City"))
    given(field_defined()).when(change(searchable=True)).then(field_changed(label="City", searchable=True))
    given(field_defined()).when(change(searchable=False)).then_nothing()
    assert (told(field_defined()).definition.searchable, told(field_defined()).definition.label) == (False, "City")


def test_every_property_of_a_field_can_be_said() -> None:  # rules 3.1, 3.10
    of = {"group": "optional", "type": "choice", "agent_editable": True, "position": 9999, "required": True}
    of |= {"personal": True, "masked": True, "policy": "agent", "active": False}
    asked = define(label=" Segment ", choices=[" Gold ", "Silver"], validators=["name_1"], **of)
    given_no(BusinessField, "city").when(asked).then(
        field_defined(label="Segment", choices=["Gold", "Silver"], validators=["name_1"], **of)
    )
    found = told(field_defined(label="Segment", choices=["Gold", "Silver"], validators=["name_1"], **of)).definition
    assert (found.choices, found.validators, found.type) == (("Gold", "Silver"), ("name_1",), FieldType.CHOICE)
    assert (found.masked, found.policy, found.active) == (True, Policy.AGENT, False)


def test_a_key_is_defined_once() -> None:  # rule 3.1
    given(field_defined()).when(define()).then_refused(FieldExistsError, "Field city is already defined.", ("key",))


@pytest.mark.parametrize("key", ["", "City", "2nd", "home-town", "home__town", "town_", "_town", "städte", "x" * 61])
def test_a_key_is_snake_case(key: str) -> None:  # rule 3.1
    given_no(BusinessField, "city").when(define(key=key)).then_refused(
        TextError, "The key must be written in snake_case, 1 to 60 characters.", ("key",)
    )


@pytest.mark.parametrize("label", ["", " ", "x" * 61])
def test_a_label_has_1_to_60_characters(label: str) -> None:  # rule 3.1
    text = "The label must have 1 to 60 characters."
    given_no(BusinessField, "city").when(define(label=label)).then_refused(TextError, text, ("label",))
    given(field_defined()).when(change(label=label)).then_refused(TextError, text, ("label",))
    given_no(BusinessField, "city").when(define(label="x" * 60)).then(field_defined(label="x" * 60))


def test_a_field_without_key_and_label_is_refused() -> None:  # rule 3.1
    given_no(BusinessField, "city").when(lambda it: it.define(ORIGIN)).then_refused(
        RefusedError,
        "The key must be written in snake_case, 1 to 60 characters. The label must have 1 to 60 characters.",
        ("key", "label"),
    )


NOT_SO: list[Any] = [
    ({"group": "other"}, "group", "It is one of business, optional."),
    ({"type": "text"}, "type", "It is one of string, integer, decimal, date, datetime, phone, email, choice."),
    ({"policy": "oldest"}, "policy", "It is one of newest, upload, agent."),
    ({"validators": ["name_9"]}, "validators", "There is no validator name_9; there are name_2, name_1."),
    ({"type": "choice"}, "choices", "A field of type choice has choices, and no other has."),
    ({"choices": ["A"]}, "choices", "A field of type choice has choices, and no other has."),
    ({"type": "choice", "choices": ["a", "A"]}, "choices", "At most 200 choices, each of them once."),
    (
        {"type": "choice", "choices": [str(number) for number in range(201)]},
        "choices",
        "At most 200 choices, each of them once.",
    ),
    ({"masked": True}, "masked", "Only a personal field can be masked."),
]


@pytest.mark.parametrize(("wrong", "name", "text"), NOT_SO)
def test_a_definition_that_cannot_be_is_refused(wrong: dict[str, Any], name: str, text: str) -> None:  # rule 3.1
    given_no(BusinessField, "city").when(define(**wrong)).then_refused(FieldDefinitionError, text, (name,))


@pytest.mark.parametrize("position", [-1, 10_000])
def test_a_position_is_0_to_9999(position: int) -> None:  # rule 3.1
    given_no(BusinessField, "city").when(define(position=position)).then_refused(
        TextError, "The position must be 0 to 9999.", ("position",)
    )


def test_all_faults_of_a_definition_are_named_at_once() -> None:  # rule 3.1
    wrong = {"key": "X", "label": "", "group": "g", "type": "t", "position": -1, "policy": "p", "validators": ["v"]}
    with pytest.raises(RefusedError) as refused:
        BusinessField.new(COMPANY, "city").define(ORIGIN, **wrong, choices=[""])
    assert [fault.field for fault in refused.value.faults] == [*wrong, "choices"]


# Changing


def test_what_is_given_is_changed_and_the_rest_stays() -> None:  # rule 3.1
    given(field_defined(position=4)).when(change(label="Town", agent_editable=True, position=None)).then(
        field_changed(label="Town", agent_editable=True, position=4)
    )


@pytest.mark.parametrize("same", [{}, {"label": " City "}, {"label": None, "position": 0}])
def test_changing_nothing_records_nothing(same: dict[str, Any]) -> None:  # rule 0.5
    given(field_defined()).when(change(**same)).then_nothing()


@pytest.mark.parametrize(("name", "value"), [("key", "town"), ("type", "integer"), ("personal", True)])
def test_key_type_and_personal_flag_are_fixed(name: str, value: Any) -> None:  # rules 3.1, 5.1
    given(field_defined()).when(change(**{name: value})).then_refused(FieldDefinitionError, FIXED, (name,))


def test_everything_fixed_is_named_at_once() -> None:  # rule 3.1
    given(field_defined()).when(change(key="town", type="date", personal=True)).then_refused(
        RefusedError, " ".join([FIXED] * 3), ("key", "type", "personal")
    )


def test_a_masked_field_is_a_personal_one_also_when_it_is_changed() -> None:  # rule 5.2
    given(field_defined()).when(change(masked=True)).then_refused(
        FieldDefinitionError, "Only a personal field can be masked.", ("masked",)
    )
    given(field_defined(personal=True)).when(change(masked=True)).then(field_changed(personal=True, masked=True))


def test_choices_may_come_and_go_but_not_all_of_them() -> None:  # rule 3.1
    segment = field_defined(type="choice", choices=["Gold"])
    given(segment).when(change(choices=["Silver", "Gold"])).then(
        field_changed(type="choice", choices=["Silver", "Gold"])
    )
    given(segment).when(change(choices=[])).then_refused(
        FieldDefinitionError, "A field of type choice has choices, and no other has.", ("choices",)
    )


# Use cases


def test_a_field_is_defined_and_then_changed() -> None:  # rules 3.1, 0.5
    store = MemoryStore()
    field.define_field(store, REQUEST, key=" city ", members={"label": "City"})
    assert field.change_field(store, REQUEST, key="city", changes={"label": "Town"}) == Outcome(True, 2, 2)
    assert field.change_field(store, REQUEST, key="city", changes={"label": "Town"}) == Outcome(False, 2, None)
    assert said(store.recorded) == said([field_defined(), field_changed(label="Town")])


def test_a_field_that_is_not_defined_cannot_be_changed() -> None:  # rule 3.1
    with pytest.raises(FieldNotFoundError, match=r"^Field town is not defined\.$"):
        field.change_field(MemoryStore(field_defined()), REQUEST, key="town", changes={"label": "Town"})


# The fields that exist from the start


def test_the_standard_fields_are_those_of_the_two_groups_of_the_widget() -> None:  # rules 3.1, 3.3
    found = [(raw["group"], raw["label"]) for raw in STANDARD]
    assert found == [
        *(("business", label) for label in ("First Name", "Last Name", "Address", "Date of Birth", "City")),
        *(("optional", label) for label in ("Loan Type", "Due Date", "Loan Number")),
    ]


def test_standard_fields_are_recorded_once_and_keep_what_was_changed_of_them() -> None:  # rule 3.1
    store = MemoryStore()
    for _ in range(2):
        for raw in STANDARD:
            given_ = {name: value for name, value in raw.items() if name != "key"}
            field.define_standard_field(store, REQUEST, key=raw["key"], members=given_)
        field.change_field(store, REQUEST, key="city", changes={"label": "Town", "active": False})
    assert [fact.TOPIC for fact in store.recorded] == ["field.defined"] * len(STANDARD) + ["field.changed"]
    assert {key: FIELDS[key] for key in store.setup().fields if key != "city"} == {
        key: one for key, one in store.setup().fields.items() if key != "city"
    }
    assert (store.setup().fields["city"].label, store.setup().fields["city"].active) == ("Town", False)


def test_what_identifies_a_person_is_personal_from_the_start() -> None:  # rules 3.1, 5.1
    personal = {raw["key"] for raw in STANDARD if raw.get("personal")}
    assert personal == {"first_name", "last_name", "address", "date_of_birth"}


def test_fields_come_by_group_then_position_then_order_of_definition() -> None:  # rules 3.3, 3.8
    facts = history(
        field_defined("due", group="optional"),
        field_defined("zip"),
        field_defined("age", position=1),
        field_defined("city"),
        field_changed("zip", "A first label"),
        field_defined("first", position=0),
    )
    assert list(Setup.empty(COMPANY).after(facts).fields) == ["zip", "city", "first", "age", "due"]
