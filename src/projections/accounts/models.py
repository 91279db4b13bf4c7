"""What the read model `accounts` answers with: accounts, sites, profiles in force, and what applies.

Shared by the two roads to the same answer, the read model and the log (rule 2.20). Values are as in JSON: decimals and dates as
texts, interest as `{"amount": "5"}` or `{"rate": "1.5"}`. Only what is set is there.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from projections.tables.explanation import Explainable
from projections.tables.plain import PlainValue

OptionValues = dict[str, str | bool | int]
"""Options by name."""
AmountValues = dict[str, dict[str, str | dict[str, str]]]
"""Amounts by currency, then name."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class AccountRead(Explainable):
    """An account as known then. `start` is its first day; `customer` is the number it was opened under, merged since or not."""

    account: str
    customer: str
    start: date
    version: int
    opened_at: datetime


class SiteRead(Explainable):
    """A site as known then. `has_profile`: its first profile was created, whether or not one is in force (rule 2.6)."""

    account: str
    site: str
    version: int
    created_at: datetime
    has_profile: bool


class Explained(_Model):
    """A value with the level it comes from, and the class version or `here` and the event that made it so (rule 2.13).

    Of a system option `origin`, `profile_class` and `class_version` are `None`.
    """

    value: PlainValue
    level: Literal["site", "account", "system"]
    origin: Literal["class", "here"] | None
    profile_class: str | None
    class_version: int | None
    event_id: UUID | None


class ProfileRead(Explainable):
    """The profile in force at two clocks. `event_id` made this version; `version` is the account's or site's as known then.

    `set_here` are paths (`options.collector`, `amounts.USD.credit_limit`) changed here, also those taken away here (rule 2.8).
    """

    account: str
    site: str | None
    valid_at: date
    known_at: datetime
    profile_class: str
    class_version: int
    effective_from: date
    effective_to: date | None
    options: OptionValues
    amounts: AmountValues
    attributes: dict[str, str]
    set_here: list[str]
    event_id: UUID
    version: int
    explain: dict[str, Explained] | None = None
    """By path; `None` when it was not asked for."""


class Applied(_Model):
    """The profile of one level that is in force on the date."""

    profile_class: str
    class_version: int
    effective_from: date
    effective_to: date | None


class AccountListed(AccountRead):
    """An account in a list."""

    profile: Applied | None = Field(
        None,
        exclude_if=lambda profile: profile is None,
        description="The profile in force on the day, where the list is one of accounts by their profile.",
    )


class SiteListed(SiteRead):
    """A site in a list."""

    profile: Applied | None = Field(
        None,
        exclude_if=lambda profile: profile is None,
        description="The site's own profile in force on the day, where the list is one of sites by their profile.",
    )


class Applies(_Model):
    """The profiles that a transaction of the date meets; `None`: none is in force at this level."""

    site: Applied | None
    account: Applied | None


class Resolution(Explainable):
    """What applies to a transaction, value by value: the site's, else the account's, else the company's (rule 2.13)."""

    account: str
    site: str | None
    date: date
    known_at: datetime
    currency: str | None
    """The only currency whose amounts are told; `None`: all are."""
    applies: Applies
    options: dict[str, Explained]
    amounts: dict[str, dict[str, Explained]]
    attributes: dict[str, Explained]


class ClassRead(Explainable):
    """A profile class as known then: its highest version (rule 2.1)."""

    name: str
    description: str
    active: bool
    version: int
    options: OptionValues
    amounts: AmountValues
    attributes: dict[str, str]
    recorded_at: datetime
    defined_at: datetime
    """When its first version was recorded."""


class ClassVersion(ClassRead):
    """One version of a class: what it changed, for which existing profiles it was meant, and whose it was (rule 2.15)."""

    changed: list[str]
    """Paths of options and amounts; of version 1, none."""
    apply_to: str | None
    actor: str
    reason: str | None
    event_id: UUID


class SystemOptionsRead(Explainable):
    """The company's own options on a day (rule 2.13); without dates while none were set for it."""

    valid_at: date
    known_at: datetime
    version: int
    options: OptionValues
    amounts: AmountValues
    attributes: dict[str, str]
    effective_from: date | None
    effective_to: date | None
