"""Save in the widget: who may edit what, which edits conflict, on which days they hold, when nothing is recorded."""

from datetime import date
from typing import Any

import pytest

from aggregates.customer.edits import (
    FieldChangedMeanwhileError,
    NoOpenInteractionError,
    NotAgentEditableError,
    NotAnEditorError,
)
from aggregates.customer.raw_values import FieldNotDefinedError, FieldRequiredError
from aggregates.effective import Days
from aggregates.errors import InvalidError, RefusedError
from aggregates.fact import Role
from field_facts import FIELDS, customer_merged, customer_unmerged, field_edited, held, registered_by_row, row_uploaded
from scenario import FROM_TODAY, LONG_AGO, TODAY, customer_registered, customer_renamed, given, origin, told

ADA = customer_registered()
AGENT, ADMINISTRATOR = origin(), origin("carl", Role.ADMINISTRATOR)
NEXT_MONTH = date(2026, 4, 1)
APRIL = Days(NEXT_MONTH, date(2026, 4, 30))
BONN = field_edited("city", "Bonn", during="I-0")


def save(who: Any = AGENT, *, during: str | None = "I-1", days: Days = FROM_TODAY, **edits: Any) -> Any:
    """Save in the widget; `seen_version` and `keep_later` are not fields. `days` counts as named by the user when it is another range."""
    options = {name: edits.pop(name) for name in ("seen_version", "keep_later") if name in edits}
    options |= {"dated": days != FROM_TODAY, "interaction": during}
    return lambda it: it.edit_fields(who, edits, FIELDS, days, **options)


# What is recorded


def test_an_agent_edits_on_a_call_and_the_event_names_the_interaction() -> None:  # rule 3.4
    given(ADA).when(save(city=" Köln ")).then(field_edited("city", "Köln", during="I-1"))
    assert told(ADA, BONN).fields.at("city", TODAY).value == "Bonn"


def test_an_administrator_edits_any_field_without_a_call() -> None:  # rule 3.4
    given(ADA).when(save(ADMINISTRATOR, during=None, loan_type="car", first_name="Ada")).then(
        field_edited("loan_type", "car"), field_edited("first_name", "Ada")
    )


def test_a_personal_value_stands_where_it_is_sealed() -> None:  # rule 5.1
    ada = told(ADA)
    save(phone="+441632960961")(ada)
    fact = ada.pending[0]
    assert (fact.value, fact.personal_value, fact.is_personal) == (None, "+441632960961", True)
    assert ada.fields.at("phone", TODAY).value == "+441632960961"


def test_each_changed_field_is_a_fact_and_the_others_are_none() -> None:  # rules 3.6, 0.5
    given(ADA, BONN).when(save(city="Bonn", due_date="2026-05-01", income="1250.50")).then(
        field_edited("due_date", "2026-05-01", during="I-1"), field_edited("income", "1250.5", during="I-1")
    )


@pytest.mark.parametrize("edits", [{}, {"city": "Bonn"}, {"city": " Bonn "}, {"note": ""}, {"note": None}])
@pytest.mark.parametrize("days", [FROM_TODAY, APRIL], ids=["open-ended", "april"])
def test_saving_what_stands_records_nothing(edits: dict[str, Any], days: Days) -> None:  # rules 3.6, 0.5
    given(ADA, BONN).when(save(days=days, **edits)).then_nothing()


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_value_takes_the_value_away(blank: str | None) -> None:  # rule 3.6
    given(ADA, BONN).when(save(city=blank)).then(field_edited("city", None, during="I-1"))
    assert told(ADA, BONN, field_edited("city", None, Days(NEXT_MONTH))).fields.at("city", NEXT_MONTH) is None


def test_a_number_may_be_given_as_a_number() -> None:  # rule 3.9
    given(ADA).when(save(score=7)).then(field_edited("score", "7", during="I-1"))


# Who may


@pytest.mark.parametrize("during", ["I-1", None])
def test_a_field_that_is_not_agent_editable_is_not_an_agents_to_edit(during: str | None) -> None:  # rule 3.4
    given(ADA).when(save(during=during, loan_type="car")).then_refused(
        NotAgentEditableError, "Loan Type is not agent editable.", ("fields.loan_type",)
    )


def test_without_an_open_interaction_an_agent_edits_nothing() -> None:  # rule 3.4
    given(ADA).when(save(during=None, city="Köln")).then_refused(
        NoOpenInteractionError, "Editing is allowed only during a call or its wrap-up.", ("fields.city",)
    )


def test_an_edit_that_an_agent_may_not_make_takes_the_others_with_it() -> None:  # rules 3.4, 0.6
    given(ADA).when(save(city="Köln", loan_type="car")).then_refused(
        NotAgentEditableError, "Loan Type is not agent editable.", ("fields.loan_type",)
    )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.INTEGRATOR])
def test_who_is_neither_agent_nor_administrator_edits_nothing(role: Role) -> None:  # rule 3.4
    given(ADA).when(save(origin("dora", role), city="Köln")).then_refused(
        NotAnEditorError, "Business fields are edited by administrators and agents only.", ("fields.city",)
    )


# What is refused


@pytest.mark.parametrize("key", ["nothing", "old", "x" * 99])
def test_a_field_that_is_not_defined_or_not_active_cannot_be_edited(key: str) -> None:  # rules 3.1, 3.4
    given(ADA).when(save(ADMINISTRATOR, **{key: "x"})).then_refused(
        FieldNotDefinedError, f"Field {key[:60]} is not defined.", (f"fields.{key}",)
    )


def test_a_required_field_keeps_a_value() -> None:  # rule 3.1
    given(ADA).when(save(ADMINISTRATOR, segment="")).then_refused(
        FieldRequiredError, "Segment must have a value.", ("fields.segment",)
    )


@pytest.mark.parametrize("value", [True, 1.5, ["x"], {}])
def test_a_value_that_is_no_text_is_refused(value: Any) -> None:  # rule 3.9
    given(ADA).when(save(income=value)).then_refused(InvalidError, "Income must be given as text.", ("fields.income",))


def test_a_number_is_no_text() -> None:  # rules 0.12, 3.9
    given(ADA).when(save(city=5)).then_refused(InvalidError, "City must be given as text.", ("fields.city",))


def test_every_wrong_field_is_named_at_once_and_nothing_is_stored() -> None:  # rules 3.9, 0.6
    given(ADA, BONN).when(
        save(ADMINISTRATOR, city="Köln", income="1,5", due_date="soon", phone="110", segment=None, other="x")
    ).then_refused(
        RefusedError,
        "Income must be a number like 1250.50, without grouping. Due Date must be a date like 2026-11-22."
        " Phone must be a phone number in international form, like +441632960961. Segment must have a value."
        " Field other is not defined.",
        ("fields.income", "fields.due_date", "fields.phone", "fields.segment", "fields.other"),
    )


# Conflicts


def test_the_same_field_changed_meanwhile_is_a_conflict_that_says_who_when_and_both_values() -> None:  # rule 3.7
    then = given(ADA, BONN).when(save(city="Köln", seen_version=1))
    then.then_refused(
        FieldChangedMeanwhileError, "City was changed by bob at 2026-01-01T09:01:00+00:00.", ("fields.city",)
    )
    error: Any = then.error
    assert (error.key, error.by, error.theirs, error.yours) == ("city", "bob", "Bonn", "Köln")


def test_another_field_changed_meanwhile_is_no_conflict() -> None:  # rule 3.7
    given(ADA, BONN, customer_renamed("Ada King")).when(save(note="late", seen_version=1)).then(
        field_edited("note", "late", during="I-1")
    )


def test_what_the_caller_saw_is_no_conflict() -> None:  # rule 3.7
    given(ADA, BONN).when(save(city="Köln", seen_version=2)).then(field_edited("city", "Köln", during="I-1"))


def test_the_same_change_made_by_both_is_no_conflict() -> None:  # rule 3.7
    given(ADA, BONN).when(save(city="Bonn", seen_version=1)).then_nothing()


def test_every_conflict_is_named_and_nothing_is_stored() -> None:  # rules 3.7, 0.6
    given(ADA, BONN, field_edited("note", "late")).when(
        save(city="Köln", note="", income="1", seen_version=1)
    ).then_refused(
        RefusedError,
        "City was changed by bob at 2026-01-01T09:01:00+00:00. Note was changed by bob at 2026-01-01T09:02:00+00:00.",
        ("fields.city", "fields.note"),
    )


TAKEN = customer_merged("1002", {"city": [held("Bonn")]})
MEANWHILE: list[Any] = [
    (field_edited("city", None, Days(LONG_AGO)), None),
    (row_uploaded({"city": "Bonn"}), "Bonn"),
    (TAKEN, "Bonn"),
    ([TAKEN, customer_unmerged("1002", {"city": [held()]})], None),
]


@pytest.mark.parametrize(("facts", "theirs"), MEANWHILE, ids=["clear", "upload", "merge", "unmerge"])
def test_whatever_changes_a_field_conflicts_with_who_did_not_see_it(facts: Any, theirs: str | None) -> None:  # rule 3.7
    *seen, last = facts if isinstance(facts, list) else [facts]
    then = given(ADA, *seen, last).when(save(city="Köln", seen_version=1 + len(seen)))
    assert isinstance(then.error, FieldChangedMeanwhileError)
    assert then.error.theirs == theirs


def test_a_value_of_an_upload_that_was_withheld_is_no_conflict() -> None:  # rules 3.7, 3.10
    given(ADA, row_uploaded({"city": "Bonn"}, withheld=["city"])).when(save(city="Köln", seen_version=1)).then(
        field_edited("city", "Köln", during="I-1")
    )


# Values that the caller may not see

PHONE = field_edited("phone", "+441632960961", during="I-0")
GUESSES = ["+441632960961", "+441632960962"]


@pytest.mark.parametrize("guess", GUESSES, ids=["right", "wrong"])
@pytest.mark.parametrize("days", [FROM_TODAY, APRIL], ids=["open-ended", "april"])
def test_an_equal_value_of_a_masked_field_is_recorded_like_any_other(guess: str, days: Days) -> None:  # rule 5.2
    given(ADA, PHONE).when(save(days=days, phone=guess)).then(field_edited("phone", guess, days, during="I-1"))


@pytest.mark.parametrize("guess", GUESSES, ids=["right", "wrong"])
def test_an_equal_value_of_a_masked_field_conflicts_like_any_other(guess: str) -> None:  # rules 3.7, 5.2
    given(ADA, PHONE).when(save(seen_version=1, phone=guess)).then_refused(
        FieldChangedMeanwhileError, "Phone was changed by bob at 2026-01-01T09:01:00+00:00.", ("fields.phone",)
    )


@pytest.mark.parametrize("seen", [None, 1])
def test_to_who_may_see_a_masked_value_an_equal_one_is_no_change(seen: int | None) -> None:  # rules 0.5, 3.7, 5.2
    given(ADA, PHONE).when(save(ADMINISTRATOR, during=None, seen_version=seen, phone=GUESSES[0])).then_nothing()


def test_taking_away_a_masked_value_that_there_is_not_records_nothing() -> None:  # rules 0.5, 5.2
    given(ADA).when(save(phone=None)).then_nothing()


# Days


def test_an_edit_may_be_for_some_days_only() -> None:  # rule 3.11
    given(ADA, BONN).when(save(days=APRIL, city="Köln")).then(field_edited("city", "Köln", APRIL, during="I-1"))
    ada = told(ADA, BONN, field_edited("city", "Köln", APRIL))
    found = [ada.fields.at("city", day) for day in (date(2026, 3, 9), TODAY, NEXT_MONTH, date(2026, 5, 1))]
    assert [one and one.value for one in found] == [None, "Bonn", "Köln", "Bonn"]


def test_an_edit_may_be_back_dated() -> None:  # rules 3.11, 0.4
    given(ADA).when(save(days=Days(LONG_AGO), city="Köln")).then(
        field_edited("city", "Köln", Days(LONG_AGO), during="I-1")
    )


def test_an_open_ended_edit_wins_over_later_ones_unless_they_are_kept() -> None:  # rules 3.11, 2.11
    later = field_edited("city", "Köln", APRIL)
    given(ADA, later).when(save(city="Bonn")).then(field_edited("city", "Bonn", during="I-1"))
    given(ADA, later).when(save(city="Bonn", keep_later=True)).then(
        field_edited("city", "Bonn", Days(TODAY, date(2026, 3, 31)), during="I-1")
    )


def test_saying_today_again_what_stands_leaves_a_later_value_alone_unless_days_are_named() -> None:  # rules 3.11, 0.5
    later = field_edited("city", "Köln", APRIL)
    given(ADA, BONN, later).when(save(city="Bonn")).then_nothing()
    both = Days(TODAY, date(2026, 4, 30))
    given(ADA, BONN, later).when(save(days=both, city="Bonn")).then(field_edited("city", "Bonn", both, during="I-1"))


def test_taking_a_value_away_for_some_days_leaves_the_others() -> None:  # rule 3.11
    given(ADA, BONN).when(save(days=APRIL, city=None)).then(field_edited("city", None, APRIL, during="I-1"))
    ada = told(ADA, BONN, field_edited("city", None, APRIL))
    assert [ada.fields.at("city", day) is None for day in (TODAY, NEXT_MONTH, date(2026, 5, 1))] == [False, True, False]


def test_a_value_says_where_it_came_from_and_by_which_event() -> None:  # rules 3.10, 0.2
    ada = told(registered_by_row({"city": "Bonn", "note": "late"}), field_edited("note", "paid"))
    city, note = ada.fields.at("city", TODAY), ada.fields.at("note", TODAY)
    assert (city.source, note.source) == ("upload", "edit")
    assert city.event_id != note.event_id
    assert ada.fields.at("income", TODAY) is None
