"""Accounts, sites and their profiles as far as they were known then, or the refusal that says what there is instead.

Used by the routers of accounts. Each question is asked of the read model, or of the log alone.
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
    """There is no profile of its own on that day; the text says what applies instead."""


def account_found(view: View, account: str) -> AccountRead:
    """The account. Raises `AccountNotFoundError`."""
    found = accounts.account(view, account)
    if found is None:
        raise AccountNotFoundError(f"Account {account} does not exist.")
    return found


def site_found(view: View, account: str, site: str) -> SiteRead:
    """The site. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    account_found(view, account)
    found = accounts.site(view, account, site)
    if found is None:
        raise SiteNotFoundError(f"Account {account} has no site {site}.")
    return found


def place_found(view: View, place: Place) -> None:
    """Nothing when the place was known then. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    if place.site is None:
        account_found(view, place.account)
    else:
        site_found(view, place.account, place.site)


def place_in_log(dossier: Dossier, place: Place, known_at: datetime) -> None:
    """The same of the log alone."""
    if not _recorded(dossier, Account, place.account, known_at):
        raise AccountNotFoundError(f"Account {place.account} does not exist.")
    if place.site is not None and not _recorded(dossier, Site, Site.key(place.account, place.site), known_at):
        raise SiteNotFoundError(f"Account {place.account} has no site {place.site}.")


def _recorded(dossier: Dossier, kind: type[Aggregate], key: str, known_at: datetime) -> bool:
    events = dossier.log_of_facts.select_events(kind.id_of(dossier.company, key), limit=1)
    return any(event.recorded_at <= known_at for event in events)


def nothing_in_force(place: Place, day: date, account: ProfileRead | None) -> NoProfileInForceError:
    """Says that a known place has no profile on that day, and what applies instead (rules 2.12-2.14).

    `account` is the account's profile on the day, where a site's is asked for.
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
