"""OK in the profile drawer: what is stored, what is refused, and when nothing is recorded."""

from datetime import date
from typing import Any

import pytest

from aggregates.customer.responses import (
    BlankNotOfferedError,
    CategoryNotShownError,
    ResponseNotDefinedError,
    ResponseRequiredError,
)
from aggregates.effective import Days
from aggregates.errors import RefusedError
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.setup.category import ProfileCategory
from scenario import (
    COMPANY,
    FROM_TODAY,
    ORIGIN,
    TODAY,
    category_defined,
    customer_registered,
    default_moved,
    given,
    history,
    response_at,
    response_changed,
    response_cleared,
    response_defined,
    response_selected,
    told,
)

YESTERDAY = date(2026, 3, 9)
NEXT_MONTH = date(2026, 4, 1)
LAST_OF_MARCH = date(2026, 3, 31)
ADA = customer_registered()
A_OR_B = (response_defined("A", "Under 30"), response_defined("B", "30 and over"))
SIZE = (category_defined(8, "Size", position=1), response_defined("S", "Small", code=8))


def categories(*facts: Fact) -> tuple[ProfileCategory, ...]:
    return Setup.empty(COMPANY).after(history(*facts)).categories


AGE = categories(category_defined(), *A_OR_B)
AGE_REQUIRED = categories(category_defined(required=True), *A_OR_B)
AGE_DEFAULT_A = categories(category_defined(), *A_OR_B, default_moved("A"))
AGE_A_RETIRED = categories(category_defined(), *A_OR_B, response_changed("A", active=False))


def ok(shown: tuple[ProfileCategory, ...], answers: dict[int, str | None], **options: Any) -> Any:
    """The user presses OK. `days` counts as named by the user when it is given."""
    options = {"days": FROM_TODAY, "dated": "days" in options} | options
    return lambda it: it.confirm_drawer(ORIGIN, answers=answers, categories=shown, **options)


# What is stored


def test_a_response_is_stored_from_today_on_open_ended() -> None:  # rule 1.5, rule 1.15
    given(ADA).when(ok(AGE, {7: " b "})).then(response_selected("B", "30 and over", TODAY, None))


def test_a_response_is_stored_with_the_descriptions_of_the_time() -> None:  # rule 1.13
    given(ADA, response_selected("A", "Under 30", YESTERDAY)).when(
        ok(categories(category_defined(7, "Years"), response_defined("B", "Grown up")), {7: "B"})
    ).then(response_selected("B", "Grown up", category=(7, "Years")))


def test_another_response_takes_the_place_of_the_stored_one() -> None:  # rule 1.5
    change = response_selected("B", "30 and over", TODAY)
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE, {7: "B"})).then(change)
    ada = told(ADA, response_selected("A", first=YESTERDAY), change)
    assert (response_at(ada, 7, YESTERDAY), response_at(ada, 7, TODAY), response_at(ada, 9, TODAY)) == ("A", "B", None)


def test_a_shown_default_is_stored_at_the_first_ok() -> None:  # rule 1.6, rule 1.9
    given(ADA).when(ok(AGE_DEFAULT_A, {})).then(response_selected("A", by_default=True))


def test_a_default_that_the_user_chose_is_stored_as_chosen() -> None:  # rule 1.6
    given(ADA).when(ok(AGE_DEFAULT_A, {7: "A"})).then(response_selected("A", by_default=False))


def test_a_default_is_never_stored_over_another_response() -> None:  # rule 1.6
    given(ADA, response_selected("B", first=YESTERDAY)).when(ok(AGE_DEFAULT_A, {})).then_nothing()


@pytest.mark.parametrize("days", [{}, {"days": Days(date(2026, 3, 1))}], ids=["from today", "back-dated"])
def test_a_default_ends_the_day_before_a_later_dated_response(days: dict[str, Days]) -> None:  # rule 1.15
    given(ADA, response_selected("B", first=NEXT_MONTH)).when(ok(AGE_DEFAULT_A, {}, **days)).then(
        response_selected("A", first=days.get("days", FROM_TODAY).first, last=LAST_OF_MARCH, by_default=True)
    )


def test_the_blank_choice_clears_the_response() -> None:  # rule 1.7
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE, {7: None})).then(response_cleared(TODAY))
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE, {7: " "})).then(response_cleared(TODAY))


def test_several_categories_are_stored_in_the_order_of_the_drawer() -> None:  # rule 1.1
    shown = categories(*SIZE, category_defined(), *A_OR_B)
    given(ADA).when(ok(shown, {8: "S", 7: "A"})).then(
        response_selected("A"), response_selected("S", "Small", category=(8, "Size"))
    )


# On which days


def test_a_later_dated_response_supersedes_from_its_day_on() -> None:  # rule 1.15
    later = response_selected("B", "30 and over", NEXT_MONTH)
    given(ADA, response_selected("A")).when(ok(AGE, {7: "B"}, days=Days(NEXT_MONTH))).then(later)
    ada = told(ADA, response_selected("A"), later)
    assert (response_at(ada, 7, LAST_OF_MARCH), response_at(ada, 7, NEXT_MONTH)) == ("A", "B")


def test_a_back_dated_response_is_visible_as_such() -> None:  # rule 0.4
    days = Days(date(2025, 1, 1), date(2025, 12, 31))
    given(ADA).when(ok(AGE, {7: "A"}, days=days)).then(response_selected("A", first=days.first, last=days.last))


@pytest.mark.parametrize(("keep_later", "last"), [(False, None), (True, LAST_OF_MARCH)])
def test_an_open_ended_response_wins_over_later_ones_unless_they_are_kept(
    keep_later: bool, last: date | None
) -> None:  # rule 2.11
    given(ADA, response_selected("B", first=NEXT_MONTH)).when(ok(AGE, {7: "A"}, keep_later=keep_later)).then(
        response_selected("A", first=TODAY, last=last)
    )


def test_the_response_in_force_can_be_made_to_last_longer() -> None:  # rule 1.15
    given(ADA, response_selected("A", first=YESTERDAY, last=LAST_OF_MARCH)).when(
        ok(AGE, {7: "A"}, days=FROM_TODAY)
    ).then(response_selected("A", first=TODAY))


# What stays quiet


@pytest.mark.parametrize("answers", [{}, {7: "A"}, {7: "a"}])
def test_ok_with_nothing_changed_records_nothing(answers: dict[int, str | None]) -> None:  # rule 1.9
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE, answers)).then_nothing()


def test_ok_without_naming_days_leaves_an_unchanged_answer_and_its_end_alone() -> None:  # rule 1.9
    given(ADA, response_selected("A", first=YESTERDAY, last=LAST_OF_MARCH)).when(ok(AGE, {7: "A"})).then_nothing()


def test_a_blank_that_is_blank_records_nothing() -> None:  # rule 1.9
    given(ADA).when(ok(AGE, {7: None})).then_nothing()


def test_a_named_range_that_says_the_same_on_every_day_records_nothing() -> None:  # rule 0.5
    days = Days(TODAY, LAST_OF_MARCH)
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE, {7: "A"}, days=days)).then_nothing()


def test_a_second_ok_after_a_stored_default_records_nothing() -> None:  # rule 1.9
    given(ADA, response_selected("A", by_default=True)).when(ok(AGE_DEFAULT_A, {})).then_nothing()


@pytest.mark.parametrize("answers", [{}, {7: None}])
def test_a_category_that_is_not_shown_never_blocks_a_save(answers: dict[int, str | None]) -> None:  # rule 1.4
    hidden = categories(category_defined(required=True), response_defined("A", active=False))
    given(ADA).when(ok(hidden, answers)).then_nothing()


NOT_SHOWN = [
    categories(category_defined(active=False), *A_OR_B),
    categories(category_defined(), response_defined("A", active=False)),
]


@pytest.mark.parametrize("hidden", NOT_SHOWN, ids=["inactive", "without an active response"])
@pytest.mark.parametrize("days", [FROM_TODAY, Days(NEXT_MONTH)], ids=["from today", "dated"])
def test_a_blank_choice_does_not_clear_what_is_not_shown(hidden: tuple[ProfileCategory, ...], days: Days) -> None:
    # rules 1.4, 1.5, 1.13
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(hidden, {7: None}, days=days)).then_refused(
        CategoryNotShownError, "Age is not shown at the moment, so its stored answer stays.", ("responses.7",)
    )
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(hidden, {})).then_nothing()


def test_a_stored_response_that_was_deactivated_since_stays() -> None:  # rule 1.13
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE_A_RETIRED, {7: "A"})).then_nothing()


# What is refused


@pytest.mark.parametrize("answers", [{}, {7: None}, {7: ""}])
def test_a_required_category_without_a_response_is_refused(answers: dict[int, str | None]) -> None:  # rule 1.8
    given(ADA).when(ok(AGE_REQUIRED, answers)).then_refused(
        ResponseRequiredError, "A value must be selected for Age.", ("responses.7",)
    )


def test_a_required_category_without_a_response_stores_nothing_else_either() -> None:  # rule 1.8, rule 0.6
    shown = categories(category_defined(required=True), *A_OR_B, *SIZE)
    given(ADA).when(ok(shown, {8: "S"})).then_refused(
        ResponseRequiredError, "A value must be selected for Age.", ("responses.7",)
    )


def test_a_required_category_cannot_be_cleared() -> None:  # rule 1.8
    given(ADA, response_selected("A", first=YESTERDAY)).when(ok(AGE_REQUIRED, {7: None})).then_refused(
        ResponseRequiredError, "A value must be selected for Age.", ("responses.7",)
    )


def test_a_required_category_with_a_default_is_answered_by_it() -> None:  # rule 1.6, rule 1.8
    shown = categories(category_defined(required=True), *A_OR_B, default_moved("A"))
    given(ADA).when(ok(shown, {})).then(response_selected("A", by_default=True))


@pytest.mark.parametrize("answer", ["Z", "ABCDEFG"])
def test_a_response_that_is_not_defined_is_refused(answer: str) -> None:  # rule 1.5
    given(ADA).when(ok(AGE, {7: answer})).then_refused(
        ResponseNotDefinedError, f"Response {answer} is not defined for category 7.", ("responses.7",)
    )


@pytest.mark.parametrize(
    "shown",
    [AGE_A_RETIRED, categories(category_defined(active=False), *A_OR_B)],
    ids=["inactive response", "inactive category"],
)
def test_an_inactive_code_is_refused(shown: tuple[ProfileCategory, ...]) -> None:  # rule 1.5, rule 1.13
    given(ADA).when(ok(shown, {7: "a"})).then_refused(
        ResponseNotDefinedError, "Response A is not defined for category 7.", ("responses.7",)
    )


def test_a_stored_response_that_was_deactivated_since_cannot_be_made_to_last_longer() -> None:  # rule 1.5
    given(ADA, response_selected("A", first=YESTERDAY, last=LAST_OF_MARCH)).when(
        ok(AGE_A_RETIRED, {7: "A"}, days=FROM_TODAY)
    ).then_refused(ResponseNotDefinedError, "Response A is not defined for category 7.", ("responses.7",))


@pytest.mark.parametrize(
    ("answer", "text"),
    [("a", "Response A is not defined for category 9."), (None, "Category 9 is not defined.")],
)
def test_a_category_that_is_not_defined_is_refused(answer: str | None, text: str) -> None:  # rule 1.5
    given(ADA).when(ok(AGE, {9: answer})).then_refused(ResponseNotDefinedError, text, ("responses.9",))


def test_a_blank_that_is_not_offered_is_refused() -> None:  # rule 1.7
    given(ADA, response_selected("B", first=YESTERDAY)).when(ok(AGE_DEFAULT_A, {7: None})).then_refused(
        BlankNotOfferedError, "A blank choice is not offered for Age.", ("responses.7",)
    )


def test_all_faults_of_the_drawer_are_named_at_once() -> None:  # rule 1.5, rule 1.8
    shown = categories(category_defined(required=True), *A_OR_B, *SIZE)
    given(ADA).when(ok(shown, {12: "X", 11: "Y", 8: "Z"})).then_refused(
        RefusedError,
        "Response Y is not defined for category 11. Response X is not defined for category 12. "
        "A value must be selected for Age. Response Z is not defined for category 8.",
        ("responses.11", "responses.12", "responses.7", "responses.8"),
    )
