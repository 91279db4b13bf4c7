"""Whether a subscriber of one contract can go on with another: a pure comparison, called by `consumers.contract`.

Two promises are checked at once. What a subscriber was told to expect still comes: nothing is removed, may newly be missing, or has values
that were not announced. And what was recorded before still fits what is described now, because the log gives old events in the present
shape: nothing is narrowed. So only an addition is free: a member, an event, a topic. Anything else needs a new version of the event,
with an upcaster from the last one, or a new version of the topic.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

Schema = Mapping[str, Any]
_VERSIONED: Final = re.compile(r"(?P<name>.+)\.v(?P<number>\d+)")
_REF: Final = "#/$defs/"
_SAID_ELSEWHERE: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "default"})
_COMPARED: Final = frozenset(
    {"$ref", "type", "anyOf", "const", "enum", "properties", "required", "items", "additionalProperties"}
)
_RAISED_NARROWS: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_LOWERED_NARROWS: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_JSON_TYPES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


class Channel(TypedDict):
    """One topic on the brokers: what its messages are keyed by, which headers they have, and which events they tell."""

    key: str
    headers: dict[str, Any]
    messages: list[str]


class Contract(TypedDict):
    """What subscribers rely on: topics by address, and schemas of messages, by event and version of the event, and of states by topic and
    kind of profile."""

    channels: dict[str, Channel]
    events: dict[str, dict[str, dict[str, Any]]]
    states: dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Break:
    """One way in which a contract breaks. `meaning`: only a text is another, which a person has to judge."""

    place: str
    reason: str
    meaning: bool = False

    def __str__(self) -> str:
        """Returns the place and the reason."""
        return f"{self.place}: {self.reason}"


def breaks(published: Contract, present: Contract, upcasts: Collection[tuple[str, int]]) -> list[Break]:
    """Returns in which ways the present contract breaks the published one. `upcasts`: event and version from which there is an upcaster."""
    return [
        *_channel_breaks(published["channels"], present["channels"]),
        *_event_breaks(published["events"], present["events"], upcasts),
        *_state_breaks(published["states"], present["states"]),
    ]


def schema_breaks(place: str, published: Schema, present: Schema) -> list[Break]:
    """Returns in which ways messages that keep the present schema may surprise whoever knows the published one."""
    return list(_Comparison(published.get("$defs", {}), present.get("$defs", {})).whole(place, published, present))


def _channel_breaks(published: Mapping[str, Channel], present: Mapping[str, Channel]) -> Iterator[Break]:
    for address, channel in published.items():
        if address not in present:
            if not any(_succeeds(other, address) for other in present):
                yield Break(address, "the topic is gone, and there is no later version of it")
            continue
        now = present[address]
        if now["key"] != channel["key"]:
            yield Break(address, "the key of its messages has changed")
        for message in sorted({*channel["messages"]} - {*now["messages"]}):
            yield Break(address, f"{message} is not on it any more")
        yield from schema_breaks(f"{address} headers", channel["headers"], now["headers"])


def _succeeds(address: str, before: str) -> bool:
    """Returns whether a topic is a later version of another one."""
    later, earlier = _VERSIONED.fullmatch(address), _VERSIONED.fullmatch(before)
    return (
        later is not None
        and earlier is not None
        and later["name"] == earlier["name"]
        and int(later["number"]) > int(earlier["number"])
    )


def _event_breaks(
    published: Mapping[str, Mapping[str, Schema]],
    present: Mapping[str, Mapping[str, Schema]],
    upcasts: Collection[tuple[str, int]],
) -> Iterator[Break]:
    for event, versions in published.items():
        if event not in present:
            yield Break(event, "the event is gone, and the log has it for ever")
            continue
        before, now = max(map(int, versions)), max(map(int, present[event]))
        if now == before:
            yield from schema_breaks(event, versions[str(before)], present[event][str(now)])
        elif now < before:
            yield Break(event, f"version {before} was published, and this is version {now}")
        for step in range(before, now):
            if (event, step) not in upcasts:
                yield Break(event, f"version {now} comes without an upcaster from version {step}")


def _state_breaks(
    published: Mapping[str, Mapping[str, Schema]], present: Mapping[str, Mapping[str, Schema]]
) -> Iterator[Break]:
    """Yields the breaks in states; another version of their topic may change anything, because it has all of them."""
    for address in published.keys() & present.keys():
        for kind, schema in published[address].items():
            if kind in present[address]:
                yield from schema_breaks(f"{address} {kind}", schema, present[address][kind])
            else:
                yield Break(address, f"it has no states of {kind} any more")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares two schemas, each with the models that it refers to."""

    published: Mapping[str, Schema]
    present: Mapping[str, Schema]
    models: set[str] = field(default_factory=set)
    """Models that were compared already, each at the first place that refers to it."""

    def whole(self, place: str, published: Schema, present: Schema) -> Iterator[Break]:
        """Yields the breaks of a message, which stands for what its title says."""
        if published.get("title") != present.get("title"):
            yield Break(place, f"it stands for {present.get('title')}, no longer for {published.get('title')}")
        yield from self._compared(place, published, present)

    def _compared(self, place: str, published: Schema, present: Schema) -> Iterator[Break]:
        if published.get("description") != present.get("description"):
            yield Break(place, "its description has changed, and perhaps its meaning", meaning=True)
        before, now = _alternatives(published, self.published), _alternatives(present, self.present)
        for kind in sorted(before.keys() - now.keys()):
            yield Break(place, f"it is narrowed: no longer {kind}, which recorded events may have")
        for kind in sorted(now.keys() - before.keys()):
            yield Break(place, f"it may now be {kind}")
        for kind in sorted(before.keys() & now.keys()):
            yield from self._alternative(place, before[kind], now[kind])

    def _alternative(self, place: str, published: Schema, present: Schema) -> Iterator[Break]:
        model = f"{published.get('$ref')} {present.get('$ref')}"
        if "$ref" in published and "$ref" in present:
            if model in self.models:
                return
            self.models.add(model)
        before, now = _resolved(published, self.published), _resolved(present, self.present)
        if before is not published and before.get("description") != now.get("description"):
            yield Break(place, "the description of its model has changed, and perhaps its meaning", meaning=True)
        yield from _value_breaks(place, before, now)
        yield from _keyword_breaks(place, before, now)
        yield from self._members(place, before, now)
        for keyword, part in (("items", "[]"), ("additionalProperties", ".*")):
            inner = before.get(keyword), now.get(keyword)
            if isinstance(inner[0], Mapping) and isinstance(inner[1], Mapping):
                yield from self._compared(f"{place}{part}", inner[0], inner[1])
            elif inner[0] != inner[1]:
                yield Break(place, f"{keyword} has changed")

    def _members(self, place: str, published: Schema, present: Schema) -> Iterator[Break]:
        before, now = published.get("properties", {}), present.get("properties", {})
        for name, member in before.items():
            if name in now:
                yield from self._compared(f"{place}.{name}", member, now[name])
            else:
                yield Break(f"{place}.{name}", "the member is gone")
        required, still_required = {*published.get("required", ())}, {*present.get("required", ())}
        for name in sorted((required - still_required) & now.keys()):
            yield Break(f"{place}.{name}", "it may now be missing")
        for name in sorted(still_required - required):
            if name in before or not self._may_be_null(now.get(name, {})):
                yield Break(f"{place}.{name}", "it must be there, and events recorded before do not have it")

    def _may_be_null(self, schema: Schema) -> bool:
        return "null" in _alternatives(schema, self.present)


def _resolved(schema: Schema, models: Mapping[str, Schema]) -> Schema:
    """Returns the model that a schema refers to, or the schema itself."""
    return models[schema["$ref"].removeprefix(_REF)] if "$ref" in schema else schema


def _alternatives(schema: Schema, models: Mapping[str, Schema]) -> dict[str, Schema]:
    """Returns the alternatives of a schema by the JSON type of their values; those without one, by `any value`."""
    if "anyOf" in schema:
        parts = [_alternatives(part, models) for part in schema["anyOf"]]
        return {kind: part for alternatives in parts for kind, part in alternatives.items()}
    resolved = _resolved(schema, models)
    kinds = resolved.get("type")
    if kinds is None:
        kinds = sorted({_JSON_TYPES[type(value)] for value in _values(resolved) or ()})
    return dict.fromkeys([kinds] if isinstance(kinds, str) else kinds or ["any value"], schema)


def _values(schema: Schema) -> list[Any] | None:
    """Returns the values that a schema enumerates, `None` where it does not."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _value_breaks(place: str, published: Schema, present: Schema) -> Iterator[Break]:
    before, now = _values(published), _values(present)
    if before == now:
        return
    if before is None:
        yield Break(place, f"it is narrowed to {now}")
    elif now is None:
        yield Break(place, f"it may now be something else than {before}")
    elif isinstance(before[0], list) and isinstance(now[0], list):
        for name in sorted({*before[0]} - {*now[0]}):
            yield Break(place, f"{name} is not named any more")
    else:
        for value in sorted({*before} - {*now}, key=str):
            yield Break(place, f"it is narrowed: no longer {value}, which recorded events may have")
        for value in sorted({*now} - {*before}, key=str):
            yield Break(place, f"it may now be {value}")


def _keyword_breaks(place: str, published: Schema, present: Schema) -> Iterator[Break]:
    """Yields the breaks in bounds, formats and whatever else a schema says of a value."""
    keywords = {*published, *present} - _SAID_ELSEWHERE - _COMPARED
    for keyword in sorted(keywords):
        before, now = published.get(keyword), present.get(keyword)
        if before == now:
            continue
        if keyword in _RAISED_NARROWS | _LOWERED_NARROWS:
            raised = before is None if keyword in _RAISED_NARROWS else now is None
            raised = now > before if before is not None and now is not None else raised
            narrowed = raised == (keyword in _RAISED_NARROWS)
            yield Break(place, f"it is {'narrowed' if narrowed else 'widened'}: {keyword} was {before} and is {now}")
        else:
            yield Break(place, f"{keyword} was {before} and is {now}")
