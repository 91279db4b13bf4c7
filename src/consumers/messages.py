"""The public contract of the bus: which message an event becomes. `consumers.reading` reads it back.

Key = company and profile, such as `demo/customer:1001`; value = the public event as JSON (`store.public`); headers = CloudEvents 1.0 in
binary mode, with two extension attributes: the log and the position in it. Promise: at least once, in order per key, with a position that
only rises within a key and a log, so a subscriber that remembers the last position of a key drops every repetition with one comparison.
Personal values are never in a message. `docs/asyncapi.yaml` is generated from here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from consumers.schemas import schema_id, state_schema_id
from store.events import RecordedEvent
from store.mapper import FactMapper
from store.public import PublicEvent, as_json, public_event

EVENTS_TOPIC: Final = "dossier.{company}.profile-events.v3"
PROFILES_TOPIC: Final = "dossier.{company}.profiles.v1"
DEAD_LETTERS_TOPIC: Final = "dossier.{company}.dead-letters.v2"
GROUP: Final = "dossier.{company}.{consumer}"
"""Every name on a broker starts with the company, so that several share one, and one access rule covers a company (rule 4.7)."""
KEY: Final = "Company and profile, such as demo/customer:1001."
SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
TYPE: Final = "io.dossier."
"""Before the stored topic in `ce_type`: CloudEvents asks for the reversed name of a domain, so that types of many sources can meet."""
LOG_HEADER: Final = "ce_dossierlog"
POSITION_HEADER: Final = "ce_dossierposition"
SCHEMA_HEADER: Final = "ce_dataschema"
HEADERS: Final = {
    "ce_specversion": "Version of CloudEvents: 1.0.",
    "ce_id": "Id of the event; the same on every delivery.",
    "ce_source": "Where it comes from: /dossier/{company}.",
    "ce_type": "What happened: io.dossier. and the type in the value, such as io.dossier.customer.response_selected.",
    "ce_time": "When it was recorded; RFC 3339, UTC.",
    "ce_subject": "The profile; with the company before it, the key.",
    SCHEMA_HEADER: "Id of the JSON Schema of the value, such as urn:dossier:event:customer.response_selected:1.",
    "content-type": "application/json.",
    LOG_HEADER: "Id of the log. Another one after a restore that lost events: positions are given again, and all events come again.",
    POSITION_HEADER: "Position in the log, a whole number; rises within a key.",
}
"""Every header of a message, with what it says."""
STATE_HEADERS: Final = {
    **HEADERS,
    "ce_id": "Kind of profile, key, state or erased, and position: the same on every delivery.",
    "ce_type": "io.dossier., the kind of profile, and .state or .erased.",
    "ce_time": "When the last event in the state was recorded, or the erasure was told; RFC 3339, UTC.",
    SCHEMA_HEADER: "Id of the JSON Schema of the value, such as urn:dossier:state:customer:1; of .erased there is none.",
    POSITION_HEADER: "Position in the log of the last event in the state, a whole number.",
}
"""Every header of the state of a profile, and of its tombstone."""
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


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it goes to the bus. `position` is the log position of its event. Without a value it is a tombstone."""

    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    position: int

    @property
    def size(self) -> int:
        """Bytes that it takes at most in a batch."""
        values = sum(len(value) for _, value in self.headers)
        return len(self.key) + len(self.value or b"") + values + _HEADER_NAME_BYTES + RECORD_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a consumer gets it. `place` is its offset, or its log position where the log itself is the feed.

    `undecodable`: why the client could not decode it; then key, value and headers are what could be had.
    """

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    source: str
    place: int
    undecodable: str | None = None


def message(mapper: FactMapper, recorded: RecordedEvent, log: UUID) -> Message:
    """The message of a recorded event of this log. Raises `MapperDeserialisationError` when the event cannot be read."""
    event = public_event(mapper, recorded)
    company, profile = event["company"], event["profile"]
    headers = headers_of(
        event["event_id"],
        company,
        event["type"],
        event["recorded_at"],
        profile=profile,
        position=recorded.id,
        log=_log_header(log),
        schema=_schema_header(event["type"]),
    )
    return Message(key_of(company, profile), as_json(event), headers, recorded.id)


@lru_cache
def _log_header(log: UUID) -> bytes:
    return str(log).encode()


@lru_cache
def _schema_header(type_: str) -> bytes:
    return schema_id(type_).encode()


def state_message(value: bytes, last: PublicEvent, log: UUID) -> Message:
    """The message of the state of a profile, `value`, in which its events are up to the last one."""
    company, profile, position = last["company"], last["profile"], last["position"]
    schema = state_schema_id(profile.partition(":")[0]).encode()
    return _of_profile(value, "state", last["recorded_at"], company, profile, position, log, schema)


def tombstone(company: str, profile: str, position: int, erased_at: str, log: UUID) -> Message:
    """The message that takes the state of a profile off the topic; `position` is that of its last event."""
    return _of_profile(None, "erased", erased_at, company, profile, position, log)


def _of_profile(  # noqa: PLR0917
    value: bytes | None, what: str, at: str, company: str, profile: str, position: int, log: UUID, schema: bytes = b""
) -> Message:
    type_ = f"{profile.partition(':')[0]}.{what}"
    headers = headers_of(
        f"{profile}/{type_}/{position}",
        company,
        type_,
        at,
        profile=profile,
        position=position,
        log=str(log).encode(),
        schema=schema,
    )
    named = [(name, text) for name, text in headers if text or name != SCHEMA_HEADER]
    return Message(key_of(company, profile), value, named, position)


def key_of(company: str, profile: str) -> bytes:
    """The key of a message about this profile."""
    return f"{company}/{profile}".encode()


def headers_of(
    event_id: str,
    company: str,
    type_: str,
    recorded_at: str,
    *,
    profile: str,
    position: int,
    log: bytes,
    schema: bytes,
) -> list[tuple[str, bytes]]:
    """Returns the headers of a message. But for the log and the schema they repeat a part of its value."""
    return [
        *_CONSTANT_HEADERS,
        ("ce_id", event_id.encode()),
        ("ce_source", f"/dossier/{company}".encode()),
        ("ce_type", f"{TYPE}{type_}".encode()),
        ("ce_time", recorded_at.encode()),
        ("ce_subject", profile.encode()),
        (SCHEMA_HEADER, schema),
        (LOG_HEADER, log),
        (POSITION_HEADER, b"%d" % position),
    ]
