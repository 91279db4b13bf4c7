"""Texts: one normal form, all present and future letters, no invisible texts, and stored texts can still be found (rule 0.10)."""

import time
from decimal import Decimal

import pytest

from aggregates.customer.commands import rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.field import types
from aggregates.field.commands import define_field
from aggregates.field.field import FieldDefinitionError
from aggregates.field.types import FieldType
from aggregates.profile_class.commands import change_class, define_class, start_propagation
from aggregates.profile_class.profile_class import ClassExistsError, ProfileClass
from aggregates.profile_class.propagation import Propagation
from aggregates.texts import TextError, code, folded, line, normal, number, plain_decimal, same, text
from aggregates.upload.mapping import column_key, trimmed
from aggregates.use_case import Request
from field_facts import FIELDS, field_edited, row_uploaded
from profile_facts import REQUIRED, class_changed, class_defined, terms
from scenario import FROM_TODAY, ORIGIN, TODAY, customer_registered, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
COMPOSED, DECOMPOSED = "Gr\u00fc\u00dfe Zo\u00eb", "Gru\u0308\u00dfe Zoe\u0308"


def of(value: str, longest: int = 30) -> str:
    return text(value, field="name", label="The name", longest=longest)


# One form


def test_a_text_is_in_nfc_and_without_outer_blanks() -> None:  # rule 0.10
    assert COMPOSED != DECOMPOSED
    assert of(f" \u3000{DECOMPOSED}\t") == of(COMPOSED) == COMPOSED


MARKS = "a" + "\u0300" * 20_000 + "\u0316" * 20_000
"""Marks that are to be sorted, which takes seconds."""


def test_what_is_too_long_is_refused_before_it_is_normalized() -> None:  # rules 0.10, 0.11
    start = time.process_time()
    for check in (
        of,
        lambda value: types.read(FieldType.STRING, value),
        lambda value: types.read(FieldType.EMAIL, value),
    ):
        with pytest.raises(TextError):
            check(MARKS)
    for leave in (normal, trimmed, column_key):
        assert leave(MARKS) == MARKS
    assert time.process_time() - start < 2  # usually 0.01
    with pytest.raises(TextError, match="1 to 30 characters"):
        of("e\u0301" * 31)
    assert of("\u1f00\u0342\u0345" * 30) == "\u1f86" * 30


def test_characters_are_counted_in_nfc() -> None:
    assert of("e\u0301" * 30) == "\u00e9" * 30
    with pytest.raises(TextError, match="1 to 30 characters"):
        of("e\u0301" * 31)


@pytest.mark.parametrize(("one", "other"), [(COMPOSED, DECOMPOSED), ("\u212b", "\u00c5"), ("\uac00", "\u1100\u1161")])
def test_what_is_composed_differently_is_the_same(one: str, other: str) -> None:  # rule 0.10
    assert same(one, other)
    assert normal(one) == normal(other)
    assert folded(f" {one.upper()} ") == folded(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a", "A"), ("\u00e9", "e"), (None, ""), ("a", None)])
def test_what_differs_otherwise_is_not_the_same(one: str | None, other: str | None) -> None:
    assert not same(one, other)


def test_nothing_is_the_same_as_nothing() -> None:
    assert same(None, None)


# Every character


@pytest.mark.parametrize(
    "letter",
    [
        "\U0002ebf0",  # Han extension I, of Unicode 15.1
        "\U00031350",  # Han extension H, of Unicode 15
        "\U0003ffef",  # nothing yet
        "\ue000",  # for private use
        "\U0010fffd",
        "\u0378",
        "\u674e",
        "\U0001f600",
        "\u0ba8\u0bbf",
        "\u200bA",
    ],
)
def test_a_letter_of_any_unicode_is_a_letter(letter: str) -> None:  # rule 0.10
    assert of(letter) == letter
    assert types.read(FieldType.STRING, letter) == letter


@pytest.mark.parametrize(
    "letter",
    ["\0", "\x07", "\x7f", "\x85", "\n", "\u2028", "\u2029", "\ud800", "\ufffe", "\ufdd0", "\U0010ffff"],
)
def test_controls_surrogates_and_noncharacters_are_none(letter: str) -> None:
    with pytest.raises(TextError, match="The name must not hold control characters"):
        of(f"a{letter}b")


@pytest.mark.parametrize(
    "unseen",
    [
        "\u200b",
        "\u200d\u200c",
        "\u2060\ufeff",
        "\u00ad",
        "\u202e",
        "\u0301",
        "\u20dd",
        "\u034f",
        "\ufe0f",
        "\u3164",
        "\u115f\u1160",
        "\uffa0",
        "\u2800 \u2800",
        "\U000e0041",
        "\U000e0100",
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_is_no_name(unseen: str) -> None:  # rule 0.10
    with pytest.raises(TextError, match="The name must hold a character that can be seen"):
        of(unseen)
    with pytest.raises(TextError, match="must hold a character that can be seen"):
        types.read(FieldType.STRING, unseen)
    assert line(unseen, field="name", label="The name", longest=30) == unseen


@pytest.mark.parametrize("read", [code, number])
def test_codes_and_numbers_are_ascii(read: object) -> None:
    for given in ("\u0660", "\uff11", "\u00e9", "a\u200b"):
        with pytest.raises(TextError):
            read(given, field="", label="It", longest=5)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("number_", "written"),
    [("0.10", "0.1"), ("100", "100"), ("-0.0", "0"), ("1E+3", "1000"), ("0.000001", "0.000001"), ("-1.50", "-1.5")],
)
def test_a_number_has_one_spelling(number_: str, written: str) -> None:  # rule 0.10
    assert plain_decimal(Decimal(number_)) == written


# Classes


def test_a_class_is_one_however_its_letters_are_composed() -> None:  # rule 0.10
    store = MemoryStore()
    define_class(store, REQUEST, name=DECOMPOSED, description="A class", options=REQUIRED)
    assert store.load(ProfileClass, COMPOSED.upper()).name == COMPOSED
    with pytest.raises(ClassExistsError):
        define_class(store, REQUEST, name=COMPOSED, description="A class", options=REQUIRED)


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED])
def test_a_stored_class_is_found_changed_and_propagated_by_either_name(stored: str, asked: str) -> None:  # rule 0.10
    changed = class_changed(stored, terms(risk_code="R2"), "options.risk_code", apply_to="all")
    store = MemoryStore(class_defined(stored), changed)
    start_propagation(store, REQUEST, name=asked, version=2)
    assert store.load(Propagation, Propagation.key(stored, 2)).profile_class == stored
    assert change_class(store, REQUEST, name=asked, options={"risk_code": "R3"}, apply_to="new").changed


def test_an_option_and_an_attribute_composed_differently_are_no_change() -> None:  # rules 0.5, 0.10
    stored = terms({}, {"region": DECOMPOSED}, collector=DECOMPOSED)
    store = MemoryStore(class_defined("LATE", stored))
    given = {"options": {"collector": COMPOSED}, "attributes": {"region": COMPOSED}}
    assert not change_class(store, REQUEST, name="LATE", apply_to="new", **given).changed


# Customers


def test_a_stored_name_composed_differently_is_no_new_name() -> None:  # rules 0.5, 0.10
    store = MemoryStore(customer_registered(name=DECOMPOSED))
    assert not rename_customer(store, REQUEST, number="1001", name=COMPOSED).changed
    assert store.load(CustomerProfile, "1001").names.at(TODAY) == DECOMPOSED


@pytest.mark.parametrize("choice", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("given", [COMPOSED, DECOMPOSED, COMPOSED.upper()])
def test_a_choice_is_found_however_it_is_composed(choice: str, given: str) -> None:  # rules 0.10, 3.9
    assert types.read(FieldType.CHOICE, given, (choice,)) == choice


def test_choices_composed_differently_are_given_twice() -> None:  # rule 0.10
    given = {"label": "Greeting", "group": "business", "type": "choice", "choices": [COMPOSED, DECOMPOSED]}
    with pytest.raises(FieldDefinitionError, match="each of them once"):
        define_field(MemoryStore(), REQUEST, key="greeting", members=given)


@pytest.mark.parametrize("change", ["edit", "upload"])
def test_a_stored_value_composed_differently_is_no_news(change: str) -> None:  # rules 0.5, 0.10, 3.10
    ada = told(customer_registered(), row_uploaded({"city": DECOMPOSED}))
    if change == "edit":
        ada.edit_fields(ORIGIN, {"city": COMPOSED}, FIELDS, FROM_TODAY, interaction="I-1")
    else:
        assert not ada.upload_fields(ORIGIN, {"city": COMPOSED}, FIELDS, FROM_TODAY, upload="U-2", row=1)
    assert ada.collect_events() == []


def test_a_feed_that_now_comes_in_nfc_undoes_no_edit() -> None:  # rules 0.10, 3.10
    ada = told(customer_registered(), row_uploaded({"city": DECOMPOSED}), field_edited("city", "Bonn"))
    assert not ada.upload_fields(ORIGIN, {"city": COMPOSED}, FIELDS, FROM_TODAY, upload="U-2", row=1)
    assert ada.fields.at("city", TODAY).value == "Bonn"
