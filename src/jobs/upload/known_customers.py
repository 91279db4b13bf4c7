"""What a decision about rows knows of customers: what the log says, or for a dry run what it would say by then (rule 3.2)."""

from collections.abc import Collection, Sequence
from typing import Final, Protocol
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from jobs.upload.trial import Trial
from store.application import Dossier
from store.keys import KeyRing

_OWNERS: Final = "SELECT key, owner FROM claims WHERE scope = %s AND key = ANY(%s)"


class Known(Protocol):
    """What is known of customers at the moment of a decision."""

    company: str
    keys: KeyRing

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """These aggregates; those without history are left out."""
        ...

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """Whose these alternate numbers are, as far as they are somebody's."""
        ...


class Recorded:
    """What the log says."""

    def __init__(self, dossier: Dossier) -> None:
        self.company = dossier.company
        self.keys = dossier.fact_mapper.keys
        self._dossier = dossier

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """See `Known`."""
        return self._dossier.load_many(ids)

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """See `Known`."""
        if not numbers:
            return {}
        with self._dossier.database.connection() as connection:
            return dict(connection.execute(_OWNERS, [ALTERNATE_NUMBERS, list(numbers)]).fetchall())


class Tried(Recorded):
    """What the log would say if the rows so far had been taken."""

    def __init__(self, dossier: Dossier, trial: Trial) -> None:
        super().__init__(dossier)
        self._trial = trial

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """See `Known`."""
        found = super().load_many(ids)
        for fact in self._trial.facts_of(ids):
            customer = found.get(fact.originator_id)
            version = 1 if customer is None else customer.version + 1  # a clerk may have saved since the row was tried
            found[fact.originator_id] = fact.model_copy(update={"originator_version": version}).mutate(customer)
        return found

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """See `Known`."""
        return super().owners(numbers) | self._trial.owners(numbers)
