"""The public contract of the bus: which message an event becomes, and how a consumer reads it back.

Key = the profile, such as `customer:1001`; value = the public event as JSON (`store.public`); headers = CloudEvents 1.0 in binary mode
plus `dossierposition`, the log position. Promise: at least once, in order per key, with a position that only rises within a key, so
a subscriber that remembers the last position of a key drops every repetition with one comparison. Personal values are never in
a message. `docs/asyncapi.yaml` is generated from here.
"""

from dataclasses import dataclass
from typing import Final, cast

from store.events import RecordedEvent
from store.mapper import FactMapper
from store.public import PublicEvent, as_json, from_json, public_event

EVENTS_TOPIC: Final = "dossier.profile-events.v1"
DEAD_LETTERS_TOPIC: Final = "dossier.dead-letters.v1"
SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
POSITION_HEADER: Final = "dossierposition"
HEADERS: Final = {
    "ce_specversion": "Version of CloudEvents: 1.0.",
    "ce_id": "Id of the event; the same on every delivery.",
    "ce_source": "Where it comes from: /dossier/{company}.",
    "ce_type": "Stored topic of the event, such as customer.response_selected.",
    "ce_time": "When it was recorded; RFC 3339, UTC.",
    "ce_subject": "The profile, the same as the key.",
    "content-type": "application/json.",
    POSITION_HEADER: "Position in the log, a whole number; rises within a key.",
}
"""Every header of a message, with what it says."""
DEAD_LETTER_HEADERS: Final = {
    "dossierreason": "Why it is dead.",
    "dossierstatus": "HTTP status of the last answer; empty when there was none.",
    "dossierattempts": "How often it was sent.",
    "dossiersource": "Where the message lay: topic/partition/offset.",
    "dossierdiedat": "When it died; RFC 3339, UTC.",
}
"""Headers that a dead letter has besides those of the original message."""
RECORD_OVERHEAD_BYTES: Final = 128
"""Bytes counted for the framing of one record and its headers; more than it ever is."""
_CONSTANT_HEADERS: Final = [
    ("ce_specversion", SPEC_VERSION.encode()),
    ("content-type", CONTENT_TYPE.encode()),
]
_HEADER_NAME_BYTES: Final = sum(map(len, HEADERS))
_NEEDED: Final = frozenset(PublicEvent.__required_keys__)


class UnreadableMessageError(Exception):
    """A message that does not keep the contract; `str(error)` says how."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it goes to the bus. `position` is the log position of its event."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    position: int

    @property
    def size(self) -> int:
        """Bytes that it takes at most in a batch."""
        values = sum(len(value) for _, value in self.headers)
        return len(self.key) + len(self.value) + values + _HEADER_NAME_BYTES + RECORD_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a consumer gets it. `place` is its offset, or its log position where the log itself is the feed."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    source: str
    place: int

    @property
    def type(self) -> str | None:
        """The stored topic of the event, from the headers; `None` when they do not say it."""
        found = self.headers.get("ce_type")
        return None if found is None else found.decode(errors="replace")


def message(mapper: FactMapper, recorded: RecordedEvent) -> Message:
    """The message of a recorded event. Raises `MapperDeserialisationError` when the event cannot be read."""
    event = public_event(mapper, recorded)
    profile = event["profile"].encode()
    headers = [
        *_CONSTANT_HEADERS,
        ("ce_id", event["event_id"].encode()),
        ("ce_source", f"/dossier/{event['company']}".encode()),
        ("ce_type", recorded.topic.encode()),
        ("ce_time", event["recorded_at"].encode()),
        ("ce_subject", profile),
        (POSITION_HEADER, b"%d" % recorded.id),
    ]
    return Message(profile, as_json(event), headers, recorded.id)


def read_message(received: Received) -> PublicEvent:
    """The public event in a message. Raises `UnreadableMessageError` naming what is wrong with it."""
    missing = [name for name in HEADERS if name not in received.headers]
    if missing:
        raise UnreadableMessageError(f"Headers are missing: {', '.join(missing)}.")
    try:
        event = from_json(received.value or b"")
    except ValueError as error:
        raise UnreadableMessageError(f"The value is not JSON: {error}.") from None
    if not isinstance(event, dict) or not event.keys() >= _NEEDED:
        raise UnreadableMessageError("The value is not a public event: members are missing.")
    if received.headers[POSITION_HEADER] != str(event["position"]).encode():
        raise UnreadableMessageError("The position in the headers is not the one in the value.")
    return cast("PublicEvent", event)
