"""Entries of a history, made of the rows of events, with what was before (rule 2.22).

Personal values are opened, and those of masked fields masked again (rules 5.1, 5.2).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
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
_ROWS: Final = f"""
    SELECT {", ".join((*MEMBERS, "data", "personal"))}{{causes}} FROM history AS entry WHERE position = ANY(%(positions)s)
"""
_CAUSES: Final = f""",
    (SELECT event_id FROM history AS cause WHERE cause.event_id = entry.causation_id LIMIT 1),
    ARRAY (
        SELECT event_id FROM history AS caused WHERE caused.causation_id = entry.event_id AND recorded_at <= %(known_at)s
        ORDER BY position LIMIT {MOST_CAUSED}
    )
"""
"""The cause of an event, where that is an event, not a request; and the first ones of which it is the cause, as known then."""
_WITH_CAUSES: Final = _ROWS.format(causes=_CAUSES).encode()
_WITHOUT_CAUSES: Final = _ROWS.format(causes="").encode()
_SUPERSEDED: Final = f"""
    SELECT part.superseded_by, family, subjects, first, last, position, event_id, kind, key, topic, data, personal
    FROM {DAYS} AS part JOIN history USING (position) WHERE part.superseded_by = ANY(%(positions)s)
"""


def entries_at(view: View, positions: Sequence[int], *, changes: bool, causes: bool = True) -> Iterator[HistoryEntry]:
    """The entries of the events at these positions, in this order; without `changes` or `causes` they have none."""
    parameters = {"positions": list(positions), "known_at": view.known_at}
    rows = {row[0]: row for row in view.connection.execute(_WITH_CAUSES if causes else _WITHOUT_CAUSES, parameters)}
    end = len(MEMBERS)
    reader = _Reader.of(view, {position: _Said(*row[1:5], *row[end : end + 2]) for position, row in rows.items()})
    parts = parts_of(view, positions)
    standing_by_position = standings(view, parts, shown=reader.may_name)
    changes_by_position = reader.changes(positions, parts) if changes else {}
    for position in positions:
        standing = standing_by_position.get(position, NOTHING)
        row = rows[position]
        caused_by, caused = row[end + 2 :] if causes else (None, [])
        members = dict(zip(MEMBERS, row, strict=False))
        members |= {
            "superseded_by": standing.superseded_by,
            "in_force": standing.in_force,
            "superseded": standing.superseded,
            "changes": changes_by_position.get(position, []),
            "caused_by": caused_by,
            "caused": caused,
            "data": reader.content(position, reader.masked),
        }
        yield HistoryEntry.model_validate(members)


class _Said(NamedTuple):
    """What an event says and about what: open values as JSON, personal ones sealed. As in the rows of `history`."""

    event_id: UUID
    kind: str
    key: str
    topic: str
    data: str
    personal: bytes | None

    @property
    def is_of_customer(self) -> bool:
        """Returns whether the event is about a customer."""
        return self.kind == CustomerProfile.KIND


@dataclass(frozen=True, slots=True)
class _Reader:
    """Events by position, and what reading them takes, looked up once: the keys of customers, and which fields are masked or open."""

    view: View
    said: dict[int, _Said]
    secrets: dict[str, bytes | None]
    """By customer number; `None` where the key is destroyed."""
    masked: Collection[str]
    open_keys: Collection[str] | None
    """Fields that are not personal; `None` where none of the customers is erased."""
    contents: dict[int, tuple[dict[str, Any], Mapping[str, Any] | None]] = field(default_factory=dict)
    """Open and personal values by position; the latter are `None` when their key is destroyed."""

    @classmethod
    def of(cls, view: View, said: dict[int, _Said]) -> "_Reader":
        numbers = {event.key for event in said.values() if event.is_of_customer}
        customers = {number: CustomerProfile.id_of(view.company, number) for number in numbers}
        view.keys.preload(customers.values(), view.connection)
        secrets = {number: view.keys.find(subject)[1] for number, subject in customers.items()}
        masked = masked_fields(view) if customers else frozenset()
        open_keys = open_fields(view) if None in secrets.values() else None
        return cls(view, said, secrets, masked, open_keys)

    def content(self, position: int, masked: Collection[str]) -> dict[str, Any]:
        """What an event says, with the values of these fields masked."""
        said = self.said[position]
        if position not in self.contents:
            secret, sealed = self.secrets.get(said.key), said.personal
            personal_content = (
                None if secret is None or sealed is None else open_personal(secret, said.event_id, sealed)
            )
            self.contents[position] = orjson.loads(said.data), personal_content
        open_values, opened = self.contents[position]
        personal = FACTS[said.topic].personal_fields()
        return open_values | personal_values(open_values, opened, personal, masked) if personal else open_values

    def changes(self, positions: Sequence[int], parts: Sequence[Row]) -> Mapping[int, list[ValueChange]]:
        """What each of these events changed; `parts` is what they say."""
        successions = {position: Succession() for position in positions}
        for position, stated in _stated(parts):
            if self.may_name(position, stated.about):
                successions[position].stated.append(stated)
        superseded = list(self._superseded(positions))
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
            self.open_keys is None
            or not about.startswith(_FIELD)
            or not self._is_erased(position)
            or about.removeprefix(_FIELD) in self.open_keys
        )

    def _superseded(self, positions: Sequence[int]) -> Iterator[tuple[int, Stated, int]]:
        """Yields what these events superseded: the later position, the statement, the position of the event that had made it."""
        rows = self.view.connection.execute(_SUPERSEDED, {"positions": list(positions)})
        for later, family, subjects, first, last, earlier, *said in rows:
            self.said.setdefault(earlier, _Said(*said))
            for subject in subjects.split(" "):
                yield later, Stated(family, subject, Days(first, last)), earlier

    def _event(self, position: int) -> Event:
        return Event(self.said[position].topic, self.content(position, ()))

    def _is_erased(self, position: int) -> bool:
        said = self.said[position]
        return said.is_of_customer and self.secrets[said.key] is None

    def _concealed(self, position: int) -> Callable[[str], bool]:
        """Of an erased customer it is not known whether two names were the same."""
        return lambda path: path == NAME and self._is_erased(position)


def _stated(parts: Sequence[Row]) -> Iterator[tuple[int, Stated]]:
    """Yields what events say, by their positions."""
    for position, family, subjects, first, last, *_ in parts:
        for subject in subjects.split(" "):
            yield position, Stated(family, subject, Days(first, last))
