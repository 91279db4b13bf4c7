"""Files against edits, day by day: which value holds, what resumes after an edit, and what a repeated file changes."""

from datetime import date, timedelta
from typing import Any, Final

import pytest

from aggregates.customer.events import BusinessFieldsUploaded, CustomerRegistered
from aggregates.customer.fields import FieldValue
from aggregates.customer.profile import CustomerProfile
from aggregates.customer.rows import MOST_STRETCHES
from aggregates.effective import Days
from aggregates.fact import Role
from field_facts import (
    FIELDS,
    customer_merged,
    definition,
    field_edited,
    held,
    register_by_row,
    registered_by_row,
    row_uploaded,
)
from scenario import COMPANY, FROM_TODAY, ORIGIN, TODAY, customer_registered, given, origin, state, told

BOSS: Final = origin("carl", Role.ADMINISTRATOR)
ADA = customer_registered()


def day(number: int) -> date:
    """The day of this number, of which today is day 1."""
    return TODAY + timedelta(number - 1)


def days(first: int, last: int | None = None) -> Days:
    return Days(day(first), None if last is None else day(last))


class Customer:
    """A customer, one field of it, and the files and edits that are about it."""

    def __init__(self, key: str = "city") -> None:
        self.key = key
        self.profile: CustomerProfile = told(ADA)

    def file(self, digest: str, *rows: str, on: Days = FROM_TODAY) -> bool:
        """Uploads a file whose rows say this, one after the other; true when it recorded something."""
        before = self.profile.version
        for row, value in enumerate(rows, start=1):
            self.profile.upload_fields(
                ORIGIN, {self.key: value}, FIELDS, on, upload=f"U-{before}", row=row, file=digest
            )
        return self.profile.version > before

    def edit(self, value: str | None, on: Days = FROM_TODAY) -> None:
        self.profile.edit_fields(BOSS, {self.key: value}, FIELDS, on, dated=True)

    def on(self, *numbers: int) -> list[str | None]:
        """What holds on days of these numbers; what was recorded so far gives the same when it is replayed."""
        recorded = CustomerProfile.from_facts([*self.before(), *self.profile.pending])
        assert state(recorded) == state(self.profile)
        found = [self.profile.fields.at(self.key, day(number)) for number in numbers]
        return [one and one.value for one in found]

    @staticmethod
    def before() -> list[Any]:
        return given(ADA).before


# The histories that were wrong


def test_after_an_edit_of_four_days_the_newer_file_holds_that_said_the_same() -> None:  # rule 3.10
    ada = Customer()
    ada.file("old", "Old")
    ada.edit("X", days(1, 4))
    ada.file("new", "X")
    assert ada.on(1, 4, 5, 99) == ["X", "X", "X", "X"]


@pytest.mark.parametrize(("key", "covered"), [("city", "X"), ("score", "X"), ("note", "Y")])
def test_after_a_planned_edit_the_newer_file_holds_not_the_one_before(key: str, covered: str) -> None:  # rule 3.10
    ada = Customer(key)
    ada.file("old", "Old")
    ada.edit("Y" if key != "score" else "7", days(4, 10))
    ada.file("new", "X")
    covered = covered if key != "score" else "X"
    assert ada.on(1, 3, 4, 10, 11) == ["X", "X", covered, covered, "X"]


def test_a_file_that_contradicts_itself_changes_nothing_when_it_comes_again() -> None:  # rules 3.2, 3.10
    ada = Customer()
    ada.file("one", "X")
    assert ada.file("two", "X", "Y") is True
    assert ada.file("two", "X", "Y") is False
    assert ada.on(1) == ["Y"]


def test_where_the_file_always_wins_it_wins_over_an_edit_although_it_repeats_itself() -> None:  # rule 3.10
    for digest in ("one", "two"):
        ada = Customer("score")
        ada.file("one", "1")
        ada.edit("2")
        assert ada.file(digest, "1") is True
        assert ada.on(1) == ["1"]
        assert ada.file(digest, "1") is False


# Day by day


@pytest.mark.parametrize(("key", "covered"), [("city", "Z"), ("note", "Z"), ("score", "1")])
def test_a_feed_that_repeats_itself_undoes_no_edit(key: str, covered: str) -> None:  # rule 3.10
    ada = Customer(key)
    ada.file("one", "1")
    ada.edit("Z" if key != "score" else "26", days(3, 4))
    ada.file("two", "1")
    assert ada.on(2, 3, 4, 5) == ["1", covered, covered, "1"]


@pytest.mark.parametrize("key", ["city", "note"])
def test_an_edit_that_took_the_value_away_stands_like_any_other(key: str) -> None:  # rule 3.10
    ada = Customer(key)
    ada.file("one", "X")
    ada.edit(None, days(3, 4))
    ada.file("two", "X")
    assert ada.on(2, 3, 4, 5) == ["X", None, None, "X"]
    ada.file("three", "Y")
    assert ada.on(2, 3, 5) == ["Y", "Y" if key == "city" else None, "Y"]


def test_whether_a_file_repeats_itself_is_asked_of_each_day() -> None:  # rule 3.10
    ada = Customer()
    ada.file("one", "X", on=days(5))
    ada.edit("E", days(1, 8))
    ada.file("two", "X")
    assert ada.on(1, 4, 5, 8, 9) == ["X", "X", "E", "E", "X"]


def test_a_file_of_before_that_comes_again_after_another_is_news() -> None:  # rule 3.10
    ada = Customer()
    for digest, value in (("one", "X"), ("two", "Y"), ("one", "X")):
        assert ada.file(digest, value) is True
    assert ada.on(1) == ["X"]


@pytest.mark.parametrize("key", ["city", "note"])
def test_a_contradictory_file_that_comes_again_undoes_no_edit(key: str) -> None:  # rules 3.2, 3.10
    ada = Customer(key)
    ada.file("one", "X", "Y", "X", "Z")
    ada.edit("E", days(2, 3))
    assert ada.file("one", "X", "Y", "X", "Z") is False
    assert ada.on(1, 2, 3, 4) == ["Z", "E", "E", "Z"]


def test_another_file_that_repeats_the_last_word_in_between_makes_the_earlier_rows_no_news() -> None:
    # rules 3.2, 3.10
    ada = Customer()
    ada.file("one", "X", "Y")
    ada.file("late", "Z", on=days(9))
    ada.file("two", "Y")
    ada.edit("E", days(2, 3))
    assert ada.file("one", "X", "Y") is True  # of the days from the ninth on it was not the last
    assert ada.on(1, 2, 3, 4, 9) == ["Y", "E", "E", "Y", "Y"]


def test_of_a_file_that_was_cut_off_between_its_rows_the_rest_is_news() -> None:  # rule 3.2
    ada = Customer()
    ada.file("one", "X")
    ada.file("one", "X", "Y")
    assert ada.on(1) == ["Y"]


def test_the_same_file_read_in_another_way_says_something_else() -> None:  # rules 3.2, 3.10
    ada = Customer()
    ada.file("one", "Wrong", "Column")
    ada.file("one", "Right", "Town")
    assert ada.on(1) == ["Town"]


def test_a_value_that_a_merge_brought_and_the_own_file_confirms_is_the_own() -> None:  # rules 3.10, 6.1
    before = (ADA, customer_merged("1002", {"city": [held("Bonn")]}))
    row = row_uploaded({"city": "Bonn"})
    given(*before).when(
        lambda it: it.upload_fields(ORIGIN, {"city": "Bonn"}, FIELDS, FROM_TODAY, upload="U-1", row=1)
    ).then(row)
    assert told(*before).fields.own_values("city").at(TODAY) is None
    own = told(*before, row)
    assert own.fields.own_values("city").at(TODAY) == own.fields.at("city", TODAY)
    assert own.fields.at("city", TODAY).source == "upload"


def test_what_is_the_customers_own_is_the_edit_in_force_else_the_last_file() -> None:  # rules 3.10, 6.1
    ada = told(
        registered_by_row({"city": "Bonn"}),
        customer_merged("1002", {"note": [held("late")]}),
        field_edited("city", "Köln", days(3, 4)),
        field_edited("city", None, days(5, 6)),
    )
    own = [ada.fields.own_values("city").at(day(number)) for number in (1, 3, 5, 7)]
    assert own == [ada.fields.at("city", day(number)) for number in (1, 3, 5, 7)]
    assert [one and one.value for one in own] == ["Bonn", "Köln", None, "Bonn"]
    assert not ada.fields.own_values("note")


def test_what_was_withheld_before_on_days_without_an_edit_is_mended_by_the_next_file() -> None:  # rule 3.10
    before = (
        registered_by_row({"city": "Old"}),
        field_edited("city", "X", days(1, 4)),
        row_uploaded({"city": "X"}, withheld=["city"]),
    )
    assert told(*before).fields.at("city", day(5)).value == "Old"  # rule 0.3: what was stored keeps its meaning
    row = row_uploaded({"city": "X"}, withheld_on={"city": [days(1, 4)]})
    given(*before).when(
        lambda it: it.upload_fields(ORIGIN, {"city": "X"}, FIELDS, FROM_TODAY, upload="U-1", row=1)
    ).then(row)
    ada = told(*before, row)
    assert [ada.fields.at("city", day(number)) for number in (4, 5)] == [
        FieldValue("X", "edit", ada.fields.at("city", TODAY).event_id),
        FieldValue("X", "upload", ada.fields.at("city", day(5)).event_id),
    ]


# Rows that are too long for one event


WIDE = {f"wide_{number}": definition(f"wide_{number}", "Wide", personal=number % 2 == 0) for number in range(500)}
VALUES = dict.fromkeys(WIDE, "😀" * 500)


def test_a_row_of_500_long_values_is_several_facts_of_the_same_row() -> None:  # rule 0.11
    ada = told(ADA)
    ada.upload_fields(ORIGIN, VALUES, WIDE, FROM_TODAY, upload="U-1", row=7, file="f00d")
    assert len(ada.pending) > 1
    assert {(fact.upload, fact.row, fact.file) for fact in ada.pending} == {("U-1", 7, "f00d")}
    assert {key: ada.fields.at(key, TODAY).value for key in WIDE} == VALUES
    before = ada.version
    ada.upload_fields(ORIGIN, VALUES, WIDE, FROM_TODAY, upload="U-2", row=7, file="f00d")
    assert ada.version == before


def test_a_registration_by_such_a_row_has_further_facts() -> None:  # rules 0.11, 3.2
    ada = CustomerProfile.new(COMPANY, "1001")
    register_by_row(
        ada, ORIGIN, number="1001", name="Ada", values=VALUES, definitions=WIDE, days=FROM_TODAY, upload="U-1", row=7
    )
    first, *rest = ada.pending
    assert (type(first), {type(fact) for fact in rest}) == (CustomerRegistered, {BusinessFieldsUploaded})
    assert {key: ada.fields.at(key, TODAY).value for key in WIDE} == VALUES


def test_edits_of_a_thousand_single_days_that_stand_are_parted_among_facts() -> None:  # rule 0.11
    stretches = 2 * MOST_STRETCHES + 1
    ada = Customer("note")
    for number in range(stretches):
        ada.edit("E", days(2 + 2 * number, 2 + 2 * number))
    before = ada.profile.version
    ada.file("one", "X")
    assert ada.profile.version == before + 3
    assert ada.on(1, 2, 3, 2 * stretches, 2 * stretches + 1) == ["X", "E", "X", "E", "X"]
    assert ada.file("one", "X") is False
