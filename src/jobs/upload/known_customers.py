"""The customers that a decision about rows finds: those of the log, or for a dry run those that it would have by then (rule 3.2)."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.profile import CustomerProfile
from jobs.upload.trial import Trial
from store.application import Dossier
from store.mapper import FactMapper

_OWNERS: Final = "SELECT key, owner FROM claims WHERE scope = %s AND key = ANY(%s)"


class Known(Protocol):
    """What is known of customers at the moment of a decision."""

    company: str
    mapper: FactMapper

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """Returns these aggregates; those without history are left out."""
        ...

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """Returns the customer of each of these alternate numbers that is in use."""
        ...


class Recorded:
    """What the log has."""

    def __init__(self, dossier: Dossier) -> None:
        self.company = dossier.company
        self.mapper = dossier.fact_mapper
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
    """What the log would have if the rows so far had been taken."""

    def __init__(self, dossier: Dossier, trial: Trial) -> None:
        super().__init__(dossier)
        self._trial = trial

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """See `Known`."""
        aggregates = super().load_many(ids)
        for fact in self._trial.facts_of(ids):
            customer = aggregates.get(fact.originator_id)
            version = 1 if customer is None else customer.version + 1  # a clerk may have saved since the row was tried
            aggregates[fact.originator_id] = fact.model_copy(update={"originator_version": version}).mutate(customer)
        return aggregates

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """See `Known`."""
        return super().owners(numbers) | self._trial.owners(numbers)


def customers_of(known: Known, ids: AbstractSet[UUID]) -> dict[UUID, CustomerProfile]:
    """Returns these customers, as far as they exist, and the survivors of those that were merged away."""
    customers: dict[UUID, CustomerProfile] = {}
    missing = set(ids)
    while missing:
        known.mapper.keys.preload(missing)
        loaded = known.load_many(list(missing))
        profiles = {id_: profile for id_, profile in loaded.items() if isinstance(profile, CustomerProfile)}
        customers |= profiles
        survivors = {profile.merges.survivor for profile in profiles.values() if profile.merges.survivor is not None}
        missing = {CustomerProfile.id_of(known.company, number) for number in survivors} - customers.keys()
    return customers
