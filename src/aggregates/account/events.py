"""Facts of accounts and sites (rules 2.5-2.16). Every fact about a profile carries the whole profile that holds on its days."""

from typing import ClassVar

from aggregates.account.profile import Profile
from aggregates.fact import EffectiveFact, Fact


class AccountOpened(EffectiveFact):
    """A billing account of a customer was opened; `effective_from` is its start date."""

    TOPIC: ClassVar[str] = "account.opened"
    ABOUT: ClassVar[str | None] = None  # its profile has an event of its own
    account: str
    customer: str


class AccountProfileClassAssigned(EffectiveFact):
    """A profile class was assigned to an account for a range of days; `kept_overrides` when what was set before lives on."""

    TOPIC: ClassVar[str] = "account.profile_class_assigned"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    profile: Profile
    kept_overrides: bool


class AccountProfileUpdated(EffectiveFact):
    """Details of an account's profile were changed on that account only; `changed` are their paths."""

    TOPIC: ClassVar[str] = "account.profile_updated"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    profile: Profile
    changed: list[str]


class AccountProfilePropagated(EffectiveFact):
    """A changed class was written into an account's profile; `changed` are the paths of what was written."""

    TOPIC: ClassVar[str] = "account.profile_propagated"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    profile: Profile
    changed: list[str]


class SiteCreated(Fact):
    """A bill-to site was created under an account. It has no profile of its own yet."""

    TOPIC: ClassVar[str] = "site.created"
    account: str
    site: str


class SiteProfileClassAssigned(EffectiveFact):
    """A profile class was assigned to a site for a range of days; `kept_overrides` when what was set before lives on."""

    TOPIC: ClassVar[str] = "site.profile_class_assigned"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    site: str
    profile: Profile
    kept_overrides: bool


class SiteProfileUpdated(EffectiveFact):
    """Details of a site's profile were changed on that site only; `changed` are their paths."""

    TOPIC: ClassVar[str] = "site.profile_updated"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    site: str
    profile: Profile
    changed: list[str]


class SiteProfilePropagated(EffectiveFact):
    """A changed class was written into a site's profile; `changed` are the paths of what was written."""

    TOPIC: ClassVar[str] = "site.profile_propagated"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    site: str
    profile: Profile
    changed: list[str]


class SiteProfileEnded(EffectiveFact):
    """A site has no profile of its own from `effective_from` on; its account's applies again."""

    TOPIC: ClassVar[str] = "site.profile_ended"
    ABOUT: ClassVar[str | None] = "profile"
    account: str
    site: str
