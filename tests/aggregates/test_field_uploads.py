"""A customer's decisions on rows of contact uploads: which values are new, and whether an edit or an upload wins."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from aggregates.customer.profile import CustomerProfile
from aggregates.customer.raw_values import FieldRequiredError, read_row
from aggregates.customer.rows import values_not_uploaded
from aggregates.effective import Days
from aggregates.fact import ERASED, Role
from aggregates.texts import TextError
from field_facts import (
    FIELDS,
    customer_merged,
    customer_unmerged,
    field_edited,
    held,
    register_by_row,
    registered_by_row,
    row_uploaded,
)
from scenario import (
    COMPANY,
    FROM_TODAY,
    LONG_AGO,
    ORIGIN,
    TODAY,
    customer_registered,
    given,
    given_no,
    history,
    origin,
    told,
)

ADA = customer_registered()
NEXT_MONTH = Days(date(2026, 4, 1))
APRIL = Days(date(2026, 4, 1), date(2026, 4, 30))
UNTIL_APRIL = Days(TODAY, date(2026, 3, 31))
YESTERDAY, SINCE_LONG = Days(date(2026, 3, 9)), Days(LONG_AGO)


def upload(values: Mapping[str, str], days: Days = FROM_TODAY, *, row: int = 1) -> Any:
    return lambda it: it.upload_fields(ORIGIN, values, FIELDS, days, upload="U-1", row=row)


def city_on(day: date, *facts: Any, key: str = "city") -> str | None:
    found = told(*facts).fields.at(key, day)
    return None if found is None else found.value


# News


def test_a_row_brings_its_values_in_one_fact_personal_ones_apart() -> None:  # rules 3.2, 5.1
    values = {"city": "Bonn", "first_name": "Ada", "score": "7"}
    given(ADA).when(upload(values, row=9)).then(row_uploaded(values, row=9))
    fact = row_uploaded(values).model_dump()
    assert (fact["values"], fact["personal_values"]) == ({"city": "Bonn", "score": "7"}, {"first_name": "Ada"})


def test_a_row_that_makes_a_new_customer_is_one_fact() -> None:  # rule 3.2
    values = {"city": "Bonn", "first_name": "Ada"}
    given_no(CustomerProfile, "1001").when(
        lambda it: register_by_row(
            it,
            ORIGIN,
            number="1001",
            name="Ada Byron",
            values=values,
            definitions=FIELDS,
            days=FROM_TODAY,
            upload="U-1",
            row=1,
        )
    ).then(registered_by_row(values))
    ada = told(registered_by_row(values))
    assert [(key, ada.fields.at(key, TODAY).value) for key in values] == list(values.items())
    assert ada.names.at(TODAY) == "Ada Byron"


def test_a_new_customer_of_an_upload_with_a_last_day_keeps_its_name_after_it() -> None:  # rules 3.2, 3.11
    values, week = {"city": "Bonn", "first_name": "Ada"}, Days(TODAY, date(2026, 3, 16))
    given_no(CustomerProfile, "1001").when(
        lambda it: register_by_row(
            it,
            ORIGIN,
            number="1001",
            name="Ada Byron",
            values=values,
            definitions=FIELDS,
            days=week,
            upload="U-1",
            row=1,
        )
    ).then(registered_by_row({}), row_uploaded(values, week))
    ada = told(registered_by_row({}), row_uploaded(values, week))
    assert (ada.names.at(date(2026, 3, 17)), ada.fields.at("city", date(2026, 3, 17))) == ("Ada Byron", None)
    given(registered_by_row({}), row_uploaded(values, week)).when(upload(values, week)).then_nothing()


BEFORE: list[Any] = [
    [registered_by_row({"city": "Bonn", "first_name": "Ada"})],
    [ADA, row_uploaded({"city": "Bonn", "first_name": "Ada"})],
    [registered_by_row({"city": "Bonn", "first_name": "Ada"}), field_edited("city", "Köln")],
    [ADA, field_edited("city", "Köln"), row_uploaded({"city": "Bonn", "first_name": "Ada"}, withheld=["city"])],
    [ADA, row_uploaded({"city": "Bonn", "first_name": "Ada"}), field_edited("city", None)],
]
BEFORE_IDS = ["new", "known", "edited since", "withheld", "taken away since"]


@pytest.mark.parametrize("before", BEFORE, ids=BEFORE_IDS)
@pytest.mark.parametrize("days", [FROM_TODAY, NEXT_MONTH], ids=["today", "next month"])
def test_the_same_row_again_records_nothing(before: list[Any], days: Days) -> None:  # rules 3.2, 0.5
    given(*before).when(upload({"city": "Bonn", "first_name": "Ada"}, days)).then_nothing()


NOT_SAID: list[Any] = [
    [ADA, field_edited("city", "Bonn")],
    [ADA, customer_merged("1002", {"city": [held("Bonn")]})],
    [registered_by_row({"city": "Köln"}), field_edited("city", "Bonn")],
]


@pytest.mark.parametrize("before", NOT_SAID, ids=["edited so", "merged so", "edited so since"])
def test_news_that_says_what_stands_already_becomes_the_word_of_the_file_and_changes_no_value(
    before: list[Any],
) -> None:
    # rules 3.2, 3.3, 3.10
    bonn = row_uploaded({"city": "Bonn"})
    given(*before).when(upload({"city": "Bonn"})).then(bonn)
    assert upload({"city": "Bonn"})(told(*before)) is False
    after = (*before, bonn)
    assert (told(*after).fields.at("city", TODAY).value, told(*after).fields.at("city", TODAY).source) == (
        "Bonn",
        "upload",
    )
    given(*after).when(upload({"city": "Bonn"})).then_nothing()
    given(*after, field_edited("city", "Hamm")).when(upload({"city": "Bonn"})).then_nothing()


def test_what_was_said_about_a_customer_is_no_news_about_its_survivor() -> None:  # rules 3.2, 6.1
    bob = told(registered_by_row({"city": "Bonn", "note": "late"}, number="1002"))
    assert values_not_uploaded(bob.fields, {"city": "Bonn", "note": "paid", "score": "1"}, FROM_TODAY, row=1) == {
        "note": "paid",
        "score": "1",
    }
    assert values_not_uploaded(bob.fields, {"city": "Bonn"}, YESTERDAY, row=1) == {"city": "Bonn"}


def test_a_file_that_contradicts_itself_is_no_news_the_second_time() -> None:  # rule 3.2
    ada = told(ADA)
    for upload_id, recorded in (("first", 2), ("second", 0), ("third", 0)):
        for row, city in enumerate(("Bonn", "Köln"), start=1):
            ada.upload_fields(ORIGIN, {"city": city}, FIELDS, FROM_TODAY, upload=upload_id, row=row, file="f00d")
        assert len(ada.collect_events()) == recorded
    assert ada.fields.at("city", TODAY).value == "Köln"


CRM, CARL = origin("crm", Role.INTEGRATOR), origin("carl", Role.ADMINISTRATOR)
RIGHT, WRONG = "+441632960961", "+441632960962"
PHONES: list[Any] = [
    ("by a file", [row_uploaded({"phone": RIGHT})]),
    ("by an edit", [field_edited("phone", RIGHT)]),
    ("by both", [row_uploaded({"phone": WRONG}), field_edited("phone", RIGHT)]),
]


@pytest.mark.parametrize("facts", [case[1] for case in PHONES], ids=[case[0] for case in PHONES])
@pytest.mark.parametrize("guess", [RIGHT, WRONG], ids=["right", "wrong"])
def test_an_equal_value_that_the_uploader_may_not_see_is_recorded_and_counts(facts: list[Any], guess: str) -> None:
    # rules 3.2, 5.2
    ada = told(ADA, *facts)
    assert ada.upload_fields(CRM, {"phone": guess}, FIELDS, FROM_TODAY, upload="U-2", row=1, file="f00d")
    [fact] = ada.pending
    assert (fact.personal_values, fact.effective_from, fact.effective_to) == ({"phone": guess}, TODAY, None)


def test_to_an_uploader_who_may_see_it_an_equal_masked_value_is_no_news() -> None:  # rules 3.2, 5.2
    ada = told(ADA, row_uploaded({"phone": RIGHT}))
    assert not ada.upload_fields(CARL, {"phone": RIGHT}, FIELDS, FROM_TODAY, upload="U-2", row=1, file="f00d")
    assert not ada.pending


def test_the_same_file_twice_changes_nothing_whoever_may_see_it() -> None:  # rules 3.2, 5.2
    ada = told(ADA)
    for changed in (True, False):
        values = {"phone": RIGHT, "city": "Bonn"}
        assert ada.upload_fields(CRM, values, FIELDS, FROM_TODAY, upload="U-2", row=1, file="f00d") is changed
    assert len(ada.pending) == 1


def test_another_file_with_the_same_value_that_the_uploader_may_not_see_is_recorded_once() -> None:  # rules 3.2, 5.2
    ada = told(ADA, row_uploaded({"phone": RIGHT}, file="first"))
    for changed in (True, False):
        given_again = ada.upload_fields(CRM, {"phone": RIGHT}, FIELDS, FROM_TODAY, upload="U-2", row=1, file="second")
        assert given_again is changed


@pytest.mark.parametrize("row", [1, 2], ids=["the row", "an earlier row"])
def test_that_a_file_is_the_same_as_somebody_elses_is_not_told_either(row: int) -> None:  # rules 3.2, 5.2
    ada, erp = told(ADA), origin("erp", Role.INTEGRATOR)
    file = [{"phone": RIGHT}, {"phone": WRONG}][:row]
    for place, values in enumerate(file, start=1):
        ada.upload_fields(erp, values, FIELDS, FROM_TODAY, upload="U-1", row=place, file="f00d")
    ada.collect_events()
    assert ada.upload_fields(CRM, file[0], FIELDS, FROM_TODAY, upload="U-2", row=1, file="f00d")
    assert len(ada.pending) == 1


def test_another_file_may_say_what_an_older_one_said() -> None:  # rule 3.2
    ada = told(ADA)
    for upload_id, file, city in (("1", "aa", "Bonn"), ("2", "bb", "Köln"), ("3", "cc", "Bonn")):
        ada.upload_fields(ORIGIN, {"city": city}, FIELDS, FROM_TODAY, upload=upload_id, row=1, file=file)
    assert ada.fields.at("city", TODAY).value == "Bonn"


def test_only_what_is_news_is_recorded() -> None:  # rule 3.2
    given(registered_by_row({"city": "Bonn", "note": "late"})).when(
        upload({"city": "Bonn", "note": "paid", "score": "7"})
    ).then(row_uploaded({"note": "paid", "score": "7"}))


def test_a_row_without_values_records_nothing() -> None:  # rule 0.5
    given(ADA).when(upload({})).then_nothing()


def test_the_same_file_for_earlier_days_is_news() -> None:  # rules 3.11, 0.4
    before = (ADA, row_uploaded({"city": "Bonn"}, NEXT_MONTH))
    given(*before).when(upload({"city": "Bonn"})).then(row_uploaded({"city": "Bonn"}))
    given(*before, row_uploaded({"city": "Bonn"})).when(upload({"city": "Bonn"})).then_nothing()


def test_what_was_merged_in_and_taken_back_is_news_again_for_an_upload() -> None:  # rules 3.2, 6.1
    taken = (customer_merged("1002", {"city": [held("Bonn")]}), customer_unmerged("1002", {"city": [held()]}))
    given(ADA, *taken).when(upload({"city": "Bonn"})).then(row_uploaded({"city": "Bonn"}))


# An upload against an edit: one field of each policy. `city` is newest, `score` is upload, `note` is agent.

WINS: list[Any] = [
    ("city", YESTERDAY, "upload"),
    ("city", FROM_TODAY, "upload"),
    ("score", YESTERDAY, "upload"),
    ("score", FROM_TODAY, "upload"),
    ("note", YESTERDAY, "edit"),
    ("note", FROM_TODAY, "edit"),
]


@pytest.mark.parametrize(("key", "edited_on", "wins"), WINS)
@pytest.mark.parametrize("edit", ["1", None], ids=["a value", "taken away"])
def test_the_policy_decides_between_a_later_upload_and_an_edit(
    key: str, edited_on: Days, wins: str, edit: str | None
) -> None:  # rule 3.10
    before = (ADA, row_uploaded({key: "0"}, SINCE_LONG), field_edited(key, edit, edited_on))
    row = row_uploaded({key: "2"}, withheld=[] if wins == "upload" else [key])
    given(*before).when(upload({key: "2"})).then(row)
    assert city_on(TODAY, *before, row, key=key) == ("2" if wins == "upload" else edit)


@pytest.mark.parametrize("edit", ["1", None], ids=["a value", "taken away"])
def test_under_agent_an_edit_for_later_days_stands_and_the_file_holds_before_and_after(edit: str | None) -> None:
    # rule 3.10
    before = (ADA, row_uploaded({"note": "0"}, SINCE_LONG), field_edited("note", edit, APRIL))
    row = row_uploaded({"note": "2", "loan_type": "car"}, withheld_on={"note": [APRIL]})
    given(*before).when(upload({"note": "2", "loan_type": "car"})).then(row)
    after = (*before, row)
    days = (YESTERDAY.first, TODAY, date(2026, 3, 31), APRIL.first, date(2026, 4, 30), date(2026, 5, 1))
    assert [city_on(day, *after, key="note") for day in days] == ["0", "2", "2", edit, edit, "2"]
    given(*after).when(upload({"note": "2"})).then_nothing()


def test_an_upload_that_always_wins_wins_over_later_edits_too() -> None:  # rule 3.10
    given(ADA, field_edited("score", "1", APRIL)).when(upload({"score": "2"})).then(row_uploaded({"score": "2"}))


def test_an_edit_that_an_upload_has_won_over_does_not_stand_any_more() -> None:  # rule 3.10
    before = (ADA, field_edited("score", "1"), row_uploaded({"score": "2"}), field_edited("city", "A"))
    given(*before, row_uploaded({"city": "B"}), row_uploaded({"city": "C"}, SINCE_LONG)).when(
        upload({"city": "D", "score": "3"})
    ).then(row_uploaded({"city": "D", "score": "3"}))
    given(ADA, field_edited("note", "1"), field_edited("note", None, YESTERDAY)).when(upload({"note": "2"})).then(
        row_uploaded({"note": "2"}, withheld=["note"])
    )


def test_a_merged_value_leaves_it_known_that_a_person_took_the_value_away() -> None:  # rules 3.10, 6.1
    before = (ADA, field_edited("note", None), customer_merged("1002", {"note": [held("late")]}))
    given(*before).when(upload({"note": "paid"})).then(row_uploaded({"note": "paid"}, withheld=["note"]))


def test_what_is_withheld_stays_in_history_and_is_said_once() -> None:  # rule 3.10
    before = (ADA, field_edited("note", "1"))
    withheld = row_uploaded({"note": "2", "city": "Bonn"}, withheld=["note"])
    given(*before).when(upload({"note": "2", "city": "Bonn"})).then(withheld)
    given(*before, withheld).when(upload({"note": "2", "city": "Bonn"})).then_nothing()
    assert (city_on(TODAY, *before, withheld, key="note"), city_on(TODAY, *before, withheld)) == ("1", "Bonn")


def test_an_upload_has_effective_dates() -> None:  # rule 3.11
    given(ADA).when(upload({"city": "Bonn"}, APRIL)).then(row_uploaded({"city": "Bonn"}, APRIL))
    before = (ADA, row_uploaded({"city": "Bonn"}), row_uploaded({"city": "Köln"}, APRIL))
    assert [city_on(day, *before) for day in (TODAY, APRIL.first, date(2026, 5, 1))] == ["Bonn", "Köln", "Bonn"]


def test_rows_of_an_erased_customer_still_replay() -> None:  # rule 5.1
    row = row_uploaded({"city": "Bonn", "first_name": "Ada"}).model_copy(update={"personal_values": ERASED})
    born = registered_by_row({"score": "7"}).model_copy(update={"personal_values": ERASED, "name": ERASED})
    gone = field_edited("first_name", "Ada").model_copy(update={"personal_value": ERASED})
    ada = CustomerProfile.from_facts(history(born, row, gone))
    found = [ada.fields.at(key, TODAY) for key in ("city", "score", "first_name")]
    assert [one and one.value for one in found] == ["Bonn", "7", ERASED]


# Reading a row


def test_cells_are_read_by_type_and_blank_ones_are_left_out() -> None:  # rules 3.2, 3.9
    cells = {"city": " Bonn ", "income": "1250.50", "segment": "gold", "note": " ", "score": ""}
    assert read_row(cells, FIELDS, new=False) == ({"city": "Bonn", "income": "1250.5", "segment": "Gold"}, [])


def test_every_wrong_cell_of_a_row_is_named() -> None:  # rules 3.2, 3.9
    values, faults = read_row({"city": "Bonn", "income": "1,5", "due_date": "soon"}, FIELDS, new=True)
    assert values == {"city": "Bonn"}
    assert [(type(fault), fault.field, str(fault)) for fault in faults] == [
        (TextError, "income", "Income must be a number like 1250.50, without grouping."),
        (TextError, "due_date", "Due Date must be a date like 2026-11-22."),
    ]


def test_a_new_customer_needs_a_value_in_every_required_field_that_is_mapped() -> None:  # rule 3.1
    _, [fault] = read_row({"segment": " ", "city": "Bonn"}, FIELDS, new=True)
    assert (type(fault), fault.field, str(fault)) == (FieldRequiredError, "segment", "Segment must have a value.")
    assert read_row({"segment": " "}, FIELDS, new=False) == ({}, [])
    assert read_row({"city": "Bonn"}, FIELDS, new=True) == ({"city": "Bonn"}, [])


def test_an_uploaded_customer_has_the_id_of_its_number() -> None:  # rule 3.2
    found = CustomerProfile.new(COMPANY, "1001")
    assert registered_by_row({"city": "Bonn"}).originator_id == found.id
