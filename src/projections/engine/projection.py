"""What a read model is to the engine: a name, the topics it is folded from, its tables, and the fold.

Every read model derives from `Projection`; `runner.Runner` keeps it up to date and `rebuild.rebuild` makes it anew.
A fold keeps no state between calls and names its tables without a schema, so that the same code fills the tables that are
read and the ones that are being built beside them. What it writes is committed together with the position it has reached.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from psycopg import Connection

from aggregates.fact import Fact
from store.database import Row
from store.keys import KeyRing

TableRow = dict[str, Any]
"""A row of a table by column: texts, but for bytes."""


@dataclass(frozen=True, slots=True)
class LoggedFact:
    """A fact and its position in the log."""

    position: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Definition:
    """What the rows of a read model depend on: its tables, as a digest, and the topics that it is folded from, in order."""

    shape: bytes
    topics: tuple[str, ...]


class Projection(ABC):
    """One read model. Subclasses are listed in `catalogue`."""

    name: ClassVar[str]
    """Lower-case, short: part of the name of the schema in which it is rebuilt."""
    topics: ClassVar[frozenset[str]]
    """Stored topics that it is folded from; the fold never meets another."""
    tables: ClassVar[tuple[str, ...]]
    """All its tables, in the order in which readers lock them."""
    ddl: ClassVar[str]
    """`CREATE TABLE` and `CREATE INDEX` statements without schema names; anything that belongs to no table is not allowed."""
    personal: ClassVar[frozenset[str]] = frozenset()
    """Columns of personal values, `<table>.<column>`: a comparison tells that they differ, and never what they are."""

    def __init__(self, keys: KeyRing, company: str) -> None:
        self.keys = keys
        self.company = company

    @abstractmethod
    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """Writes what these facts, in log order and never empty, change. The transaction is the caller's.

        Any error but the loss of the database is the fault of an event: the engine finds out which and stops before it.
        """

    def takes_long(self, facts: Sequence[LoggedFact]) -> bool:  # noqa: ARG002  (for those that may)
        """Returns whether folding these facts may take so long that other read models should not wait for it."""
        return False

    def opened(self, table: str, rows: list[TableRow]) -> list[TableRow]:  # noqa: ARG002  (for those that seal values)
        """Returns rows of one of its tables with what is sealed in them opened, so that rows that say the same are equal.

        What is erased says the same as what was never sealed for it.
        """
        return rows

    @classmethod
    def definition(cls) -> Definition:
        """The definition that its tables must have been made and folded by. How `ddl` is broken into lines does not matter."""
        return Definition(sha256(" ".join(cls.ddl.split()).encode()).digest(), tuple(sorted(cls.topics)))
