"""The endurance run (`benchmarks/enduring`) detects each kind of fault in each place and counts it as such."""

from typing import Any

import orjson
import pytest
from benchmarks.enduring.subscribing import Subscriber
from benchmarks.running.comparing import Counts, compare

from consumers.messages import POSITION_HEADER

SAVED = {"1": ["a", "b", "c"], "2": ["d"]}
ALL = [("1", "a"), ("2", "d"), ("1", "b"), ("1", "c")]
FAULTS: list[Any] = [
    ("nothing", ALL, (0, 0, 0, 0)),
    ("one lost", ALL[1:], (1, 0, 0, 0)),
    ("a customer lost", [one for one in ALL if one[0] == "1"], (1, 0, 0, 0)),
    ("one doubled", [*ALL, ("1", "a")], (0, 1, 0, 0)),
    ("one too early", [("1", "b"), ("1", "a"), ("1", "c"), ("2", "d")], (0, 0, 1, 0)),
    ("a foreign mark", [*ALL, ("1", "x")], (0, 0, 0, 1)),
    ("a foreign customer", [*ALL, ("3", "a"), ("3", "x")], (0, 0, 0, 2)),
    ("another customer's", [*ALL, ("2", "a")], (0, 0, 0, 1)),
]


@pytest.mark.parametrize(("arrived", "faults"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_each_fault_counts_as_itself(arrived: list[tuple[str, str]], faults: tuple[int, ...]) -> None:
    found = compare("north", "log", SAVED, arrived)
    assert found == Counts("north", "log", 4, *faults)
    assert found.right is not any(faults)


def test_a_run_in_which_nothing_was_acknowledged_proves_nothing() -> None:
    assert not compare("north", "log", {}, []).right


class Message:
    """A message of the topic: of one key, at a position."""

    def __init__(self, position: int) -> None:
        self.key = b"north/customer:1"
        self.value = orjson.dumps({"event_id": str(position)})
        self.headers = [(POSITION_HEADER, b"%d" % position)]


def test_a_subscriber_drops_repetitions_and_notices_what_comes_too_late() -> None:  # rules 4.3, 4.6
    subscriber = Subscriber("north", "127.0.0.1:1")
    for position in (1, 3, 1, 3, 2, 4):
        subscriber._take(Message(position))
    assert [told.position for told in subscriber.taken] == [1, 3, 4]
    assert (subscriber.repetitions, subscriber.never_taken) == (2, 1)
