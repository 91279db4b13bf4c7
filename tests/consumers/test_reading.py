"""Messages are read back strictly, and only those of one's own company (rules 4.4, 4.7)."""

import os
import random
from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from consumer_world import Company, Recorder, fold_deliveries, message_of, public_value, received_of, wait_for
from consumers.feeds import Lane, Lanes
from consumers.forwarder import Forwarder
from consumers.messages import HEADERS, Received
from consumers.reading import ForeignMessageError, PublicMessage, UnreadableMessageError, read_message
from malformed import malformed
from store import deliveries
from store.application import Dossier

FUZZED: Final = int(os.environ.get("DOSSIER_FUZZED_MESSAGES", "1000"))
"""Malformed messages that become dead letters one by one; 10,000 are read in any case."""


def with_value(**changed: Any) -> Received:
    """A message with right key and headers, and these members of its value."""
    return replace(message_of(), value=orjson.dumps({**public_value("demo", "1001", 1), **changed}))


def test_a_message_that_keeps_the_contract_is_read() -> None:
    incoming = read_message(message_of("demo", "1001", 7), "demo")
    assert (incoming.event.profile, incoming.event.position) == ("customer:1001", 7)


def test_members_that_were_added_since_are_left_out() -> None:  # rule 4.6
    read_message(with_value(added={"since": 1}), "demo")


WRONG: Final[list[tuple[str, Any]]] = [
    *(("event_id", value) for value in (5, None, [1], "", "x", "\0")),
    *(("position", value) for value in ("abc", "1", True, {}, None, 0, -1, 1.0, 1.5, 2**63, 10**400)),
    *(("version", value) for value in ("1", True, 0, 2**31, 1.0)),
    *(("type", value) for value in (None, 1, "", "customer", "Customer.Registered", "customer.\0", "x." + "y" * 300)),
    *(("profile", value) for value in (None, 1, "", "customer", "customer:", "customer: ")),
    *(("company", value) for value in (None, 1, "", "\0", "DEMO", ["demo"])),
    *(
        ("recorded_at", value)
        for value in (None, 0, "", "2026-13-01T00:00:00.000000Z", "2026-11-21", "２026-11-21T09:30:00.000000Z")
    ),
    *((name, value) for name in ("actor", "role", "source") for value in (None, 1, "")),
    *(("reason", value) for value in (1, [], True)),
    *((name, value) for name in ("correlation_id", "causation_id") for value in (None, 1, "x")),
    *((name, value) for name in ("effective_from", "effective_to") for value in (1, "2026-02-30", "today", True)),
    *(("data", value) for value in (None, [], "x", 1)),
    *(("personal_fields", value) for value in (None, "x", [1], {})),
]


@pytest.mark.parametrize(("member", "value"), WRONG, ids=lambda value: repr(value)[:30])
def test_a_member_of_the_wrong_type_or_range_is_named(member: str, value: Any) -> None:
    made = with_value(**{member: value if not isinstance(value, int) or value < 2**63 else "big"})
    if isinstance(value, int) and value >= 2**63:
        made = replace(made, value=(made.value or b"").replace(b'"big"', str(value).encode()))
    with pytest.raises(UnreadableMessageError, match=f"^The value is not a public event: {member}"):
        read_message(made, "demo")


@pytest.mark.parametrize("member", PublicMessage.model_fields)
def test_a_member_that_is_missing_is_named(member: str) -> None:
    value = public_value("demo", "1001", 1)
    del value[member]
    with pytest.raises(UnreadableMessageError, match=member):
        read_message(replace(message_of(), value=orjson.dumps(value)), "demo")


@pytest.mark.parametrize(
    "value", [None, b"", b"not json", b"[]", b"null", b"{}", b"\xff", b'"\\ud800"', b"[" * 100_000, b"NaN"]
)
def test_what_is_no_object_is_unreadable(value: bytes | None) -> None:
    with pytest.raises(UnreadableMessageError):
        read_message(replace(message_of(), value=value), "demo")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a": NaN}', "NaN is not JSON."),
        (b'{"a": 1e400}', "The number is too large."),
        (b'{"a": 1, "a": 2}', "The member a comes more than once."),
        (b"[" * 70 + b"]" * 70, "The value is nested more than 64 deep"),
    ],
)
def test_what_readers_would_understand_differently_is_unreadable(data: bytes, words: str) -> None:  # rule 4.4
    value = orjson.dumps({**public_value("demo", "1001", 1), "data": "DATA"}).replace(b'"DATA"', data)
    with pytest.raises(UnreadableMessageError, match=words):
        read_message(replace(message_of(), value=value), "demo")


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_missing_or_says_something_else_than_the_value_is_named(header: str) -> None:
    good = message_of()
    for value in (None, b"", b"\xff", b"1.0.0", good.headers[header] + b"\0"):
        headers = {**good.headers, header: value} if value is not None else {**good.headers}
        if value is None:
            del headers[header]
        with pytest.raises(UnreadableMessageError, match=header):
            read_message(replace(good, headers=headers), "demo")


@pytest.mark.parametrize("key", [None, b"", b"customer:1001", b"demo/customer:1002", b"\xff", b"/customer:1001"])
def test_a_key_that_is_not_company_and_profile_is_unreadable(key: bytes | None) -> None:
    with pytest.raises(UnreadableMessageError, match="key"):
        read_message(replace(message_of(), key=key), "demo")


def test_whatever_names_another_company_is_foreign_even_where_it_is_malformed() -> None:  # rule 4.7
    foreign, own = message_of("acme"), message_of()
    for one in (
        foreign,
        replace(own, key=foreign.key),
        replace(own, headers=foreign.headers),
        replace(own, value=foreign.value),
        replace(own, value=b'{"company": "acme", "position": "abc"}'),
        replace(foreign, value=None),
    ):
        with pytest.raises(ForeignMessageError):
            read_message(one, "demo")


def test_none_of_ten_thousand_malformed_messages_is_read_and_each_is_put_aside() -> None:  # rule 4.4
    handler, chance = Recorder(), random.Random(9)
    lane = Lane("test/0")
    for place in range(10_000):
        good = message_of("demo", str(place % 7), place + 1)
        lane.put([replace(malformed(chance, good), place=place)])
    lane.put([message_of()])
    while lane.begin():
        lane.work(handler, "demo")
    assert len(handler.unreadable) == 10_000
    assert handler.handled == {"customer:1001": [1]}


def test_a_fault_that_reading_has_not_foreseen_puts_the_message_aside_and_the_next_is_handled() -> None:  # rule 4.4
    handler, lane, good = Recorder(), Lane("test/0"), message_of()
    sourceless: Any = {**good.headers, "ce_source": None}
    lane.put([replace(good, headers=sourceless), good])
    while lane.begin():
        lane.work(handler, "demo")
    assert (len(handler.unreadable), handler.handled) == (1, {"customer:1001": [1]})


def test_malformed_messages_hold_up_no_good_one(
    dossier: Dossier, company: Company, forwarder: Forwarder, simulator: Any
) -> None:  # rule 4.4
    company.define().integrate().register("1001", "1002")
    good = [received_of(dossier, company.answer(number, answer)) for answer in "ABCAB" for number in ("1001", "1002")]
    fold_deliveries(dossier)
    chance = random.Random(8)
    partitions: dict[int, list[Received]] = defaultdict(list)
    for place in range(FUZZED):
        broken = malformed(chance, chance.choice(good))
        partitions[place % 12].append(replace(broken, source=f"topic/{place % 12}/{place}", place=place))
    for number, one in enumerate(good):
        partitions[0].insert((number + 1) * len(partitions[0]) // 11, one)
    lanes = [Lane(str(number)) for number in partitions]
    for lane, messages in zip(lanes, partitions.values(), strict=True):
        lane.put(messages)
    workers = Lanes("fuzz", forwarder, "demo")
    wait_for(lambda: not workers.tick(lanes), "every partition is through", within_s=200)
    workers.close(lanes)
    with dossier.database.connection() as connection:
        listed = connection.execute("SELECT count(*), count(DISTINCT source) FROM dead_letters").fetchone()
        outcomes = deliveries.outcomes(connection, [read_message(one, "demo").event.event_id for one in good])
    assert listed == (FUZZED, FUZZED)
    assert {one.status for one in outcomes.values()} == {"sent"}
    order = simulator.received()["order"]
    assert order["1001"] == [one.headers["ce_id"].decode() for one in good[::2]]
    assert order["1002"] == [one.headers["ce_id"].decode() for one in good[1::2]]
