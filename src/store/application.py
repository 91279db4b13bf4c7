"""`Dossier`: the `eventsourcing` application of one company, and what use cases need of it (`aggregates.use_case.FactStore`)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Outcome, Request
from store import idempotency, identity
from store.database import Database
from store.events import COLUMNS, SETUP_EVENTS, NewEvent, recorded_event
from store.log import Log
from store.mapper import FactMapper
from store.proof.notary import Notary

A = TypeVar("A", bound=Aggregate)
_NEW_SETUP: Final = f"""
    SELECT {COLUMNS} FROM events
    WHERE {SETUP_EVENTS} AND position > %s ORDER BY position
"""
_OF_MANY: Final = f"""
    SELECT {COLUMNS} FROM unnest(%b::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT * FROM events WHERE originator_id = wanted.id ORDER BY originator_version OFFSET 0
    ) AS found
"""
ROWS_AT_ONCE: Final = 100
"""Events that are in memory while many aggregates are loaded; the server reads the next ones while they are decoded."""


class Dossier(Application[UUID]):
    """One company's profiles. Its environment is described in `store.log`, plus `DOSSIER_COMPANY`."""

    name = "dossier"
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "store.log:Factory"}

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env)
        self.company = env["DOSSIER_COMPANY"]
        self.notary = Notary(self.database, self.company, self.fact_mapper.keys.signing_seed)

    @property
    def log_of_facts(self) -> Log:
        """The log behind this application."""
        return cast("Log", self.recorder)

    @property
    def database(self) -> Database:
        """The company's database schema."""
        return self.log_of_facts.database

    @property
    def fact_mapper(self) -> FactMapper:
        """The mapper between facts and the log."""
        return cast("FactMapper", self.mapper)

    @cached_property
    def log_id(self) -> UUID:
        """The id of the log, as it was when it was first asked for here: it changes only while no process runs."""
        with self.database.connection() as connection:
            return identity.log_id(connection)

    def load(self, kind: type[A], key: str | int) -> A | None:
        """The aggregate as it is now, or `None` when it has no history."""
        try:
            aggregate: A = self.repository.get(kind.id_of(self.company, key), projector_func=_project)
        except AggregateNotFoundError:
            return None
        return aggregate

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """These aggregates as the log has them now, in one query; those without history are left out. Nothing is remembered."""
        aggregates: dict[UUID, Aggregate] = {}
        read = self.fact_mapper.to_domain_event
        with self.database.connection() as connection, connection.cursor(binary=True) as cursor:
            for row in cursor.stream(_OF_MANY, [list(ids)], size=ROWS_AT_ONCE):
                event = recorded_event(row)
                aggregates[event.uuid] = read(event).mutate(aggregates.get(event.uuid))
        return aggregates

    def facts(self, aggregate_id: UUID, until: int) -> list[Fact]:
        """The facts of an aggregate up to this version of it, in order."""
        events = self.log_of_facts.select_events(aggregate_id, lte=until)
        return [self.fact_mapper.to_domain_event(event) for event in events]

    def setup(self) -> Setup:
        """Categories, controls and mappings as last read. A decision on an old one is refused when it is stored, then taken anew."""
        if not self.log_of_facts.setup.is_read:
            self.renew_setup()
        return self.log_of_facts.setup.now

    def renew_setup(self) -> bool:
        """Reads what is new in the setup since the last call; true when there was something."""
        since = self.log_of_facts.setup.now
        with self.database.connection() as connection:
            rows = connection.execute(_NEW_SETUP, [since.position], binary=True).fetchall()
        events = [recorded_event(row) for row in rows]
        facts = [self.fact_mapper.to_domain_event(event) for event in events]
        self.log_of_facts.setup.take(facts, since, events[-1].id if events else 0)
        return bool(events)

    def today(self) -> date:
        """The business day in the company's time zone (rule 0.3)."""
        now = datetime.now(UTC)
        return now.astimezone(self.setup().controls.zone(now.date())).date()

    def decide(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        """See `FactStore.decide`. Raises what `Writer.decide` raises."""
        return self.log_of_facts.writer.decide(request, use_case)

    def outcome_of(self, request: Request) -> Outcome | None:
        """The outcome that this request's idempotency key had before. Raises `KeyReusedError` for another body (rule 0.7)."""
        key = request.idempotency
        if key is None:
            return None
        with self.database.connection() as connection:
            row = connection.execute(idempotency.OUTCOME, [key.actor, key.key]).fetchone()
        if row is None:
            return None
        outcome, error = idempotency.outcome_of(key, row)
        if error is not None:
            raise error
        return outcome

    def put(self, facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        """Stores facts and the rows that go with them (see `Log.append`) and gives their positions.

        Raises `EventTooLargeError` besides; then nothing is stored.

        `save` of the library does the same for aggregates and works here too; it asks every object for its protocols at
        run time, which costs more than the rest of a command.
        """
        events = [cast("NewEvent", self.mapper.to_stored_event(fact)) for fact in facts]
        return self.log_of_facts.append(events, **rows).positions


def _project(aggregate: Any, facts: Iterable[Any]) -> Any:
    """Folds facts into an aggregate. Unlike the library's own projector it does not ask each fact for its protocol."""
    for fact in cast("Iterable[Fact]", facts):
        aggregate = fact.mutate(aggregate)
    return aggregate
