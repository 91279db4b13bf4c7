"""Finding customers: by number, current and former alternate number, and name (rule 1.14)."""

from collections.abc import Callable
from datetime import date

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from aggregates.errors import InvalidError
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.customers.queries import all_customers, by_alternate_number, by_name, customer
from projections.reading.view import View
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Customers 1001 Ada Byron (alternate number A1), 1002 José O'Brien-Núñez and a1 李 小龙, whose case differs from A1."""
    customers.register_customer(dossier, ask(), number="1001", name="Ada Byron", alternate_number="a1")
    customers.register_customer(dossier, ask(), number="1002", name="José O'Brien-Núñez")
    customers.register_customer(dossier, ask(), number="a1", name="李 小龙")
    return dossier


def found(view: View, alternate_number: str) -> tuple[str, bool] | None:
    one = by_alternate_number(view, alternate_number)
    return None if one is None else (one.customer.number, one.out_of_date)


def named(view: View, name: str) -> list[str]:
    return [one.number for one in by_name(view, name, 100).items]


def test_a_customer_is_read_with_name_version_and_registration(company: Dossier) -> None:
    with reading(company, "customers") as view:
        one, other = customer(view, "1001"), customer(view, "1002")
    assert one is not None
    assert other is not None
    assert (one.name, one.version, [number.number for number in one.alternate_numbers]) == ("Ada Byron", 2, ["A1"])
    assert (other.name, other.version, other.alternate_numbers) == ("José O'Brien-Núñez", 1, [])
    assert one.registered_at < other.registered_at


def test_numbers_of_customers_differ_by_case(company: Dossier) -> None:
    with reading(company, "customers") as view:
        assert customer(view, "A1") is None
        assert customer(view, "9") is None
        assert customer(view, "a\0") is None
        assert customer(view, "a1") is not None


def test_a_customer_not_yet_known_then_is_not_found(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    before = now_known(company)
    customers.register_customer(company, ask(), number="1003", name="Ada", alternate_number="c3")
    with reading(company, "customers", known_at=before) as view:
        assert customer(view, "1003") is None
        assert found(view, "c3") is None
        assert named(view, "ada") == ["1001"]
        assert len(all_customers(view, 10).items) == 3


def test_an_alternate_number_is_found_in_any_case(company: Dossier, ask: Ask) -> None:
    # rule 1.14
    customers.add_alternate_number(company, ask(), number="1002", alternate_number="B2")
    with reading(company, "customers") as view:
        assert (found(view, "a1"), found(view, " A1 "), found(view, "b2")) == (
            ("1001", False),
            ("1001", False),
            ("1002", False),
        )
        assert (found(view, "zz"), found(view, "no such"), found(view, "a\0")) == (None, None, None)


def test_a_replaced_primary_number_is_found_and_out_of_date(company: Dossier, ask: Ask) -> None:
    # rule 1.14
    before = now_known(company)
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="X9", primary=True)
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="Y9")
    with reading(company, "customers") as view:
        assert found(view, "A1") == ("1001", True)
        assert found(view, "X9") == ("1001", False)
        assert found(view, "Y9") == ("1001", False)
        one = customer(view, "1001")
    assert one is not None
    listed = [(number.number, number.primary, number.current) for number in one.alternate_numbers]
    assert listed == [("X9", True, True), ("A1", False, True), ("Y9", False, True)]
    replacing, replaced, further = one.alternate_numbers
    assert (replaced.out_of_date_since, replaced.known_to) == (replacing.known_from, None)
    assert (replacing.out_of_date_since, further.out_of_date_since) == (None, None)
    with reading(company, "customers", known_at=before) as view:
        assert found(view, "A1") == ("1001", False)
        assert found(view, "X9") is None


def test_a_number_made_primary_again_is_not_out_of_date(company: Dossier, ask: Ask) -> None:
    # rule 1.14
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="X9", primary=True)
    customers.make_alternate_number_primary(company, ask(), number="1001", alternate_number="A1")
    with reading(company, "customers") as view:
        assert (found(view, "A1"), found(view, "X9")) == (("1001", False), ("1001", True))
        one = customer(view, "1001")
    assert one is not None
    assert [number.out_of_date_since is None for number in one.alternate_numbers] == [True, False]


def test_a_number_stays_out_of_date_since_it_was_replaced_when_it_is_removed(company: Dossier, ask: Ask) -> None:
    # rule 1.14
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="X9", primary=True)
    with reading(company, "customers") as view:
        one = customer(view, "1001")
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="A1")
    with reading(company, "customers") as view:
        other = customer(view, "1001")
    assert one is not None
    assert other is not None
    assert not other.alternate_numbers[1].current
    assert other.alternate_numbers[1].out_of_date_since == one.alternate_numbers[1].out_of_date_since


def test_a_removed_number_leads_to_its_last_holder(company: Dossier, ask: Ask) -> None:
    # rule 1.14
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="A1")
    removed = now_known(company)
    with reading(company, "customers") as view:
        assert found(view, "A1") == ("1001", True)
        one = customer(view, "1001")
    assert one is not None
    [former] = one.alternate_numbers
    assert (former.number, former.primary, former.current, former.known_to) == ("A1", False, False, removed)
    assert former.known_from == one.registered_at
    assert former.out_of_date_since == removed
    customers.add_alternate_number(company, ask(), number="1002", alternate_number="A1")
    with reading(company, "customers") as view:
        assert found(view, "A1") == ("1002", False)
    with reading(company, "customers", known_at=removed) as view:
        assert found(view, "A1") == ("1001", True)


def test_a_number_removed_and_added_again_has_two_spells(company: Dossier, ask: Ask) -> None:
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="A1")
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="A1")
    with reading(company, "customers") as view:
        one = customer(view, "1001")
    assert one is not None
    assert [(spell.number, spell.current) for spell in one.alternate_numbers] == [("A1", True), ("A1", False)]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("ada", ["1001"]),
        ("BY a", ["1001"]),
        ("jose", ["1002"]),
        ("JOSÉ obri", ["1002"]),
        ("nunez o'b", ["1002"]),
        ("李", ["a1"]),
        ("小龙 李", ["a1"]),
        ("ada jose", []),
        ("yron", []),
        ("adas", []),
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(company: Dossier, words: str, numbers: list[str]) -> None:
    with reading(company, "customers") as view:
        assert named(view, words) == numbers


def test_a_name_is_found_as_it_is_on_the_day(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 0.4
    customers.rename_customer(company, ask(), number="1001", name="Ada Lovelace", when=When(date(2027, 7, 8)))
    with reading(company, "customers", valid_at=date(2027, 7, 7)) as view:
        assert (named(view, "byron"), named(view, "lovelace")) == (["1001"], [])
    with reading(company, "customers", valid_at=date(2027, 7, 8)) as view:
        assert (named(view, "byron"), named(view, "lovelace")) == ([], ["1001"])


@pytest.mark.parametrize("words", ["", " ' - ", "a b c d e f g h i j k"])
def test_a_name_is_searched_by_1_to_10_words(company: Dossier, words: str) -> None:
    with reading(company, "customers") as view, pytest.raises(InvalidError, match="1 to 10 words"):
        by_name(view, words, 10)


def test_lists_come_in_pages_by_number(company: Dossier) -> None:
    with reading(company, "customers") as view:
        first = all_customers(view, 2)
        second = all_customers(view, 2, first.next_cursor)
        assert [one.model_dump() for one in first.items] == [
            {"number": "1001", "name": "Ada Byron", "version": 2},
            {"number": "1002", "name": "José O'Brien-Núñez", "version": 1},
        ]
        assert ([one.number for one in second.items], second.next_cursor) == (["a1"], None)
        assert by_name(view, "o", 1).next_cursor is None


def test_an_erased_customer_is_listed_as_erased_and_not_found_by_name(company: Dossier) -> None:
    # rule 5.1
    with reading(company, "customers") as view:
        assert named(view, "ada") == ["1001"]
    company.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    with reading(company, "customers") as view:
        one = customer(view, "1001")
        assert one is not None
        assert one.name == "[erased]"
        assert [summary.name for summary in all_customers(view, 1).items] == ["[erased]"]
        assert named(view, "ada") == []
        assert named(view, "jose") == ["1002"]


def test_no_name_and_no_word_of_it_is_in_a_table_in_clear(company: Dossier) -> None:
    # rule 5.1
    with reading(company, "customers") as view:
        rows = view.connection.execute("SELECT name, tokens FROM customer_names").fetchall()
    assert len(rows) == 3
    for name, tokens in rows:
        assert not [word for word in ("Ada", "José", "小龙") if word.encode() in name]
        assert not [word for word in ("ada", "jose", "李") if word in tokens.split()]


def test_the_version_counts_responses_too(company: Dossier, ask: Ask) -> None:
    # rule 0.7
    setup.define_category(company, ask(), code=7, description="Age")
    setup.define_response(company, ask(), code=7, response="A", description="Under 30")
    outcome = customers.confirm_drawer(company, ask(), number="1002", responses={7: "A"})
    with reading(company, "customers") as view:
        one, other = customer(view, "1002"), customer(view, "1001")
    assert one is not None
    assert other is not None
    assert (one.version, other.version) == (outcome.version, 2)


def test_a_past_answer_is_given_again_byte_by_byte(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    then = now_known(company)

    def told() -> list[str]:
        with reading(company, "customers", known_at=then) as view:
            one, by_number = customer(view, "1001"), by_alternate_number(view, "a1")
            assert one is not None
            assert by_number is not None
            return [one.model_dump_json(), by_number.model_dump_json(), all_customers(view, 10).model_dump_json()]

    before = told()
    customers.rename_customer(company, ask(), number="1001", name="Eve", when=When(date(2000, 1, 1)))
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="X9", primary=True)
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="A1")
    assert told() == before


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    customers.rename_customer(company, ask(), number="1001", name="Ada L", when=When(TODAY, TODAY))
    for alternate_number in ("X1", "X2", "X3"):
        customers.add_alternate_number(
            company, ask(), number="1001", alternate_number=alternate_number, primary=alternate_number != "X2"
        )
    customers.remove_alternate_number(company, ask(), number="1001", alternate_number="A1")
    customers.add_alternate_number(company, ask(), number="1002", alternate_number="A1")
    one_by_one, uneven, at_once = in_any_batches(company, "customers")
    assert one_by_one == uneven == at_once
