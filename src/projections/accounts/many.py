"""Many places, days and instants in one statement each. Called with a view of the read model `accounts`."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from aggregates.account.place import Place
from aggregates.effective import Days, Timeline, Version
from projections.accounts.answers import InForce
from projections.accounts.tables import holder_id
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force_exclusive, met_between
from projections.tables.plain import PlainValue, flat

_ACCOUNTS_SINCE: Final = "SELECT number, opened_at FROM accounts WHERE number = ANY (%s) AND opened_at <= %s"
_SITES_SINCE: Final = """
    SELECT one.account, one.site, one.created_at FROM unnest(%s::text[], %s::text[]) AS wanted (account, site)
    JOIN account_sites AS one ON one.account = wanted.account AND one.site = wanted.site AND one.created_at <= %s
"""
_FACTS: Final = f"""
    SELECT wanted.holder, wanted.day, wanted.instant, held.fact
    FROM unnest(%s::uuid[], %s::date[], %s::timestamptz[]) AS wanted (holder, day, instant)
    CROSS JOIN LATERAL (
        SELECT fact FROM profiles AS one
        WHERE one.holder = wanted.holder AND {in_force_exclusive("one", "wanted.day", "wanted.instant")} OFFSET 0
    ) AS held
"""
"""OFFSET 0 keeps it one probe of the index for each of them."""
_FACTS_ON_DAYS: Final = f"""
    SELECT wanted.holder, lower(held.valid), upper(held.valid), held.fact
    FROM unnest(%(holders)s::uuid[]) AS wanted (holder)
    CROSS JOIN LATERAL (
        SELECT valid, fact FROM profiles AS one
        WHERE one.holder = wanted.holder AND {met_between("one")} OFFSET 0
    ) AS held
    ORDER BY wanted.holder, lower(held.valid)
"""
_PROFILES: Final = f"""
    SELECT wanted.holder, lower(held.valid), upper(held.valid) - 1, fact.event_id, fact.content
    FROM unnest(%(holders)s::uuid[]) AS wanted (holder)
    CROSS JOIN LATERAL (
        SELECT valid, fact FROM profiles AS one WHERE one.holder = wanted.holder AND {in_force_exclusive("one")} OFFSET 0
    ) AS held
    JOIN profile_facts AS fact ON fact.position = held.fact
"""
_CONTENTS: Final = "SELECT position, content FROM profile_facts WHERE position = ANY (%s)"

Moment = tuple[UUID, date, datetime]
"""What holds something (an account, a site, or the company with its options), a day, and an instant of knowledge."""
Values = dict[str, PlainValue]
"""Values by path."""


def known_since(view: View, places: Collection[Place]) -> dict[Place, datetime]:
    """Returns since when each of these places is known; those that were not known at the view's instant are left out."""
    accounts = [place.account for place in places if place.site is None]
    sites = [(place.account, place.site) for place in places if place.site is not None]
    columns = [list(column) for column in zip(*sites, strict=True)] or [[], []]
    opened = view.connection.execute(_ACCOUNTS_SINCE, [accounts, view.known_at]).fetchall()
    created = view.connection.execute(_SITES_SINCE, [*columns, view.known_at]).fetchall()
    return {Place(*place): since for *place, since in (*opened, *created)}


def facts_at(view: View, moments: Collection[Moment]) -> dict[Moment, int]:
    """Returns the position of the fact that holds at each of these moments; those at which none does are left out."""
    columns = [list(column) for column in zip(*moments, strict=True)] or [[], [], []]
    rows = view.connection.execute(_FACTS, columns, binary=True).fetchall()
    return {(holder, day, instant): fact for holder, day, instant, fact in rows}


def timelines_of(view: View, holders: Sequence[UUID], days: Days) -> dict[UUID, Timeline[Values]]:
    """Returns the values that each of these holds on these days, as known at the view's instant; of one that holds none, nothing."""
    last = date.max if days.last is None else days.last
    parameters = {"holders": list(holders), "first": days.first, "last": last, "known_at": view.known_at}
    rows = view.connection.execute(_FACTS_ON_DAYS, parameters, binary=True).fetchall()
    values = values_of(view, {fact for *_, fact in rows})
    versions: dict[UUID, list[Version[Values]]] = {holder: [] for holder in holders}
    for holder, first, past, fact in rows:
        days_held = Days(first, None if past is None else past - timedelta(days=1))
        versions[holder].append(Version(days_held, values[fact]))
    return {holder: Timeline(tuple(of_holder)) for holder, of_holder in versions.items()}


def in_force(view: View, places: Collection[Place]) -> dict[Place, InForce]:
    """Returns the profile in force of each of these places at the view's clocks; places without one are left out."""
    holders = {holder_id(view.company, place): place for place in places}
    parameters = {**clocks(view), "holders": list(holders)}
    rows = view.connection.execute(_PROFILES, parameters, binary=True).fetchall()
    return {
        holders[holder]: InForce(Days(first, last), event_id, content)
        for holder, first, last, event_id, content in rows
    }


def values_of(view: View, positions: Collection[int]) -> dict[int, Values]:
    """Returns the values of the profiles and system options that these facts, by position, say to hold; others are left out."""
    rows = view.connection.execute(_CONTENTS, [list(positions)]).fetchall()
    return {position: flat(orjson.loads(content)["terms"]) for position, content in rows}
