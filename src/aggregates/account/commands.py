"""Use cases of accounts and sites. Each loads what it needs, lets it decide, and stores its facts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aggregates.account.account import Account, AccountNotFoundError, account_number
from aggregates.account.holder import ProfileHolder
from aggregates.account.impact import check_impact
from aggregates.account.place import Place
from aggregates.account.site import Site, SiteNotFoundError, site_number
from aggregates.customer.commands import CustomerNotDefinedError, customer_or_survivor
from aggregates.effective import FROM_TODAY, Days, When
from aggregates.errors import InvalidError
from aggregates.profile_class.profile_class import DEFAULT, ClassNotDefinedError, ProfileClass
from aggregates.profile_class.terms import NOTHING, check_amounts, check_kept, check_named, read_patch
from aggregates.setup.catalogue import Setup, SetupStore
from aggregates.texts import Faults
from aggregates.use_case import FactStore, Outcome, Request, command


@command
def open_account(
    store: SetupStore, request: Request, *, account: str, customer: str, start: date | None = None
) -> Outcome:
    """Opens a billing account of a customer, with the class DEFAULT from its start date on (rule 2.5).

    A number that was merged away leads to its survivor (rule 6.1).
    """
    setup, faults = store.setup(), Faults()
    start = _day(faults, "start", start or request.today)
    with faults:
        account = account_number(account)
    owner = customer_or_survivor(store, customer)
    if owner is None:
        faults.errors.append(CustomerNotDefinedError(f"Customer {customer} does not exist.", field="customer"))
    faults.raise_any()
    new_account = store.load(Account, account) or Account.new(store.company, account)
    new_account.expect(request.expected_versions)
    default = _class(setup, DEFAULT)
    number = owner.number if owner else customer
    new_account.open(request.origin, number=account, customer=number, start=start, default=default)
    return store.keep(request, new_account, decided_on=setup.position)


@command
def create_site(store: FactStore, request: Request, *, account: str, site: str) -> Outcome:
    """Creates a site under an account. It has no profile of its own (rule 2.6)."""
    _holder(store, Place(account))
    site = site_number(site)
    new_site = store.load(Site, Site.key(account, site)) or Site.new(store.company, Site.key(account, site))
    new_site.expect(request.expected_versions)
    new_site.create(request.origin, account=account, number=site)
    return store.keep(request, new_site)


@command
def assign_class(
    store: SetupStore,
    request: Request,
    place: Place,
    *,
    profile_class: str,
    when: When = FROM_TODAY,
    keep_overrides: bool = False,
    create: bool = False,
) -> Outcome:
    """Assigns a class to an account or a site (rules 2.6-2.11). `create`: it must be the site's first profile."""
    setup, faults = store.setup(), Faults()
    holder = _holder(store, place)
    holder.expect(request.expected_versions)
    days = _days(faults, holder, when, request.today)
    with faults:
        assigned = _class(setup, profile_class)
        assigned.check_assignable()
    if create and isinstance(holder, Site):
        with faults:
            holder.check_first()
    faults.raise_any()
    before = holder.profiles
    if create and isinstance(holder, Site):
        holder.create_profile(request.origin, assigned, days)
    else:
        holder.assign(request.origin, assigned, days, keep_later=when.keep_later, keep_overrides=keep_overrides)
    check_impact(request.origin.impact, place, before, holder.pending)
    return store.keep(request, holder, decided_on=setup.position)


@command
def update_profile(
    store: FactStore,
    request: Request,
    place: Place,
    *,
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    when: When = FROM_TODAY,
) -> Outcome:
    """Changes details on this account or site only, on each day on which it has a profile (rules 2.8, 2.21)."""
    faults = Faults()
    holder = _holder(store, place)
    holder.expect(request.expected_versions)
    days = _days(faults, holder, when, request.today)
    if not faults.errors:
        with faults:
            holder.stretches(days, keep_later=when.keep_later)
    patch = read_patch(faults, options=options, amounts=amounts, attributes=attributes)
    before, profile = holder.profiles, holder.profile(days.first)
    check_amounts(faults, patch, profile.content.terms if profile else NOTHING, days.first)
    check_kept(faults, patch)
    check_named(faults, patch, dated=when.dated)
    faults.raise_any()
    holder.update(request.origin, patch, days, keep_later=when.keep_later)
    check_impact(request.origin.impact, place, before, holder.pending)
    return store.keep(request, holder)


@command
def end_site_profile(
    store: FactStore, request: Request, place: Place, *, last_day: date | None = None, keep_later: bool = False
) -> Outcome:
    """Ends a site's profile after `last_day`, today by default; its account's applies again (rule 2.14)."""
    holder = _holder(store, place)
    if not isinstance(holder, Site):
        raise InvalidError("An account always has a profile; only a site's can end.", field="site")
    holder.expect(request.expected_versions)
    faults = Faults()
    last_day = _day(faults, "effective_to", last_day or request.today)
    faults.raise_any()
    before = holder.profiles
    holder.end(request.origin, last_day, keep_later=keep_later)
    check_impact(request.origin.impact, place, before, holder.pending)
    return store.keep(request, holder)


def _holder(store: FactStore, place: Place) -> ProfileHolder:
    """The account or site. Raises `AccountNotFoundError`, `SiteNotFoundError`."""
    if place.site is None:
        account = store.load(Account, place.account)
        if account is None:
            raise AccountNotFoundError(f"Account {place.account} does not exist.")
        return account
    site = store.load(Site, Site.key(place.account, place.site))
    if site is None:
        if store.load(Account, place.account) is None:
            raise AccountNotFoundError(f"Account {place.account} does not exist.")
        raise SiteNotFoundError(f"Account {place.account} has no site {place.site}.")
    return site


def _days(faults: Faults, holder: ProfileHolder, when: When, today: date) -> Days:
    days = when.days(faults, today)
    if isinstance(holder, Account):
        with faults:
            holder.check_start(days.first)
    return days


def _day(faults: Faults, field: str, day: date) -> date:
    with faults.at(field):
        Days(day)
    return day


def _class(setup: Setup, name: str) -> ProfileClass:
    profile_class = setup.profile_class(name)
    if profile_class is None:
        raise ClassNotDefinedError(f"Profile class {name} does not exist.", field="profile_class")
    return profile_class
