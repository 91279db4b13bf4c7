"""`ProfileCategory`: what an administrator may set up, change and deactivate."""

import pytest

from aggregates.errors import RefusedError
from aggregates.setup.category import (
    CategoryExistsError,
    InactiveDefaultError,
    ProfileCategory,
    ResponseExistsError,
    ResponseNotFoundError,
)
from aggregates.texts import TextError
from scenario import (
    ORIGIN,
    category_changed,
    category_defined,
    default_moved,
    given,
    given_no,
    response_changed,
    response_defined,
    told,
)

AGE = {"code": 7, "description": "Age", "required": False, "position": 0, "active": True}
UNDER_30 = {"response": "A", "description": "Under 30", "default": False, "position": 0, "active": True}
OLDER = {"response": "B", "description": "30 and over", "default": False, "position": 0, "active": True}

# Categories


def test_a_category_is_defined() -> None:  # rule 1.1
    given_no(ProfileCategory, 7).when(lambda it: it.define(ORIGIN, **AGE)).then(category_defined(7, "Age"))


def test_a_category_code_is_unique() -> None:  # rule 1.1
    given(category_defined()).when(lambda it: it.define(ORIGIN, **AGE)).then_refused(
        CategoryExistsError, "Category 7 is already defined.", ("code",)
    )


@pytest.mark.parametrize("code", [1, 999])
def test_the_lowest_and_highest_category_codes_are_accepted(code: int) -> None:  # rule 1.1
    given_no(ProfileCategory, code).when(lambda it: it.define(ORIGIN, **AGE | {"code": code})).then(
        category_defined(code)
    )


@pytest.mark.parametrize(
    ("wrong", "text", "field"),
    [
        ({"code": 0}, "The category code must be 1 to 999.", "code"),
        ({"code": 1000}, "The category code must be 1 to 999.", "code"),
        ({"description": "  "}, "The description must have 1 to 30 characters.", "description"),
        ({"description": "x" * 31}, "The description must have 1 to 30 characters.", "description"),
        ({"description": "a\nb"}, "The description must not hold control characters.", "description"),
        ({"position": -1}, "The position must be 0 to 9999.", "position"),
        ({"position": 10000}, "The position must be 0 to 9999.", "position"),
    ],
)
def test_a_category_outside_its_bounds_is_refused(wrong: dict[str, object], text: str, field: str) -> None:  # rule 1.1
    given_no(ProfileCategory, 7).when(lambda it: it.define(ORIGIN, **AGE | wrong)).then_refused(
        TextError, text, (field,)
    )


def test_all_faults_of_a_category_are_named_at_once() -> None:  # rule 1.1
    wrong = AGE | {"code": 0, "description": "", "position": -1}
    given_no(ProfileCategory, 7).when(lambda it: it.define(ORIGIN, **wrong)).then_refused(
        RefusedError,
        "The category code must be 1 to 999. The description must have 1 to 30 characters. The position must be 0 to 9999.",
        ("code", "description", "position"),
    )


@pytest.mark.parametrize(
    "change", [{"description": "Years"}, {"required": True}, {"position": 3}, {"active": False}], ids=str
)
def test_what_is_given_of_a_category_is_changed(change: dict[str, object]) -> None:  # rule 1.1, rule 1.13
    given(category_defined(7, "Age")).when(lambda it: it.change(ORIGIN, **change)).then(
        category_changed(**{"code": 7, "description": "Age"} | change)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("change", [{}, {"description": " Age "}, {"required": False, "active": True}], ids=str)
def test_changing_a_category_to_what_it_is_records_nothing(change: dict[str, object]) -> None:  # rule 0.5
    given(category_defined(7, "Age")).when(lambda it: it.change(ORIGIN, **change)).then_nothing()


def test_a_category_cannot_be_changed_out_of_its_bounds() -> None:  # rule 1.1
    given(category_defined()).when(lambda it: it.change(ORIGIN, description="", position=-1)).then_refused(
        RefusedError,
        "The description must have 1 to 30 characters. The position must be 0 to 9999.",
        ("description", "position"),
    )


# Responses


def test_a_response_is_defined_with_its_code_in_capitals() -> None:  # rule 1.2
    given(category_defined()).when(lambda it: it.define_response(ORIGIN, **UNDER_30 | {"response": " a1 "})).then(
        response_defined("A1")
    )


def test_a_response_code_is_unique_in_its_category() -> None:  # rule 1.2
    again = UNDER_30 | {"response": "a", "description": ""}
    given(category_defined(), response_defined("A")).when(lambda it: it.define_response(ORIGIN, **again)).then_refused(
        RefusedError,
        "Response A is already defined for category 7. The description must have 1 to 30 characters.",
        ("code", "description"),
    )


def test_a_response_that_exists_cannot_be_defined_again() -> None:  # rule 1.2
    given(category_defined(), response_defined()).when(lambda it: it.define_response(ORIGIN, **UNDER_30)).then_refused(
        ResponseExistsError, "Response A is already defined for category 7.", ("code",)
    )


@pytest.mark.parametrize("code", ["", "ABCDEF", "A-1", "É", "ß", "A B"])
def test_a_response_code_has_1_to_5_letters_or_digits(code: str) -> None:  # rule 1.2
    wrong = UNDER_30 | {"response": code}
    given(category_defined()).when(lambda it: it.define_response(ORIGIN, **wrong)).then_refused(
        TextError, "The response code must have 1 to 5 letters or digits.", ("code",)
    )


def test_a_response_description_has_at_most_30_characters() -> None:  # rule 1.2
    given(category_defined()).when(
        lambda it: it.define_response(ORIGIN, **UNDER_30 | {"description": "x" * 31})
    ).then_refused(TextError, "The description must have 1 to 30 characters.", ("description",))


@pytest.mark.parametrize("change", [{"description": "Young"}, {"position": 2}, {"active": False}], ids=str)
def test_what_is_given_of_a_response_is_changed(change: dict[str, object]) -> None:  # rule 1.2, rule 1.13
    given(category_defined(), response_defined()).when(lambda it: it.change_response(ORIGIN, "a", **change)).then(
        response_changed(**change)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("change", [{}, {"description": "Under 30"}, {"default": False, "active": True}], ids=str)
def test_changing_a_response_to_what_it_is_records_nothing(change: dict[str, object]) -> None:  # rule 0.5
    given(category_defined(), response_defined()).when(
        lambda it: it.change_response(ORIGIN, "A", **change)
    ).then_nothing()


def test_a_response_that_is_not_defined_cannot_be_changed() -> None:  # rule 1.2
    given(category_defined()).when(lambda it: it.change_response(ORIGIN, "Z", position=1)).then_refused(
        ResponseNotFoundError, "Response Z is not defined for category 7."
    )


# The default response


def test_a_response_defined_as_default_takes_the_flag() -> None:  # rule 1.3
    given(category_defined(), response_defined("A"), default_moved("A")).when(
        lambda it: it.define_response(ORIGIN, **OLDER | {"default": True})
    ).then(response_defined("B", "30 and over"), default_moved("B", before="A"))


def test_making_another_response_the_default_moves_the_flag_in_one_event() -> None:  # rule 1.3
    given(category_defined(), response_defined("A"), response_defined("B"), default_moved("A")).when(
        lambda it: it.change_response(ORIGIN, "B", default=True)
    ).then(default_moved("B", before="A"))


def test_the_flag_can_be_dropped() -> None:  # rule 1.3
    given(category_defined(), response_defined("A"), default_moved("A")).when(
        lambda it: it.change_response(ORIGIN, "A", default=False)
    ).then(default_moved(None, before="A"))


@pytest.mark.parametrize(("response", "default"), [("A", True), ("B", False)])
def test_a_flag_that_stands_already_is_not_moved(response: str, default: bool) -> None:  # rule 0.5
    given(category_defined(), response_defined("A"), response_defined("B"), default_moved("A")).when(
        lambda it: it.change_response(ORIGIN, response, default=default)
    ).then_nothing()


def test_deactivating_the_default_drops_the_flag() -> None:  # rule 1.3, rule 1.13
    given(category_defined(), response_defined("A"), default_moved("A")).when(
        lambda it: it.change_response(ORIGIN, "A", active=False)
    ).then(response_changed("A", active=False), default_moved(None, before="A"))


def test_an_inactive_response_cannot_be_the_default() -> None:  # rule 1.3
    text = "An inactive response cannot be the default."
    given(category_defined(), response_defined("A", active=False)).when(
        lambda it: it.change_response(ORIGIN, "A", default=True)
    ).then_refused(InactiveDefaultError, text, ("default",))
    given(category_defined()).when(
        lambda it: it.define_response(ORIGIN, **UNDER_30 | {"default": True, "active": False})
    ).then_refused(InactiveDefaultError, text, ("default",))


def test_a_response_can_be_activated_and_made_the_default_at_once() -> None:  # rule 1.3
    given(category_defined(), response_defined("A", active=False)).when(
        lambda it: it.change_response(ORIGIN, "A", active=True, default=True)
    ).then(response_changed("A", active=True), default_moved("A"))


# What the drawer asks


@pytest.mark.parametrize(
    ("category_active", "response_active", "shown"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_a_category_without_an_active_response_is_not_shown(
    category_active: bool, response_active: bool, shown: bool
) -> None:  # rule 1.4
    category = told(category_defined(active=category_active), response_defined(active=response_active))
    assert category.shown is shown
    assert not told(category_defined()).shown


@pytest.mark.parametrize(
    ("default", "required", "offered"),
    [(None, False, True), (None, True, False), ("A", False, False), ("A", True, False)],
)
def test_a_blank_choice_is_offered_only_without_default_and_requirement(
    default: str | None, required: bool, offered: bool
) -> None:  # rule 1.7
    category = told(category_defined(required=required), response_defined("A"), default_moved(default))
    assert category.offers_blank is offered


def test_neither_a_category_nor_a_response_can_be_deleted() -> None:  # rule 1.13
    assert not [name for name in dir(ProfileCategory) if "delete" in name or "remove" in name]
