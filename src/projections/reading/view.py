"""`View`: read models as of two clocks, in one consistent snapshot. What query functions take, and why there may be none.

`Seen` is what is left of one when its rows have been read: enough to make an answer of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from psycopg import Connection

from aggregates.clocks import AsOf, Clocks
from aggregates.errors import InvalidError
from store.database import Row
from store.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of read models as of a business day and an instant of knowledge."""

    keys: KeyRing
    company: str
    clocks: Clocks
    position: int
    """The smallest position of the read models that were read."""

    @property
    def valid_at(self) -> date:
        """The business day."""
        return self.clocks.valid_at

    @property
    def known_at(self) -> datetime:
        """The instant of knowledge."""
        return self.clocks.known_at


@dataclass(frozen=True, slots=True)
class View(Seen):
    """Read models as of a business day and an instant of knowledge. `connection` is one read-only transaction."""

    connection: Connection[Row]

    def at(self, as_of: AsOf) -> "View":
        """Returns the same snapshot at other clocks; a clock that they leave open stays. The snapshot must hold everything known then."""
        return replace(self, clocks=as_of.or_else(self.clocks))


class BehindError(Exception):
    """A read model did not reach the wanted position in time. Nothing is wrong with the question: ask again later.

    `names` are the read models that will come to `position`; empty when one of them has stopped before it.
    """

    def __init__(self, text: str, names: Sequence[str] = (), position: int = 0) -> None:
        super().__init__(text)
        self.names = names
        self.position = position


class KnownAtError(InvalidError):
    """The instant of knowledge lies in the future: what will be known then is not known."""
