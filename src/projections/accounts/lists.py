"""Lists of accounts and sites by the profile in force, at two clocks: by class, by class version, by what was set here (rules 2.7, 2.8).

Called by the API with a view of the read model `accounts`. Whatever ever had the class, or ever had the value set here, is a candidate: in
the order of the list, each is looked up at the clocks. At most `MOST_EXAMINED` are for one page, which then may be shorter than asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from projections.accounts.models import AccountListed, Applied, SiteListed
from projections.accounts.queries import account_rows, owners
from projections.accounts.tables import VERSIONS, class_key
from projections.reading.paging import MOST_COUNTED, CountedPage, bounded, cursor_of, keys_of, page, totals
from projections.reading.view import View
from projections.tables.beginnings import IN_ORDER
from projections.tables.bitemporal import clocks, in_force_exclusive
from store.database import Row

MOST_EXAMINED: Final = 20_000
"""Candidates that are looked up for one page, and for one total."""
_FIRST_STEP: Final = 64
_LAST_STEP: Final = 1_024
"""Candidates that are looked up together: the step doubles up to this."""
_BY_CLASS: Final = "profile_class_members AS one WHERE one.class = %(class)s"
_BY_VALUE: Final = "profile_overrides AS one WHERE one.path = %(set_here)s"
_CANDIDATES: Final = f"""
    SELECT candidate.account, candidate.site, fact.position, lower(held.valid), upper(held.valid) - 1
    FROM (
        SELECT one.account, one.site, one.holder FROM {{which}} AND (one.site <> '') = %(sites)s
          AND (one.account, one.site) > (%(account)s, %(site)s)
        ORDER BY one.account, one.site LIMIT %(step)s
    ) AS candidate
    LEFT JOIN LATERAL (
        SELECT valid, fact FROM profiles AS one WHERE one.holder = candidate.holder AND {in_force_exclusive("one")} OFFSET 0
    ) AS held ON true
    LEFT JOIN profile_facts AS fact ON fact.position = held.fact AND {{conditions}}
    ORDER BY candidate.account, candidate.site
"""
_SITES: Final = f"""
    SELECT account, site, {VERSIONS.at_known("'site/' || account || '/' || site")}, created_at,
           coalesce(profile_at <= %(known_at)s, false)
    FROM account_sites WHERE created_at <= %(known_at)s AND {{which}} ORDER BY account, site LIMIT %(rows)s
"""
_ALL_SITES: Final = _SITES.format(which="(account, site) > (%(account)s, %(site)s)")
_THESE_SITES: Final = _SITES.format(
    which="(account, site) IN (SELECT * FROM unnest(%(accounts)s::text[], %(sites)s::text[]))"
)
_COUNT: Final = f"SELECT count(*) FROM (SELECT FROM {{what}} <= %(known_at)s LIMIT {MOST_COUNTED + 1}) AS counted"
_COUNT_ACCOUNTS: Final = _COUNT.format(what="accounts WHERE opened_at")
_COUNT_OF_CUSTOMER: Final = _COUNT.format(
    what=f"{owners('owner')} JOIN accounts AS one ON one.customer = owner.number WHERE one.opened_at"
)
_COUNT_SITES: Final = _COUNT.format(what="account_sites WHERE created_at")
_APPLIED: Final = """
    SELECT position, content::jsonb ->> 'profile_class', class_version FROM profile_facts WHERE position = ANY(%s)
"""
_CONDITIONS: Final = {
    "class": "fact.class = %(class)s",
    "below": "fact.class_version < %(below)s",
    "set_here": "%(set_here)s = ANY(fact.set_here)",
}

Key = tuple[str, str]
"""Account and site; of an account itself the site is blank."""


@dataclass(frozen=True, slots=True)
class ProfileFilters:
    """What the profile in force must be: of a class, whatever the case of its name; of a class version below this one; with a value of its
    own at a path, set or taken away here.
    """

    profile_class: str | None = None
    class_version_below: int | None = None
    set_here: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Those that are given, as SQL parameters."""
        named = {
            "class": None if self.profile_class is None else class_key(self.profile_class),
            "below": self.class_version_below,
            "set_here": self.set_here,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An account or site; `fact` is the position of the event that made its profile in force, `None` if that is not one of those wanted."""

    key: Key
    fact: int | None
    days: tuple[Any, Any]


def accounts_by_profile(
    view: View, filters: ProfileFilters, limit: int, cursor: str | None, *, total: bool
) -> CountedPage[AccountListed]:
    """Accounts with such a profile, by number; with `total`, how many. Raises `InvalidError` for a bad limit or cursor."""
    after = keys_of(cursor, str)
    selection = _found(view, filters, None if after is None else (after[0], ""), limit, sites=False)
    rows = {row[0]: row for row in account_rows(view, [each.key[0] for each in selection.matches])}
    names = ("account", "customer", "start", "version", "opened_at")
    items = [
        AccountListed(**dict(zip(names, rows[each.key[0]], strict=True)), profile=selection.applied[each.key])
        for each in selection.matches
    ]
    next_cursor = None if selection.last is None else cursor_of(selection.last[0])
    return CountedPage(items=items, next_cursor=next_cursor, **_totals(view, filters, total=total, sites=False))


def sites_by_profile(
    view: View, filters: ProfileFilters, limit: int, cursor: str | None, *, total: bool
) -> CountedPage[SiteListed]:
    """Sites with such a profile of their own, by account, then number; else as `accounts_by_profile`."""
    selection = _found(view, filters, keys_of(cursor, str, str), limit, sites=True)
    accounts, numbers = [each.key[0] for each in selection.matches], [each.key[1] for each in selection.matches]
    parameters = {"known_at": view.known_at, "accounts": accounts, "sites": numbers, "rows": limit}
    rows = {row[:2]: row for row in view.connection.execute(_THESE_SITES, parameters)}
    names = ("account", "site", "version", "created_at", "has_profile")
    items = [
        SiteListed(**dict(zip(names, rows[each.key], strict=True)), profile=selection.applied[each.key])
        for each in selection.matches
    ]
    next_cursor = None if selection.last is None else cursor_of(*selection.last)
    return CountedPage(items=items, next_cursor=next_cursor, **_totals(view, filters, total=total, sites=True))


def all_sites(view: View, limit: int, cursor: str | None) -> CountedPage[SiteListed]:
    """All sites, by account, then number. Raises `InvalidError` for a bad limit or cursor."""
    after = keys_of(cursor, str, str) or ("", "")
    parameters = {"known_at": view.known_at, "account": after[0], "site": after[1], "rows": bounded(limit) + 1}
    listed = page(view.connection.execute(_ALL_SITES, parameters).fetchall(), limit, lambda row: row[:2], _site)
    return CountedPage(items=listed.items, next_cursor=listed.next_cursor)


def count_accounts(view: View, customer: str | None) -> int:
    """Returns how many accounts there are, or a customer has, at most one more than `MOST_COUNTED`."""
    query = _COUNT_ACCOUNTS if customer is None else _COUNT_OF_CUSTOMER
    [(count,)] = view.connection.execute(query, {"known_at": view.known_at, "customer": customer}).fetchall()
    return int(count)


def count_sites(view: View) -> int:
    """Returns how many sites there are, at most one more than `MOST_COUNTED`."""
    [(count,)] = view.connection.execute(_COUNT_SITES, {"known_at": view.known_at}).fetchall()
    return int(count)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a page shows, and the last candidate that was looked up; `None` where none follows."""

    matches: Sequence[_Candidate]
    applied: Mapping[Key, Applied]
    last: Key | None


def _found(view: View, filters: ProfileFilters, after: Key | None, limit: int, *, sites: bool) -> _Found:
    most = bounded(limit)
    matches: list[_Candidate] = []
    last: Key | None = None
    for examined, candidate in enumerate(_candidates(view, filters, after or ("", ""), sites=sites), start=1):
        if candidate.fact is not None and len(matches) == most:
            last = matches[-1].key
            break
        if candidate.fact is not None:
            matches.append(candidate)
        if examined == MOST_EXAMINED:
            last = candidate.key
            break
    return _Found(matches, _applied(view, matches), last)


def _candidates(view: View, filters: ProfileFilters, after: Key, *, sites: bool) -> Iterator[_Candidate]:
    """Yields the candidates behind `after`, in order, looked up in steps."""
    view.connection.execute(IN_ORDER)
    wanted = filters.parameters
    which = _BY_CLASS if filters.set_here is None else _BY_VALUE
    query = _CANDIDATES.format(which=which, conditions=" AND ".join(_CONDITIONS[name] for name in wanted))
    step = _FIRST_STEP
    while True:
        key = {"account": after[0], "site": after[1], "sites": sites, "step": step}
        rows = view.connection.execute(query.encode(), {**clocks(view), **wanted, **key}).fetchall()
        yield from (_Candidate((account, site), fact, (first, last)) for account, site, fact, first, last in rows)
        if len(rows) < step:
            return
        after, step = rows[-1][:2], min(2 * step, _LAST_STEP)


def _applied(view: View, matches: Sequence[_Candidate]) -> dict[Key, Applied]:
    """The profile in force of each of these."""
    facts = view.connection.execute(_APPLIED, [[each.fact for each in matches]]).fetchall()
    classes = {position: (name, version) for position, name, version in facts}
    return {
        each.key: Applied(
            profile_class=classes[each.fact][0],
            class_version=classes[each.fact][1],
            effective_from=each.days[0],
            effective_to=each.days[1],
        )
        for each in matches
    }


def _totals(view: View, filters: ProfileFilters, *, total: bool, sites: bool) -> dict[str, Any]:
    """The members of a page that tell its total; none where it is not wanted."""
    if not total:
        return {}
    count = 0
    for examined, candidate in enumerate(_candidates(view, filters, ("", ""), sites=sites)):
        if count > MOST_COUNTED or examined == MOST_EXAMINED:
            return {"total": min(count, MOST_COUNTED), "total_is_exact": False}
        count += candidate.fact is not None
    return totals(count)


def _site(row: Row) -> SiteListed:
    account, site, version, created_at, has_profile = row
    return SiteListed(account=account, site=site, version=version, created_at=created_at, has_profile=has_profile)
