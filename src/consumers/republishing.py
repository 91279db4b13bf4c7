"""Sends a part of the log to the topic again: for subscribers whose copy is damaged, or a topic that has lost what it held.

A repetition, for whoever has the events: it has the positions that it had. Only what the relay has sent is sent again, or something new
could overtake what comes before it in its key; for the same reason, keys that wait for a refused message are left out. To recover from an
error: run it again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.messages import Message, message
from consumers.relay import WINDOW_BYTES, WINDOW_EVENTS
from consumers.sending import Sender
from store import refusals
from store.application import Dossier
from store.events import RecordedEvent
from store.heartbeats import Progress
from store.log import RELAY, position_of, read
from store.stopping import Stop

BATCH_EVENTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Republished:
    """What was sent again. `left_out`: events whose key waits for a refused message, or that were refused now."""

    first: int
    last: int
    sent: int
    left_out: int


def relayed_until(dossier: Dossier) -> int:
    """Returns the last position that the relay has sent."""
    with dossier.database.connection() as connection:
        return position_of(connection, RELAY) or 0


def republish(dossier: Dossier, brokers: Brokers, topics: Topics, first: int, last: int) -> Republished:
    """Sends the events from one position to another again, both inclusive, in order; the relay must have sent them.

    Raises `KafkaError`; what was sent until then stays.
    """
    stop, sent = Stop(), 0
    with dossier.database.connect() as connection:
        blocked = refusals.blocked(connection)
    with Sender.opened(brokers, topics, Progress()) as sender:
        messages = (
            message(dossier.fact_mapper, event, dossier.log_id)
            for event in _events(dossier, first, last)
            if event.uuid not in blocked
        )
        for window in _windows(messages):
            sent += len(window) - len(sender.send(window, stop))
    return Republished(first, last, sent, last - first + 1 - sent)


def _events(dossier: Dossier, first: int, last: int) -> Iterator[RecordedEvent]:
    after = first - 1
    with dossier.database.connect() as connection:
        while events := read(connection, after, BATCH_EVENTS, until=last):
            yield from events
            after = events[-1].id


def _windows(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yields messages in order, as many at a time as the relay sends."""
    window: list[Message] = []
    size = 0
    for outgoing in messages:
        if window and (len(window) == WINDOW_EVENTS or size + outgoing.size > WINDOW_BYTES):
            yield window
            window, size = [], 0
        window.append(outgoing)
        size += outgoing.size
    if window:
        yield window
