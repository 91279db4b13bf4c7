"""Forwarding fields to Customer Engagement: edits, uploads, merges, and personal values never in clear text (rules 4.2-4.5, 5.1, 6.1)."""

from typing import Any

import pytest

from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.interaction.field_edits import edit_fields
from aggregates.setup import commands as setup
from business_fields import request, standard_fields, upload_row
from consumer_world import FAST, TOKEN, Company, Loops, Simulator, World, fold_deliveries, incoming_of, wait_for
from consumers.forwarder import Forwarder
from consumers.forwarding import RESEND, forwarding
from projections.deliveries.queries import decisions
from store import deliveries
from store.application import Dossier
from store.deliveries import CorrectedValueError

SECRET = "Zaphod"


@pytest.fixture
def prepared(dossier: Dossier, company: Company) -> Dossier:
    """The standard fields; city and the personal first name are mapped; customer 1001."""
    standard_fields(dossier)
    company.define().integrate().register("1001")
    for key, attribute in (("city", "town"), ("first_name", "given")):
        setup.map_field(dossier, request(), key=key, attribute=attribute)
    return dossier


def edit(prepared: Dossier, number: str = "1001", **values: str | None) -> list[Any]:
    """Edits fields and gives the recorded events."""
    outcome = edit_fields(prepared, request(), number=number, fields=values)
    fold_deliveries(prepared)
    return last(prepared, outcome.position, len(values))


def last(prepared: Dossier, position: int | None, count: int = 1) -> list[Any]:
    """The events up to a position."""
    assert position is not None
    return list(prepared.log_of_facts.select_notifications(position - count + 1, count))


def hand_over(forwarder: Forwarder, prepared: Dossier, *events: Any) -> None:
    for event in events:
        assert forwarder.handle(incoming_of(prepared, event), 1) is None


def in_clear(prepared: Dossier, word: str) -> list[str]:
    """Tables that have a word in clear."""
    with prepared.database.connection() as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        return [
            table
            for (table,) in tables
            if any(word in str(row) for row in connection.execute(f'SELECT t::text FROM "{table}" AS t'))
        ]


def test_an_edited_field_is_forwarded_like_a_response(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator
) -> None:  # rules 4.2, 4.3
    [event] = edit(prepared, city="York")
    hand_over(forwarder, prepared, event)
    assert simulator.values("1001") == {"town": "York"}
    assert simulator.received()["order"]["1001"] == [str(event.event_id)]
    hand_over(forwarder, prepared, *edit(prepared, city=None))
    assert simulator.values("1001") == {"town": None}


def test_a_personal_value_reaches_the_other_side_and_nothing_else(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator
) -> None:  # rules 4.2, 5.1
    [event] = edit(prepared, first_name=SECRET)
    received = incoming_of(prepared, event)
    assert SECRET.encode() not in (received.received.value or b"")
    hand_over(forwarder, prepared, event)
    assert simulator.values("1001") == {"given": SECRET}
    assert in_clear(prepared, SECRET) == []
    assert in_clear(prepared, "given") != []


def test_a_row_of_an_upload_is_sent_field_by_field_and_the_rest_is_not_mapped(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator
) -> None:  # rules 4.2, 4.5
    upload_row(prepared, "1002", {"city": "Rome", "first_name": SECRET, "loan_type": "Car", "address": "Elm 1"})
    upload_row(prepared, "1002", {"city": "Bonn"}, upload="U-2")
    fold_deliveries(prepared)
    end = prepared.log_of_facts.max_notification_id()
    registered, uploaded = last(prepared, end, 2)
    hand_over(forwarder, prepared, registered)
    assert simulator.values("1002") == {"town": "Rome", "given": SECRET}
    hand_over(forwarder, prepared, uploaded, registered)
    assert simulator.values("1002") == {"town": "Bonn", "given": SECRET}
    with prepared.database.connection() as connection:
        told = decisions(connection, registered.event_id, registered.id)
    assert [(one.mapped, one.attribute, one.value, one.not_sent_reason) for one in told] == [
        ("field:address field:loan_type", None, None, "not mapped"),
        ("field:city", "town", "Rome", None),
        ("field:first_name", "given", None, None),
    ]
    assert len({one.delivery_id for one in told} - {registered.event_id}) == 3
    counts = simulator.received()
    assert (counts["requests"], counts["effective"]) == (3, 3)


def test_each_value_of_an_event_has_all_attempts(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator
) -> None:  # rule 4.4
    upload_row(prepared, "1002", {"city": "Rome", "first_name": SECRET})
    fold_deliveries(prepared)
    [event] = last(prepared, prepared.log_of_facts.max_notification_id())
    received = incoming_of(prepared, event)
    simulator.fail(503)
    again = forwarder.handle(received, 1)
    assert again is not None
    assert again.attempted
    assert not again.afresh
    rest = forwarder.handle(received, FAST.most_attempts)
    assert rest is not None
    assert rest.afresh  # the town was sent with the last attempt; the given name has its own
    assert simulator.values("1002") == {"town": "Rome"}
    simulator.fail(503)
    assert forwarder.handle(received, 1) is not None
    assert forwarder.handle(received, 2) is None
    assert simulator.values("1002") == {"town": "Rome", "given": SECRET}


def test_what_a_merge_brings_goes_out_and_undoing_it_takes_it_back(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator, company: Company
) -> None:  # rules 4.2, 6.1
    company.register("1002")
    edit(prepared, "1002", city="Rome", first_name=SECRET)
    company.answer("1002", "B")
    merged = customers.merge_customers(prepared, request(), number="1001", other="1002")
    fold_deliveries(prepared)
    hand_over(forwarder, prepared, *last(prepared, merged.position, 2))
    assert simulator.values("1001") == {"town": "Rome", "given": SECRET, "age": "B"}
    undone = customers.unmerge_customers(prepared, request(), number="1001", other="1002")
    fold_deliveries(prepared)
    hand_over(forwarder, prepared, *last(prepared, undone.position, 2))
    assert simulator.values("1001") == {"town": None, "given": None, "age": None}
    assert in_clear(prepared, SECRET) == []


def test_what_comes_to_light_when_a_merge_is_undone_goes_out_and_nothing_else(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator, company: Company
) -> None:  # rules 4.2, 4.3, 6.1
    for number, city in (("1002", "Rome"), ("1003", "Bonn")):
        company.register(number)
        edit(prepared, number, city=city, first_name=f"{SECRET}{number}")
        company.answer(number, "B")
        customers.merge_customers(prepared, request(), number="1001", other=number)
    before = prepared.log_of_facts.max_notification_id() or 0
    undone = customers.unmerge_customers(prepared, request(), number="1001", other="1002")
    fold_deliveries(prepared)
    hand_over(forwarder, prepared, *last(prepared, undone.position, (undone.position or 0) - before))
    assert simulator.values("1001") == {"town": "Bonn", "given": f"{SECRET}1003", "age": "B"}
    assert simulator.received()["requests"] == 3  # no value is taken away first
    assert in_clear(prepared, SECRET) == []


def test_a_dead_letter_of_a_personal_field_holds_no_value(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator, loops: Loops, company: Company
) -> None:  # rules 4.4, 5.1
    [event] = edit(prepared, first_name=SECRET)
    simulator.fail(422)
    hand_over(forwarder, prepared, event)
    world = World(prepared, company, simulator)
    letter = world.letter(event)
    assert (letter.personal, letter.value, letter.attribute) == (True, None, "given")
    assert letter.reason.startswith("422")
    assert ":" not in letter.reason
    with pytest.raises(CorrectedValueError, match="at the customer"):
        world.resend(event, value="Ford")
    world.resend(event)
    with forwarding(prepared, url=simulator.url, token=TOKEN, sending=FAST) as tasks:
        end = loops.start(tasks[RESEND])
        wait_for(lambda: world.letter(event).state == "resent", "it is resent")
        end()
    assert simulator.values("1001") == {"given": SECRET}
    assert in_clear(prepared, SECRET) == []


def test_the_value_of_an_erased_customer_is_not_sent(
    prepared: Dossier, forwarder: Forwarder, simulator: Simulator, company: Company
) -> None:  # rule 5.1
    [event] = edit(prepared, first_name=SECRET)
    prepared.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    hand_over(forwarder, prepared, event)
    assert simulator.values("1001") == {}
    assert "erased" in World(prepared, company, simulator).letter(event).reason


def test_what_cannot_be_handled_is_given_up_change_by_change(
    prepared: Dossier, forwarder: Forwarder
) -> None:  # rule 4.4
    upload_row(prepared, "1002", {"city": "Rome", "first_name": SECRET})
    fold_deliveries(prepared)
    [event] = last(prepared, prepared.log_of_facts.max_notification_id())
    forwarder.give_up(incoming_of(prepared, event), "It cannot be handled.")
    with prepared.database.connection() as connection:
        letters = deliveries.dead_letters(connection)
    assert [(one.attribute, one.value, one.personal) for one in letters] == [
        ("town", "Rome", False),
        ("given", None, True),
    ]
