"""Customers are found by the value of a searchable field at both clocks, while it is sealed, until it is erased (rules 3.11, 5.1)."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from aggregates.customer.commands import merge_customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import FROM_TODAY, When
from aggregates.fact import Role
from aggregates.field.commands import change_field, define_field
from aggregates.interaction.field_edits import edit_fields
from aggregates.texts import TextError
from aggregates.use_case import Request
from business_fields import standard_fields, upload_row
from conftest import TODAY
from projections.answers.customers_by_value import BY_VALUE, customers_by_value
from projections.fields.by_value import NotSearchableError, holders, searchable_field, searchable_fields
from projections.fields.tables import INDEX
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
PHONE = "+441632960961"
OTHER = "+441632960962"
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def company(dossier: Dossier) -> Dossier:
    """Customers 1001 and 1002, and two searchable fields of which one is personal."""
    standard_fields(dossier)
    phone = {"label": "Phone", "group": "business", "type": "phone", "personal": True, "searchable": True}
    define(dossier, "phone", **phone)
    define(dossier, "mail", label="E-mail", group="business", type="email", personal=True)
    upload_row(dossier, "1001", {"city": "London", "phone": PHONE})
    upload_row(dossier, "1002", {"city": "Paris", "loan_number": "LN-47 11"}, name="Bob Ray", row=2)
    return dossier


def define(dossier: Dossier, key: str, **members: Any) -> None:
    define_field(dossier, administrator(), key=key, members=members)
    dossier.renew_setup()


def change(dossier: Dossier, key: str, **changes: Any) -> None:
    change_field(dossier, administrator(), key=key, changes=changes)
    dossier.renew_setup()


def administrator() -> Request:
    from business_fields import request

    return request(role=Role.ADMINISTRATOR)


def edit(company: Dossier, number: str = "1001", when: When = FROM_TODAY, **values: str | None) -> None:
    edit_fields(company, administrator(), number=number, fields=values, when=when)


def found(company: Dossier, field: str, value: str, **clocks: Any) -> list[str]:
    with reading(company, *BY_VALUE, **clocks) as view:
        return list(holders(view, searchable_field(view, field), value))


def entries(company: Dossier) -> int:
    with company.database.connection() as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {INDEX}").fetchall()
    return int(count)


def test_a_value_is_found_as_a_whole_in_whatever_form_its_type_takes(company: Dossier) -> None:  # rule 3.9
    assert found(company, "phone", PHONE) == found(company, "phone", " +44 (1632) 960-961 ") == ["1001"]
    assert found(company, "phone", OTHER) == found(company, "loan_number", "LN-4") == []
    for text in ("LN-47 11", "ln4711", "Ln 47-11", "ｌｎ４７１１"):
        assert found(company, "loan_number", text) == ["1002"]
    with pytest.raises(TextError, match=r"Phone must be a phone number"):
        found(company, "phone", "no number")


def test_a_value_is_found_on_the_days_on_which_it_holds_as_known_then(company: Dossier) -> None:  # rules 0.3, 3.11
    before = now_known(company)
    edit(company, phone=OTHER, when=When(JANUARY, FEBRUARY))
    assert found(company, "phone", OTHER) == found(company, "phone", OTHER, valid_at=date(2026, 2, 2)) == []
    assert found(company, "phone", OTHER, valid_at=FEBRUARY) == ["1001"]
    assert found(company, "phone", OTHER, valid_at=FEBRUARY, known_at=before) == []
    edit(company, phone=None)
    assert found(company, "phone", PHONE) == []
    assert found(company, "phone", PHONE, known_at=before) == ["1001"]


def test_a_search_works_while_the_values_are_sealed_and_stops_when_they_are_erased(company: Dossier) -> None:
    # rules 5.1, 6.1
    assert found(company, "phone", PHONE) == ["1001"]
    with company.database.connection() as connection:
        rows = [str(row) for row in connection.execute(f"SELECT t::text FROM {INDEX} AS t")]
        [entry] = connection.execute(f"SELECT * FROM {INDEX} WHERE number = '1001'").fetchall()
    assert len(rows) == 2
    assert not any("1632" in row or "4711" in row.lower() for row in rows)
    keys = company.fact_mapper.keys
    assert entry[0] == keys.search_token("demo", f"phone/{PHONE}") != keys.search_token("other", f"phone/{PHONE}")

    keys.destroy(CustomerProfile.id_of("demo", "1001"))
    assert found(company, "phone", PHONE) == []
    assert entries(company) == 1
    with company.database.connection() as connection:  # as a backup of the read model brings it back
        connection.execute(f"INSERT INTO {INDEX} VALUES (%s, %s, %s, %s)", entry)
    assert found(company, "phone", PHONE) == []
    for tables in in_any_batches(company, "fields"):  # nor does a rebuild bring it back
        assert [row[1:3] for row in tables[INDEX]] == [("1002", "loan_number")]
    assert found(company, "loan_number", "LN4711") == ["1002"]


def test_a_field_that_becomes_searchable_is_searched_by_what_was_recorded_before(company: Dossier) -> None:
    edit(company, mail="Ada@Example.org", when=When(JANUARY))
    edit(company, "1002", mail="bob@example.org")
    before = now_known(company)
    with reading(company, *BY_VALUE) as view, pytest.raises(NotSearchableError, match=r"by E-mail"):
        searchable_field(view, "mail")
    change(company, "mail", searchable=True)
    assert found(company, "mail", "ada@EXAMPLE.org") == ["1001"]
    assert found(company, "mail", "ada@example.org", valid_at=JANUARY) == ["1001"]
    with reading(company, *BY_VALUE, known_at=before) as view, pytest.raises(NotSearchableError):
        searchable_field(view, "mail")  # rule 0.3
    searchable = now_known(company)
    edit(company, "1002", mail="ada@example.org")
    assert found(company, "mail", "ada@example.org") == ["1001", "1002"]
    assert found(company, "mail", "ada@example.org", known_at=searchable) == ["1001"]

    change(company, "mail", searchable=False)
    for clock in ({}, {"known_at": searchable}):
        with reading(company, *BY_VALUE, **clock) as view:
            assert [field.key for field in searchable_fields(view)] == ["phone", "loan_number"]
    assert entries(company) == 2
    with reading(company, *BY_VALUE) as view, pytest.raises(NotSearchableError, match=r"nope is not defined"):
        searchable_field(view, "nope")


def test_any_batches_give_the_same_index(company: Dossier) -> None:
    edit(company, mail="a@example.org", phone=OTHER)
    change(company, "mail", searchable=True)
    edit(company, "1002", mail="a@example.org", loan_number="X")
    change(company, "loan_number", searchable=False)
    edit(company, "1002", mail="b@example.org", loan_number="Y")
    merge_customers(company, administrator(), number="1001", other="1002")
    change(company, "mail", label="Mail")
    one_by_one, uneven, at_once = in_any_batches(company, "fields")
    assert one_by_one == uneven == at_once
    assert len(at_once[INDEX]) == 5


def test_a_merged_customer_is_left_out_and_the_survivor_has_its_value(company: Dossier) -> None:  # rule 6.1
    merge_customers(company, administrator(), number="1001", other="1002")
    assert found(company, "loan_number", "LN4711") == ["1001", "1002"]
    with reading(company, *BY_VALUE) as view:
        page = customers_by_value(view, searchable_field(view, "loan_number"), "LN4711", total=True)
    assert [(customer.number, customer.name) for customer in page.items] == [("1001", "Ada Byron")]
    assert (page.total, page.total_is_exact, page.next_cursor) == (1, True, None)


def test_what_is_found_is_what_the_widget_would_show(company: Dossier) -> None:  # rules 0.3, 3.11
    """Random edits of twelve customers; each value on each day as known after each edit equals the edits applied by hand."""
    chance = random.Random(7)
    numbers = [f"20{place:02}" for place in range(12)]
    for row, number in enumerate(numbers, start=10):
        upload_row(company, number, {"city": "Rome"}, row=row)
    days = [TODAY + timedelta(days=offset) for offset in range(-3, 4)]
    held: dict[tuple[str, date], str | None] = {}
    then: list[tuple[datetime, dict[tuple[str, date], str | None]]] = []
    for _ in range(40):
        number, first, last = chance.choice(numbers), *sorted(chance.choices(days, k=2))
        value = chance.choice([PHONE, OTHER, None])
        edit(company, number, phone=value, when=When(first, last))
        held = held | {(number, day): value for day in days if first <= day <= last}
        then.append((now_known(company), held))
    for known_at, by_hand in chance.sample(then, 12):
        day, value = chance.choice(days), chance.choice([PHONE, OTHER])
        expected = [number for number in numbers if by_hand.get((number, day)) == value]
        assert [n for n in found(company, "phone", value, valid_at=day, known_at=known_at) if n != "1001"] == expected
