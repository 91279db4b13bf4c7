"""Redelivery and poison, straight at the forwarder's handler (rules 4.3, 4.4)."""

from typing import Any
from uuid import uuid4

import pytest

from consumer_world import FAST, TOKEN, Company, Simulator, fold_deliveries, received_of
from consumers.customer_engagement import CustomerEngagement
from consumers.dead_letters import DeadLetters, unreadable_id
from consumers.forwarder import Forwarder
from consumers.messages import Received
from store import deliveries
from store.application import Dossier
from store.deliveries import NotResendableError


def test_a_message_waits_for_the_read_model_that_decides(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    received = received_of(dossier, company.answer("1001", "A"))
    later = forwarder.handle(received, 1)
    assert later is not None
    assert not later.attempted
    assert simulator.received()["requests"] == 0
    fold_deliveries(dossier)
    assert forwarder.handle(received, 1) is None
    assert simulator.values("1001") == {"age": "A"}


def test_a_redelivered_message_has_one_effect(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:  # rule 4.3
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    fold_deliveries(dossier)
    assert forwarder.handle(received_of(dossier, event), 1) is None
    assert forwarder.handle(received_of(dossier, event), 1) is None
    with dossier.database.connection() as connection:  # as if it had been killed before the outcome was stored
        connection.execute("DELETE FROM delivery_outcomes")
    assert forwarder.handle(received_of(dossier, event), 1) is None
    counts = simulator.received()
    assert (counts["requests"], counts["effective"], counts["duplicates"]) == (2, 1, 1)
    with dossier.database.connection() as connection:
        found = deliveries.outcome(connection, event.event_id)
    assert found is not None
    assert found.status == "sent"


def test_a_redelivered_dead_message_is_not_sent_by_itself(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    fold_deliveries(dossier)
    simulator.fail(400)
    assert forwarder.handle(received_of(dossier, event), 1) is None
    assert forwarder.handle(received_of(dossier, event), 1) is None
    assert simulator.received()["requests"] == 1


@pytest.mark.parametrize(
    ("value", "left_out", "why"), [(b"not json", None, "not JSON"), (..., "ce_id", "ce_id"), (b"{}", None, "members")]
)
def test_an_unreadable_message_is_put_aside_with_its_reason(
    dossier: Dossier, company: Company, forwarder: Forwarder, value: Any, left_out: str | None, why: str
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    good = received_of(dossier, company.answer("1001", "A"))
    headers = {name: one for name, one in good.headers.items() if name != left_out}
    broken = Received(good.key, good.value if value is ... else value, headers, "topic/3/17", 17)
    assert forwarder.handle(broken, 1) is None
    assert forwarder.handle(broken, 1) is None
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
        kept = deliveries.unreadable_message(connection, letter.event_id)
        with pytest.raises(NotResendableError):
            deliveries.request_resend(connection, letter.event_id, "ann")
    assert letter.event_id == unreadable_id(broken)
    assert why in letter.reason
    assert (letter.number, letter.source, kept) == (None, "topic/3/17", broken.value)


def test_a_message_of_an_event_that_the_log_does_not_have_is_put_aside(
    dossier: Dossier, company: Company, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    good = received_of(dossier, company.answer("1001", "A"))
    fold_deliveries(dossier)
    event_id = good.headers["ce_id"]
    foreign = Received(
        good.key, (good.value or b"").replace(event_id, str(uuid4()).encode()), good.headers, "topic/3/18", 18
    )
    assert forwarder.handle(foreign, 1) is None
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert "has no event" in letter.reason


def test_other_messages_are_none_of_its_business(dossier: Dossier, company: Company, forwarder: Forwarder) -> None:
    company.define().register("1001")
    for event in dossier.log_of_facts.select_notifications(1, 100):
        assert forwarder.handle(received_of(dossier, event), 1) is None


def test_another_side_that_is_not_there_is_tried_again(dossier: Dossier, company: Company) -> None:  # rule 4.4
    engagement = CustomerEngagement("http://127.0.0.1:1", TOKEN)
    forwarder = Forwarder(dossier.database, dossier.fact_mapper, engagement, DeadLetters(dossier.database), FAST)
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    fold_deliveries(dossier)
    assert forwarder.handle(received_of(dossier, event), 1) is not None
    assert forwarder.handle(received_of(dossier, event), FAST.most_attempts) is None
    engagement.close()
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert "No answer" in letter.reason
    assert letter.status_code is None
