"""System controls and mappings while a read model folds: what they are at each event, in log order (rules 4.1, 4.2).

A read model that must know the controls at an event folds them itself, into a table of its own, because each has its own position.
"""

from datetime import date, datetime
from functools import cached_property

from psycopg import Connection

from aggregates.effective import Timeline
from aggregates.setup.controls import CONTROLS, TIME_ZONE
from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from aggregates.setup.zones import zone_of
from projections.tables.bitemporal import ALWAYS, Rectangles, instant_of
from projections.tables.superseding import Change, Content, Key
from store.database import Row


def controls_table(table: str) -> Rectangles:
    """A table of control values."""
    return Rectangles(table, (("code", "text"),), (("value", "text"),))


def control_change(fact: ControlValueSet) -> Change:
    """Returns the change that a fact makes to a table of control values."""
    return Change((fact.code,), fact.days, (fact.value,), instant_of(fact.recorded_at))


class ControlsThen:
    """The controls as known at the event that is being folded."""

    def __init__(self, connection: Connection[Row], table: Rectangles) -> None:
        self._connection, self._table = connection, table
        self._changes: list[Change] = []
        self._last_day: tuple[datetime, date] | None = None

    @cached_property
    def _values(self) -> dict[Key, Timeline[Content]]:
        """What was known before, read when the first event needs it."""
        return self._table.timelines(self._connection)

    def see(self, fact: ControlValueSet) -> None:
        """Takes a further fact into account."""
        self._last_day = None
        change = control_change(fact)
        self._values[change.key] = self._values.get(change.key, Timeline()).supersede(change.days, (fact.value,))
        self._changes.append(change)

    def value(self, code: str, day: date) -> str:
        """Returns the value in force on a day, or the control's default."""
        content = self._values.get((code,), Timeline()).at(day)
        return CONTROLS[code].default if content is None else str(content[0])

    def day_of(self, recorded_at: datetime) -> date:
        """The business day of an instant, in the company's time zone. The events of a commit share one."""
        if self._last_day is None or self._last_day[0] != recorded_at:
            zone = zone_of(self.value(TIME_ZONE, recorded_at.date()))
            self._last_day = recorded_at, recorded_at.astimezone(zone).date()
        return self._last_day[1]

    def write(self) -> None:
        """Writes what was seen."""
        self._table.fold(self._connection, self._changes)


def mappings_table(table: str) -> Rectangles:
    """A table of what is mapped (`category:1`) and to which attribute; mappings have no effective dates."""
    return Rectangles(table, (("mapped", "text"),), (("attribute", "text"),))


def mapping_change(fact: AttributeMapped | AttributeUnmapped) -> Change:
    """Returns the change that a fact makes to a table of mappings."""
    content = (fact.attribute,) if isinstance(fact, AttributeMapped) else None
    return Change((fact.mapped,), ALWAYS, content, instant_of(fact.recorded_at))


class MappingsThen:
    """The mappings as known at the event that is being folded."""

    def __init__(self, connection: Connection[Row], table: Rectangles) -> None:
        self._connection, self._table = connection, table
        self._changes: list[Change] = []

    @cached_property
    def _attributes(self) -> dict[str, str]:
        """What was known before, read when the first event needs it."""
        timelines = self._table.timelines(self._connection)
        return {str(key[0]): str(timeline.versions[0].content[0]) for key, timeline in timelines.items()}

    def see(self, fact: AttributeMapped | AttributeUnmapped) -> None:
        """Takes a further fact into account."""
        self._changes.append(mapping_change(fact))
        if isinstance(fact, AttributeMapped):
            self._attributes[fact.mapped] = fact.attribute
        else:
            self._attributes.pop(fact.mapped, None)

    def attribute(self, mapped: str) -> str | None:
        """The attribute that something is mapped to."""
        return self._attributes.get(mapped)

    def write(self) -> None:
        """Writes what was seen."""
        self._table.fold(self._connection, self._changes)
