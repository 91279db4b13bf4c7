"""`drawer`: the read model of the profile drawer, self-contained (rules 1.1-1.15, 6.1): definitions, answers, names, merges, K87.

Folded by the engine; read through `queries`. Names are sealed with the customer's key. To recover
it: `dossier rebuild drawer`.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from psycopg import Connection

from aggregates.catalogue import FACTS
from aggregates.customer import events as customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact
from aggregates.setup import events as setup
from aggregates.setup.category import ProfileCategory
from aggregates.setup.controls import K87
from projections.drawer.tables import (
    ALTERNATE_NUMBERS,
    ANSWERS,
    CATEGORIES,
    CATEGORY_VERSIONS,
    CONTROL_VALUES,
    DDL,
    DEFAULTS,
    MERGES,
    NAMES,
    RECTANGLES,
    RESPONSES,
    TABLES,
    VERSIONS,
)
from projections.engine.projection import LoggedFact, Projection, TableRow
from projections.tables.bitemporal import ALWAYS, Rectangles, instant_of
from projections.tables.controls import control_change
from projections.tables.names import opened_names, seal_name
from projections.tables.superseding import Change
from store.database import Row
from store.keys import KeyRing

Changes = list[tuple[Rectangles, Change]]


class DrawerProjection(Projection):
    """The profile drawer of every customer, at two clocks."""

    name: ClassVar[str] = "drawer"
    topics: ClassVar[frozenset[str]]
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL
    personal: ClassVar[frozenset[str]] = frozenset({f"{NAMES.table}.name"})

    def opened(self, table: str, rows: list[TableRow]) -> list[TableRow]:
        """See `Projection`."""
        return opened_names(self.keys, self.company, table, rows) if table == NAMES.table else rows

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        changes: dict[str, list[Change]] = {}
        for logged in facts:
            for table, change in _CHANGES.get(type(logged.fact), _no_changes)(self.keys, logged.fact):
                changes.setdefault(table.table, []).append(change)
        for table in RECTANGLES:
            table.fold(connection, changes.get(table.table, ()))
        events = [logged.fact for logged in facts]
        MERGES.fold(connection, events)
        VERSIONS.fold(connection, _of_family(events, CustomerProfile.KIND, "number"))
        CATEGORY_VERSIONS.fold(connection, _of_family(events, ProfileCategory.KIND, "code"))


def _of_family(facts: Sequence[Any], kind: str, key: str) -> list[tuple[str, Fact]]:
    """The facts of one kind of aggregate, each with its natural key."""
    return [(str(getattr(fact, key)), fact) for fact in facts if fact.TOPIC.startswith(f"{kind}.")]


def _no_changes(_: KeyRing, __: Fact) -> Changes:
    """A fact of a customer that counts for the version only."""
    return []


def _category(_: KeyRing, fact: setup.CategoryDefined | setup.CategoryChanged) -> Changes:
    content = (fact.description, fact.required, fact.position, fact.active)
    return [(CATEGORIES, Change((fact.code,), ALWAYS, content, instant_of(fact.recorded_at)))]


def _response(_: KeyRing, fact: setup.ResponseDefined | setup.ResponseChanged) -> Changes:
    content = (fact.description, fact.position, fact.active)
    return [(RESPONSES, Change((fact.code, fact.response), ALWAYS, content, instant_of(fact.recorded_at)))]


def _default(_: KeyRing, fact: setup.DefaultResponseMoved) -> Changes:
    content = None if fact.to_response is None else (fact.to_response,)
    return [(DEFAULTS, Change((fact.code,), ALWAYS, content, instant_of(fact.recorded_at)))]


def _control(_: KeyRing, fact: setup.ControlValueSet) -> Changes:
    return [(CONTROL_VALUES, control_change(fact))] if fact.code == K87 else []


def _name(keys: KeyRing, fact: customer.CustomerRegistered | customer.CustomerRenamed) -> Changes:
    content = (seal_name(keys, NAMES.table, fact.originator_id, fact.name),)
    return [(NAMES, Change((fact.number,), fact.days, content, instant_of(fact.recorded_at)))]


def _alternate_number(
    _: KeyRing, fact: customer.AlternateNumberAdded | customer.PrimaryAlternateNumberChanged
) -> Changes:
    primary = fact.primary if isinstance(fact, customer.AlternateNumberAdded) else True
    changes = [_listed(fact, fact.alternate_number, (primary,))]
    return changes if fact.replaced is None else [*changes, _listed(fact, fact.replaced, (False,))]


def _removed(_: KeyRing, fact: customer.AlternateNumberRemoved) -> Changes:
    return [_listed(fact, fact.alternate_number, None)]


def _listed(fact: Any, alternate_number: str, content: tuple[bool] | None) -> tuple[Rectangles, Change]:
    key = (fact.number, alternate_number)
    return ALTERNATE_NUMBERS, Change(key, ALWAYS, content, instant_of(fact.recorded_at))


def _answer(_: KeyRing, fact: customer.ResponseSelected | customer.ResponseCleared) -> Changes:
    response = fact.response if isinstance(fact, customer.ResponseSelected) else None
    return [_response_change(fact, fact.category, fact.days, response)]


def _merged_values(_: KeyRing, fact: customer.CustomerMerged | customer.CustomerValuesPutBack) -> Changes:
    return [
        _response_change(fact, category, dated_response.days, dated_response.value or "")
        for category, dated_responses in fact.responses.items()
        for dated_response in dated_responses
    ]


def _unmerged(_: KeyRing, fact: customer.CustomerUnmerged) -> Changes:
    return [
        _response_change(fact, category, dated_response.days, None)
        for category, dated_responses in fact.responses.items()
        for dated_response in dated_responses
    ]


def _response_change(fact: Any, category: int, days: Days, response: str | None) -> tuple[Rectangles, Change]:
    """Returns the change that an event makes to the response of a category on some days; `None`: there is none on them."""
    at = instant_of(fact.recorded_at)
    content = None if response is None else (response, fact.origin.actor, at)
    return ANSWERS, Change((fact.number, category), days, content, at)


_CHANGES: Final[dict[type[Fact], Callable[[KeyRing, Any], Changes]]] = {
    setup.CategoryDefined: _category,
    setup.CategoryChanged: _category,
    setup.ResponseDefined: _response,
    setup.ResponseChanged: _response,
    setup.DefaultResponseMoved: _default,
    setup.ControlValueSet: _control,
    customer.CustomerRegistered: _name,
    customer.CustomerRenamed: _name,
    customer.AlternateNumberAdded: _alternate_number,
    customer.PrimaryAlternateNumberChanged: _alternate_number,
    customer.AlternateNumberRemoved: _removed,
    customer.ResponseSelected: _answer,
    customer.ResponseCleared: _answer,
    customer.CustomerMerged: _merged_values,
    customer.CustomerUnmerged: _unmerged,
    customer.CustomerValuesPutBack: _merged_values,
}
DrawerProjection.topics = frozenset(fact.TOPIC for fact in _CHANGES) | {
    topic for topic in FACTS if topic.startswith(f"{CustomerProfile.KIND}.")
}
"""Every fact of a customer counts for its version."""
