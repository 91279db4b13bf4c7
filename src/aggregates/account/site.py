"""`Site`: a bill-to place under an account. It may have days without a profile of its own (rules 2.6, 2.12, 2.14)."""

from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.account.events import (
    SiteCreated,
    SiteProfileClassAssigned,
    SiteProfileEnded,
    SiteProfilePropagated,
    SiteProfileUpdated,
)
from aggregates.account.holder import NoProfileError, ProfileHolder
from aggregates.aggregate import applies
from aggregates.effective import Days, EffectiveDatesError
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import EffectiveFact, Origin
from aggregates.profile_class.profile_class import ProfileClass

LONGEST_NUMBER: Final = 30


class SiteExistsError(ConflictError):
    """The account has a site with this number."""


class SiteNotFoundError(NotFoundError):
    """The account has no site with this number."""


class SiteProfileExistsError(ConflictError):
    """The site's first profile was created before (rule 2.6)."""


class Site(ProfileHolder):
    """One site. `has_profile`: its first profile was created, whether or not it has ended since."""

    KIND: ClassVar[str] = "site"
    ASSIGNED: ClassVar[type[EffectiveFact]] = SiteProfileClassAssigned
    UPDATED: ClassVar[type[EffectiveFact]] = SiteProfileUpdated
    PROPAGATED: ClassVar[type[EffectiveFact]] = SiteProfilePropagated

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.account = ""
        self.number = ""
        self.has_profile = False

    @staticmethod
    def key(account: str, site: str) -> str:
        """The natural key: sites are numbered within their account."""
        return f"{account}/{site}"

    def key_fields(self) -> dict[str, str]:
        """See `ProfileHolder`."""
        return {"account": self.account, "site": self.number}

    def label(self) -> str:
        """See `ProfileHolder`."""
        return f"site {self.number} of account {self.account}"

    # Decisions

    def create(self, origin: Origin, *, account: str, number: str) -> None:
        """Creates the site; it gets neither DEFAULT nor the account's class (rule 2.6)."""
        number = site_number(number)
        if self.version:
            raise SiteExistsError(f"Account {account} has a site {number} already.", field="site")
        self.record(SiteCreated, origin, account=account, site=number)

    def create_profile(self, origin: Origin, profile_class: ProfileClass, days: Days) -> None:
        """“Create Site Profile”: assigns the first class (rule 2.6)."""
        self.check_first()
        self.assign(origin, profile_class, days)

    def check_first(self) -> None:
        """Raises `SiteProfileExistsError` when the first profile was created before."""
        if self.has_profile:
            raise SiteProfileExistsError(
                f"{self.capitalized_label()} has a profile already; assign another class or update it.", field="create"
            )

    def end(self, origin: Origin, last_day: date, *, keep_later: bool = False) -> None:
        """Ends the profile after its last day; from then on the account's applies (rule 2.14).

        Later versions go with it. With `keep_later` they stay, and it is ended up to the day before the next one (rule 2.11). Records
        nothing where that ends nothing.
        """
        if not self.has_profile:
            raise NoProfileError(f"{self.capitalized_label()} has no profile to end.")
        if self.profiles and self.profiles.versions[0].days.first > last_day:
            raise EffectiveDatesError("The end date must not be before the start date.", field="effective_to")
        end = Days(last_day)
        days = (self.profiles.until_next(end) if keep_later else end).after(last_day)
        if days is not None and self.profiles.within(days):
            self._record(SiteProfileEnded, origin, days)

    # What the facts say

    @applies(SiteCreated)
    def _created(self, event: SiteCreated) -> None:
        self.account, self.number = event.account, event.site

    @applies(SiteProfileClassAssigned)
    def _assigned(self, event: SiteProfileClassAssigned) -> None:
        self.has_profile = True
        self._hold(event)

    @applies(SiteProfileUpdated)
    def _updated(self, event: SiteProfileUpdated) -> None:
        self._hold(event)

    @applies(SiteProfilePropagated)
    def _propagated(self, event: SiteProfilePropagated) -> None:
        self._hold(event)

    @applies(SiteProfileEnded)
    def _ended(self, event: SiteProfileEnded) -> None:
        self.profiles = self.profiles.clear(event.days)


def site_number(value: str) -> str:
    """A site number: 1 to 30 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="site", label="The site number", longest=LONGEST_NUMBER)
