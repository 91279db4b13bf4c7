"""`Dossier`: the `eventsourcing` application of one company, and what use cases need of it (`aggregates.use_case.FactStore`)."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Claim, KeyReusedError, Outcome, Request, StaleDecisionError
from store import identity
from store.append import Append, Statement
from store.database import Database
from store.events import COLUMNS, SETUP_EVENTS, NewEvent, recorded_event
from store.log import Log
from store.mapper import FactMapper
from store.memory import Memory
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
        self._setup: Setup | None = None
        self._renewing = threading.Lock()
        self._memory = Memory()
        self._this_thread = threading.local()

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
        """The aggregate as it is now, or `None` when it has no history. Within `deciding(fresh=False)`: as last seen here."""
        aggregate_id = kind.id_of(self.company, key)
        if not self._fresh and (remembered := self._memory.recall(aggregate_id)) is not None:
            return cast("A", remembered)
        try:
            aggregate: A = self.repository.get(aggregate_id, projector_func=_project)
        except AggregateNotFoundError:
            return None
        self._memory.remember(aggregate, read=True)
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

    @property
    def _fresh(self) -> bool:
        """Returns whether this thread reads aggregates from the log, as it does outside `deciding`, and not from memory."""
        return getattr(self._this_thread, "fresh", True)

    def setup(self) -> Setup:
        """Categories, controls and mappings as last read. A decision on an old one is refused by `keep`, then `renew_setup`."""
        if self._setup is None:
            self.renew_setup()
        return self._setup or Setup.empty(self.company)

    def renew_setup(self) -> bool:
        """Reads what is new in the setup since the last call; true when there was something."""
        setup = self._setup or Setup.empty(self.company)
        with self.database.connection() as connection:
            rows = connection.execute(_NEW_SETUP, [setup.position], binary=True).fetchall()
        events = [recorded_event(row) for row in rows]
        last = events[-1].id if events else setup.position
        renewed = setup.after((self.fact_mapper.to_domain_event(event) for event in events), last)
        with self._renewing:
            if self._setup is None or self._setup.position < renewed.position:
                self._setup = renewed
        return bool(events)

    def today(self) -> date:
        """The business day in the company's time zone (rule 0.3)."""
        now = datetime.now(UTC)
        return now.astimezone(self.setup().controls.zone(now.date())).date()

    @contextmanager
    def deciding(self, *, fresh: bool) -> Iterator[None]:
        """See `FactStore.deciding`."""
        if fresh:
            self.renew_setup()
        self._this_thread.fresh = fresh
        try:
            with self.log_of_facts.deciding():
                yield
        finally:
            self._this_thread.fresh = True

    def outcome_of(self, request: Request) -> Outcome | None:
        """The outcome that this request's idempotency key had before. Raises `KeyReusedError` for another body (rule 0.7)."""
        if request.idempotency is None:
            return None
        first = self.log_of_facts.outcome_of(request.idempotency)
        if first is None:
            return None
        digest, outcome = first
        if digest != request.idempotency.digest:
            raise KeyReusedError("This Idempotency-Key was used for another request.", field="Idempotency-Key")
        return outcome

    def keep(
        self,
        request: Request,
        aggregate: Aggregate,
        *,
        claims: Sequence[Claim] = (),
        releases: Sequence[Claim] = (),
        decided_on: int | None = None,
        others: Sequence[Aggregate] = (),
        relied_on: Sequence[Aggregate] = (),
        erases: Sequence[UUID] = (),
        along: Sequence[Statement] = (),
    ) -> Outcome:
        """Stores the aggregate's pending facts, claims and the request's outcome in one transaction; see `FactStore.keep`.

        `along` is written with the facts, of which there must be one.
        """
        facts = [fact for changed in (aggregate, *others) for fact in changed.collect_events()]
        if not facts and not self._fresh:
            raise StaleDecisionError("Nothing to store, as far as is remembered.")
        outcome = (request.idempotency, bool(facts), aggregate.version) if request.idempotency else None
        append = self._append(
            facts,
            claims=claims,
            releases=releases,
            owner=aggregate.id,
            outcome=outcome,
            decided_on=decided_on,
            relied_on={other.id: other.version for other in relied_on},
            along=[*along, *self.fact_mapper.keys.destruction(erases)],
        )
        if facts:
            self.fact_mapper.keys.forget(erases)
            for changed in (aggregate, *others):
                changed.changed_at = append.recorded_at
                self._memory.remember(changed, read=False)
        return Outcome(bool(facts), aggregate.version, append.positions[-1] if append.positions else None)

    def put(self, facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        """Stores facts and the rows that go with them (see `Log.append`) and gives their positions.

        Raises `EventTooLargeError` besides; then nothing is stored.

        `save` of the library does the same for aggregates and works here too; it asks every object for its protocols at
        run time, which costs more than the rest of a command.
        """
        return self._append(facts, **rows).positions

    def _append(self, facts: Sequence[Fact], **rows: Any) -> Append:
        events = [cast("NewEvent", self.mapper.to_stored_event(fact)) for fact in facts]
        return self.log_of_facts.append(events, **rows)


def _project(aggregate: Any, facts: Iterable[Any]) -> Any:
    """Folds facts into an aggregate. Unlike the library's own projector it does not ask each fact for its protocol."""
    for fact in cast("Iterable[Fact]", facts):
        aggregate = fact.mutate(aggregate)
    return aggregate
