"""Dead letters: listed, corrected, sent again, and never over a later value (rule 4.4)."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from consumer_world import FAST, TOKEN, Company, Loops, Simulator, World, fold_deliveries, incoming_of, wait_for
from consumers.forwarder import Forwarder
from consumers.forwarding import RESEND, forwarding
from store import deliveries
from store.application import Dossier
from store.deliveries import NotResendableError, SupersededError


@pytest.fixture
def dead(world: World) -> Any:
    world.simulator.fail(422)
    event = world.company.answer("1001", "A")
    world.wait_for(event, "dead")
    return event


def test_a_dead_letter_can_be_sent_again(world: World, dead: Any) -> None:  # rule 4.4
    asked = world.resend(dead)
    assert (asked.state, asked.resend_requested_by) == ("resending", "ann")
    assert world.wait_for(dead, "sent").attempts == 2
    wait_for(lambda: world.letter(dead).state == "resent", "the letter is resent")
    assert world.letter(dead).attempts == 2
    assert world.received("1001") == [str(dead.event_id)]
    assert world.simulator.values("1001") == {"age": "A"}
    with pytest.raises(NotResendableError):
        world.resend(dead)


def test_a_dead_letter_can_be_corrected_and_sent_again(world: World, dead: Any) -> None:  # rule 4.4
    world.resend(dead, value="30-39")
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": "30-39"}
    assert world.received("1001") == [str(uuid5(dead.event_id, "30-39"))]
    letter = world.letter(dead)
    assert (letter.value, letter.corrected_value, letter.corrected) == ("A", "30-39", True)


def test_a_correction_can_clear_the_attribute(world: World, dead: Any) -> None:
    world.resend(dead, value=None)
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": None}


def test_a_superseded_dead_letter_is_sent_again_only_by_force(world: World, dead: Any) -> None:  # rule 4.4
    world.wait_for(world.company.answer("1001", "B"), "sent")
    with pytest.raises(SupersededError):
        world.resend(dead)
    assert world.letter(dead).state == "dead"
    world.resend(dead, force=True)
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": "A"}


def test_a_later_value_of_another_customer_supersedes_nothing(world: World, dead: Any) -> None:
    world.wait_for(world.company.answer("1002", "B"), "sent")
    world.resend(dead)
    world.wait_for(dead, "sent")


def test_a_resend_that_fails_for_a_while_is_tried_again(world: World, dead: Any) -> None:
    world.simulator.fail(503, times=2)
    world.resend(dead)
    assert world.wait_for(dead, "sent").attempts == 4


def test_a_resend_that_is_refused_again_is_a_dead_letter_again(world: World, dead: Any) -> None:
    world.simulator.fail(409)
    world.resend(dead)
    wait_for(lambda: world.letter(dead).state == "dead", "it is dead again")
    assert "409" in world.letter(dead).reason
    assert world.letter(dead).attempts == 2
    world.resend(dead)
    world.wait_for(dead, "sent")


def test_a_value_sent_between_request_and_resend_wins(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder, loops: Loops
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    world = World(dossier, company, simulator)
    dead = company.answer("1001", "A")
    fold_deliveries(dossier)
    simulator.fail(422)
    forwarder.handle(incoming_of(dossier, dead), 1)
    world.resend(dead)  # nobody resends yet
    later = company.answer("1001", "B")
    fold_deliveries(dossier)
    forwarder.handle(incoming_of(dossier, later), 1)
    with forwarding(dossier, url=simulator.url, token=TOKEN, sending=FAST) as tasks:
        end = loops.start(tasks[RESEND])
        wait_for(lambda: world.letter(dead).state == "dead", "it is put back")
        end()
    assert str(later.event_id) in world.letter(dead).reason
    assert simulator.values("1001") == {"age": "B"}


def test_dead_letters_are_listed_page_by_page_and_by_state(world: World) -> None:  # rule 4.4
    world.simulator.fail(422, times=3)
    events = [world.company.answer(number, "A") for number in ("1001", "1002")]
    events.append(world.company.answer("1002", "B"))
    for event in events:
        world.wait_for(event, "dead")
    with world.dossier.database.connection() as connection:
        first = deliveries.dead_letters(connection, 2)
        rest = deliveries.dead_letters(connection, 2, first[-1].letter)
        assert {letter.event_id for letter in first + rest} == {event.event_id for event in events}
        assert [len(first), len(rest)] == [2, 1]
        assert len(deliveries.dead_letters(connection, state="dead")) == 3
        assert deliveries.dead_letters(connection, state="resent") == []


def test_asking_for_what_is_not_there_is_refused(world: World, dead: Any) -> None:
    with world.dossier.database.connection() as connection:
        with pytest.raises(deliveries.DeadLetterNotFoundError):
            deliveries.request_resend(connection, UUID(int=1), "ann")
        for value in ("", "x" * 1_001):
            with pytest.raises(deliveries.CorrectedValueError):
                deliveries.request_resend(connection, dead.event_id, "ann", value=value)
    assert world.letter(dead).state == "dead"
