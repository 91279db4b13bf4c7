"""Facts to bytes and back: JSON by orjson, old shapes upcast by `class_version`, personal values encrypted per customer.

A stored state is one JSON object: the payload, `company`, `origin`, `v` when the class version is above 1, and `personal`
(base64 of the sealed JSON of all personal values) where there are any. `outlines` has what stays of those by field once their
key is destroyed: which fields, and their days. What has a column of its own (ids, version, recording time, correlation) is not
repeated in it.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import resolve_topic
from pydantic import BaseModel, ValidationError

import aggregates.catalogue  # noqa: F401  (registers every stored topic)
from aggregates.fact import ERASED, MOST_EVENT_BYTES, EventTooLargeError, Fact, Origin
from aggregates.profile_class.terms import Terms
from store.events import RecordedEvent, new_event
from store.keys import KeyRing, seal, unseal
from store.terms import KnownTerms

OUTLINES: Final = "outlines"
"""Where a stored state has what stays of personal values."""
_IN_COLUMNS: Final = ("originator_id", "originator_version", "event_id", "recorded_at")


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of an event class that the mapper needs."""

    version: int
    personal: tuple[str, ...]
    stored: tuple[str, ...]
    """Fields that have no column of their own, in order."""
    left_out: frozenset[str]
    """Fields that are not stored while they are `None`, their default."""
    keys: int
    """Option of orjson for objects by number, which only few have: it costs."""


@cache
def shape(fact: type[Fact]) -> Shape:
    """The shape of an event class, read once."""
    optional = {name for name, field in fact.model_fields.items() if not field.is_required() and field.default is None}
    by_number = any("dict[int" in str(field.annotation) for field in fact.model_fields.values())
    keys = orjson.OPT_NON_STR_KEYS if by_number else 0
    stored = tuple(name for name in fact.model_fields if name not in _IN_COLUMNS)
    return Shape(fact.class_version, fact.personal_fields(), stored, frozenset(optional), keys)


def upcast(fact: type[Fact], state: dict[str, Any], stored_version: int) -> dict[str, Any]:
    """The state in the class's present shape: `upcast_vN_vM` of the class, one after the other."""
    for version in range(stored_version, fact.class_version):
        getattr(fact, f"upcast_v{version}_v{version + 1}")(state)
    return state


class FactMapper(Mapper[UUID]):
    """Our mapper behind the library's interface."""

    def __init__(self, keys: KeyRing) -> None:
        super().__init__(JSONTranscoder())
        self.keys = keys
        self._terms = KnownTerms()
        self._last_origin: tuple[Origin, orjson.Fragment] | None = None
        self._last_read_origin: tuple[dict[str, Any], Origin] | None = None

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The fact as the log keeps it. Gives its subject a key where it needs one and has none.

        Raises `EventTooLargeError` where it would have more than `MOST_EVENT_BYTES` (rule 0.11).
        """
        fact = cast("Fact", domain_event)
        of = shape(type(fact))
        values = vars(fact)
        state = {name: value for name in of.stored if (value := values[name]) is not None or name not in of.left_out}
        if of.version > 1:
            state["v"] = of.version
        new_key = self._seal_personal(fact, of, state) if of.personal else None
        state_json = orjson.dumps(state, default=self._plain, option=of.keys)
        if len(state_json) > MOST_EVENT_BYTES:
            raise EventTooLargeError(len(state_json))
        return new_event(
            {
                "originator_id": fact.originator_id,
                "originator_version": fact.originator_version,
                "topic": fact.TOPIC,
                "state": state_json,
                "event_id": fact.event_id,
                "correlation_id": fact.origin.correlation_id,
                "new_key": new_key,
            }
        )

    def too_large(self, facts: Iterable[Fact]) -> str | None:
        """Returns why one of these facts is too large to be recorded (rule 0.11), `None` if none is."""
        try:
            for fact in facts:
                self.to_stored_event(fact)
        except EventTooLargeError as error:
            return error.text
        return None

    def to_domain_event(self, stored_event: StoredEvent) -> Fact:
        """The fact that was stored, in its present shape. Raises `MapperDeserialisationError` naming the event."""
        event = cast("RecordedEvent", stored_event)
        fact: type[Fact] = resolve_topic(event.topic)
        of = shape(fact)
        try:
            state: dict[str, Any] = orjson.loads(event.state)
            erased = self._unseal_personal(event, of, state) if of.personal else ()
            state = upcast(fact, state, state.pop("v", 1))
            self._terms.put_into(state)
            state["originator_id"] = event.originator_id
            state["originator_version"] = event.originator_version
            state["event_id"] = event.event_id
            state["recorded_at"] = event.recorded_at
            state["origin"] = self._read_origin(state["origin"])
            read: Fact = fact.__pydantic_validator__.validate_python(state)
        except (ValueError, KeyError, TypeError, ValidationError, InvalidTag) as error:
            raise MapperDeserialisationError(f"Cannot read {describe(event)}: {error}") from error
        return read.model_copy(update={name: _erased(getattr(read, name)) for name in erased}) if erased else read

    def _plain(self, value: Any) -> Any:
        kind = type(value)  # cheaper than `isinstance`, which asks the metaclass of models
        if kind is Origin:
            return self._written_origin(value)
        if kind is Terms:
            return self._terms.to_json(value, self._plain)
        if isinstance(value, BaseModel):
            return {name: member for name, member in vars(value).items() if member is not None}
        return str(value)

    def _written_origin(self, origin: Origin) -> orjson.Fragment:
        """Its JSON: one origin serves all events of a command, and all those of a file."""
        last_origin = self._last_origin
        if last_origin is None or last_origin[0] is not origin:
            members = {name: member for name, member in vars(origin).items() if member is not None}
            last_origin = self._last_origin = (origin, orjson.Fragment(orjson.dumps(members)))
        return last_origin[1]

    def _read_origin(self, stored: dict[str, Any]) -> Origin:
        """Returns the origin in stored JSON, the last one where it is the same."""
        last_origin = self._last_read_origin
        if last_origin is None or last_origin[0] != stored:
            last_origin = self._last_read_origin = (stored, Origin.model_validate(stored))
        return last_origin[1]

    def _seal_personal(self, fact: Fact, of: Shape, state: dict[str, Any]) -> bytes | None:
        personal = {name: state.pop(name) for name in of.personal if name in state}
        is_new = fact.originator_version == 1 or self.keys.is_fresh(fact.originator_id)
        has_key, key = (False, None) if is_new else self.keys.find(fact.originator_id)
        new_key: bytes | None = None
        if not has_key:
            key, new_key = self.keys.fresh(fact.originator_id)
        if key is not None and personal:
            state["personal"] = b64encode(
                seal(key, orjson.dumps(personal, default=self._plain), _context(fact.TOPIC, fact))
            ).decode()
        if outlines := {name: _outline(value) for name, value in personal.items() if isinstance(value, dict) and value}:
            state[OUTLINES] = outlines
        return new_key

    def _unseal_personal(self, event: RecordedEvent, of: Shape, state: dict[str, Any]) -> tuple[str, ...]:
        sealed, outlines = state.pop("personal", None), state.pop(OUTLINES, {})
        key = self.keys.find(event.uuid)[1]
        if key is None or sealed is None:
            left_out = of.left_out if key is not None else ()
            missing = tuple(name for name in of.personal if name not in state and name not in left_out)
            state.update({name: outlines.get(name, ERASED) for name in missing})
            return missing
        state.update(orjson.loads(unseal(key, b64decode(sealed), _context(event.topic, event))))
        return ()


def _outline(value: Any) -> Any:
    """A personal value without what is personal in it: its fields and days, and `[erased]` for each text."""
    if isinstance(value, str):
        return str.__str__(ERASED)
    if isinstance(value, dict):
        return {name: _outline(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_outline(item) for item in value]
    if isinstance(value, BaseModel):
        not_personal = _not_personal(value)
        members = {name: member for name, member in vars(value).items() if member is not None}
        return {name: member if name in not_personal else _outline(member) for name, member in members.items()}
    return value


def _not_personal(value: BaseModel) -> frozenset[str]:
    """The texts of a personal value that say nothing of a person."""
    return getattr(value, "NOT_PERSONAL", frozenset())


def _erased(value: Any) -> Any:
    """The value that an outline was read as, with `ERASED` for each text."""
    if isinstance(value, BaseModel):
        texts = {name for name, member in vars(value).items() if isinstance(member, str)}
        return value.model_copy(update=dict.fromkeys(texts - _not_personal(value), ERASED))
    if isinstance(value, dict):
        return {name: _erased(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_erased(item) for item in value]
    return ERASED


def describe(event: RecordedEvent) -> str:
    """The event in words, for errors and logs."""
    return f"event {event.event_id} ({event.topic}) at position {event.id}"


def _context(topic: str, event: Fact | RecordedEvent) -> bytes:
    return f"{topic}/{event.originator_id}/{event.originator_version}".encode()
