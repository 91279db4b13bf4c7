"""A small read model that reveals faults of an engine: an event folded twice violates a key, and an omitted one leaves a gap."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from psycopg import Connection

from aggregates.customer.commands import add_alternate_number, register_customer
from aggregates.customer.events import CustomerRegistered
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import event_id
from aggregates.use_case import Request
from projections.engine.projection import LoggedFact, Projection
from projections.engine.runner import install
from store.application import Dossier

PATIENCE_S: Final = 20.0


class Counting(Projection):
    """Lists registered customers by number in table `counted` and counts them in `counted_in_all`."""

    name: ClassVar[str] = "counting"
    topics: ClassVar[frozenset[str]] = frozenset({"customer.registered"})
    tables: ClassVar[tuple[str, ...]] = ("counted", "counted_in_all")
    ddl: ClassVar[str] = """
        CREATE TABLE counted (position bigint PRIMARY KEY, number text NOT NULL);
        CREATE INDEX counted_by_number ON counted (number);
        CREATE TABLE counted_in_all (one boolean PRIMARY KEY, events bigint NOT NULL);
    """

    def __init__(self, dossier: Dossier) -> None:
        super().__init__(dossier.fact_mapper.keys, dossier.company)
        self.batches: list[list[int]] = []
        self.refused: set[str] = set()
        self.when_begun: Callable[[], None] = lambda: None
        self.when_written: Callable[[Connection[Any]], None] = lambda connection: None

    def fold(self, connection: Connection[Any], facts: Sequence[LoggedFact]) -> None:
        """Calls `when_begun`, inserts the numbers, refuses those of `refused`, calls `when_written` before the commit."""
        self.when_begun()
        self.batches.append([seen.position for seen in facts])
        numbers = [seen.fact.number for seen in facts]
        connection.execute(
            "INSERT INTO counted SELECT * FROM unnest(%s::bigint[], %s::text[])", [self.batches[-1], numbers]
        )
        connection.execute(
            "INSERT INTO counted_in_all VALUES (true, %s) ON CONFLICT (one)"
            " DO UPDATE SET events = counted_in_all.events + excluded.events",
            [len(facts)],
        )
        for number in numbers:
            if number in self.refused:
                raise LookupError(f"{number} is refused")
        self.when_written(connection)


class Renamed(Counting):
    """The same under another name, with tables of its own: what stops one must not stop the other."""

    name: ClassVar[str] = "renamed"
    tables: ClassVar[tuple[str, ...]] = ("renamed",)
    ddl: ClassVar[str] = "CREATE TABLE renamed (position bigint PRIMARY KEY)"

    def fold(self, connection: Connection[Any], facts: Sequence[LoggedFact]) -> None:
        """Inserts the positions."""
        connection.execute("INSERT INTO renamed SELECT unnest(%s::bigint[])", [[seen.position for seen in facts]])


def installed(dossier: Dossier, kind: type[Counting] = Counting) -> Counting:
    """The read model with its tables."""
    with dossier.database.connection() as connection, connection.transaction():
        install(connection, [kind])
    return kind(dossier)


def register(dossier: Dossier, request: Request, first: int, count: int) -> int:
    """Registers customers first, first+1 ... in one commit each; gives the last position."""
    position: int | None = None
    for number in range(first, first + count):
        outcome = register_customer(dossier, request, number=str(number), name=f"Customer {number}")
        position = outcome.position
    assert position is not None
    return position


def register_at_once(dossier: Dossier, request: Request, first: int, count: int) -> int:
    """The same in one commit for all."""
    facts = []
    for number in range(first, first + count):
        id_ = CustomerProfile.id_of(dossier.company, str(number))
        facts.append(
            CustomerRegistered(
                originator_id=id_,
                originator_version=1,
                event_id=event_id(request.origin.causation_id, id_, 1),
                company=dossier.company,
                origin=request.origin,
                number=str(number),
                name=f"Customer {number}",
                effective_from=request.today,
            )
        )
    return dossier.put(facts)[-1]


def add_other(dossier: Dossier, request: Request, number: int) -> int:
    """Records an event that the read model does not want; gives its position."""
    outcome = add_alternate_number(dossier, request, number=str(number), alternate_number=f"A{number}")
    assert outcome.position is not None
    return outcome.position


def rows(dossier: Dossier) -> list[tuple[int, str]]:
    """What the read model has, having checked its two tables against each other."""
    with dossier.database.snapshot() as connection:
        found = connection.execute("SELECT position, number FROM counted ORDER BY position").fetchall()
        counted = connection.execute("SELECT events FROM counted_in_all").fetchone()
    assert (counted[0] if counted else 0) == len(found)
    return [(position, number) for position, number in found]


def rows_by_the_log(dossier: Dossier) -> list[tuple[int, str]]:
    """What it must have, told from the log itself."""
    events = dossier.log_of_facts.select_notifications(1, 1_000_000, topics=sorted(Counting.topics))
    facts = [(event.id, dossier.fact_mapper.to_domain_event(event)) for event in events]
    return [(position, fact.number) for position, fact in facts if isinstance(fact, CustomerRegistered)]


def state(dossier: Dossier, name: str = "counting") -> dict[str, Any]:
    """Its row in `projections`."""
    with dossier.database.connection() as connection:
        cursor = connection.execute("SELECT * FROM projections WHERE name = %s", [name])
        row = cursor.fetchone()
    assert row is not None
    assert cursor.description is not None
    return dict(zip([column.name for column in cursor.description], row, strict=True))


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds, bounded."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "It did not come to hold."
        pause.wait(0.005)
