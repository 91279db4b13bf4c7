"""The same answers as the read model `accounts` gives, from the log alone (rule 2.20): no table of a read model is touched.

The log is read from its end: the last fact about the day, recorded until `known_at`, says what holds, because a later fact wins on
all its days (rule 2.11), and the facts after it bound the days on which it still does. That is another road than the read model's,
which folds forward with `Timeline`; a property test holds the two together. Only the fact that holds is decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from eventsourcing.utils import resolve_topic

from aggregates.account.events import SiteProfileEnded
from aggregates.account.place import Place
from aggregates.account.resolving import Level
from aggregates.clocks import Clocks
from aggregates.fact import Fact
from aggregates.profile_class.currencies import currency_code
from aggregates.setup.events import SystemOptionsChanged
from aggregates.setup.system_options import SystemOptions
from projections.accounts.answers import InForce, profile_read, resolution_of
from projections.accounts.models import ProfileRead, Resolution
from projections.accounts.tables import ProfileFact, content_of, holder_id, is_storable
from store.application import Dossier
from store.database import Row
from store.events import COLUMNS, RecordedEvent, recorded_event
from store.mapper import FactMapper, shape, upcast

CHUNK: Final = 500
"""Facts read at a time, from the last one back."""
_BACKWARDS: Final = f"""
    SELECT {COLUMNS} FROM events
    WHERE originator_id = %s AND originator_version < %s AND recorded_at <= %s
    ORDER BY originator_version DESC LIMIT %s
"""
_VERSION, _TOPIC, _STATE = map(COLUMNS.split(", ").index, ("originator_version", "topic", "state"))
_AFTER_ALL: Final = 2**31 - 1
_SAYS_WHAT_HOLDS: Final = frozenset(
    fact.TOPIC for fact in (*ProfileFact.__args__, SystemOptionsChanged, SiteProfileEnded)
)


@dataclass(frozen=True, slots=True)
class _Replayed:
    """An aggregate as known then: its version, 0 when nothing was, and what it holds on the day."""

    version: int
    in_force: InForce | None


def of_place(dossier: Dossier, place: Place) -> list[UUID]:
    """Returns the ids of what an answer about an account or site is made of: both of them, and the company's own options."""
    places = [Place(place.account)] + ([] if place.site is None else [place])
    options = SystemOptions.id_of(dossier.company, dossier.company)
    return [options, *(holder_id(dossier.company, holder) for holder in places)]


def replay_profile(dossier: Dossier, place: Place, clocks: Clocks, explain: bool = False) -> ProfileRead | None:
    """See `queries.profile`. Raises `OperationalError` when the database cannot be reached."""
    if not is_storable(place):
        return None
    dossier.log_of_facts.settled(clocks.known_at)
    replayed = _replay(dossier, holder_id(dossier.company, place), clocks)
    if replayed.in_force is None:
        return None
    return profile_read(place, clocks, replayed.in_force, replayed.version, explain=explain)


def replay_resolution(dossier: Dossier, place: Place, clocks: Clocks, currency: str | None = None) -> Resolution | None:
    """See `queries.resolution`. Raises `OperationalError` when the database cannot be reached."""
    code = None if currency is None else currency_code(currency, field="currency")
    if not is_storable(place):
        return None
    dossier.log_of_facts.settled(clocks.known_at)
    holders = {Level.ACCOUNT: holder_id(dossier.company, Place(place.account))}
    if place.site is not None:
        holders[Level.SITE] = holder_id(dossier.company, place)
    replayed = {level: _replay(dossier, holder, clocks) for level, holder in holders.items()}
    if not all(aggregate.version for aggregate in replayed.values()):
        return None
    replayed[Level.SYSTEM] = _replay(dossier, SystemOptions.id_of(dossier.company, dossier.company), clocks)
    in_force = {level: aggregate.in_force for level, aggregate in replayed.items() if aggregate.in_force is not None}
    return resolution_of(place, clocks, in_force, code)


def _replay(dossier: Dossier, holder: UUID, clocks: Clocks) -> _Replayed:
    """Returns the state on the day, found by going back from the last fact known then to the one that holds."""
    version, day = 0, clocks.valid_at.isoformat()
    since, until = "", ""
    for row in _backwards(dossier, holder, clocks.known_at):
        version = version or row[_VERSION]
        if row[_TOPIC] not in _SAYS_WHAT_HOLDS:
            continue
        first, last = _dates(row[_TOPIC], row[_STATE])
        if first > day:
            until = min(until or first, first)
        elif last and last < day:
            since = max(since, last)
        else:
            return _Replayed(version, _in_force(dossier.fact_mapper, recorded_event(row), since, until))
    return _Replayed(version, None)


def _backwards(dossier: Dossier, holder: UUID, known_at: datetime) -> Iterator[Row]:
    """The rows of the facts of an aggregate that were known then, from the last one."""
    before = _AFTER_ALL
    while True:
        with dossier.database.connection() as connection:
            rows = connection.execute(_BACKWARDS, [holder, before, known_at, CHUNK], binary=True).fetchall()
        yield from rows
        if len(rows) < CHUNK:
            return
        before = rows[-1][_VERSION]


def _dates(topic: str, stored: bytes) -> tuple[str, str]:
    """The effective dates of a stored fact as they are written, which is in order of time; `''`: open-ended."""
    state: dict[str, Any] = orjson.loads(stored)
    fact = _later_shape(topic)
    if fact is not None:
        state = upcast(fact, state, state.pop("v", 1))
    return state["effective_from"], state.get("effective_to") or ""


@cache
def _later_shape(topic: str) -> type[Fact] | None:
    """The event class, if it ever changed its shape."""
    fact: type[Fact] = resolve_topic(topic)
    return fact if shape(fact).version > 1 else None


def _in_force(mapper: FactMapper, event: RecordedEvent, since: str, until: str) -> InForce | None:
    """Returns what a fact says on the days after `since` and before `until`, the days that later facts left to it."""
    fact: Any = mapper.to_domain_event(event)
    if isinstance(fact, SiteProfileEnded):
        return None
    days = fact.days
    if since:
        days = days.after(date.fromisoformat(since)) or days
    if until:
        days = days.before(date.fromisoformat(until)) or days
    return InForce(days, fact.event_id, content_of(fact))
