"""The drawer at two clocks: what is shown, what can be chosen, whether it opens by itself (rules 1.1-1.15)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from aggregates.errors import InvalidError
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.drawer.categories import categories, category
from projections.drawer.models import Drawer, DrawerCategory
from projections.drawer.queries import customers_by_response, drawer
from projections.reading.paging import CursorError, LimitError
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
CONDITIONS = ("categories", "required_unanswered", "k87", "primary_alternate_number")


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Category 7 Age (A Under 30, B 30-39, C 40 and more) and customers 1001 and 1002."""
    setup.define_category(dossier, ask(), code=7, description="Age", position=2)
    for position, (response, description) in enumerate([("C", "40 and more"), ("B", "30-39"), ("A", "Under 30")]):
        setup.define_response(dossier, ask(), code=7, response=response, description=description, position=9 - position)
    customers.register_customer(dossier, ask(), number="1001", name="Ada Byron")
    customers.register_customer(dossier, ask(), number="1002", name="Bob Ray")
    return dossier


def shown(company: Dossier, number: str = "1001", **at: Any) -> Drawer:
    with reading(company, "drawer", **at) as view:
        found = drawer(view, number)
    assert found is not None
    return found


def age(company: Dossier, number: str = "1001", **at: Any) -> DrawerCategory:
    [found] = shown(company, number, **at).categories
    return found


def holds(found: Drawer) -> dict[str, bool]:
    return {condition.code: condition.holds for condition in found.display.conditions}


def test_the_title_is_the_name_followed_by_the_number(company: Dossier) -> None:
    # rule 1.10
    assert shown(company).title == "Ada Byron 1001"
    assert shown(company, "1002").title == "Bob Ray 1002"


def test_the_version_is_the_customers_and_counts_all_its_facts(company: Dossier, ask: Ask) -> None:
    # rule 0.7
    outcome = customers.add_alternate_number(company, ask(), number="1001", alternate_number="x1")
    outcome = customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    before = now_known(company)
    customers.confirm_drawer(company, ask(), number="1001", responses={7: None})
    assert shown(company, known_at=before).version == outcome.version == 3
    assert (shown(company).version, shown(company, "1002").version) == (4, 1)


def test_a_stored_answer_says_who_stored_it_and_when(company: Dossier, ask: Ask) -> None:
    # rules 0.2, 1.6
    assert (age(company).changed_by, age(company).changed_at) == (None, None)
    customers.confirm_drawer(company, ask(actor="bea"), number="1001", responses={7: "A"})
    stored = now_known(company)
    bounded = When(TODAY, TODAY)
    customers.confirm_drawer(company, ask(actor="cy"), number="1001", responses={7: "B"}, when=bounded)
    assert (age(company).changed_by, age(company, known_at=stored).changed_by) == ("cy", "bea")
    resumed = age(company, valid_at=TODAY + timedelta(1))
    assert (resumed.changed_by, resumed.changed_at) == ("bea", age(company, known_at=stored).changed_at)


def test_an_unknown_customer_has_no_drawer(company: Dossier) -> None:
    with reading(company, "drawer") as view:
        assert [drawer(view, number) for number in ("9", "1001 ", "a\0b", "")] == [None] * 4


def test_a_customer_not_yet_known_then_has_no_drawer(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    before = now_known(company)
    customers.register_customer(company, ask(), number="1003", name="Cy")
    with reading(company, "drawer", known_at=before) as view:
        assert drawer(view, "1003") is None


def test_the_field_shows_blank_then_the_default_then_what_is_stored(company: Dossier, ask: Ask) -> None:
    # rule 1.6
    blank = age(company)
    assert (blank.shown, blank.value, blank.value_description) == ("blank", None, None)
    setup.change_response(company, ask(), code=7, response="B", default=True)
    defaulted = age(company)
    assert (defaulted.shown, defaulted.value, defaulted.value_description) == ("defaulted", "B", "30-39")
    assert (defaulted.effective_from, defaulted.effective_to) == (None, None)
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    stored = age(company)
    assert (stored.shown, stored.value, stored.value_description) == ("stored", "A", "Under 30")
    assert (stored.effective_from, stored.effective_to) == (TODAY, None)
    assert age(company, "1002").shown == "defaulted"


def test_making_another_response_the_default_moves_the_flag(company: Dossier, ask: Ask) -> None:
    # rule 1.3
    setup.change_response(company, ask(), code=7, response="B", default=True)
    setup.change_response(company, ask(), code=7, response="C", default=True)
    with reading(company, "drawer") as view:
        [found] = categories(view)
    assert [one.code for one in found.responses if one.default] == ["C"]


@pytest.mark.parametrize(("default", "required"), [(False, False), (False, True), (True, False), (True, True)])
def test_a_blank_choice_is_offered_only_without_default_and_not_required(
    company: Dossier, ask: Ask, default: bool, required: bool
) -> None:
    # rule 1.7
    setup.change_response(company, ask(), code=7, response="B", default=default)
    setup.change_category(company, ask(), code=7, required=required)
    assert age(company).blank_offered is (not default and not required)


def test_a_category_without_an_active_response_is_not_shown(company: Dossier, ask: Ask) -> None:
    # rules 1.4, 1.11
    setup.define_category(company, ask(), code=8, description="Region", required=True)
    assert [one.code for one in shown(company).categories] == [7]
    assert not holds(shown(company))["required_unanswered"]
    for response in "ABC":
        setup.change_response(company, ask(), code=7, response=response, active=False)
    found = shown(company)
    assert (found.categories, found.available, holds(found)["categories"]) == ([], False, False)


def test_an_inactive_category_is_not_shown(company: Dossier, ask: Ask) -> None:
    # rule 1.13
    setup.change_category(company, ask(), code=7, active=False)
    assert not shown(company).available


def test_the_drawer_is_available_when_a_category_has_responses(company: Dossier) -> None:
    # rule 1.11
    assert shown(company).available


def test_categories_and_choices_come_by_position_then_code(company: Dossier, ask: Ask) -> None:
    # rules 1.1, 1.2
    for code in (9, 5):
        setup.define_category(company, ask(), code=code, description=f"Category {code}", position=1)
    for code, position in (("C", 1), ("B", 1), ("A", 2)):
        setup.define_response(company, ask(), code=5, response=code, description=code, position=position)
    setup.define_response(company, ask(), code=9, response="X", description="X")
    found = shown(company)
    assert [one.code for one in found.categories] == [5, 9, 7]
    assert [one.code for one in found.categories[0].choices] == ["B", "C", "A"]
    assert [one.code for one in found.categories[2].choices] == ["A", "B", "C"]


def test_a_stored_response_that_became_inactive_is_still_shown(company: Dossier, ask: Ask) -> None:
    # rule 1.13
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    setup.change_response(company, ask(), code=7, response="A", active=False)
    stored, other = age(company), age(company, "1002")
    assert (stored.value, stored.value_description, stored.shown) == ("A", "Under 30", "stored")
    assert [one.code for one in stored.choices] == ["A", "B", "C"]
    assert [one.code for one in other.choices] == ["B", "C"]


def test_definitions_are_those_known_then(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 1.13
    before = now_known(company)
    setup.change_category(company, ask(), code=7, description="Age group", required=True)
    setup.change_response(company, ask(), code=7, response="B", description="Thirties")
    old, new = age(company, known_at=before), age(company)
    assert (old.description, old.required, old.choices[1].description) == ("Age", False, "30-39")
    assert (new.description, new.required, new.choices[1].description) == ("Age group", True, "Thirties")


def test_each_of_the_four_conditions_is_told_and_all_must_hold(company: Dossier, ask: Ask) -> None:
    # rule 1.12
    assert tuple(holds(shown(company))) == CONDITIONS
    assert holds(shown(company)) == dict(zip(CONDITIONS, (True, False, False, False), strict=True))
    setup.change_category(company, ask(), code=7, required=True)
    setup.set_control(company, ask(), code="K87", value="Yes")
    assert holds(shown(company)) == dict(zip(CONDITIONS, (True, True, True, False), strict=True))
    assert not shown(company).display.displayed
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="x1")
    assert shown(company).display.displayed
    assert not shown(company, "1002").display.displayed
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    assert holds(shown(company)) == dict(zip(CONDITIONS, (True, False, True, True), strict=True))


def test_k87_counts_as_it_is_on_the_day(company: Dossier, ask: Ask) -> None:
    # rules 1.12, 4.1
    setup.set_control(company, ask(), code="K87", value="Yes", when=When(date(2030, 1, 1)))
    assert not holds(shown(company, valid_at=date(2029, 12, 31)))["k87"]
    assert holds(shown(company, valid_at=date(2030, 1, 1)))["k87"]


def test_the_last_alternate_number_removed_leaves_no_primary(company: Dossier, ask: Ask) -> None:
    # rules 1.12, 1.14
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="x1")
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="x2", primary=True)
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="x1")
    had = now_known(company)
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="x2")
    assert holds(shown(company, known_at=had))["primary_alternate_number"]
    assert not holds(shown(company))["primary_alternate_number"]


def test_a_default_is_not_an_answer_to_a_required_category(company: Dossier, ask: Ask) -> None:
    # rules 1.6, 1.12
    setup.change_response(company, ask(), code=7, response="B", default=True)
    setup.change_category(company, ask(), code=7, required=True)
    assert (age(company).shown, holds(shown(company))["required_unanswered"]) == ("defaulted", True)


def test_a_later_dated_response_supersedes_from_its_day_on(company: Dossier, ask: Ask) -> None:
    # rules 0.4, 1.15
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"}, when=When(date(2026, 1, 1)))
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "B"}, when=When(date(2027, 1, 1)))
    old, new = age(company, valid_at=date(2026, 12, 31)), age(company, valid_at=date(2027, 1, 1))
    assert (old.value, old.effective_from, old.effective_to) == ("A", date(2026, 1, 1), date(2026, 12, 31))
    assert (new.value, new.effective_from, new.effective_to) == ("B", date(2027, 1, 1), None)
    assert age(company, valid_at=date(2025, 12, 31)).shown == "blank"
    assert age(company, "1002").shown == "blank"


def test_a_past_answer_is_given_again_byte_by_byte(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    then = now_known(company)
    first = shown(company, known_at=then).model_dump_json()
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "B"}, when=When(date(2020, 1, 1)))
    customers.rename_customer(company, ask(), number="1001", name="Ada Lovelace", when=When(date(2020, 1, 1)))
    setup.change_response(company, ask(), code=7, response="A", active=False)
    setup.set_control(company, ask(), code="K87", value="Yes", when=When(date(2020, 1, 1)))
    assert shown(company, known_at=then).model_dump_json() == first
    assert shown(company).model_dump_json() != first


def test_a_customer_registered_ahead_has_a_name_at_once(company: Dossier, ask: Ask) -> None:
    # rule 0.4
    ahead = TODAY + timedelta(days=30)
    customers.register_customer(company, ask(), number="1003", name="Cy", effective_from=ahead)
    assert shown(company, "1003").title == "Cy 1003"


def test_the_name_is_the_one_in_force_on_the_day(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    customers.rename_customer(company, ask(), number="1001", name="Ada Lovelace", when=When(date(2027, 7, 8)))
    assert shown(company, valid_at=date(2027, 7, 7)).name == "Ada Byron"
    assert shown(company, valid_at=date(2027, 7, 8)).name == "Ada Lovelace"


def test_an_erased_customers_name_reads_as_erased(company: Dossier, ask: Ask) -> None:
    # rule 5.1
    shown(company)
    company.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    assert shown(company).title == "[erased] 1001"
    assert shown(company, "1002").title == "Bob Ray 1002"
    customers.rename_customer(company, ask(), number="1001", name="Eve")
    assert shown(company).title == "[erased] 1001"


def test_no_name_is_in_a_table_in_clear(company: Dossier) -> None:
    # rule 5.1
    shown(company)
    with company.database.connection() as connection:
        rows = connection.execute("SELECT name FROM drawer_names").fetchall()
    assert len(rows) == 2
    assert not [row for row in rows if b"Ada" in row[0] or b"Bob" in row[0]]


def test_categories_tell_all_responses_with_default_and_version(company: Dossier, ask: Ask) -> None:
    # rules 1.1, 1.2
    setup.define_category(company, ask(), code=3, description="Region")
    setup.change_response(company, ask(), code=7, response="B", default=True)
    outcome = setup.change_response(company, ask(), code=7, response="C", active=False)
    with reading(company, "drawer") as view:
        region, found = categories(view)
        assert category(view, 7) == found
        assert category(view, 8) is None
    assert (region.code, region.responses, region.version) == (3, [], 1)
    assert (found.version, found.default) == (outcome.version, "B")
    assert [(one.code, one.default, one.active) for one in found.responses] == [
        ("A", False, True),
        ("B", True, True),
        ("C", False, False),
    ]


def test_customers_are_listed_by_response_in_pages(company: Dossier, ask: Ask) -> None:
    customers.register_customer(company, ask(), number="1003", name="Cy")
    for number, response in (("1001", "B"), ("1002", "A"), ("1003", "B")):
        customers.confirm_drawer(company, ask(), number=number, responses={7: response})
    customers.confirm_drawer(company, ask(), number="1003", responses={7: "A"}, when=When(date(2030, 1, 1)))
    with reading(company, "drawer") as view:
        first = customers_by_response(view, "7", "b", 1)
        second = customers_by_response(view, " AGE ", "30-39", 1, first.next_cursor)
        assert [one.model_dump() for one in first.items] == [{"number": "1001", "name": "Ada Byron", "version": 2}]
        assert [one.number for one in second.items] == ["1003"]
        assert second.next_cursor is None
        assert [one.number for one in customers_by_response(view, "Age", "Under 30", 10).items] == ["1002"]
    with reading(company, "drawer", valid_at=date(2030, 1, 1)) as view:
        assert [one.number for one in customers_by_response(view, "7", "A", 10).items] == ["1002", "1003"]


def test_a_list_by_an_undefined_response_is_refused(company: Dossier) -> None:
    with reading(company, "drawer") as view:
        with pytest.raises(InvalidError, match="Category Size is not defined"):
            customers_by_response(view, "Size", "A", 10)
        with pytest.raises(InvalidError, match="Response Z is not defined for category Age"):
            customers_by_response(view, "Age", "Z", 10)


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "WyJhXHUwMDAwYiJd", "\N{SNOWMAN}", "bnVsbA", "WyJhIiwiYiJd"])
def test_a_forged_cursor_is_refused(company: Dossier, cursor: str) -> None:
    with reading(company, "drawer") as view, pytest.raises(CursorError):
        customers_by_response(view, "7", "A", 10, cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_has_1_to_500_items(company: Dossier, limit: int) -> None:
    with reading(company, "drawer") as view, pytest.raises(LimitError):
        customers_by_response(view, "7", "A", limit)


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    setup.change_response(company, ask(), code=7, response="B", default=True)
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="x1")
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="x2", primary=True)
    for response, first in (("A", TODAY), ("B", date(2030, 1, 1)), (None, date(2029, 1, 1)), ("C", TODAY)):
        if response is None:
            setup.change_response(company, ask(), code=7, response="B", default=False)
        customers.confirm_drawer(company, ask(), number="1001", responses={7: response}, when=When(first))
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="x1")
    customers.rename_customer(company, ask(), number="1002", name="Rob", when=When(effective_to=date(2027, 1, 1)))
    setup.set_control(company, ask(), code="K87", value="Yes")
    one_by_one, uneven, at_once = in_any_batches(company, "drawer")
    assert one_by_one == uneven == at_once
