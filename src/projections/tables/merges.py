"""Who went into whom, in a read model of customers (rule 6.1): the survivor of a number, and the numbers that lead to it.

A read model that answers for customers keeps this table beside its content, from the same events. As known at an instant before the
merge, or after it was undone, a customer stands for itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from psycopg import Connection

from aggregates.customer.events import CustomerBroughtBack, CustomerMergedAway
from aggregates.fact import Fact
from projections.reading.view import View
from projections.tables.bitemporal import ALWAYS, Rectangles, instant_of, known_then
from projections.tables.superseding import Change
from store.database import Row


@dataclass(frozen=True)
class Merges:
    """A table of `number` and `survivor`, at the clock of knowledge; merges have no effective dates."""

    table: str

    @cached_property
    def _rectangles(self) -> Rectangles:
        return Rectangles(self.table, (("number", "text"),), (("survivor", "text"),))

    @property
    def ddl(self) -> str:
        """The table, by number and by survivor."""
        return f"""
            {self._rectangles.ddl}
            CREATE INDEX {self.table}_of ON {self.table} (survivor, upper(known));
        """

    def fold(self, connection: Connection[Row], facts: Iterable[Fact]) -> None:
        """Writes what these facts, in log order, make of the table."""
        changes = [
            Change(
                (fact.number,),
                ALWAYS,
                (fact.survivor,) if isinstance(fact, CustomerMergedAway) else None,
                instant_of(fact.recorded_at),
            )
            for fact in facts
            if isinstance(fact, CustomerMergedAway | CustomerBroughtBack)
        ]
        self._rectangles.fold(connection, changes)

    def merged_in(self, view: View, numbers: Iterable[str]) -> list[tuple[str, str]]:
        """Returns the customers that are merged into one of these directly, as known then: the number of each, and the survivor's."""
        query = f"""
            SELECT away.number, away.survivor FROM {self.table} AS away
            WHERE away.survivor = ANY(%(numbers)s) AND {known_then("away")} ORDER BY away.number
        """
        return view.connection.execute(query, {"numbers": list(numbers), "known_at": view.known_at}).fetchall()

    def survivor(self, number: str) -> str:
        """Returns an SQL expression: the customer into which this one is merged, as known then; null when it is not merged.

        `number` is the SQL expression of its number, here and below.
        """
        return f"(SELECT survivor FROM {self.table} AS away WHERE away.number = {number} AND {known_then('away')})"

    def stands(self, number: str) -> str:
        """Returns an SQL condition: the customer is not merged into another, as known then."""
        return f"NOT EXISTS (SELECT FROM {self.table} AS away WHERE away.number = {number} AND {known_then('away')})"

    def aliases(self, number: str) -> str:
        """SQL expression: an array of the numbers that lead to this customer, directly or over others, as known then.

        OFFSET 0 keeps it one index probe a number, whatever the planner knows of the table.
        """
        is_known = known_then("away")
        return f"""
            ARRAY(
                WITH RECURSIVE alias AS (
                    SELECT away.number FROM {self.table} AS away WHERE away.survivor = {number} AND {is_known}
                    UNION
                    SELECT found.number FROM alias CROSS JOIN LATERAL (
                        SELECT away.number FROM {self.table} AS away
                        WHERE away.survivor = alias.number AND {is_known} OFFSET 0
                    ) AS found
                )
                SELECT alias.number FROM alias ORDER BY alias.number
            )
        """
