"""Accounts and sites as far as they were known then, or the refusal that says what there is instead.

Used by the API and by the command line. Whether something exists is looked up in the read model, or in the log alone.
"""

from datetime import date, datetime

from aggregates.account.account import Account, AccountNotFoundError
from aggregates.account.place import Place
from aggregates.account.site import Site, SiteNotFoundError
from aggregates.aggregate import Aggregate
from aggregates.errors import NotFoundError
from projections.accounts import queries as accounts
from projections.accounts.models import AccountRead, ProfileRead, SiteRead
from projections.reading.view import View
from store.application import Dossier


class NoProfileInForceError(NotFoundError):
    """The account or site has no profile of its own on that day; the text says what applies instead."""


def existing_account(view: View, account: str) -> AccountRead:
    """Returns the account. Raises `AccountNotFoundError`."""
    read = accounts.account(view, account)
    if read is None:
        raise no_account(account)
    return read


def no_account(account: str) -> AccountNotFoundError:
    """Returns the refusal of an account that there is not."""
    return AccountNotFoundError(f"Account {account} does not exist.")


def existing_site(view: View, account: str, site: str) -> SiteRead:
    """Returns the site. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    existing_account(view, account)
    read = accounts.site(view, account, site)
    if read is None:
        raise SiteNotFoundError(f"Account {account} has no site {site}.")
    return read


def check_exists(view: View, place: Place) -> None:
    """Checks that the place was known then. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    if place.site is None:
        existing_account(view, place.account)
    else:
        existing_site(view, place.account, place.site)


def check_recorded(dossier: Dossier, place: Place, known_at: datetime) -> None:
    """Checks in the log alone that the place was known then. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    if not _recorded(dossier, Account, place.account, known_at):
        raise no_account(place.account)
    if place.site is not None and not _recorded(dossier, Site, Site.key(place.account, place.site), known_at):
        raise SiteNotFoundError(f"Account {place.account} has no site {place.site}.")


def _recorded(dossier: Dossier, kind: type[Aggregate], key: str, known_at: datetime) -> bool:
    events = dossier.log_of_facts.select_events(kind.id_of(dossier.company, key), limit=1)
    return any(event.recorded_at <= known_at for event in events)


def no_profile_in_force(place: Place, day: date, account: ProfileRead | None) -> NoProfileInForceError:
    """Returns the refusal for a place that has no profile on that day, with what applies instead (rules 2.12-2.14).

    `account` is the account's profile on the day, where that of a site was requested.
    """
    if place.site is None:
        return NoProfileInForceError(
            f"Account {place.account} has no profile on {day}, which is before its start date;"
            " the company's system options apply."
        )
    if account is None:
        return NoProfileInForceError(
            f"Site {place.site} has no profile on {day}, and its account {place.account} has none either;"
            " the company's system options apply."
        )
    return NoProfileInForceError(
        f"Site {place.site} has no profile of its own on {day}; that of its account {place.account} applies:"
        f" {account.profile_class}, class version {account.class_version}."
    )
