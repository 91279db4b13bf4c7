"""`customers`: the read model of customers' names, alternate numbers and merges, at two clocks (rules 1.14, 6.1).

Folded by the engine; read through `queries`. Names are sealed with the customer's key and found by
blind-index tokens. To recover it: `dossier rebuild customers`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from psycopg import Connection

from aggregates.catalogue import FACTS
from aggregates.customer.events import (
    AlternateNumberAdded,
    AlternateNumberRemoved,
    CustomerRegistered,
    CustomerRenamed,
    PersonalDataErased,
    PrimaryAlternateNumberChanged,
)
from aggregates.customer.profile import CustomerProfile
from projections.customers.tables import (
    DDL,
    FORMER,
    FURTHER,
    MERGES,
    NAMES,
    NUMBERS,
    PRIMARY,
    TABLES,
    VERSIONS,
)
from projections.engine.projection import LoggedFact, Projection, TableRow
from projections.tables.bitemporal import ALWAYS, instant_of
from projections.tables.names import opened_names, seal_name, tokens_of
from projections.tables.superseding import Change
from store.database import Row
from store.keys import KeyRing

_Named = CustomerRegistered | CustomerRenamed
_Numbered = AlternateNumberAdded | PrimaryAlternateNumberChanged | AlternateNumberRemoved
_TOPICS: Final = frozenset(topic for topic in FACTS if topic.startswith(f"{CustomerProfile.KIND}."))
"""Every fact of a customer counts for its version."""
_FORGET_TOKENS: Final = f"UPDATE {NAMES.table} SET tokens = '' WHERE number = ANY(%s) AND tokens <> ''"


class CustomersProjection(Projection):
    """Customers by number, name and alternate number."""

    name: ClassVar[str] = "customers"
    topics: ClassVar[frozenset[str]] = _TOPICS
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL
    personal: ClassVar[frozenset[str]] = frozenset({f"{NAMES.table}.name", f"{NAMES.table}.tokens"})

    def opened(self, table: str, rows: list[TableRow]) -> list[TableRow]:
        """See `Projection`."""
        return opened_names(self.keys, self.company, table, rows) if table == NAMES.table else rows

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        events = [logged.fact for logged in facts]
        registered = {
            fact.number: instant_of(fact.recorded_at) for fact in events if isinstance(fact, CustomerRegistered)
        }
        if registered:
            connection.execute(
                "INSERT INTO customers SELECT * FROM unnest(%b::text[], %b::timestamptz[])",
                [list(registered), list(registered.values())],
            )
        NAMES.fold(connection, [_name_change(self.keys, fact) for fact in events if isinstance(fact, _Named)])
        if erased := [fact.number for fact in events if isinstance(fact, PersonalDataErased)]:
            connection.execute(_FORGET_TOKENS, [erased])
        NUMBERS.fold(connection, [change for fact in events if isinstance(fact, _Numbered) for change in _listed(fact)])
        VERSIONS.fold(connection, [(_number(fact), fact) for fact in events])
        MERGES.fold(connection, events)


def _number(fact: Any) -> str:
    """Every fact of a customer names it."""
    return str(fact.number)


def _name_change(keys: KeyRing, fact: _Named) -> Change:
    content = (seal_name(keys, NAMES.table, fact.originator_id, fact.name), tokens_of(keys, fact.name))
    return Change((fact.number,), fact.days, content, instant_of(fact.recorded_at))


def _listed(fact: _Numbered) -> list[Change]:
    """Returns the changes to the list of alternate numbers; a former primary one stays in the list (rule 1.14)."""
    status_by_number: dict[str, str | None] = {}
    if isinstance(fact, AlternateNumberRemoved):
        status_by_number[fact.alternate_number] = None
    else:
        primary = isinstance(fact, PrimaryAlternateNumberChanged) or fact.primary
        status_by_number[fact.alternate_number] = PRIMARY if primary else FURTHER
        if fact.replaced is not None:
            status_by_number[fact.replaced] = FORMER
    return [
        Change((fact.number, number), ALWAYS, None if status is None else (status,), instant_of(fact.recorded_at))
        for number, status in status_by_number.items()
    ]
