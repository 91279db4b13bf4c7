"""Entries of a history, made of the rows of events, with what was before (rule 2.22).

Personal values are opened, and those of masked fields masked again (rules 5.1, 5.2).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from aggregates.catalogue import FACTS
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from projections.history.changes import Event, Stated, Succession, changes_of
from projections.history.masks import masked_fields, open_fields, personal_values
from projections.history.models import HistoryEntry, ValueChange
from projections.history.standings import NOTHING, parts_of, standings
from projections.history.statements import FIELDS, NAME
from projections.history.tables import DAYS, MEMBERS, open_personal
from projections.reading.view import View
from store.database import Row

MOST_CAUSED: Final = 10
"""Events that an entry names as those that it caused."""
_FIELD: Final = f"{FIELDS}."
_ROWS: Final = f"SELECT {', '.join((*MEMBERS, 'data', 'personal'))} FROM history WHERE position = ANY(%s)"
_SUPERSEDED: Final = f"""
    SELECT superseded_by, family, subjects, first, last, position FROM {DAYS} WHERE superseded_by = ANY(%s)
"""
_CAUSES: Final = "SELECT event_id FROM history WHERE event_id = ANY(%s)"
_CAUSED: Final = f"""
    SELECT cause.id, caused.event_id FROM unnest(%(causes)s::uuid[]) AS cause (id)
    CROSS JOIN LATERAL (
        SELECT event_id, position FROM history WHERE causation_id = cause.id AND recorded_at <= %(known_at)s
        ORDER BY position LIMIT {MOST_CAUSED}
    ) AS caused
    ORDER BY caused.position
"""
_EVENT_ID, _KIND, _KEY, _TOPIC, _CAUSE = (
    MEMBERS.index(name) for name in ("event_id", "kind", "key", "topic", "causation_id")
)


def entries_at(view: View, positions: Sequence[int], *, changes: bool, causes: bool = True) -> Iterator[HistoryEntry]:
    """The entries of the events at these positions, in this order; without `changes` or `causes` they have none."""
    rows = {row[0]: row for row in view.connection.execute(_ROWS, [list(positions)])}
    reader = _Reader.of(view, rows)
    parts = parts_of(view, positions)
    standing_by_position = standings(view, parts, shown=reader.may_name)
    changes_by_position = reader.changes(positions, parts) if changes else {}
    caused_by = _events_that_are_causes(view, rows.values()) if causes else {}
    caused = _caused(view, rows.values()) if causes else {}
    for position in positions:
        standing = standing_by_position.get(position, NOTHING)
        yield HistoryEntry(
            **dict(zip(MEMBERS, rows[position], strict=False)),
            superseded_by=standing.superseded_by,
            in_force=standing.in_force,
            superseded=standing.superseded,
            changes=changes_by_position.get(position, []),
            caused_by=caused_by.get(rows[position][_CAUSE]),
            caused=caused.get(rows[position][_EVENT_ID], []),
            data=reader.content(position, reader.masked),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Rows of events, with what reading them takes, looked up once: the keys of their customers, and which fields are masked or open."""

    view: View
    rows: dict[int, Row]
    secrets: dict[str, bytes | None]
    """By customer number; `None` where the key is destroyed."""
    masked: Collection[str]
    open_keys: Collection[str]
    contents: dict[int, tuple[dict[str, Any], Mapping[str, Any] | None]] = field(default_factory=dict)
    """Open and personal values by position; the latter are `None` when their key is destroyed."""

    @classmethod
    def of(cls, view: View, rows: dict[int, Row]) -> "_Reader":
        customers = {
            row[_KEY]: CustomerProfile.id_of(view.company, row[_KEY]) for row in rows.values() if _is_customer(row)
        }
        view.keys.preload(customers.values(), view.connection)
        secrets = {number: view.keys.find(subject)[1] for number, subject in customers.items()}
        masked = masked_fields(view) if customers else frozenset()
        open_keys = open_fields(view) if None in secrets.values() else frozenset()
        return cls(view, rows, secrets, masked, open_keys)

    def content(self, position: int, masked: Collection[str]) -> dict[str, Any]:
        """What an event says, with the values of these fields masked."""
        row = self.rows[position]
        if position not in self.contents:
            secret, sealed = self.secrets.get(row[_KEY]), row[-1]
            personal_content = None if secret is None or sealed is None else open_personal(secret, row[1], sealed)
            self.contents[position] = orjson.loads(row[-2]), personal_content
        open_values, opened = self.contents[position]
        personal = FACTS[row[_TOPIC]].personal_fields()
        return open_values | personal_values(open_values, opened, personal, masked) if personal else open_values

    def changes(self, positions: Sequence[int], parts: Sequence[Row]) -> Mapping[int, list[ValueChange]]:
        """What each of these events changed; `parts` is what they say."""
        successions = {position: Succession() for position in positions}
        for position, stated in _stated(parts):
            if self.may_name(position, stated.about):
                successions[position].stated.append(stated)
        superseded = list(_superseded(self.view, positions))
        self._read_further({earlier for _, _, earlier in superseded})
        events = {
            position: self._event(position) for position in {*positions, *(earlier for _, _, earlier in superseded)}
        }
        for position, stated, earlier in superseded:
            successions[position].superseded.append((stated, events[earlier]))
        return {
            position: changes_of(
                events[position], succession, is_concealed=self._concealed(position), masked=self.masked
            )
            for position, succession in successions.items()
        }

    def may_name(self, position: int, about: str) -> bool:
        """Returns whether an answer may name this subject: which personal fields an erased customer had is no longer known."""
        return (
            not about.startswith(_FIELD)
            or not self._is_erased(position)
            or about.removeprefix(_FIELD) in self.open_keys
        )

    def _read_further(self, positions: Collection[int]) -> None:
        """Adds the rows of further events of the same customers."""
        missing = [position for position in positions if position not in self.rows]
        if missing:
            self.rows.update({row[0]: row for row in self.view.connection.execute(_ROWS, [missing])})

    def _event(self, position: int) -> Event:
        return Event(self.rows[position][_TOPIC], self.content(position, ()))

    def _is_erased(self, position: int) -> bool:
        row = self.rows[position]
        return _is_customer(row) and self.secrets[row[_KEY]] is None

    def _concealed(self, position: int) -> Callable[[str], bool]:
        """Of an erased customer it is not known whether two names were the same."""
        return lambda path: path == NAME and self._is_erased(position)


def _events_that_are_causes(view: View, rows: Iterable[Row]) -> Mapping[UUID, UUID]:
    """Those causes of these rows that are events; the others are requests."""
    causes = view.connection.execute(_CAUSES, [list({row[_CAUSE] for row in rows})]).fetchall()
    return {cause: cause for (cause,) in causes}


def _caused(view: View, rows: Iterable[Row]) -> Mapping[UUID, list[UUID]]:
    """By event, the first ones of which it is the cause, as known then."""
    parameters = {"causes": [row[_EVENT_ID] for row in rows], "known_at": view.known_at}
    caused: dict[UUID, list[UUID]] = {}
    for cause, event_id in view.connection.execute(_CAUSED, parameters):
        caused.setdefault(cause, []).append(event_id)
    return caused


def _is_customer(row: Row) -> bool:
    return bool(row[_KIND] == CustomerProfile.KIND)


def _stated(parts: Sequence[Row]) -> Iterator[tuple[int, Stated]]:
    """Yields what events say, by their positions."""
    for position, family, subjects, first, last, *_ in parts:
        for subject in subjects.split(" "):
            yield position, Stated(family, subject, Days(first, last))


def _superseded(view: View, positions: Sequence[int]) -> Iterator[tuple[int, Stated, int]]:
    """Yields what these events superseded: the later position, the statement, the position of the event that had made it."""
    for later, family, subjects, first, last, earlier in view.connection.execute(_SUPERSEDED, [list(positions)]):
        for subject in subjects.split(" "):
            yield later, Stated(family, subject, Days(first, last)), earlier
