"""The widget at two clocks: groups, order, masks, sources, days, merges; and who may read what (rules 3.1-3.11, 5.1, 5.2)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from aggregates.customer.commands import merge_customers, register_customer, unmerge_customers
from aggregates.customer.merging import MergedAwayError
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import FROM_TODAY, When
from aggregates.fact import Role
from aggregates.field.commands import change_field, define_field
from aggregates.interaction.field_edits import edit_fields
from aggregates.use_case import Request
from business_fields import standard_fields, upload_row
from conftest import TODAY
from projections.answers.differences import DIFFED, diff
from projections.answers.widget import WIDGET, Widget, WidgetField, widget
from projections.fields.queries import definition, definitions
from projections.history.filters import Filters
from projections.history.queries import history
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
ROW = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "18151210", "city": "London"}
LATER = date(2030, 1, 1)


@pytest.fixture
def company(dossier: Dossier) -> Dossier:
    """The standard fields, and customers 1001, uploaded without optional fields, and 1002, uploaded with a loan."""
    standard_fields(dossier)
    upload_row(dossier, "1001", ROW)
    upload_row(dossier, "1002", {"city": "Paris", "loan_type": "Car"}, name="Bob Ray", row=2)
    return dossier


def shown(company: Dossier, number: str = "1001", **asked: Any) -> Widget:
    clocks = {name: asked.pop(name) for name in ("valid_at", "known_at") if name in asked}
    with reading(company, *WIDGET, **clocks) as view:
        found = widget(view, number, **asked)
    assert found is not None
    return found


def field(company: Dossier, key: str, number: str = "1001", **asked: Any) -> WidgetField:
    return next(one for one in shown(company, number, **asked).fields if one.key == key)


def edit(
    company: Dossier, ask: Ask, number: str = "1001", actor: str = "ann", when: When = FROM_TODAY, **values: Any
) -> None:
    edit_fields(company, ask(actor=actor), number=number, fields=values, when=when)


def test_the_widget_has_a_title_and_the_business_fields_in_order(company: Dossier) -> None:  # rules 3.1, 3.3, 3.8
    found = shown(company)
    assert (found.number, found.name, found.title, found.version) == ("1001", "Ada Byron", "Ada Byron 1001", 1)
    assert (found.valid_at, found.known_at) == (TODAY, now_known(company))
    assert found.business.label == "Business Fields"
    assert [(one.label, one.value) for one in found.business.fields] == [
        ("First Name", "Ada"),
        ("Last Name", "Byron"),
        ("Address", None),
        ("Date of Birth", "1815-12-10"),
        ("City", "London"),
    ]


def test_the_optional_group_is_absent_when_the_upload_brought_no_optional_field(company: Dossier) -> None:  # rule 3.3
    assert "optional" not in shown(company).model_dump()
    optional = shown(company, "1002").optional
    assert optional is not None
    assert optional.label == "Optional Business Fields"
    assert [(one.key, one.value) for one in optional.fields] == [
        ("loan_type", "Car"),
        ("due_date", None),
        ("loan_number", None),
    ]


def test_an_edit_is_no_upload_and_a_later_upload_is(company: Dossier, ask: Ask) -> None:  # rule 3.3
    edit(company, ask, due_date="2027-01-31")
    assert shown(company).optional is None
    then = now_known(company)
    upload_row(company, "1001", {"loan_number": "L-1"}, row=9)
    assert [one.value for one in shown(company).fields[5:]] == [None, "2027-01-31", "L-1"]
    assert shown(company, known_at=then).optional is None


def test_an_upload_whose_value_was_withheld_brought_its_field_all_the_same(company: Dossier, ask: Ask) -> None:
    # rules 3.3, 3.10
    change_field(company, ask(), key="due_date", changes={"policy": "agent"})
    edit(company, ask, due_date="2027-01-31")
    upload_row(company, "1001", {"due_date": "2029-09-09"}, row=9)
    assert field(company, "due_date").value == "2027-01-31"


def test_no_optional_group_when_no_optional_field_is_defined_or_active(company: Dossier, ask: Ask) -> None:  # rule 3.3
    for key in ("due_date", "loan_number"):
        change_field(company, ask(), key=key, changes={"active": False})
    assert [one.key for one in shown(company, "1002").fields[5:]] == ["loan_type"]
    change_field(company, ask(), key="loan_type", changes={"active": False})
    assert shown(company, "1002").optional is None


def test_sort_is_ascending_by_label_whatever_its_case_and_stable(company: Dossier, ask: Ask) -> None:  # rule 3.8
    for key in ("zebra", "apple", "mango"):
        define_field(company, ask(), key=key, members={"label": "address" if key != "mango" else "zoo", **_STRING})
    before = [one.key for one in shown(company).fields]
    assert before[-3:] == ["zebra", "apple", "mango"]
    assert [one.key for one in shown(company, sort=True).fields] == [
        "address",
        "zebra",
        "apple",
        "city",
        "date_of_birth",
        "first_name",
        "last_name",
        "mango",
    ]
    assert [one.key for one in shown(company).fields] == before
    assert [one.key for one in shown(company, "1002", sort=True).fields[-3:]] == [
        "due_date",
        "loan_number",
        "loan_type",
    ]


_STRING = {"group": "business", "type": "string"}


def test_the_position_comes_before_the_order_of_definition(company: Dossier, ask: Ask) -> None:  # rules 3.1, 3.8
    change_field(company, ask(), key="first_name", changes={"position": 7})
    assert [one.key for one in shown(company).fields][-2:] == ["city", "first_name"]


def test_a_value_says_who_set_it_how_when_and_on_which_days(company: Dossier, ask: Ask) -> None:  # rules 0.2, 3.11
    city = field(company, "city")
    assert (city.source, city.changed_by, city.effective_from, city.effective_to) == ("upload", "clerk", TODAY, None)
    edit(company, ask, actor="bob", city="York", when=When(LATER, date(2030, 12, 31)))
    ahead = field(company, "city", valid_at=LATER)
    assert (ahead.value, ahead.source, ahead.changed_by, ahead.changed_at) == (
        "York",
        "edit",
        "bob",
        now_known(company),
    )
    assert (ahead.effective_from, ahead.effective_to) == (LATER, date(2030, 12, 31))
    rest = field(company, "city", valid_at=date(2031, 1, 1))
    assert (rest.value, rest.changed_by, rest.changed_at) == ("London", "clerk", city.changed_at)
    empty = field(company, "address")
    assert (empty.value, empty.source, empty.changed_at) == (None, None, None)


def test_the_version_is_the_customers_as_known_then(company: Dossier, ask: Ask) -> None:  # rules 0.7, 3.7
    then = now_known(company)
    edit(company, ask, city="York", address="Elm 1")
    upload_row(company, "1001", {"city": "Hull"}, upload="U-2")
    assert (shown(company).version, shown(company, known_at=then).version) == (4, 1)
    merge_customers(company, ask(), number="1001", other="1002")
    assert shown(company).version == 5
    with pytest.raises(MergedAwayError):
        shown(company, "1002")
    unmerge_customers(company, ask(), number="1001", other="1002")
    assert (shown(company).version, shown(company, "1002").version) == (6, 3)


def test_a_value_taken_away_is_gone_on_its_days_only(company: Dossier, ask: Ask) -> None:  # rule 3.11
    edit(company, ask, city=None, when=When(LATER, LATER))
    assert field(company, "city", valid_at=LATER).value is None
    assert field(company, "city", valid_at=date(2030, 1, 2)).value == "London"


def test_a_past_answer_is_given_again_byte_by_byte(company: Dossier, ask: Ask) -> None:  # rule 0.3
    then = now_known(company)

    def told() -> list[str]:
        return [shown(company, number, known_at=then).model_dump_json() for number in ("1001", "1002")]

    before = told()
    edit(company, ask, city="York", first_name="Augusta")
    upload_row(company, "1001", {"city": "Hull", "loan_type": "House"}, upload="U-2")
    change_field(company, ask(), key="city", changes={"label": "Town", "position": 9, "group": "optional"})
    define_field(company, ask(), key="nickname", members={"label": "Nickname", **_STRING})
    merge_customers(company, ask(), number="1001", other="1002")
    assert told() == before


def test_a_definition_is_read_as_known_then_with_its_version(company: Dossier, ask: Ask) -> None:  # rules 0.3, 3.1
    then = now_known(company)
    change_field(company, ask(), key="city", changes={"label": "Town", "required": True})
    with reading(company, "fields") as view:
        now = definition(view, "city")
        assert definition(view, "country") is None
    with reading(company, "fields", known_at=then) as view:
        before = definition(view, "city")
    assert now is not None
    assert before is not None
    assert (now.label, now.required, now.version) == ("Town", True, 2)
    assert (before.label, before.required, before.version) == ("City", False, 1)


def test_definitions_come_by_group_position_and_order_of_definition(company: Dossier, ask: Ask) -> None:  # rule 3.1
    define_field(company, ask(), key="aaa", members={"label": "A", **_STRING})
    change_field(company, ask(), key="loan_type", changes={"group": "business"})
    with reading(company, "fields") as view:
        assert [one.key for one in definitions(view)] == [
            "first_name",
            "last_name",
            "address",
            "date_of_birth",
            "city",
            "loan_type",
            "aaa",
            "due_date",
            "loan_number",
        ]


def test_masked_values_are_hidden_unless_asked_for_in_clear(company: Dossier, ask: Ask) -> None:  # rule 5.2
    change_field(company, ask(), key="date_of_birth", changes={"masked": True})
    born = field(company, "date_of_birth")
    assert (born.value, born.masked) == ("••••", True)
    clear = field(company, "date_of_birth", unmask=True)
    assert (clear.value, clear.masked) == ("1815-12-10", False)
    assert field(company, "date_of_birth", "1002").value is None


def test_an_earlier_instant_is_no_way_around_a_mask(company: Dossier, ask: Ask) -> None:  # rule 5.2
    then = now_known(company)
    change_field(company, ask(), key="date_of_birth", changes={"masked": True})
    masked = now_known(company)
    assert field(company, "date_of_birth", known_at=then).value == "••••"
    change_field(company, ask(), key="date_of_birth", changes={"masked": False})
    assert field(company, "date_of_birth", known_at=masked).value == "••••"
    assert field(company, "date_of_birth").value == "1815-12-10"


def test_history_and_differences_are_masked_too(company: Dossier, ask: Ask) -> None:  # rule 5.2
    before = now_known(company)
    edit(company, ask, first_name="Augusta", date_of_birth="1815-12-11", city="York")
    change_field(company, ask(), key="date_of_birth", changes={"masked": True})
    with reading(company, "history") as view:
        entries = history(view, Filters(kind="customer", key="1001")).items
    assert entries[0].data["personal_values"] == {
        "first_name": "Ada",
        "last_name": "Byron",
        "date_of_birth": "••••",
    }
    told = [entry.data["personal_value"] for entry in entries[1:]]
    assert told == ["Augusta", "••••", None]
    with reading(company, *DIFFED, known_at=before) as old, reading(company, *DIFFED) as new:
        found = diff(old, new, "1001")
    assert found is not None
    assert [(one.field, one.label, one.before, one.after) for one in found.differences] == [
        ("fields.city", "City", "London", "York"),
        ("fields.date_of_birth", "Date of Birth", "••••", "••••"),
        ("fields.first_name", "First Name", "Ada", "Augusta"),
    ]


def test_a_merge_brings_values_and_the_optional_group_and_undoing_it_takes_them_back(
    company: Dossier, ask: Ask
) -> None:
    # rules 3.3, 6.1
    before = {number: shown(company, number) for number in ("1001", "1002")}
    merge_customers(company, ask(actor="boss"), number="1001", other="1002")
    merged = shown(company)
    loan = next(one for one in merged.fields if one.key == "loan_type")
    assert (loan.value, loan.source, loan.changed_by) == ("Car", "merge", "boss")
    assert next(one for one in merged.fields if one.key == "city").value == "London"
    with reading(company, "history") as view:
        [entry] = [
            one for one in history(view, Filters(kind="customer", key="1001")).items if one.topic == "customer.merged"
        ]
    assert entry.data["fields"]["loan_type"][0]["value"] == "Car"
    unmerge_customers(company, ask(), number="1001", other="1002")
    for number, old in before.items():
        now = shown(company, number)
        assert (now.business, now.optional) == (old.business, old.optional)


def test_uploads_of_customers_merged_through_others_count(company: Dossier, ask: Ask) -> None:  # rules 3.3, 6.1
    register_customer(company, ask(), number="1003", name="Cy")
    merge_customers(company, ask(), number="1001", other="1002")
    merge_customers(company, ask(), number="1003", other="1001")
    assert field(company, "loan_type", "1003").value == "Car"
    unmerge_customers(company, ask(), number="1003", other="1001")
    assert shown(company, "1003").optional is None


def test_merged_personal_values_are_in_the_history_and_masked_where_they_must_be(company: Dossier, ask: Ask) -> None:
    # rules 5.2, 6.1
    register_customer(company, ask(), number="1003", name="Cy")
    change_field(company, ask(), key="first_name", changes={"masked": True})
    merge_customers(company, ask(), number="1003", other="1001")
    with reading(company, "history") as view:
        taken = history(view, Filters(kind="customer", key="1003")).items[1].data["personal_fields_taken"]
    assert taken["first_name"][0] == {"effective_from": TODAY.isoformat(), "value": "••••"}
    assert taken["last_name"][0]["value"] == "Byron"
    assert field(company, "first_name", "1003", unmask=True).value == "Ada"


def test_what_comes_to_light_when_a_merge_is_undone_is_shown_with_its_source_and_masked_where_it_must_be(
    company: Dossier, ask: Ask
) -> None:  # rules 5.1, 5.2, 6.1
    register_customer(company, ask(), number="1003", name="Cy")
    edit(company, ask, "1002", first_name="Bob")
    change_field(company, ask(), key="first_name", changes={"masked": True})
    for other in ("1001", "1002"):
        merge_customers(company, ask(), number="1003", other=other)
    while_merged = (now_known(company), shown(company, "1003"))
    unmerge_customers(company, ask(actor="boss"), number="1003", other="1001")
    city, first_name = (field(company, key, "1003") for key in ("city", "first_name"))
    assert (city.value, city.source, city.changed_by, city.effective_from) == ("Paris", "merge", "boss", TODAY)
    assert (first_name.value, field(company, "first_name", "1003", unmask=True).value) == ("••••", "Bob")
    with reading(company, "history") as view:
        entry = history(view, Filters(kind="customer", key="1003")).items[-1]
    assert entry.topic == "customer.values_put_back"
    found = {"effective_from": TODAY.isoformat(), "source": "merge", "brought_by": "1002"}
    assert entry.data["fields"] == {"city": [found | {"value": "Paris"}]}
    assert entry.data["personal_fields_put_back"] == {"first_name": [found | {"value": "••••"}]}
    assert shown(company, "1003", known_at=while_merged[0]) == while_merged[1]
    one_by_one, uneven, at_once = in_any_batches(company, "fields")
    assert one_by_one == uneven == at_once


def test_history_names_what_superseded_an_edit_and_a_row(company: Dossier, ask: Ask) -> None:  # rules 2.18, 3.10
    edit(company, ask, city="York")
    edit(company, ask, address="Elm 1")
    upload_row(company, "1001", {"city": "Hull", "first_name": "Augusta"}, upload="U-2")
    edit(company, ask, city="Bath")
    upload_row(company, "1001", {"city": "Deal", "first_name": "Ada L"}, upload="U-3")
    with reading(company, "history") as view:
        registered, york, elm, row, bath, last = history(view, Filters(kind="customer", key="1001")).items
    assert (york.superseded_by, elm.superseded_by, registered.superseded_by) == (row.event_id, None, None)
    assert (row.superseded_by, bath.superseded_by, last.superseded_by) == (last.event_id, last.event_id, None)


def test_a_row_holds_before_and_after_a_planned_edit_that_stands(company: Dossier, ask: Ask) -> None:
    # rules 3.10, 3.11
    change_field(company, ask(), key="city", changes={"policy": "agent"})
    edit(company, ask, city="Bath", when=When(LATER, LATER))
    upload_row(company, "1001", {"city": "Deal", "first_name": "Ada L"}, upload="U-3")
    assert (field(company, "city").value, field(company, "city").effective_to) == ("Deal", date(2029, 12, 31))
    assert field(company, "city", valid_at=LATER).value == "Bath"
    assert field(company, "city", valid_at=date(2030, 1, 2)).value == "Deal"
    assert field(company, "first_name", valid_at=LATER).value == "Ada L"


def test_no_personal_value_is_in_a_table_in_clear(company: Dossier, ask: Ask) -> None:  # rule 5.1
    edit(company, ask, first_name="Zaphod", city="Hull")
    with reading(company, "fields", "customers", "history", "drawer"):
        pass
    with company.database.connection() as connection:
        tables = [
            row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        ]
        rows = [str(row) for table in tables for row in connection.execute(f'SELECT t::text FROM "{table}" AS t')]
    assert any("Hull" in row for row in rows)
    secret = ("Zaphod", "Byron", "1815-12", "181512")  # long enough not to stand in an id by chance
    assert not [row for row in rows if any(one in row for one in secret)]


def test_an_erased_customers_personal_values_read_as_erased(company: Dossier, ask: Ask) -> None:  # rule 5.1
    edit(company, ask, address="Elm 1")
    assert field(company, "address").value == "Elm 1"
    company.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    assert {one.key: one.value for one in shown(company).fields} == {
        "first_name": "[erased]",
        "last_name": "[erased]",
        "address": "[erased]",
        "date_of_birth": "[erased]",
        "city": "London",
    }
    in_any_batches(company, "fields")  # which folds the erased facts again
    assert shown(company, "1002").fields[-3].value == "Car"


@pytest.mark.parametrize("name", ["fields", "history", "deliveries"])
def test_a_rebuild_after_an_erasure_keeps_every_row(company: Dossier, ask: Ask, name: str) -> None:  # rules 0.3, 5.1
    register_customer(company, ask(), number="999", name="Old")
    upload_row(company, "999", {"address": "Elm 2", "city": "Hull"}, upload="U-3")
    edit(company, ask, date_of_birth="18151210")
    edit(company, ask, "1002", first_name="Bob")
    for other in ("1001", "1002"):
        merge_customers(company, ask(), number="999", other=other)
    unmerge_customers(company, ask(), number="999", other="1001")
    before = in_any_batches(company, name)[0]
    for number in ("999", "1001", "1002"):
        company.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", number))
    assert in_any_batches(company, name) == [before] * 3


def test_a_customer_not_known_then_has_no_widget(company: Dossier, ask: Ask) -> None:
    then = now_known(company)
    register_customer(company, ask(), number="1009", name="New")
    with reading(company, *WIDGET, known_at=then) as view:
        assert [widget(view, number) for number in ("1009", "4711", "\0", "")] == [None] * 4
    assert all(one.value is None for one in shown(company, "1009").fields)


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    edit(company, ask, city="York", first_name="Augusta")
    edit(company, ask, city=None, when=When(LATER))
    upload_row(company, "1001", {"city": "Hull", "due_date": "20300101"}, upload="U-2")
    change_field(company, ask(role=Role.ADMINISTRATOR), key="city", changes={"label": "Town", "masked": False})
    merge_customers(company, ask(), number="1002", other="1001")
    unmerge_customers(company, ask(), number="1002", other="1001")
    one_by_one, uneven, at_once = in_any_batches(company, "fields")
    assert one_by_one == uneven == at_once
