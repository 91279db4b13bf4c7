"""What is known now of a profile, on all days, without personal values: the messages of the topic of profiles.

A customer, an account or a site is folded from its own events as it is for a decision, but with no key to any personal value, so that none
can be in its state. What holds on which days changes with events only, never with the day: so a state stays true until the next event.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel

from aggregates.account.account import Account
from aggregates.account.profile import Profile
from aggregates.account.site import Site
from aggregates.aggregate import Aggregate
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Timeline, Version
from aggregates.fact import ERASED, Erased
from store.database import Database
from store.keys import KEY_BYTES, KeyRing

_ERASED: Final = str.__str__(ERASED)
"""How a value of a list reads whose key is destroyed."""


class DatedValue(BaseModel):
    """A value and the days, both inclusive, on which it holds."""

    effective_from: date
    effective_to: date | None
    value: str


class DatedField(DatedValue):
    """The value of a business field, its days, and where it came from."""

    source: Literal["edit", "upload", "merge"]


class DatedProfile(BaseModel):
    """The profile of an account or a site, and the days, both inclusive, on which it holds."""

    effective_from: date
    effective_to: date | None
    profile: Profile


class CustomerState(BaseModel):
    """A customer: numbers, responses by category, business fields by key; no names and no personal fields."""

    number: str
    survivor: str | None
    """The number of the customer that this one was merged into."""
    alternate_numbers: list[str]
    primary_alternate_number: str | None
    responses: dict[str, list[DatedValue]]
    fields: dict[str, list[DatedField]]


class AccountState(BaseModel):
    """An account and its profiles."""

    account: str
    customer: str
    start: date
    profiles: list[DatedProfile]


class SiteState(BaseModel):
    """A site and its own profiles."""

    account: str
    site: str
    profiles: list[DatedProfile]


STATES: Final[Mapping[str, type[BaseModel]]] = {
    CustomerProfile.KIND: CustomerState,
    Account.KIND: AccountState,
    Site.KIND: SiteState,
}
"""The models of states by kind of profile."""


class NoKeys(KeyRing):
    """The keys of somebody who may see no personal value: every one of them reads as destroyed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, bytes(KEY_BYTES))

    def find(self, subject: UUID) -> tuple[bool, bytes | None]:
        """Returns that the subject's key is destroyed."""
        del subject
        return True, None


def state_of(profile: Aggregate) -> dict[str, Any]:
    """Returns the state of a profile that was folded without keys, as JSON has it; what is not set is left out."""
    return _model_of(profile).model_dump(mode="json", exclude_none=True)


def _model_of(profile: Aggregate) -> BaseModel:
    if isinstance(profile, Account):
        return AccountState(
            account=profile.number, customer=profile.customer, start=profile.start, profiles=_profiles(profile.profiles)
        )
    if isinstance(profile, Site):
        return SiteState(account=profile.account, site=profile.number, profiles=_profiles(profile.profiles))
    if not isinstance(profile, CustomerProfile):
        raise TypeError(f"{profile} is no profile.")
    responses = {
        str(category): [DatedValue(**_days(version), value=version.content) for version in timeline]
        for category, timeline in profile.responses.in_force.items()
        if timeline
    }
    return CustomerState(
        number=profile.number,
        survivor=profile.merges.survivor,
        alternate_numbers=list(profile.alternate_numbers.numbers),
        primary_alternate_number=profile.alternate_numbers.primary,
        responses=responses,
        fields=dict(_fields(profile)),
    )


def _fields(customer: CustomerProfile) -> Iterator[tuple[str, list[DatedField]]]:
    """Yields the fields with their values, without those that cannot be read."""
    for key, timeline in sorted(customer.fields.in_force.items()):
        values = [
            DatedField(**_days(version), value=version.content.value, source=version.content.source)
            for version in timeline
            if not isinstance(version.content.value, Erased) and version.content.value != _ERASED
        ]
        if values:
            yield key, values


def _profiles(timeline: Timeline[Profile]) -> list[DatedProfile]:
    return [DatedProfile(**_days(version), profile=version.content) for version in timeline]


def _days(version: Version[Any]) -> dict[str, Any]:
    return {"effective_from": version.days.first, "effective_to": version.days.last}
