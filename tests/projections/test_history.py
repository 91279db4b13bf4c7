"""Every event of an aggregate, as recorded, and the differences between two points in time (rules 0.2, 0.4, 1.13)."""

from collections.abc import Callable
from datetime import date

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from aggregates.fact import Role, Source
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.answers.differences import DIFFED, Diff, diff
from projections.history.filters import Filters
from projections.history.models import HistoryEntry
from projections.history.queries import history
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
LONG_AGO = date(2020, 1, 1)
FAR_AHEAD = date(2090, 1, 1)


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Category 7 Age and customers 1001 and 1002."""
    setup.define_category(dossier, ask(), code=7, description="Age")
    for response, description in (("A", "Under 30"), ("B", "30-39")):
        setup.define_response(dossier, ask(), code=7, response=response, description=description)
    customers.register_customer(dossier, ask(), number="1001", name="Ada Byron", effective_from=LONG_AGO)
    customers.register_customer(dossier, ask(), number="1002", name="Bob Ray")
    return dossier


def told(company: Dossier, kind: str = "customer", key: str = "1001") -> list[HistoryEntry]:
    with reading(company, "history") as view:
        return history(view, Filters(kind=kind, key=key), 100).items


def test_an_entry_tells_who_from_where_and_why(company: Dossier, ask: Ask) -> None:
    # rules 0.2, 0.4
    request = ask(actor="bob", role=Role.AGENT, source=Source.UI, reason="on the phone")
    outcome = customers.confirm_drawer(company, request, number="1001", responses={7: "A"}, when=When(FAR_AHEAD))
    _, entry = told(company)
    assert (entry.actor, entry.role, entry.source, entry.reason) == ("bob", "agent", "ui", "on the phone")
    assert (entry.topic, entry.version, entry.position) == ("customer.response_selected", 2, outcome.position)
    assert (entry.effective_from, entry.effective_to, entry.back_dated) == (FAR_AHEAD, None, False)
    assert entry.correlation_id == request.origin.correlation_id
    assert entry.recorded_at == now_known(company)
    assert entry.data == {
        "number": "1001",
        "category": 7,
        "category_description": "Age",
        "response": "A",
        "response_description": "Under 30",
        "by_default": False,
    }


def test_each_customer_and_category_has_a_history_of_its_own(company: Dossier) -> None:
    assert [entry.data["name"] for entry in told(company)] == ["Ada Byron"]
    assert [entry.data["name"] for entry in told(company, key="1002")] == ["Bob Ray"]
    assert [entry.version for entry in told(company, "category", "7")] == [1, 2, 3]
    assert told(company, "category", "8") == told(company, "customer", "7") == told(company, "customer", "a\0") == []


def test_controls_and_mappings_have_the_companys_history(company: Dossier, ask: Ask) -> None:
    setup.set_control(company, ask(), code="L37", value="SALES")
    setup.map_category(company, ask(), code=7, attribute="age")
    assert [entry.data for entry in told(company, "controls", "demo")] == [{"code": "L37", "value": "SALES"}]
    assert [entry.data["attribute"] for entry in told(company, "mappings", "demo")] == ["age"]


def test_history_keeps_the_descriptions_of_the_time(company: Dossier, ask: Ask) -> None:
    # rule 1.13
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    setup.change_category(company, ask(), code=7, description="Age group")
    setup.change_response(company, ask(), code=7, response="A", description="Young")
    assert told(company)[1].data["category_description"] == "Age"
    assert told(company)[1].data["response_description"] == "Under 30"


def test_a_fact_before_the_companys_day_of_recording_is_back_dated(company: Dossier, ask: Ask) -> None:
    # rule 0.4
    recorded = now_known(company).date()
    setup.set_control(company, ask(), code="TZ", value="Etc/GMT+12", when=When(LONG_AGO))
    behind = company.today()
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"}, when=When(behind))
    setup.set_control(company, ask(), code="TZ", value="Pacific/Kiritimati", when=When(LONG_AGO))
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "B"}, when=When(behind))
    assert behind <= recorded
    assert [entry.back_dated for entry in told(company)] == [True, False, True]


def test_an_entry_names_the_event_that_superseded_it(company: Dossier, ask: Ask) -> None:
    # rules 1.15, 2.18
    def choose(response: str, first: date, last: date | None = None) -> None:
        customers.confirm_drawer(company, ask(), number="1001", responses={7: response}, when=When(first, last))

    choose("A", date(2026, 1, 1), date(2026, 1, 31))
    choose("B", date(2026, 2, 1), date(2026, 2, 28))
    then = now_known(company)
    choose("B", date(2026, 1, 15), date(2026, 1, 20))
    choose("A", date(2026, 1, 1))
    customers.rename_customer(company, ask(), number="1001", name="Ada L", when=When(TODAY))
    name, first, second, third, fourth, renamed = told(company)
    assert (first.superseded_by, second.superseded_by) == (third.event_id, fourth.event_id)
    assert (third.superseded_by, fourth.superseded_by) == (fourth.event_id, None)
    assert (name.superseded_by, renamed.superseded_by) == (renamed.event_id, None)
    with reading(company, "history", known_at=then) as view:
        assert [entry.superseded_by for entry in history(view, Filters(kind="customer", key="1001"), 100).items] == [
            None
        ] * 3


def test_history_comes_in_pages_as_known_then(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    for response in ("A", "B"):
        customers.confirm_drawer(company, ask(), number="1001", responses={7: response})
    then = now_known(company)
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    with reading(company, "history", known_at=then) as view:
        first = history(view, Filters(kind="customer", key="1001"), 2)
        second = history(view, Filters(kind="customer", key="1001"), 2, first.next_cursor)
    assert [entry.version for entry in (*first.items, *second.items)] == [1, 2, 3]
    assert second.next_cursor is None


def test_personal_values_are_sealed_and_read_as_erased_once_the_key_is_gone(company: Dossier) -> None:
    # rule 5.1
    with reading(company, "history") as view:
        rows = view.connection.execute("SELECT data, personal FROM history WHERE kind = 'customer'").fetchall()
    assert len(rows) == 2
    assert not [row for row in rows if "Ada" in row[0] or b"Ada" in row[1]]
    company.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    said = {name: value for name, value in told(company)[0].data.items() if value is not None}
    assert said == {"number": "1001", "name": "[erased]"}
    assert told(company, key="1002")[0].data["name"] == "Bob Ray"


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    setup.set_control(company, ask(), code="TZ", value="Europe/Paris", when=When(LONG_AGO))
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    one_by_one, uneven, at_once = in_any_batches(company, "history")
    assert one_by_one == uneven == at_once


def between(company: Dossier, number: str, one: dict[str, object], other: dict[str, object]) -> Diff | None:
    with (
        reading(company, *DIFFED, **one) as before,  # type: ignore[arg-type]
        reading(company, *DIFFED, **other) as after,  # type: ignore[arg-type]
    ):
        return diff(before, after, number)


def test_a_diff_tells_what_differs_between_two_instants(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="A1")
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"})
    then = now_known(company)
    customers.add_alternate_number(company, ask(), number="1001", alternate_number="B2", primary=True)
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "B"})
    customers.rename_customer(company, ask(), number="1001", name="Ada Lovelace")
    found = between(company, "1001", {"known_at": then}, {})
    assert found is not None
    assert [(one.field, one.label, one.before, one.after) for one in found.differences] == [
        ("name", "Name", "Ada Byron", "Ada Lovelace"),
        ("alternate_numbers.A1", "Alternate number", "primary", "further"),
        ("alternate_numbers.B2", "Alternate number", None, "primary"),
        ("responses.7", "Age", "A", "B"),
    ]
    answer = found.differences[3]
    assert (answer.before_description, answer.after_description) == ("Under 30", "30-39")
    assert found.before.known_at == then
    same = between(company, "1002", {"known_at": then}, {})
    assert same is not None
    assert same.differences == []


def test_a_diff_tells_what_differs_between_two_days(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 1.15
    customers.confirm_drawer(company, ask(), number="1001", responses={7: "A"}, when=When(FAR_AHEAD))
    found = between(company, "1001", {"valid_at": TODAY}, {"valid_at": FAR_AHEAD})
    assert found is not None
    assert [(one.field, one.before, one.after) for one in found.differences] == [("responses.7", None, "A")]


def test_a_diff_of_a_customer_known_at_one_point_only(company: Dossier, ask: Ask) -> None:
    then = now_known(company)
    customers.register_customer(company, ask(), number="1003", name="Cy")
    found = between(company, "1003", {"known_at": then}, {})
    assert found is not None
    assert [(one.field, one.before, one.after) for one in found.differences] == [("name", None, "Cy")]
    assert between(company, "9", {"known_at": then}, {}) is None
