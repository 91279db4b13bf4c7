"""The log: our recorder behind `eventsourcing`'s interfaces. Set `PERSISTENCE_MODULE=store.log`.

Writes go through the `writer`; reads are plain indexed selects. Promises: an acknowledged append is durable;
position order is commit order, without gaps; `recorded_at` rises with position; a reader that has seen position N never misses
anything before N. Environment: `DATABASE_URL`, `DOSSIER_SCHEMA`, `DOSSIER_MASTER_KEY` (base64 of 32 bytes),
`DOSSIER_SIGNING_KEY` (the same; derived from the master key where it is left out), `DOSSIER_POOL_SIZE` (pooled connections; 12 where it
is left out).
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, NoReturn
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    OperationalError,
    StoredEvent,
    TrackingRecorder,
    Transcoder,
)
from psycopg import Connection, errors, sql

from aggregates.use_case import Claim, IdempotencyKey
from store.append import Append, Statement
from store.database import POOL_SIZE, Database, Row
from store.events import COLUMNS, NewEvent, RecordedEvent, recorded_event
from store.instants import last_position
from store.keys import KeyRing
from store.mapper import FactMapper
from store.memory import KnownSetup
from store.writer import Writer

RELAY: Final = "relay/v3"
"""The relay as a follower of the log. It ends in the contract's version, as the topic does: a new topic begins with the first event."""
PROFILES: Final = "profiles/v1"
"""What sends the states of profiles, as a follower of the log."""
SETTLED_MS: Final = 2_000
"""How long to wait for the append that is under way."""


class UnsettledError(OperationalError):
    """An append is under way that may belong before an instant: ask again."""


class Log(ApplicationRecorder):
    """The event log of one company."""

    def __init__(self, database: Database, mapper: FactMapper, company: str) -> None:
        self.database = database
        self.setup = KnownSetup(company)
        self.writer = Writer(database, mapper, self.setup)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Stores the events of one command and gives their positions; see `append` for the keywords and errors."""
        kwargs.pop("tracking", None)
        return self.append([_as_new(event) for event in stored_events], **kwargs).positions

    def append(
        self,
        events: Sequence[NewEvent],
        *,
        claims: Sequence[Claim] = (),
        releases: Sequence[Claim] = (),
        owner: UUID | None = None,
        owned: Sequence[tuple[Claim, UUID]] = (),
        outcome: tuple[IdempotencyKey, bool, int] | None = None,
        decided_on: int | None = None,
        relied_on: Mapping[UUID, int] | None = None,
        along: Sequence[Statement] = (),
    ) -> Append:
        """Stores events, claims of `owner` and the outcome of an idempotency key (key, changed, version) in one transaction.

        `owned` are further claims, each with its owner. `decided_on` is the position of the setup that was consulted, where one
        was, `relied_on` the versions of other aggregates that were; `along` is written with the events, of which there must be one.

        Raises: see `Committer.store`.
        """
        append = Append(
            events, claims, releases, owner, owned, decided_on=decided_on, relied_on=relied_on or {}, along=along
        )
        if outcome is not None:
            append.key, append.changed, append.version = outcome
        if not events and outcome is None:
            return append
        return self.writer.put(append)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        """The events of one aggregate, in order of version."""
        query = f"SELECT {COLUMNS} FROM events WHERE originator_id = %s"
        values: list[Any] = [originator_id]
        for condition, value in (("originator_version > %s", gt), ("originator_version <= %s", lte)):
            if value is not None:
                query += f" AND {condition}"
                values.append(value)
        query += f" ORDER BY originator_version {'DESC' if desc else 'ASC'}"
        if limit is not None:
            query += " LIMIT %s"
            values.append(limit)
        with self.database.connection() as connection:
            return [recorded_event(row) for row in connection.execute(query, values, binary=True)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedEvent]:
        """Events by position; see the library's interface."""
        after = (start or 0) - 1 if inclusive_of_start else (start or 0)
        with self.database.connection() as connection:
            return read(connection, after, limit, until=stop, topics=topics)

    def max_notification_id(self) -> int | None:
        """The last position, `None` in an empty log."""
        with self.database.connection() as connection:
            row = connection.execute("SELECT max(position) FROM events").fetchone()
        return row[0] if row else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Not offered: who follows the log reads it by position and is woken by signals (`serving`)."""
        raise NotImplementedError

    def settled(self, known_at: datetime, *, within_ms: int = SETTLED_MS) -> int:
        """A position up to which nothing that was recorded until `known_at` is missing, however close to now it is.

        It waits for the append that is under way, if one is: an answer for `known_at` never changes afterwards (rule 0.3).
        Raises `UnsettledError` when that takes longer than `within_ms`.
        """
        lock = sql.SQL("SELECT pg_advisory_xact_lock_shared({})").format(self.database.lock_key("append"))
        with self.database.connection() as connection, connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {within_ms}")
            try:
                connection.execute(lock)
            except errors.LockNotAvailable as error:
                raise UnsettledError(f"What was recorded until {known_at} is not certain yet.") from error
            return last_position(connection, known_at)

    def close(self) -> None:
        """Stores what is waiting and closes the connections."""
        self.writer.close()
        self.database.close()


def read(
    connection: Connection[Row],
    after: int,
    limit: int,
    *,
    until: int | None = None,
    topics: Sequence[str] = (),
    originator: UUID | None = None,
    positions: Sequence[int] | None = None,
    enough_bytes: int | None = None,
) -> list[RecordedEvent]:
    """Up to `limit` events after a position, in order; `until` is inclusive, `originator` the aggregate that they are of.

    `positions` are those at which they are, where these are known. No more are read once their states have `enough_bytes`.
    """
    query = f"SELECT {COLUMNS} FROM events WHERE position > %s"
    values: list[Any] = [after]
    if until is not None:
        query += " AND position <= %s"
        values.append(until)
    if topics:
        query += " AND topic = ANY(%s)"
        values.append(list(topics))
    if positions is not None:
        query += " AND position = ANY(%s)"
        values.append(list(positions))
    order = "position"
    if originator is not None:
        query += " AND originator_id = %s"
        values.append(originator)
        order = "originator_version"  # the same order, and one that has an index
    query += f" ORDER BY {order} LIMIT %s"
    values.append(limit)
    if enough_bytes is not None:
        before = "sum(octet_length(state)) OVER (ORDER BY position) - octet_length(state)"
        measured = f"SELECT {COLUMNS}, {before} AS bytes_before FROM ({query}) AS events"
        query = f"SELECT {COLUMNS} FROM ({measured}) AS measured WHERE bytes_before < %s ORDER BY position"
        values.append(enough_bytes)
    return [recorded_event(row) for row in connection.execute(query, values, binary=True)]


def move(connection: Connection[Row], follower: str, position: int) -> None:
    """Stores a follower's position, in the caller's transaction."""
    connection.execute(
        "INSERT INTO tracking (follower, position) VALUES (%s, %s) ON CONFLICT (follower)"
        " DO UPDATE SET position = excluded.position, moved_at = clock_timestamp()",
        [follower, position],
    )


def position_of(connection: Connection[Row], follower: str) -> int | None:
    """A follower's position."""
    row = connection.execute("SELECT position FROM tracking WHERE follower = %s", [follower]).fetchone()
    return row[0] if row else None


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Makes the parts of a `Dossier` from its environment."""

    DATABASE_URL: ClassVar[str] = "DATABASE_URL"
    SCHEMA: ClassVar[str] = "DOSSIER_SCHEMA"
    MASTER_KEY: ClassVar[str] = "DOSSIER_MASTER_KEY"
    SIGNING_KEY: ClassVar[str] = "DOSSIER_SIGNING_KEY"
    COMPANY: ClassVar[str] = "DOSSIER_COMPANY"
    POOL_SIZE: ClassVar[str] = "DOSSIER_POOL_SIZE"

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        pool_size = int(env.get(self.POOL_SIZE) or POOL_SIZE)
        self.database = Database(self._setting(self.DATABASE_URL), self._setting(self.SCHEMA), pool_size)
        signing_seed = b64decode(env.get(self.SIGNING_KEY) or "") or None
        self.keys = KeyRing(self.database, b64decode(self._setting(self.MASTER_KEY)), signing_seed)
        self._mapper = FactMapper(self.keys)
        self._log: Log | None = None

    def _setting(self, name: str) -> str:
        value = self.env.get(name)
        if not value:
            raise InfrastructureFactoryError(f"{name} is not set.")
        return value

    def mapper(self, transcoder: Transcoder | None = None, mapper_class: Any = None) -> Mapper[Any]:  # noqa: ARG002
        """Our mapper."""
        return self._mapper

    def application_recorder(self) -> Log:
        """The log."""
        self._log = self._log or Log(self.database, self._mapper, self._setting(self.COMPANY))
        return self._log

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """The log; snapshots are not kept, a profile's history is short."""
        if purpose != "events":
            raise InfrastructureFactoryError("Snapshots are not kept.")
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:  # noqa: ARG002
        """Not offered: followers store their positions with what they do (`move`)."""
        raise InfrastructureFactoryError("Followers store their own positions.")

    def process_recorder(self) -> NoReturn:
        """Not offered, for the same reason."""
        raise InfrastructureFactoryError("Followers store their own positions.")

    def close(self) -> None:
        """Closes the log and its connections."""
        if self._log is not None:
            self._log.close()
        self.database.close()


def _as_new(event: StoredEvent) -> NewEvent:
    if isinstance(event, NewEvent):
        return event
    raise TypeError("The log stores events of its own mapper only.")
