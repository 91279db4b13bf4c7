"""The public form of an event: one JSON object an event, the same in `GET /v1/events` and in every message on the bus.

Personal values are never in it; `personal_fields` names what was left out, the same before and after an erasure (rule 5.1).
Promises: the same event always gives the same object; old stored shapes are given in the present shape of their class.
An event of the present shape is taken from its stored JSON without building the event class: this is the hot path of the relay.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypedDict
from uuid import UUID

import orjson
from eventsourcing.persistence import MapperDeserialisationError
from eventsourcing.utils import TopicError, resolve_topic

from aggregates.catalogue import natural_key
from aggregates.fact import EffectiveFact, Fact
from store.events import RecordedEvent
from store.mapper import OUTLINES, FactMapper, Shape, describe, shape

_NOT_DATA: Final = frozenset({*Fact.model_fields, *EffectiveFact.model_fields})


class PublicEvent(TypedDict):
    """An event as others see it. Instants are RFC 3339 in UTC, days ISO 8601, ids in their canonical text."""

    event_id: str
    type: str
    profile: str
    company: str
    version: int
    position: int
    recorded_at: str
    actor: str
    role: str
    source: str
    reason: str | None
    correlation_id: str
    causation_id: str
    effective_from: str | None
    effective_to: str | None
    data: dict[str, Any]
    personal_fields: list[str]


def public_event(mapper: FactMapper, recorded: RecordedEvent) -> PublicEvent:
    """The public form of a recorded event. `data` has every field of its class but the personal ones.

    Raises:
        MapperDeserialisationError: naming the event, when this version of Dossier cannot read it.
    """
    fact = _class_of(recorded)
    of = shape(fact)
    try:
        state: dict[str, Any] = orjson.loads(recorded.state)
        stored_version = state.pop("v", 1)
        if stored_version < of.version:
            state = _present_state(mapper, recorded)
        elif stored_version > of.version:
            raise MapperDeserialisationError(f"{describe(recorded)} was written by a newer version of Dossier.")
        return _shaped(recorded, of, state)
    except (ValueError, KeyError, TypeError) as error:
        raise MapperDeserialisationError(f"Cannot read {describe(recorded)}: {error!r}") from error


def as_json(event: PublicEvent) -> bytes:
    """The public event as others get it: compact JSON, UTF-8."""
    return orjson.dumps(event)


def from_json(text: bytes) -> Any:
    """The value that a JSON text holds. Raises `ValueError`."""
    return orjson.loads(text)


def _class_of(recorded: RecordedEvent) -> type[Fact]:
    try:
        fact: type[Fact] = resolve_topic(recorded.topic)
    except TopicError as error:
        raise MapperDeserialisationError(f"Cannot read {describe(recorded)}: {error}") from error
    return fact


def _present_state(mapper: FactMapper, recorded: RecordedEvent) -> dict[str, Any]:
    """The state of an event of an old shape as it would be stored today, without its personal values."""
    fact = mapper.to_domain_event(recorded)
    left_out = {"originator_id", "originator_version", "event_id", "recorded_at", *shape(type(fact)).personal}
    state: dict[str, Any] = orjson.loads(
        orjson.dumps(fact.model_dump(exclude=left_out), default=str, option=shape(type(fact)).keys)
    )
    return state


def _shaped(recorded: RecordedEvent, of: Shape, state: dict[str, Any]) -> PublicEvent:
    company, origin = state.pop("company"), state.pop("origin")
    if of.personal:
        state.pop("personal", None)
        state.pop(OUTLINES, None)
    effective_from, effective_to = state.pop("effective_from", None), state.pop("effective_to", None)
    for name in _nullable(of):
        state.setdefault(name, None)
    return {
        "event_id": _text_of(recorded.event_id),
        "type": recorded.topic,
        "profile": profile_of(recorded.topic, company, state),
        "company": company,
        "version": recorded.originator_version,
        "position": recorded.id,
        "recorded_at": instant(recorded.recorded_at),
        "actor": origin["actor"],
        "role": origin["role"],
        "source": origin["source"],
        "reason": origin.get("reason"),
        "correlation_id": _text_of(recorded.correlation_id),
        "causation_id": origin["causation_id"],
        "effective_from": effective_from,
        "effective_to": effective_to,
        "data": state,
        "personal_fields": list(of.personal),
    }


def _text_of(id_: UUID) -> str:
    """An id in its canonical text, in a third of the time that `str` takes."""
    return orjson.dumps(id_)[1:-1].decode()


@cache
def _nullable(of: Shape) -> tuple[str, ...]:
    return tuple(sorted(of.left_out - _NOT_DATA - set(of.personal)))


def profile_of(topic: str, company: str, data: dict[str, Any]) -> str:
    """The profile an event belongs to, such as `customer:1001`; events of one profile keep their order everywhere."""
    family = topic.partition(".")[0]
    return f"{family}:{natural_key(family, company, data)}"


def instant(at: datetime) -> str:
    """An instant as RFC 3339 in UTC, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
