"""The server-side function against a model in plain Python: each append of a group fares as if it came alone, in order, but for those that
may rest on a refused one."""

import random
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from aggregates.use_case import Claim, IdempotencyKey
from store.append import NAME, Append, arguments, checked, prepare, settle
from store.database import Database, Row
from store.events import NO_DIGEST, SETUP_EVENTS, NewEvent, digest_of
from store.log import read

AGGREGATES = [uuid4() for _ in range(4)]
CLAIMS = [Claim("number", text) for text in ("A", "B", "ü")]
KEYS = ("k1", "k2", "k3", "k4", "k5", "k6")
GROUPS = 150


class Model:
    """The log as it should be: what each append would meet, and what it leaves behind."""

    def __init__(self) -> None:
        self.head = self.setup = 0
        self.versions: dict[UUID, int] = {}
        self.owners: dict[Claim, UUID] = {}
        self.keys: dict[str, tuple[int | None, int]] = {}
        self.doubtful: set[UUID] = set()
        """Aggregates of appends of this group that were refused."""

    def take(self, append: Append) -> str | None:
        """Returns a word of the refusal, or takes the append."""
        refusal = self._refusal(append)
        if refusal is None:
            self._store(append)
        else:
            self.doubtful |= {event.uuid for event in append.events}
        return refusal

    def _refusal(self, append: Append) -> str | None:
        if append.key is not None and append.key.key in self.keys:
            return "idempotency key"
        if not self.doubtful.isdisjoint(event.uuid for event in append.events):
            return "may rest on a change that was refused"
        if append.decided_on is not None and append.decided_on < self.setup:
            return "setup"
        for aggregate, version in append.relied_on.items():
            if self.versions.get(aggregate, 0) != version or aggregate in self.doubtful:
                return f"{aggregate}, which was consulted at version {version}"
        for claim, owner in append.claimed():
            if self.owners.get(claim, owner) != owner:
                return f"{claim.scope} {claim.key} is taken"
        versions = dict(self.versions)
        for event in append.events:
            if event.originator_version != versions.get(event.uuid, 0) + 1:
                return "does not follow"
            versions[event.uuid] = event.originator_version
        return None

    def _store(self, append: Append) -> None:
        for event in append.events:
            self.head += 1
            self.versions[event.uuid] = event.originator_version
            if event.topic.startswith("field."):
                self.setup = self.head
        for claim in append.releases:
            if self.owners.get(claim) == append.owner:
                del self.owners[claim]
        for claim, owner in append.claimed():
            self.owners.setdefault(claim, owner or UUID(int=0))
        if append.key is not None:
            self.keys[append.key.key] = (self.head if append.events else None, append.version)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[Row]]:
    """A connection that stores."""
    with database.connect() as connection:
        prepare(connection.pgconn)
        yield connection


def some_append(chance: random.Random, model: Model, expected: dict[UUID, int]) -> Append:
    """An append that mostly follows what would be `expected` if every append before it were stored."""
    events = []
    for aggregate in chance.sample(AGGREGATES, chance.choice([0, 1, 1, 1, 2])):
        for _ in range(chance.choice([1, 1, 3])):
            version = expected.get(aggregate, 0) + (2 if chance.random() < 0.05 else 1)
            expected[aggregate] = version
            topic = "field.changed" if chance.random() < 0.1 else "customer.renamed"
            new_key = aggregate.bytes if version == 1 else None
            events.append(NewEvent(aggregate, version, topic, b"{}", uuid4(), uuid4(), new_key))
    append = Append(events, owner=chance.choice(AGGREGATES), version=chance.randint(1, 9))
    if chance.random() < 0.2:
        append.claims = chance.sample(CLAIMS, 1)
    if chance.random() < 0.2:
        append.releases = chance.sample(CLAIMS, 2)
    if chance.random() < 0.2:
        append.key = IdempotencyKey("ann", f"{chance.choice(KEYS)}/{chance.randint(0, 40)}", b"\x00digest")
    if chance.random() < 0.3:
        append.decided_on = model.setup
    if chance.random() < 0.2:
        other = chance.choice([id_ for id_ in AGGREGATES if id_ not in {event.uuid for event in events}])
        append.relied_on = {other: expected.get(other, 0)}
    return append


def test_each_append_of_a_group_fares_as_it_must(connection: Connection[Row]) -> None:  # rules 0.6, 0.7, 1.14
    chance, model = random.Random(13), Model()
    refusals = 0
    for _ in range(GROUPS):
        expected = dict(model.versions)
        group = [some_append(chance, model, expected) for _ in range(chance.randint(1, 9))]
        settle(group, checked(connection.pgconn.exec_prepared(NAME, arguments(group), [1] * 10, 1)))
        model.doubtful.clear()
        for append in group:
            refusal = model.take(append)
            refusals += refusal is not None
            assert refusal in str(append.error) if refusal else append.error is None, append
            if refusal is None:
                assert list(append.positions) == list(range(model.head - len(append.events) + 1, model.head + 1))
    events = read(connection, 0, 100_000)
    assert [event.id for event in events] == list(range(1, model.head + 1))
    assert 100 < refusals < model.head
    last = {}
    for event in events:
        before = last.get(event.uuid)
        assert event.previous_digest == (NO_DIGEST if before is None else digest_of(before))
        assert before is None or before.recorded_at <= event.recorded_at
        last[event.uuid] = event
    assert {event.uuid: event.originator_version for event in last.values()} == model.versions
    rows = connection.execute("SELECT scope, key, owner FROM claims").fetchall()
    assert {Claim(scope, key): owner for scope, key, owner in rows} == model.owners
    used = connection.execute(
        "SELECT key, position, version FROM idempotency_keys WHERE digest = '\\x00' || 'digest'::bytea"
    )
    assert {key: (position, version) for key, position, version in used} == model.keys
    wrapped = connection.execute("SELECT subject, wrapped FROM personal_keys").fetchall()
    assert dict(wrapped) == {aggregate: aggregate.bytes for aggregate in model.versions}


def test_the_function_knows_the_families_of_the_setup(connection: Connection[Row]) -> None:
    [(source,)] = connection.execute("SELECT prosrc FROM pg_proc WHERE proname = 'append_events'").fetchall()
    assert source.count(SETUP_EVENTS) + source.count(SETUP_EVENTS.replace("(topic", "(e.topic")) == 2
