"""Which changes are forwarded to Customer Engagement, which are not and why, and their outcome (rules 4.2, 4.5)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from aggregates.customer import commands as customers
from aggregates.effective import When
from aggregates.errors import InvalidError
from aggregates.field.commands import change_field
from aggregates.interaction.field_edits import edit_fields
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from business_fields import standard_fields, upload_row
from projections.deliveries.models import Delivery
from projections.deliveries.queries import decision, decisions, deliveries
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Categories 7 Age and 8 Region, customers 1001 and 1002; nothing is forwarded yet."""
    for code, description in ((7, "Age"), (8, "Region")):
        setup.define_category(dossier, ask(), code=code, description=description)
        for response in ("A", "B"):
            setup.define_response(dossier, ask(), code=code, response=response, description=response)
    for number in ("1001", "1002"):
        customers.register_customer(dossier, ask(), number=number, name="Ada")
    return dossier


def forward(company: Dossier, ask: Ask) -> None:
    setup.set_control(company, ask(), code="L37", value="INTERACT", when=When(LONG_AGO))
    setup.set_control(company, ask(), code="L51", value="Yes", when=When(LONG_AGO))
    setup.map_category(company, ask(), code=7, attribute="age")


def select(company: Dossier, ask: Ask, response: str | None, number: str = "1001", category: int = 7) -> None:
    outcome = customers.confirm_drawer(company, ask(), number=number, responses={category: response})
    assert outcome.changed


def told(company: Dossier, number: str | None = None, status: str | None = None) -> list[Delivery]:
    with reading(company, "deliveries") as view:
        return deliveries(view, number, status, 100).items


def put_outcome(company: Dossier, one: Delivery, status: str, reason: str | None = None) -> None:
    with company.database.connection() as connection:
        connection.execute(
            "INSERT INTO delivery_outcomes (event_id, status, attempts, reason) VALUES (%s, %s, 3, %s)",
            [one.event_id, status, reason],
        )


def test_a_change_is_not_sent_for_the_first_reason_that_applies(company: Dossier, ask: Ask) -> None:
    # rule 4.2
    select(company, ask, "A")
    setup.set_control(company, ask(), code="L37", value="INTERACT", when=When(LONG_AGO))
    select(company, ask, "B")
    setup.set_control(company, ask(), code="L51", value="Yes", when=When(LONG_AGO))
    select(company, ask, "A")
    setup.map_category(company, ask(), code=7, attribute="age")
    select(company, ask, "B")
    found = [(one.status, one.reason, one.attribute, one.value) for one in told(company)]
    assert found == [
        ("waiting", None, "age", "B"),
        ("not_sent", "not mapped", None, "A"),
        ("not_sent", "L51 is No", None, "B"),
        ("not_sent", "L37 is not INTERACT", None, "A"),
    ]


def test_sales_is_not_interact(company: Dossier, ask: Ask) -> None:
    # rule 4.2
    forward(company, ask)
    setup.set_control(company, ask(), code="L37", value="SALES", when=When(LONG_AGO))
    select(company, ask, "A")
    assert [(one.reason, one.attribute) for one in told(company)] == [("L37 is not INTERACT", "age")]


def test_what_is_set_later_does_not_change_what_was_decided(company: Dossier, ask: Ask) -> None:
    # rule 4.2
    forward(company, ask)
    select(company, ask, "A")
    select(company, ask, "A", category=8)
    setup.set_control(company, ask(), code="L51", value="No", when=When(LONG_AGO))
    setup.unmap_category(company, ask(), code=7)
    select(company, ask, "B")
    assert [(one.value, one.reason) for one in told(company)] == [("B", "L51 is No"), ("A", "not mapped"), ("A", None)]


def test_the_controls_in_force_on_the_companys_day_of_recording_decide(company: Dossier, ask: Ask) -> None:
    # rules 4.1, 4.2
    forward(company, ask)
    ahead, behind = "Pacific/Kiritimati", "Etc/GMT+12"
    day = datetime.now(UTC).astimezone(ZoneInfo(ahead)).date()
    setup.set_control(company, ask(), code="L37", value="", when=When(LONG_AGO))
    setup.set_control(company, ask(), code="L37", value="INTERACT", when=When(day))
    setup.set_control(company, ask(), code="TZ", value=ahead, when=When(LONG_AGO))
    select(company, ask, "A")
    setup.set_control(company, ask(), code="TZ", value=behind, when=When(LONG_AGO))
    select(company, ask, "B")
    assert [(one.value, one.reason) for one in told(company)] == [("B", "L37 is not INTERACT"), ("A", None)]


def test_a_cleared_response_is_forwarded_as_no_value(company: Dossier, ask: Ask) -> None:
    # rule 4.2
    forward(company, ask)
    select(company, ask, "A")
    select(company, ask, None)
    cleared, _ = told(company)
    assert (cleared.value, cleared.attribute, cleared.status) == (None, "age", "waiting")


def test_the_forwarder_is_told_what_was_decided(company: Dossier, ask: Ask) -> None:
    # rule 4.3
    forward(company, ask)
    customers.confirm_drawer(
        company,
        ask(),
        number="1001",
        responses={7: "A"},
        when=When(date(2027, 1, 1), date(2027, 2, 1)),
    )
    select(company, ask, "B", "1002")
    other, one = told(company)
    with company.database.connection() as connection:
        found = decision(connection, one.event_id)
        assert decision(connection, uuid4()) is None
        assert decision(connection, other.event_id) != found
        assert decisions(connection, one.event_id, one.position) == [found]
    assert found is not None
    assert (found.number, found.mapped, found.attribute, found.value) == ("1001", "category:7", "age", "A")
    assert (found.effective_from, found.effective_to) == (date(2027, 1, 1), date(2027, 2, 1))
    assert (found.not_sent_reason, found.position) == (None, one.position)


def test_every_change_has_a_status_that_users_can_see(company: Dossier, ask: Ask) -> None:
    # rule 4.5
    forward(company, ask)
    for number, response in (("1001", "A"), ("1002", "A"), ("1001", "B")):
        select(company, ask, response, number)
    select(company, ask, "A", "1002", category=8)
    _, waiting, dead, sent = told(company)
    put_outcome(company, sent, "sent")
    put_outcome(company, dead, "dead", "400: no such customer")
    assert [(one.status, one.reason, one.attempts) for one in told(company)] == [
        ("not_sent", "not mapped", 0),
        ("waiting", None, 0),
        ("dead", "400: no such customer", 3),
        ("sent", None, 3),
    ]
    assert [one.event_id for one in told(company, status="waiting")] == [waiting.event_id]
    assert [one.event_id for one in told(company, status="dead")] == [dead.event_id]
    assert [one.status for one in told(company, "1001")] == ["waiting", "sent"]
    assert [one.status for one in told(company, "1002", "not_sent")] == ["not_sent"]
    assert told(company, "9") == []


def test_deliveries_come_in_pages_the_latest_first_as_known_then(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    for response in ("A", "B", "A"):
        select(company, ask, response)
    then = now_known(company)
    select(company, ask, "B")
    with reading(company, "deliveries", known_at=then) as view:
        first = deliveries(view, limit=2)
        second = deliveries(view, limit=2, cursor=first.next_cursor)
    assert [one.value for one in (*first.items, *second.items)] == ["A", "B", "A"]
    assert second.next_cursor is None


def test_an_unknown_status_is_refused(company: Dossier) -> None:
    with reading(company, "deliveries") as view, pytest.raises(InvalidError, match="waiting, sent, not_sent, dead"):
        deliveries(view, status="lost")


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    forward(company, ask)
    for response in ("A", "B", None):
        select(company, ask, response)
        setup.unmap_category(company, ask(), code=7)
        select(company, ask, response or "A", "1002")
        setup.map_category(company, ask(), code=7, attribute=f"age{response}")
        setup.set_control(company, ask(), code="L51", value="No" if response == "A" else "Yes")
    one_by_one, uneven, at_once = in_any_batches(company, "deliveries")
    assert one_by_one == uneven == at_once
    assert len(at_once["deliveries"]) == 6


def test_values_that_several_events_bring_are_told_field_by_field(company: Dossier, ask: Ask) -> None:
    # rules 3.10, 4.2, 4.5, 6.1
    standard_fields(company)
    for key in ("city", "first_name"):
        setup.map_field(company, ask(), key=key, attribute=f"its_{key}")
    upload_row(company, "1003", {"city": "Rome", "loan_type": "Car"})
    forward(company, ask)
    edit_fields(company, ask(), number="1003", fields={"city": "York", "first_name": "Zaphod"})
    change_field(company, ask(), key="city", changes={"policy": "agent"})
    upload_row(company, "1003", {"city": "Bonn", "due_date": "20300101"}, upload="U-2")
    customers.merge_customers(company, ask(), number="1001", other="1003")
    found = told(company)
    assert {one.number for one in found} == {"1001", "1003"}
    assert [(one.mapped, one.value, one.reason) for one in reversed(found) if one.number == "1003"] == [
        (["field:city", "field:loan_type"], None, "L37 is not INTERACT"),
        (["field:city"], "York", None),
        (["field:first_name"], None, None),
        (["field:due_date"], "2030-01-01", "not mapped"),
    ]
    assert len({one.delivery_id for one in found}) == len(found)
    with reading(company, "deliveries") as view:
        pages = [page := deliveries(view, limit=2)]
        while page.next_cursor:
            pages.append(page := deliveries(view, limit=2, cursor=page.next_cursor))
    assert [one for page in pages for one in page.items] == found
    one_by_one, uneven, at_once = in_any_batches(company, "deliveries")
    assert one_by_one == uneven == at_once
    assert "Zaphod" not in str(at_once)
