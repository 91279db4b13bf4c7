"""Accounts, sites and the profiles in force, read at two clocks. Called with a view of the read model `accounts`.

A profile is found by one probe of one index, however many versions it has: `in_force_exclusive` on the exclusion constraint's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from aggregates.account.place import Place
from aggregates.account.resolving import Level
from aggregates.effective import Days
from aggregates.profile_class.currencies import currency_code
from aggregates.setup.system_options import SystemOptions
from projections.accounts.answers import InForce, profile_of, resolution_of, system_options_read
from projections.accounts.models import AccountRead, ProfileRead, Resolution, SiteRead, SystemOptionsRead
from projections.accounts.tables import MERGES, OPTIONS_KEY, VERSIONS, class_key, holder_id, is_storable, version_key
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.questions import Answered, Question, ask_view
from projections.reading.view import View
from projections.tables.beginnings import IN_ORDER, begins
from projections.tables.bitemporal import clocks, in_force_exclusive, met_since
from store.database import Row

_ACCOUNTS: Final = f"""
    SELECT number, customer, start, {VERSIONS.at_known("'account/' || number")}, opened_at
    FROM accounts WHERE opened_at <= %(known_at)s AND {{which}}
"""
ACCOUNT: Final[Question[None]] = Question(
    ("accounts",), (("number", "text"),), _ACCOUNTS.format(which="number = %(number)s")
)
_ALL_ACCOUNTS: Final = _ACCOUNTS.format(which="number > %(after)s ORDER BY number LIMIT %(rows)s")
_THESE_ACCOUNTS: Final = _ACCOUNTS.format(which="number = ANY(%(numbers)s) ORDER BY number")


def owners(alias: str) -> str:
    """SQL: a table of the numbers of a customer and of those merged into it, as known then."""
    return f"unnest(%(customer)s::text || {MERGES.aliases('%(customer)s::text')}) AS {alias} (number)"


_OF_CUSTOMER: Final = f"""
    SELECT found.number, found.customer, found.start, {VERSIONS.at_known("'account/' || found.number")}, found.opened_at
    FROM {owners("owner")}
    CROSS JOIN LATERAL (
        SELECT number, customer, start, opened_at FROM accounts AS one
        WHERE one.customer = owner.number AND one.opened_at <= %(known_at)s AND one.number > %(after)s
        ORDER BY one.number LIMIT %(rows)s
    ) AS found
    ORDER BY found.number LIMIT %(rows)s
"""
"""For each of the numbers a page at most, from the index in its order, however many accounts there are."""
_SITES: Final = f"""
    SELECT account, site, {VERSIONS.at_known("'site/' || account || '/' || site")}, created_at,
           coalesce(profile_at <= %(known_at)s, false)
    FROM account_sites WHERE account = %(account)s AND created_at <= %(known_at)s AND {{which}}
    ORDER BY site LIMIT %(rows)s
"""
_SITE: Final = _SITES.format(which="site = %(site)s")
_ALL_SITES: Final = _SITES.format(which="site > %(after)s")
_ACCOUNTS_BEGINNING: Final = f"""
    SELECT found.number, found.customer
    FROM unnest(%(beginnings)s::text[]) AS wanted (beginning)
    CROSS JOIN LATERAL (
        SELECT one.number, one.customer FROM accounts AS one
        WHERE {begins("one.number", "wanted.beginning")} AND one.opened_at <= %(known_at)s
        ORDER BY one.number LIMIT %(rows)s
    ) AS found
    ORDER BY found.number LIMIT %(rows)s
"""
_SITES_BEGINNING: Final = f"""
    SELECT found.account, found.site
    FROM unnest(%(beginnings)s::text[]) AS wanted (beginning)
    CROSS JOIN LATERAL (
        SELECT one.account, one.site FROM account_sites AS one
        WHERE {begins("one.site", "wanted.beginning")} AND one.created_at <= %(known_at)s
        ORDER BY one.site, one.account LIMIT %(rows)s
    ) AS found
    ORDER BY found.site, found.account LIMIT %(rows)s
"""
_PROFILE: Final = f"""
    SELECT lower(held.valid), upper(held.valid) - 1, fact.event_id, fact.content, {VERSIONS.at_known("%(key)s")}
    FROM profiles AS held JOIN profile_facts AS fact ON fact.position = held.fact
    WHERE held.holder = %(holder)s AND {in_force_exclusive("held")}
"""
PROFILE: Final[Question[None]] = Question(("accounts",), (("holder", "uuid"), ("key", "text")), _PROFILE)
_LEVELS: Final = f"""
    SELECT wanted.level, lower(held.valid), upper(held.valid) - 1, fact.event_id, fact.content
    FROM unnest(%(levels)s::text[], %(holders)s::uuid[]) AS wanted (level, holder)
    CROSS JOIN LATERAL (
        SELECT valid, fact FROM profiles AS one WHERE one.holder = wanted.holder AND {in_force_exclusive("one")} OFFSET 0
    ) AS held
    JOIN profile_facts AS fact ON fact.position = held.fact
"""
_NUMBERS_OF_SITES: Final = """
    SELECT site, coalesce(profile_at <= %(known_at)s, false)
    FROM account_sites WHERE account = %(account)s AND created_at <= %(known_at)s
"""
_COVERING: Final = f"""
    SELECT count(*) FROM unnest(%(holders)s::uuid[]) AS site (holder)
    CROSS JOIN LATERAL (
        SELECT range_agg(valid) AS days FROM profiles AS one
        WHERE one.holder = site.holder AND {met_since("one")} OFFSET 0
    ) AS own
    WHERE own.days @> %(days)s::datemultirange
"""
_OF_CLASS: Final = f"""
    SELECT member.account, member.site
    FROM profile_class_members AS member
    WHERE member.class = %(class)s AND (member.account, member.site) > (%(account)s, %(site)s)
      AND EXISTS (
        SELECT FROM profiles AS one JOIN profile_facts AS fact ON fact.position = one.fact
        WHERE one.holder = member.holder AND {met_since("one")} AND fact.class = %(class)s
          AND (lower(one.valid) > %(valid_at)s::date OR NOT %(later)s) OFFSET 0
      )
    ORDER BY member.account, member.site LIMIT %(rows)s
"""
"""OFFSET 0 keeps it a probe of each member in order, whatever the planner knows of the tables."""


@dataclass(frozen=True, slots=True)
class SitesFollowing:
    """How many sites an account has, and how many of them have no profile of their own on at least one of some days."""

    total: int
    following: int


def account(view: View, number: str) -> AccountRead | None:
    """An account; `None` when there is none with this number, as known then."""
    if not is_storable(Place(number)):
        return None
    content = account_content(ask_view(view, ACCOUNT, {"number": number}))
    return None if content is None else AccountRead(**content)


def account_content(answered: Answered[None]) -> dict[str, Any] | None:
    """Returns the members of an `AccountRead`; `None` when there is no such account, as known then."""
    return _account_members(answered.rows[0]) if answered.rows else None


def accounts(view: View, limit: int = 100, cursor: str | None = None, customer: str | None = None) -> Page[AccountRead]:
    """Returns accounts by number: all, or those of a customer and of customers merged into it, as known then (rule 6.1).

    Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, str) or ("",)
    parameters = {"known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1, "customer": customer}
    query = _ALL_ACCOUNTS if customer is None else _OF_CUSTOMER
    rows = [] if customer and "\0" in customer else view.connection.execute(query, parameters).fetchall()
    return page(rows, limit, lambda row: (row[0],), _account)


def account_rows(view: View, numbers: Sequence[str]) -> list[Row]:
    """Rows of these accounts, by number: number, customer, start, version, opened at."""
    parameters = {"numbers": list(numbers), "known_at": view.known_at}
    return view.connection.execute(_THESE_ACCOUNTS, parameters).fetchall()


def site(view: View, account: str, site: str) -> SiteRead | None:
    """A site of an account; `None` when there is none, as known then."""
    if not is_storable(Place(account, site)):
        return None
    parameters = {"account": account, "site": site, "known_at": view.known_at, "rows": 1}
    row = view.connection.execute(_SITE, parameters).fetchone()
    return None if row is None else _site(row)


def sites(view: View, account: str, limit: int = 100, cursor: str | None = None) -> Page[SiteRead]:
    """The sites of an account, by number. Raises `InvalidError` for a bad limit or cursor."""
    after = keys_of(cursor, str) or ("",)
    parameters = {"account": account, "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    rows = view.connection.execute(_ALL_SITES, parameters).fetchall() if is_storable(Place(account)) else []
    return page(rows, limit, lambda row: (row[1],), _site)


def number_of_sites(view: View, account: str) -> int:
    """Returns how many sites an account has."""
    parameters = {"account": account, "known_at": view.known_at}
    return len(view.connection.execute(_NUMBERS_OF_SITES, parameters).fetchall())


def by_beginning(
    view: View, beginnings: Sequence[str], limit: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Up to `limit` accounts, with their customers, and as many sites, with their accounts, whose number begins so, by number."""
    parameters = {"beginnings": list(beginnings), "known_at": view.known_at, "rows": limit}
    accounts, sites = (
        view.connection.execute(query, parameters).fetchall() for query in (_ACCOUNTS_BEGINNING, _SITES_BEGINNING)
    )
    return accounts, sites


def sites_following(view: View, account: str, days: Sequence[Days]) -> SitesFollowing:
    """How many of an account's sites follow it on some days, in order, at least one range: its profile applies to them (rule 2.14)."""
    parameters: dict[str, Any] = {"account": account, "known_at": view.known_at}
    sites = view.connection.execute(_NUMBERS_OF_SITES, parameters).fetchall()
    holders = [holder_id(view.company, Place(account, site)) for site, has_profile in sites if has_profile]
    ranges = Multirange([Range(range_.first, range_.last, "[]") for range_ in days])
    parameters |= {"holders": holders, "days": ranges, "valid_at": days[0].first}
    [[covering]] = view.connection.execute(_COVERING, parameters).fetchall()
    return SitesFollowing(len(sites), len(sites) - covering)


def profile(view: View, place: Place, explain: bool = False) -> ProfileRead | None:
    """The profile in force; `None` when none is, or there is no such account or site, as known then."""
    if not is_storable(place):
        return None
    return profile_of(ask_view(view, PROFILE, profile_asked(view.company, place)), place, explain)


def profile_asked(company: str, place: Place) -> dict[str, Any]:
    """Returns the values of `PROFILE`."""
    return {"holder": holder_id(company, place), "key": version_key(place)}


def resolution(view: View, account: str, site: str | None = None, currency: str | None = None) -> Resolution | None:
    """Returns what applies to a transaction of the view's day; `None` when the account or site is not known.

    `currency`: only the amounts of this currency, whichever are stored. Raises `TextError` for what is no code.
    """
    code = None if currency is None else currency_code(currency, field="currency")
    place = Place(account, site)
    if _account_of(view, account) is None or (site is not None and _site_of(view, account, site) is None):
        return None
    holders = {Level.ACCOUNT: holder_id(view.company, Place(account)), Level.SYSTEM: _options_id(view)}
    if site is not None:
        holders[Level.SITE] = holder_id(view.company, place)
    return resolution_of(place, view.clocks, _in_force(view, holders), code)


def system_options(view: View) -> SystemOptionsRead:
    """The company's own options on the view's day."""
    options = _in_force(view, {Level.SYSTEM: _options_id(view)}).get(Level.SYSTEM)
    return system_options_read(view.clocks, options, VERSIONS.at(view, OPTIONS_KEY))


def system_options_set_by(view: View) -> dict[str, UUID]:
    """Returns the events behind the company's own options on the view's day, by path."""
    options = _in_force(view, {Level.SYSTEM: _options_id(view)}).get(Level.SYSTEM)
    return {} if options is None else dict(options.system_values().set_by)


def profiles_of_class(
    view: View, name: str, after: tuple[str, str], limit: int, *, later: bool = False
) -> list[tuple[str, str]]:
    """Accounts and sites (`''`: the account itself) after `after`, in this order, that have a class on the view's day or later.

    `later`: only those of which a version with the class begins later. The name counts whatever its case. At most `limit`; fewer
    say that there are no more.
    """
    view.connection.execute(IN_ORDER)
    parameters = {**clocks(view), "class": class_key(name), "account": after[0], "site": after[1], "rows": limit}
    rows = view.connection.execute(_OF_CLASS, parameters | {"later": later})
    return [(account, site) for account, site in rows]


_account_of, _site_of = account, site
"""Both functions under names that no parameter hides."""


def _in_force(view: View, holders: dict[Level, UUID]) -> dict[Level, InForce]:
    """Returns what is in force at each level; levels without anything are left out."""
    levels = [level.value for level in holders]
    parameters: dict[str, Any] = {**clocks(view), "levels": levels, "holders": list(holders.values())}
    rows: list[tuple[str, date, date | None, UUID, str]]
    rows = view.connection.execute(_LEVELS, parameters, binary=True).fetchall()
    return {
        Level(level): InForce(Days(first, last), event_id, content) for level, first, last, event_id, content in rows
    }


def _options_id(view: View) -> UUID:
    return SystemOptions.id_of(view.company, view.company)


def _account(row: Row) -> AccountRead:
    return AccountRead(**_account_members(row))


def _account_members(row: Row) -> dict[str, Any]:
    number, customer, start, version, opened_at = row
    return {"account": number, "customer": customer, "start": start, "version": version, "opened_at": opened_at}


def _site(row: Row) -> SiteRead:
    account, site, version, created_at, has_profile = row
    return SiteRead(account=account, site=site, version=version, created_at=created_at, has_profile=has_profile)
