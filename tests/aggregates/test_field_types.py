"""How a value of each type is read, and the one form in which it is kept (rule 3.9)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregates.field.types import VALIDATORS, FieldType, read, searched_form
from aggregates.texts import TextError
from field_facts import FIELDS, definition

quick = settings(deadline=None, database=None, max_examples=200)
READS: list[tuple[FieldType, str, str]] = [
    (FieldType.STRING, " O'Brien ", "O'Brien"),
    (FieldType.STRING, "李", "李"),
    (FieldType.STRING, "007", "007"),
    (FieldType.STRING, "x" * 500, "x" * 500),
    (FieldType.INTEGER, "007", "7"),
    (FieldType.INTEGER, " +12 ", "12"),
    (FieldType.INTEGER, "-0", "0"),
    (FieldType.INTEGER, "9" * 18, "9" * 18),
    (FieldType.DECIMAL, "1250.50", "1250.5"),
    (FieldType.DECIMAL, "1250.5", "1250.5"),
    (FieldType.DECIMAL, "01250", "1250"),
    (FieldType.DECIMAL, "100.00", "100"),
    (FieldType.DECIMAL, "-0.00", "0"),
    (FieldType.DECIMAL, "-0.10", "-0.1"),
    (FieldType.DECIMAL, "123456789012345678.123456789012", "123456789012345678.123456789012"),
    (FieldType.DATE, "2026-11-22", "2026-11-22"),
    (FieldType.DATE, "19560409", "1956-04-09"),
    (FieldType.DATE, "2024-02-29", "2024-02-29"),
    (FieldType.DATE, "9998-12-31", "9998-12-31"),
    (FieldType.DATETIME, "2026-11-22T09:30", "2026-11-22T09:30:00Z"),
    (FieldType.DATETIME, "2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"),
    (FieldType.DATETIME, "2026-11-22T10:30:00+01:00", "2026-11-22T09:30:00Z"),
    (FieldType.DATETIME, "2026-11-22T09:30:00.5Z", "2026-11-22T09:30:00.500000Z"),
    (FieldType.PHONE, "+441632960961", "+441632960961"),
    (FieldType.PHONE, "+44 (1632) 960-961", "+441632960961"),
    (FieldType.PHONE, "+39 06 6982", "+39066982"),
    (FieldType.PHONE, "+1 (800) 555-0100", "+18005550100"),
    (FieldType.EMAIL, "Ann@Example.COM", "Ann@example.com"),
]
TOO_LONG = "must have 1 to 500 characters."
REFUSED: list[tuple[FieldType, str, str]] = [
    (FieldType.STRING, "x" * 501, TOO_LONG),
    (FieldType.STRING, "a\x07b", "must not hold control characters."),
    *((FieldType.INTEGER, value, "must be a whole number without grouping.") for value in ("1,000", "1.0", "٣", "1e3")),
    (FieldType.INTEGER, "9" * 19, "must be a whole number without grouping."),
    *(
        (FieldType.DECIMAL, value, "must be a number like 1250.50, without grouping.")
        for value in ("1,250.50", "1.250,50", "1e3", "NaN", ".5", "5.", "1." + "0" * 13)
    ),
    *(
        (FieldType.DATE, value, "must be a date like 2026-11-22.")
        for value in ("22/11/2026", "2026-02-30", "2025-02-29", "2026-1122", "2026-W47-7", "9999-01-01", "0000-01-01")
    ),
    *(
        (FieldType.DATETIME, value, "must be an instant like 2026-11-22T09:30:00Z.")
        for value in ("2026-11-22", "yesterday", "2026-11-22T25:00:00", "9999-12-31T23:59-05:00")
    ),
    *(
        (FieldType.PHONE, value, "must be a phone number in international form, like +441632960961.")
        for value in ("01632960961", "+0441632960961", "+44", "+44163296096112345", "+44 (0)1632 960961", "+44 ext 5")
    ),
    *(
        (FieldType.PHONE, value, "must be a phone number in international form, like +441632960961.")
        for value in (
            "+44 (01632) 960961",
            "+44 ( 0 ) 1632 960961",
            "+44 (-01632)960961",
            "+44(0 1632 960961",
            "+44 (1632) (0)960961",
        )
    ),
    *((FieldType.EMAIL, value, "must be an e-mail address.") for value in ("ann", "ann@", "a b@example.com", "@x.de")),
    *((kind, "1" * 501, TOO_LONG) for kind in FieldType if kind is not FieldType.CHOICE),
]


def test_there_are_eight_types() -> None:  # rule 3.1
    assert list(FieldType) == ["string", "integer", "decimal", "date", "datetime", "phone", "email", "choice"]
    assert {kind for kind, *_ in READS} == set(FieldType) - {FieldType.CHOICE} == {kind for kind, *_ in REFUSED}


@pytest.mark.parametrize(("kind", "typed", "kept"), READS)
def test_a_value_is_kept_in_the_one_form_of_its_type(kind: FieldType, typed: str, kept: str) -> None:  # rule 3.9
    assert read(kind, typed) == kept
    assert read(kind, kept) == kept


@pytest.mark.parametrize(("kind", "typed", "text"), REFUSED)
def test_a_value_that_is_none_of_its_type_is_refused(kind: FieldType, typed: str, text: str) -> None:  # rule 3.9
    with pytest.raises(TextError) as refused:
        definition("city", "City", type=kind).read(typed)
    assert (str(refused.value), refused.value.field) == (f"City {text}", "city")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-07-01T09:30", "2026-07-01T07:30:00Z"),
        ("2026-01-01T09:30", "2026-01-01T08:30:00Z"),
        ("2026-01-01T00:00:00.5", "2025-12-31T23:00:00.500000Z"),
        ("2026-07-01T09:30Z", "2026-07-01T09:30:00Z"),
        ("2026-07-01T09:30+05:00", "2026-07-01T04:30:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
        ("2019-07-01T09:30", "2019-07-01T08:30:00Z"),
    ],
)
def test_a_time_without_a_zone_is_one_of_the_company_on_that_day(typed: str, kept: str) -> None:  # rules 0.3, 3.9
    def zone(day: date) -> ZoneInfo:
        return ZoneInfo("Europe/Berlin" if day.year > 2019 else "Europe/London")

    assert read(FieldType.DATETIME, typed, zone=zone) == kept


def test_a_choice_is_one_of_those_that_are_offered_in_its_own_spelling() -> None:  # rules 3.1, 3.9
    assert FIELDS["segment"].read(" gold ") == "Gold"
    with pytest.raises(TextError, match=r"^Segment must be one of Gold, Silver\.$"):
        FIELDS["segment"].read("Bronze")


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_equal_numbers_are_equal_texts(number: Decimal) -> None:  # rule 3.9
    kept = read(FieldType.DECIMAL, f"{number:f}")
    assert Decimal(kept) == number
    assert kept == read(FieldType.DECIMAL, kept) == read(FieldType.DECIMAL, f"{number:.9f}")


@quick
@given(st.datetimes(timezones=st.just(UTC)), st.dates(max_value=date(9998, 12, 31)))
def test_every_day_and_instant_can_be_said(instant: datetime, day: date) -> None:  # rule 3.9
    assert datetime.fromisoformat(read(FieldType.DATETIME, instant.isoformat())) == instant
    assert read(FieldType.DATE, day.strftime("%4Y%m%d").rjust(8, "0")) == day.isoformat()


# The name rules of the seed's own account form


@pytest.mark.parametrize("name", ["O'Brien", "李", "Ada-Mae", "X Æ A-12", "2Pac"])
def test_names_are_not_narrowed_unless_a_field_asks_for_it(name: str) -> None:  # rule 3.9
    assert FIELDS["first_name"].validators == ()
    assert FIELDS["first_name"].read(name) == name


VALIDATED: list[Any] = [
    ("name_2", "Li", True),
    ("name_2", "Zoë von Ahn", True),
    ("name_2", "L", False),
    ("name_1", "L", True),
    ("name_1", "O'Brien", False),
    ("name_1", "R2D2", False),
]


@pytest.mark.parametrize(("validator", "name", "right"), VALIDATED)
def test_a_field_may_ask_for_the_name_rules(validator: str, name: str, right: bool) -> None:  # rule 3.9
    assert list(VALIDATORS) == ["name_2", "name_1"]
    field = definition("name", "Name", validators=(validator,))
    if right:
        assert field.read(name) == name
        return
    text = rf"^Name must have at least {validator[-1]} characters; numbers and special characters are not allowed\.$"
    with pytest.raises(TextError, match=text):
        field.read(name)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (FieldType.STRING, "LN-47 11", "ln4711"),
        (FieldType.STRING, "Straße", "STRASSE"),
        (FieldType.STRING, "Müller", "Mu\u0308ller"),
        (FieldType.STRING, "Café 1", "CAFE1"),
        (FieldType.EMAIL, "Ada.Byron@Example.org", "ada.byron@example.org"),
        (FieldType.PHONE, "+44 (1632) 960-961", "+441632960961"),
        (FieldType.DECIMAL, "1250.50", "01250.5"),
        (FieldType.DATE, "19560409", "1956-04-09"),
    ],
)
def test_a_search_compares_what_a_person_would(kind: FieldType, one: str, other: str) -> None:  # rules 0.10, 3.9
    assert searched_form(kind, read(kind, one)) == searched_form(kind, read(kind, other))


def test_a_search_tells_different_values_apart() -> None:
    assert searched_form(FieldType.EMAIL, "a.b@example.org") != searched_form(FieldType.EMAIL, "ab@example.org")
    assert searched_form(FieldType.STRING, "!!") == "!!" != searched_form(FieldType.STRING, "??")
    assert searched_form(FieldType.INTEGER, read(FieldType.INTEGER, "-5")) == "-5"
