"""`Account`: a billing account of a customer. It has a profile on every day from its start (rules 2.5, 2.12)."""

from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.account.events import (
    AccountOpened,
    AccountProfileClassAssigned,
    AccountProfilePropagated,
    AccountProfileUpdated,
)
from aggregates.account.holder import ProfileHolder
from aggregates.aggregate import applies
from aggregates.effective import FIRST_DAY, Days
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import EffectiveFact, Origin
from aggregates.profile_class.profile_class import ProfileClass

LONGEST_NUMBER: Final = 30


class AccountExistsError(ConflictError):
    """The account number is taken."""


class AccountNotFoundError(NotFoundError):
    """There is no account with this number."""


class BeforeStartError(InvalidError):
    """An account has no profile before its start date."""


class Account(ProfileHolder):
    """One account. Its profile is never ended: it can only be superseded."""

    KIND: ClassVar[str] = "account"
    ASSIGNED: ClassVar[type[EffectiveFact]] = AccountProfileClassAssigned
    UPDATED: ClassVar[type[EffectiveFact]] = AccountProfileUpdated
    PROPAGATED: ClassVar[type[EffectiveFact]] = AccountProfilePropagated

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.number = ""
        self.customer = ""
        self.start = FIRST_DAY

    def key_fields(self) -> dict[str, str]:
        """See `ProfileHolder`."""
        return {"account": self.number}

    def label(self) -> str:
        """See `ProfileHolder`."""
        return f"account {self.number}"

    # Decisions

    def open(self, origin: Origin, *, number: str, customer: str, start: date, default: ProfileClass) -> None:
        """Opens the account and assigns the class DEFAULT from its start date on (rule 2.5)."""
        number = account_number(number)
        if self.version:
            raise AccountExistsError(f"Account {number} is already open.", field="account")
        self.record(AccountOpened, origin, account=number, customer=customer, effective_from=start)
        self.assign(origin, default, Days(start))

    def check_start(self, day: date) -> None:
        """Raises `BeforeStartError` for a day before the start date."""
        if day < self.start:
            raise BeforeStartError(f"Account {self.number} starts on {self.start}.", field="effective_from")

    # What the facts say

    @applies(AccountOpened)
    def _opened(self, event: AccountOpened) -> None:
        self.number, self.customer, self.start = event.account, event.customer, event.effective_from

    @applies(AccountProfileClassAssigned)
    def _assigned(self, event: AccountProfileClassAssigned) -> None:
        self._hold(event)

    @applies(AccountProfileUpdated)
    def _updated(self, event: AccountProfileUpdated) -> None:
        self._hold(event)

    @applies(AccountProfilePropagated)
    def _propagated(self, event: AccountProfilePropagated) -> None:
        self._hold(event)


def account_number(value: str) -> str:
    """An account number: 1 to 30 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="account", label="The account number", longest=LONGEST_NUMBER)
