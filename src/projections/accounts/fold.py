"""`accounts`: the read model of accounts, sites, their profiles, profile classes and system options, at two clocks (rules 2.1-2.20, 6.1).

Folded by the engine; read through `queries` and `classes`. To recover it: `dossier
rebuild accounts`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from psycopg import Connection

from aggregates.account.events import (
    AccountOpened,
    AccountProfileClassAssigned,
    AccountProfilePropagated,
    AccountProfileUpdated,
    SiteCreated,
    SiteProfileClassAssigned,
    SiteProfileEnded,
    SiteProfilePropagated,
    SiteProfileUpdated,
)
from aggregates.account.place import Place
from aggregates.customer.events import CustomerBroughtBack, CustomerMergedAway
from aggregates.fact import Fact
from aggregates.profile_class.events import ProfileClassChanged, ProfileClassDefined
from aggregates.setup.events import SystemOptionsChanged
from projections.accounts.tables import (
    CLASS_COLUMNS,
    DDL,
    MERGES,
    OPTIONS_KEY,
    PROFILES,
    TABLES,
    VERSIONS,
    ProfileFact,
    class_key,
    content_of,
    place_of,
    version_key,
)
from projections.engine.projection import LoggedFact, Projection
from projections.tables.bitemporal import instant_of
from projections.tables.plain import json_text
from projections.tables.superseding import Change
from store.database import Row

_FACTS: Final[tuple[type[Fact], ...]] = (
    AccountOpened,
    AccountProfileClassAssigned,
    AccountProfileUpdated,
    AccountProfilePropagated,
    SiteCreated,
    SiteProfileClassAssigned,
    SiteProfileUpdated,
    SiteProfilePropagated,
    SiteProfileEnded,
    ProfileClassDefined,
    ProfileClassChanged,
    SystemOptionsChanged,
    CustomerMergedAway,
    CustomerBroughtBack,
)
_ClassFact = ProfileClassDefined | ProfileClassChanged
_Merge = CustomerMergedAway | CustomerBroughtBack
_Held = ProfileFact | SystemOptionsChanged
_INSERT_ACCOUNTS: Final = (
    "INSERT INTO accounts SELECT * FROM unnest(%b::text[], %b::text[], %b::date[], %b::timestamptz[])"
)
_INSERT_SITES: Final = """
    INSERT INTO account_sites (account, site, created_at) SELECT * FROM unnest(%b::text[], %b::text[], %b::timestamptz[])
"""
_FIRST_PROFILES: Final = """
    UPDATE account_sites AS one SET profile_at = fresh.at
    FROM unnest(%b::text[], %b::text[], %b::timestamptz[]) AS fresh (account, site, at)
    WHERE one.account = fresh.account AND one.site = fresh.site AND one.profile_at IS NULL
"""
_INSERT_FACTS: Final = """
    INSERT INTO profile_facts (position, event_id, class, class_version, set_here, content)
    SELECT position, event_id, class, class_version, string_to_array(set_here, ' '), content
    FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::integer[], %b::text[], %b::text[])
        AS fact (position, event_id, class, class_version, set_here, content)
"""
_INSERT_MEMBERS: Final = """
    INSERT INTO profile_class_members SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::uuid[])
    ON CONFLICT DO NOTHING
"""

_INSERT_OVERRIDES: Final = """
    INSERT INTO profile_overrides SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::uuid[])
    ON CONFLICT DO NOTHING
"""
_INSERT_CLASSES: Final = (
    f"INSERT INTO profile_class_versions ({', '.join(CLASS_COLUMNS)})"
    f" SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in CLASS_COLUMNS.values())})"
)


class AccountsProjection(Projection):
    """Accounts, sites, profiles, classes and system options."""

    name: ClassVar[str] = "accounts"
    topics: ClassVar[frozenset[str]] = frozenset(fact.TOPIC for fact in _FACTS)
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        events: list[Any] = [logged.fact for logged in facts]
        _write(connection, _INSERT_ACCOUNTS, [_account(fact) for fact in events if isinstance(fact, AccountOpened)])
        _write(connection, _INSERT_SITES, [_site(fact) for fact in events if isinstance(fact, SiteCreated)])
        _write(connection, _FIRST_PROFILES, _first_profiles(events))
        _write(connection, _INSERT_FACTS, [_fact(logged) for logged in facts if isinstance(logged.fact, _Held)])
        _write(connection, _INSERT_MEMBERS, _members(events))
        _write(connection, _INSERT_OVERRIDES, _overrides(events))
        PROFILES.fold(connection, [change for logged in facts for change in _changes(logged)])
        _write(connection, _INSERT_CLASSES, [_class_version(fact) for fact in events if isinstance(fact, _ClassFact)])
        MERGES.fold(connection, events)
        versioned = [fact for fact in events if not isinstance(fact, _ClassFact | _Merge)]
        VERSIONS.fold(connection, [(_version_key(fact), fact) for fact in versioned])


def _write(connection: Connection[Row], statement: str, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _account(fact: AccountOpened) -> Row:
    return (fact.account, fact.customer, fact.effective_from, instant_of(fact.recorded_at))


def _site(fact: SiteCreated) -> Row:
    return (fact.account, fact.site, instant_of(fact.recorded_at))


def _first_profiles(facts: Sequence[Fact]) -> list[Row]:
    """For each site that was assigned a class, when it first was."""
    first: dict[tuple[str, str], datetime] = {}
    for fact in facts:
        if isinstance(fact, SiteProfileClassAssigned):
            first.setdefault((fact.account, fact.site), instant_of(fact.recorded_at))
    return [(*key, at) for key, at in first.items()]


def _fact(logged: LoggedFact) -> Row:
    fact: Any = logged.fact
    of_profile: Row = (None, None, None)
    if isinstance(fact, ProfileFact):
        profile = fact.profile
        of_profile = (class_key(profile.profile_class), profile.class_version, " ".join(profile.set_here()))
    return (logged.position, fact.event_id, *of_profile, content_of(fact))


def _members(facts: Sequence[Fact]) -> list[Row]:
    holders: dict[tuple[str, str, str], UUID] = {}
    for fact in facts:
        if isinstance(fact, ProfileFact):
            place = place_of(fact)
            holders[class_key(fact.profile.profile_class), place.account, place.site or ""] = fact.originator_id
    return [(*key, holder) for key, holder in holders.items()]


def _overrides(facts: Sequence[Fact]) -> list[Row]:
    """For each value that is an account's or site's own, its path, the account, the site and the holder's id."""
    rows: dict[Row, None] = {}
    for fact in facts:
        if isinstance(fact, ProfileFact):
            place = place_of(fact)
            for path in fact.profile.set_here():
                rows[path, place.account, place.site or "", fact.originator_id] = None
    return list(rows)


def _changes(logged: LoggedFact) -> list[Change]:
    """Returns the changes that a fact makes to what is in force; each points to the fact itself."""
    fact: Any = logged.fact
    if not isinstance(fact, _Held | SiteProfileEnded):
        return []
    content = None if isinstance(fact, SiteProfileEnded) else (logged.position,)
    return [Change((fact.originator_id,), fact.days, content, instant_of(fact.recorded_at))]


def _version_key(fact: Any) -> str:
    if isinstance(fact, SystemOptionsChanged):
        return OPTIONS_KEY
    return version_key(Place(fact.account, getattr(fact, "site", None)))


def _class_version(fact: _ClassFact) -> Row:
    """A row of `CLASS_COLUMNS`."""
    changed, apply_to = (fact.changed, fact.apply_to) if isinstance(fact, ProfileClassChanged) else ([], None)
    return (
        class_key(fact.name),
        fact.originator_version,
        instant_of(fact.recorded_at),
        fact.name,
        fact.description,
        fact.active,
        json_text(fact.terms),
        json_text(changed),
        apply_to,
        fact.origin.actor,
        fact.origin.reason,
        fact.event_id,
    )
