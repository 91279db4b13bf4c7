"""The customers that a decision about rows finds: those of the log, or for a dry run those that it would have by then (rule 3.2)."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.profile import CustomerProfile
from jobs.upload.trial import Trial
from store.application import Dossier

_OWNERS: Final = "SELECT key, owner FROM claims WHERE scope = %s AND key = ANY(%s)"


class KnownCustomers:
    """The customers of the log."""

    def __init__(self, dossier: Dossier) -> None:
        self.company = dossier.company
        self.mapper = dossier.fact_mapper
        self._dossier = dossier

    def _load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        return self._dossier.load_many(ids)

    def load(self, ids: AbstractSet[UUID]) -> dict[UUID, CustomerProfile]:
        """Returns these customers, as far as they exist, and the survivors of those that were merged away."""
        customers: dict[UUID, CustomerProfile] = {}
        missing = set(ids)
        while missing:
            self.mapper.keys.preload(missing)
            aggregates = self._load_many(list(missing))
            profiles = {id_: profile for id_, profile in aggregates.items() if isinstance(profile, CustomerProfile)}
            customers |= profiles
            survivors = {
                profile.merges.survivor for profile in profiles.values() if profile.merges.survivor is not None
            }
            missing = {CustomerProfile.id_of(self.company, number) for number in survivors} - customers.keys()
        return customers

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """Returns the customer of each of these alternate numbers that is in use."""
        if not numbers:
            return {}
        with self._dossier.database.connection() as connection:
            return dict(connection.execute(_OWNERS, [ALTERNATE_NUMBERS, list(numbers)]).fetchall())


class TriedCustomers(KnownCustomers):
    """The customers that the log would have if the rows so far had been taken."""

    def __init__(self, dossier: Dossier, trial: Trial) -> None:
        super().__init__(dossier)
        self._trial = trial

    def _load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        aggregates = super()._load_many(ids)
        for fact in self._trial.facts_of(ids):
            customer = aggregates.get(fact.originator_id)
            version = 1 if customer is None else customer.version + 1  # a clerk may have saved since the row was tried
            aggregates[fact.originator_id] = fact.model_copy(update={"originator_version": version}).mutate(customer)
        return aggregates

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """See `KnownCustomers`."""
        return super().owners(numbers) | self._trial.owners(numbers)
