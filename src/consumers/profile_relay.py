"""Keeps the topic of profiles up to date: the state of each customer, account and site, and nothing of one that was erased (rule 5.1).

Run by `dossier relay`, beside the relay of events and independently of it. It reads the log on, folds the profiles that the events are of
as they are now, sends their states, and stores its position after the acknowledgements: so a state comes at least once, and of a key the
last one counts. Keys that were destroyed are looked at as well: there may be no event of it. After a restore that lost events it first
sends tombstones for the profiles that only the former log had. To recover: nothing has to be done, it tries for ever.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from psycopg import Connection

from aggregates.aggregate import Aggregate
from aggregates.catalogue import aggregate_id
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.faults import BusFaults
from consumers.former_states import former_states
from consumers.kafka_client import KafkaError, is_bus_away
from consumers.messages import Message, state_message, tombstone
from consumers.profile_states import STATES, NoKeys, state_of
from consumers.relay import POLL_S
from consumers.relay_metrics import PROFILES_LAG
from consumers.sending import Sender
from consumers.topics import ensure_topics
from store.application import Dossier
from store.database import Row
from store.events import COLUMNS, RecordedEvent, recorded_event
from store.heartbeats import Progress
from store.identity import log_id, newest_log
from store.leadership import Leader
from store.log import PROFILES, move, position_of
from store.mapper import FactMapper
from store.public import instant, public_event
from store.retrying import RESTARTING, Retrying
from store.serving import Step, keep_serving
from store.stopping import Stop

LOCK: Final = "profiles"
SPAN: Final = 2_000
"""Positions that are read at a time; a profile with several events among them is folded once."""
AT_ONCE: Final = 200
"""Profiles whose states are sent at a time."""
OVERLAP: Final = timedelta(minutes=10)
"""An erasure is looked for again so long, since a transaction may become visible later than its clock says."""
MOST_ERASED: Final = 1_000
_ERASURES: Final = "profiles/erasures"
"""The last erasure that was told, as a follower whose position is in microseconds since 1970."""

_CHANGED: Final = """
    SELECT DISTINCT originator_id FROM events
    WHERE position > %s AND position <= %s AND split_part(topic, '.', 1) = ANY(%s)
"""
_EVENTS: Final = f"""
    SELECT {COLUMNS} FROM events WHERE originator_id = ANY(%b::uuid[]) ORDER BY originator_id, originator_version
"""
_LAST: Final = f"""
    SELECT DISTINCT ON (originator_id) {COLUMNS} FROM events WHERE originator_id = ANY(%s)
    ORDER BY originator_id, originator_version DESC
"""
_ERASED: Final = "SELECT subject FROM personal_keys WHERE subject = ANY(%s) AND destroyed_at IS NOT NULL"
_ERASED_SINCE: Final = """
    SELECT subject, destroyed_at FROM personal_keys WHERE destroyed_at > %s ORDER BY destroyed_at LIMIT %s
"""
_KNOWN: Final = "SELECT DISTINCT originator_id FROM events WHERE originator_id = ANY(%s)"
_CLEARED: Final = "profiles/former"
"""The last log at whose beginning the states of the former one were cleared, as a follower whose position is its number."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


class ProfileRelay:
    """Sends the states of the profiles of one company to their topic."""

    def __init__(
        self,
        dossier: Dossier,
        brokers: Brokers,
        topics: Topics | None = None,
        retrying: Retrying = RESTARTING,
        progress: Progress | None = None,
    ) -> None:
        self._database = dossier.database
        self._mapper = FactMapper(NoKeys(dossier.database))
        self._company = dossier.company
        self._brokers = brokers
        self._topics = topics or Topics.of(dossier.company)
        self._retrying = retrying
        self._progress = progress or Progress()
        self._log_id = UUID(int=0)
        self._told: dict[UUID, datetime] = {}
        """Erasures of the last minutes that were told."""

    def run(self, stop: Stop) -> None:
        """Sends states until `stop` is set. Raises nothing."""
        keep_serving(
            "relay of profiles",
            partial(self._term, stop),
            stop,
            self._progress,
            database=self._database,
            lock=LOCK,
            channels=("log",),
            faults=BusFaults(self._retrying),
        )

    @contextmanager
    def _term(self, stop: Stop, leader: Leader) -> Iterator[Step]:
        ensure_topics(self._brokers, self._topics)
        with Sender.opened(self._brokers, self._topics, self._progress, self._topics.profiles) as sender:
            self._log_id = log_id(leader.connection)
            self._told.clear()
            self._clear_former(leader.connection, sender, stop)
            yield partial(self._step, leader, sender, stop)

    def _clear_former(self, connection: Connection[Row], sender: Sender, stop: Stop) -> None:
        """Sends tombstones for the states of a former log whose profiles are not in this one, unless that was done before.

        Where the brokers do not let the topic be read, they are left, and the next start tries again.
        """
        number, began_after = newest_log(connection)
        if number <= (position_of(connection, _CLEARED) or 1):
            return
        try:
            for profiles in former_states(self._brokers, self._topics, self._log_id, stop):
                self._progress.mark()
                self._send(sender, self._of_lost(connection, profiles, began_after), stop)
        except KafkaError as error:
            if is_bus_away(error):
                raise
            _log.error("profiles.former_left", reason=str(error))
            return
        if not stop.is_set():
            move(connection, _CLEARED, number)

    def _of_lost(self, connection: Connection[Row], profiles: Sequence[str], position: int) -> list[Message]:
        """Returns tombstones of those profiles that are not in the log."""
        ids = {aggregate_id(self._company, profile): profile for profile in profiles}
        known = {id_ for (id_,) in connection.execute(_KNOWN, [list(ids)])}
        now = instant(datetime.now(UTC))
        return [
            tombstone(self._company, profile, position, now, self._log_id)
            for id_, profile in ids.items()
            if id_ not in known
        ]

    def _step(self, leader: Leader, sender: Sender, stop: Stop, _payloads: Sequence[str]) -> float:
        """Tells the erasures, and the states that have changed on the next positions of the log."""
        self._tell_erasures(leader.connection, sender, stop)
        after = position_of(leader.connection, PROFILES) or 0
        row = leader.connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        end = row[0] if row else 0
        PROFILES_LAG.set(end - after)
        if end <= after:
            return POLL_S
        until = min(end, after + SPAN)
        changed = [id_ for (id_,) in leader.connection.execute(_CHANGED, [after, until, list(STATES)])]
        for start in range(0, len(changed), AT_ONCE):
            self._send(sender, self._messages(leader.connection, changed[start : start + AT_ONCE]), stop)
        move(leader.connection, PROFILES, until)
        return 0.0

    def _tell_erasures(self, connection: Connection[Row], sender: Sender, stop: Stop) -> None:
        last = _EPOCH + timedelta(microseconds=position_of(connection, _ERASURES) or 0)
        since = max(last - OVERLAP, _EPOCH)
        rows = connection.execute(_ERASED_SINCE, [since, MOST_ERASED + len(self._told)]).fetchall()
        fresh = {subject: at for subject, at in rows if subject not in self._told}
        if not fresh:
            return
        self._send(sender, self._tombstones(connection, list(fresh)), stop)
        last = max(last, *fresh.values())
        move(connection, _ERASURES, (last - _EPOCH) // timedelta(microseconds=1))
        self._told = {subject: at for subject, at in {**self._told, **fresh}.items() if at > last - OVERLAP}

    def _send(self, sender: Sender, messages: Sequence[Message], stop: Stop) -> None:
        if not messages:
            return
        for position, reason in sender.send(messages, stop).items():
            _log.error("profiles.refused", position=position, reason=reason)

    def _messages(self, connection: Connection[Row], ids: Sequence[UUID]) -> list[Message]:
        """Returns the states of these profiles, and tombstones of those that are erased."""
        erased = {id_ for (id_,) in connection.execute(_ERASED, [list(ids)])}
        states: dict[UUID, tuple[Aggregate, RecordedEvent]] = {}
        with connection.cursor(binary=True) as cursor:
            for row in cursor.stream(_EVENTS, [[id_ for id_ in ids if id_ not in erased]], size=AT_ONCE):
                event = recorded_event(row)
                profile = states[event.uuid][0] if event.uuid in states else None
                states[event.uuid] = self._mapper.to_domain_event(event).mutate(profile), event
        messages = [self._state(profile, last) for profile, last in states.values()]
        return [*messages, *self._tombstones(connection, list(erased))]

    def _state(self, profile: Aggregate, last: RecordedEvent) -> Message:
        event = public_event(self._mapper, last)
        state: dict[str, Any] = {
            "profile": event["profile"],
            "company": event["company"],
            "version": event["version"],
            "position": event["position"],
            "recorded_at": event["recorded_at"],
            "state": state_of(profile),
        }
        return state_message(orjson.dumps(state), event, self._log_id)

    def _tombstones(self, connection: Connection[Row], ids: Sequence[UUID]) -> list[Message]:
        """Returns the tombstones of those that are profiles; other things have keys, too."""
        lasts = [recorded_event(row) for row in connection.execute(_LAST, [list(ids)], binary=True)]
        now = instant(datetime.now(UTC))
        events = [public_event(self._mapper, last) for last in lasts if last.topic.partition(".")[0] in STATES]
        return [tombstone(event["company"], event["profile"], event["position"], now, self._log_id) for event in events]
