"""`Dossier`: the `eventsourcing` application of one company, and what use cases need of it (`aggregates.use_case.FactStore`)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.setup.catalogue import FAMILIES, Setup
from aggregates.use_case import Claim, KeyReusedError, Outcome, Request
from store.database import Database
from store.events import COLUMNS, NewEvent, recorded_event
from store.log import Log
from store.mapper import FactMapper

A = TypeVar("A", bound=Aggregate)
_FAMILIES: Final = ", ".join(f"'{family}'" for family in FAMILIES)
_NEW_SETUP: Final = f"""
    SELECT {COLUMNS} FROM events
    WHERE split_part(topic, '.', 1) IN ({_FAMILIES}) AND position > %s ORDER BY position
"""


class Dossier(Application[UUID]):
    """One company's profiles. Its environment is described in `store.log`, plus `DOSSIER_COMPANY`."""

    name = "dossier"
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "store.log:Factory"}

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env)
        self.company = env["DOSSIER_COMPANY"]
        self._setup: tuple[int, Setup] = (0, Setup.empty(self.company))

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

    def load(self, kind: type[A], key: str | int) -> A | None:
        """The aggregate as it is now, or `None` when it has no history."""
        try:
            return cast("A", self.repository.get(kind.id_of(self.company, key), projector_func=_project))
        except AggregateNotFoundError:
            return None

    def setup(self) -> Setup:
        """Categories, controls and mappings as they are now. Only what is new since the last call is read."""
        position, setup = self._setup
        with self.database.connection() as connection:
            rows = connection.execute(_NEW_SETUP, [position], binary=True).fetchall()
        if not rows:
            return setup
        events = [recorded_event(row) for row in rows]
        setup = setup.after(self.fact_mapper.to_domain_event(event) for event in events)
        self._setup = (events[-1].id, setup)
        return setup

    def today(self) -> date:
        """The business day in the company's time zone (rule 0.3)."""
        now = datetime.now(UTC)
        return now.astimezone(self.setup().controls.zone(now.date())).date()

    def outcome_of(self, request: Request) -> Outcome | None:
        """What this request's idempotency key did before. Raises `KeyReusedError` for another body (rule 0.7)."""
        if request.idempotency is None:
            return None
        found = self.log_of_facts.outcome_of(request.idempotency)
        if found is None:
            return None
        if found[0] != request.idempotency.digest:
            raise KeyReusedError("This Idempotency-Key was used for another request.", field="Idempotency-Key")
        return found[1]

    def keep(
        self,
        request: Request,
        aggregate: Aggregate,
        *,
        claims: Sequence[Claim] = (),
        releases: Sequence[Claim] = (),
    ) -> Outcome:
        """Stores the aggregate's pending facts, claims and the request's outcome in one transaction; see `FactStore.keep`."""
        facts = aggregate.collect_events()
        outcome = (request.idempotency, bool(facts), aggregate.version) if request.idempotency else None
        positions = self.put(facts, claims=claims, releases=releases, owner=aggregate.id, outcome=outcome)
        return Outcome(bool(facts), aggregate.version, positions[-1] if positions else None)

    def put(self, facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        """Stores facts and the rows that go with them (see `Log.append`) and gives their positions.

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
