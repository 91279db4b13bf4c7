"""Redelivered and poison messages, passed directly to the forwarder's handler (rules 4.3, 4.4)."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from consumer_world import FAST, TOKEN, Company, Simulator, fold_deliveries, incoming_of, message_of, received_of
from consumers.customer_engagement import CustomerEngagement
from consumers.dead_letters import DeadLetters, unreadable_id
from consumers.delivery_metrics import FOREIGN
from consumers.feeds import Lane
from consumers.forwarder import FOLD_PAUSES_S, Forwarder
from consumers.messages import Received
from store import deliveries
from store.application import Dossier
from store.deliveries import NotResendableError


def test_a_message_waits_for_the_read_model_that_decides(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    received = incoming_of(dossier, company.answer("1001", "A"))
    later = forwarder.handle(received, 1)
    assert later is not None
    assert not later.attempted
    assert simulator.received()["requests"] == 0
    fold_deliveries(dossier)
    assert forwarder.handle(received, 1) is None
    assert simulator.values("1001") == {"age": "A"}


def test_a_message_that_is_folded_in_a_moment_keeps_its_thread(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.define().integrate().register("1001")
    received = incoming_of(dossier, company.answer("1001", "A"))
    paused: list[float] = []

    def fold_while_it_waits(seconds: float) -> None:
        paused.append(seconds)
        fold_deliveries(dossier)

    monkeypatch.setattr("consumers.forwarder.time", SimpleNamespace(sleep=fold_while_it_waits))
    assert forwarder.handle(received, 1) is None
    assert paused == [FOLD_PAUSES_S[0]]
    assert simulator.values("1001") == {"age": "A"}


def test_a_redelivered_message_has_one_effect(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:  # rule 4.3
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    fold_deliveries(dossier)
    assert forwarder.handle(incoming_of(dossier, event), 1) is None
    assert forwarder.handle(incoming_of(dossier, event), 1) is None
    with dossier.database.connection() as connection:  # as if it had been killed before the outcome was stored
        connection.execute("DELETE FROM delivery_outcomes")
    assert forwarder.handle(incoming_of(dossier, event), 1) is None
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
    assert forwarder.handle(incoming_of(dossier, event), 1) is None
    assert forwarder.handle(incoming_of(dossier, event), 1) is None
    assert simulator.received()["requests"] == 1


def handed_over(dossier: Dossier, forwarder: Forwarder, *messages: Received) -> list[deliveries.DeadLetter]:
    """Hands messages over as a feed does; gives the dead letters there are then."""
    lane = Lane("test/0")
    lane.put(messages)
    while lane.begin():
        lane.work(forwarder, dossier.company)
    assert lane.waiting == 0
    with dossier.database.connection() as connection:
        return deliveries.dead_letters(connection)


def test_an_unreadable_message_is_put_aside_once_with_its_reason(
    dossier: Dossier, company: Company, forwarder: Forwarder
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    good = received_of(dossier, company.answer("1001", "A"))
    broken = Received(good.key, b"not json", good.headers, "topic/3/17", 17)
    [letter] = handed_over(dossier, forwarder, broken, broken)
    with dossier.database.connection() as connection:
        kept = connection.execute("SELECT message FROM dead_letters WHERE event_id = %s", [letter.event_id]).fetchone()
        with pytest.raises(NotResendableError):
            deliveries.request_resend(connection, letter.event_id, "ann")
    assert letter.event_id == unreadable_id(broken)
    assert "The value is not JSON." in letter.reason
    assert (letter.number, letter.source, kept) == (None, "topic/3/17", (broken.value,))


def test_a_reason_that_no_table_takes_is_kept_without_what_it_does_not_take(
    dossier: Dossier, forwarder: Forwarder
) -> None:  # rule 4.4
    forwarder.put_aside(message_of(), "\0 \ud800" + "x" * 10_000)
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert letter.reason.startswith(" ?x")
    assert len(letter.reason) < 2_001


def test_a_message_of_an_event_that_the_log_does_not_have_is_put_aside(
    dossier: Dossier, company: Company, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    fold_deliveries(dossier)
    [letter] = handed_over(dossier, forwarder, message_of(position=3), message_of(position=2**63 - 1))[:1]
    assert "has no event" in letter.reason


def test_giving_up_raises_nothing_whatever_is_wrong(dossier: Dossier, company: Company, forwarder: Forwarder) -> None:
    """Not even when the read model that says what was to be sent is broken: the message itself is put aside then."""
    company.define().integrate().register("1001")
    incoming = incoming_of(dossier, company.answer("1001", "A"))
    with dossier.database.connection() as connection:
        connection.execute("ALTER TABLE delivery_outcomes RENAME TO gone")
    forwarder.give_up(incoming, "It cannot be handled.")
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert (letter.reason, letter.source) == ("It cannot be handled.", incoming.received.source)


def test_what_belongs_to_another_company_is_refused_and_counted_and_nothing_is_kept(
    dossier: Dossier, forwarder: Forwarder
) -> None:  # rule 4.7
    foreign = message_of("acme", "1001", 3)
    before = FOREIGN._value.get()
    by_value = replace(foreign, key=None, headers={})
    by_key = replace(foreign, value=b"\xff", headers={})
    by_source = replace(foreign, value=None, key=b"x")
    assert handed_over(dossier, forwarder, foreign, by_value, by_key, by_source) == []
    assert FOREIGN._value.get() == before + 4


def test_other_messages_are_none_of_its_business(dossier: Dossier, company: Company, forwarder: Forwarder) -> None:
    company.define().register("1001")
    messages = [received_of(dossier, event) for event in dossier.log_of_facts.select_notifications(1, 100)]
    assert handed_over(dossier, forwarder, *messages) == []


def test_another_side_that_is_not_there_is_tried_again(dossier: Dossier, company: Company) -> None:  # rule 4.4
    engagement = CustomerEngagement("http://127.0.0.1:1", TOKEN)
    forwarder = Forwarder(dossier.database, dossier.fact_mapper, engagement, DeadLetters(dossier.database), FAST)
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    fold_deliveries(dossier)
    assert forwarder.handle(incoming_of(dossier, event), 1) is not None
    assert forwarder.handle(incoming_of(dossier, event), FAST.most_attempts) is None
    engagement.close()
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert "No answer" in letter.reason
    assert letter.status_code is None
