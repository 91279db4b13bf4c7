"""`CustomerProfile`: registration, name and alternate numbers. The drawer has its own tests."""

from datetime import date

import pytest

from aggregates.customer.numbers import AlternateNumberNotFoundError, AlternateNumbers, PrimaryNumberNeededError
from aggregates.customer.profile import CustomerExistsError, CustomerProfile
from aggregates.effective import Days
from aggregates.errors import RefusedError
from aggregates.texts import TextError
from scenario import (
    FROM_TODAY,
    LONG_AGO,
    ORIGIN,
    TODAY,
    alternate_number_added,
    alternate_number_removed,
    customer_registered,
    customer_renamed,
    given,
    given_no,
    primary_changed,
    told,
)

NEXT_MONTH = date(2026, 4, 1)
ADA = {"number": "1001", "name": "Ada Byron", "days": Days(LONG_AGO)}

# Registration


def test_a_customer_is_registered() -> None:  # rule 0.2
    given_no(CustomerProfile, "1001").when(lambda it: it.register(ORIGIN, **ADA)).then(customer_registered())


def test_a_customer_number_is_registered_once() -> None:  # rule 0.6
    given(customer_registered()).when(lambda it: it.register(ORIGIN, **ADA)).then_refused(
        CustomerExistsError, "Customer 1001 is already registered.", ("number",)
    )


@pytest.mark.parametrize("number", ["", "-1", "1 2", "1_2", "x" * 31, "é1"])
def test_a_customer_number_has_1_to_30_letters_digits_or_hyphens(number: str) -> None:  # rule 0.6
    given_no(CustomerProfile, "1001").when(lambda it: it.register(ORIGIN, **ADA | {"number": number})).then_refused(
        TextError, "The customer number must have 1 to 30 letters, digits or hyphens.", ("number",)
    )


@pytest.mark.parametrize("name", ["O'Brien", "李", "Ada 🎉", "x" * 100, "Zoë von der Überfurt-Straße"])
def test_a_name_may_be_any_text_that_can_be_shown(name: str) -> None:  # rule 3.9
    given_no(CustomerProfile, "1001").when(lambda it: it.register(ORIGIN, **ADA | {"name": name})).then(
        customer_registered(name)
    )


def test_all_faults_of_a_registration_are_named_at_once() -> None:  # rule 0.6
    wrong = ADA | {"number": "", "name": "x" * 101}
    given_no(CustomerProfile, "1001").when(lambda it: it.register(ORIGIN, **wrong)).then_refused(
        RefusedError,
        "The customer number must have 1 to 30 letters, digits or hyphens. The name must have 1 to 100 characters.",
        ("number", "name"),
    )


# Name


def test_a_customer_is_renamed_from_a_day_on() -> None:  # rule 0.4
    given(customer_registered()).when(lambda it: it.rename(ORIGIN, name=" Ada Lovelace ", days=Days(NEXT_MONTH))).then(
        customer_renamed("Ada Lovelace", NEXT_MONTH)
    )
    ada = told(customer_registered(), customer_renamed("Ada Lovelace", NEXT_MONTH))
    assert (ada.names.at(TODAY), ada.names.at(NEXT_MONTH)) == ("Ada Byron", "Ada Lovelace")


def test_a_name_may_be_back_dated_to_before_the_registration() -> None:  # rule 0.4
    days = Days(date(2015, 1, 1), date(2015, 12, 31))
    given(customer_registered()).when(lambda it: it.rename(ORIGIN, name="Ada Gordon", days=days)).then(
        customer_renamed("Ada Gordon", date(2015, 1, 1), date(2015, 12, 31))
    )


def test_renaming_to_the_name_in_force_records_nothing() -> None:  # rule 0.5
    given(customer_registered()).when(lambda it: it.rename(ORIGIN, name="Ada Byron", days=FROM_TODAY)).then_nothing()


def test_renaming_is_not_quiet_while_a_later_name_differs() -> None:  # rule 2.11
    given(customer_registered(), customer_renamed("Ada Lovelace", NEXT_MONTH)).when(
        lambda it: it.rename(ORIGIN, name="Ada Byron", days=FROM_TODAY)
    ).then(customer_renamed("Ada Byron", TODAY))


def test_a_name_may_leave_later_ones_alone() -> None:  # rule 2.11
    given(customer_registered(), customer_renamed("Ada Lovelace", NEXT_MONTH)).when(
        lambda it: it.rename(ORIGIN, name="Ada King", days=FROM_TODAY, keep_later=True)
    ).then(customer_renamed("Ada King", TODAY, date(2026, 3, 31)))


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_name_has_1_to_100_characters(name: str) -> None:  # rule 0.6
    given(customer_registered()).when(lambda it: it.rename(ORIGIN, name=name, days=FROM_TODAY)).then_refused(
        TextError, "The name must have 1 to 100 characters.", ("name",)
    )


# Alternate numbers


def test_the_first_alternate_number_is_the_primary_one() -> None:  # rule 1.14
    given(customer_registered()).when(lambda it: it.add_alternate_number(ORIGIN, "a1", primary=False)).then(
        alternate_number_added("A1", primary=True)
    )


def test_a_further_alternate_number_is_not_primary_unless_asked() -> None:  # rule 1.14
    given(customer_registered(), alternate_number_added("A1", primary=True)).when(
        lambda it: it.add_alternate_number(ORIGIN, "A2", primary=False)
    ).then(alternate_number_added("A2"))


def test_a_new_primary_number_keeps_the_old_one_in_the_list() -> None:  # rule 1.14
    before = (customer_registered(), alternate_number_added("A1", primary=True))
    new = alternate_number_added("A2", primary=True, replaced="A1")
    given(*before).when(lambda it: it.add_alternate_number(ORIGIN, "A2", primary=True)).then(new)
    ada = told(*before, new)
    assert (ada.alternate_numbers.primary, ada.alternate_numbers.numbers) == ("A2", ("A1", "A2"))


@pytest.mark.parametrize("number", ["", "A" * 16, "A-1", "A 1", "ß"])
def test_an_alternate_number_has_1_to_15_letters_or_digits(number: str) -> None:  # rule 1.14
    given(customer_registered()).when(lambda it: it.add_alternate_number(ORIGIN, number, primary=True)).then_refused(
        TextError, "An alternate number must have 1 to 15 letters or digits.", ("alternate_number",)
    )


@pytest.mark.parametrize("primary", [True, False])
def test_adding_a_number_that_is_in_the_list_records_nothing(primary: bool) -> None:  # rule 0.5
    given(customer_registered(), alternate_number_added("A1", primary=True)).when(
        lambda it: it.add_alternate_number(ORIGIN, "A1", primary=primary)
    ).then_nothing()


def test_adding_a_number_of_the_list_as_primary_makes_it_primary() -> None:  # rule 1.14
    given(customer_registered(), alternate_number_added("A1", primary=True), alternate_number_added("A2")).when(
        lambda it: it.add_alternate_number(ORIGIN, "A2", primary=True)
    ).then(primary_changed("A2", "A1"))


def test_another_number_of_the_list_becomes_primary() -> None:  # rule 1.14
    before = (customer_registered(), alternate_number_added("A1", primary=True), alternate_number_added("A2"))
    given(*before).when(lambda it: it.make_primary(ORIGIN, "A2")).then(primary_changed("A2", "A1"))
    assert told(*before, primary_changed("A2", "A1")).alternate_numbers.numbers == ("A1", "A2")


def test_making_the_primary_number_primary_records_nothing() -> None:  # rule 0.5
    given(customer_registered(), alternate_number_added("A1", primary=True)).when(
        lambda it: it.make_primary(ORIGIN, "A1")
    ).then_nothing()


@pytest.mark.parametrize("verb", ["make_primary", "remove_alternate_number"])
def test_a_number_that_is_not_in_the_list_is_not_found(verb: str) -> None:  # rule 1.14
    given(customer_registered()).when(lambda it: getattr(it, verb)(ORIGIN, "A9")).then_refused(
        AlternateNumberNotFoundError, "Customer 1001 has no alternate number A9."
    )


def test_a_number_is_removed() -> None:  # rule 1.14
    given(customer_registered(), alternate_number_added("A1", primary=True), alternate_number_added("A2")).when(
        lambda it: it.remove_alternate_number(ORIGIN, "A2")
    ).then(alternate_number_removed("A2"))


def test_the_primary_number_cannot_be_removed_before_the_others() -> None:  # rule 1.14
    given(customer_registered(), alternate_number_added("A1", primary=True), alternate_number_added("A2")).when(
        lambda it: it.remove_alternate_number(ORIGIN, "A1")
    ).then_refused(PrimaryNumberNeededError, "A1 is the primary number; make another number primary first.")


def test_after_the_last_number_there_is_no_primary_one() -> None:  # rule 1.14
    before = (customer_registered(), alternate_number_added("A1", primary=True))
    given(*before).when(lambda it: it.remove_alternate_number(ORIGIN, "A1")).then(alternate_number_removed("A1"))
    ada = told(*before, alternate_number_removed("A1"))
    assert ada.alternate_numbers == AlternateNumbers("1001")
