"""Tables of the read model `accounts`, and how a fact's content is kept in them.

`profiles` has the rectangles of whatever holds on days: the profiles of accounts and sites and the company's system options, by the
id of their aggregate. A rectangle names the fact that says what holds; its content is kept once, in `profile_facts`, however many
rectangles later changes cut out of it.
"""

from typing import Final
from uuid import UUID

from aggregates import texts
from aggregates.account.account import Account, account_number
from aggregates.account.events import (
    AccountProfileClassAssigned,
    AccountProfilePropagated,
    AccountProfileUpdated,
    SiteProfileClassAssigned,
    SiteProfilePropagated,
    SiteProfileUpdated,
)
from aggregates.account.place import Place
from aggregates.account.site import Site, site_number
from aggregates.errors import InvalidError
from aggregates.setup.events import SystemOptionsChanged
from aggregates.setup.system_options import SystemOptions
from projections.tables.bitemporal import Rectangles
from projections.tables.merges import Merges
from projections.tables.plain import json_text
from projections.tables.versions import Versions

ProfileFact = (
    AccountProfileClassAssigned
    | AccountProfileUpdated
    | AccountProfilePropagated
    | SiteProfileClassAssigned
    | SiteProfileUpdated
    | SiteProfilePropagated
)
"""A fact that carries the whole profile that holds on its days."""

PROFILES: Final = Rectangles("profiles", (("holder", "uuid"),), (("fact", "bigint"),), exclusive=True)
VERSIONS: Final = Versions("account_versions")
"""By `version_key`; classes have their versions in a table of their own."""
OPTIONS_KEY: Final = SystemOptions.KIND
MERGES: Final = Merges("account_merges")
"""Merges of customers: the accounts of a survivor include those of the customers merged into it (rule 6.1)."""

CLASS_COLUMNS: Final = {
    "class": "text",
    "version": "integer",
    "recorded_at": "timestamptz",
    "name": "text",
    "description": "text",
    "active": "boolean",
    "terms": "text",
    "changed": "text",
    "apply_to": "text",
    "actor": "text",
    "reason": "text",
    "event_id": "uuid",
}
"""Of `profile_class_versions`, names and PostgreSQL types."""

TABLES: Final = (
    "accounts",
    "account_sites",
    PROFILES.table,
    "profile_facts",
    "profile_class_members",
    "profile_overrides",
    "profile_class_versions",
    VERSIONS.table,
    MERGES.table,
)
DDL: Final = f"""
    CREATE TABLE accounts (
        number text COLLATE "C" PRIMARY KEY, customer text COLLATE "C" NOT NULL, start date NOT NULL,
        opened_at timestamptz NOT NULL
    );
    CREATE INDEX accounts_of_customer ON accounts (customer, number);
    CREATE TABLE account_sites (
        account text COLLATE "C" NOT NULL, site text COLLATE "C" NOT NULL, created_at timestamptz NOT NULL,
        profile_at timestamptz,
        PRIMARY KEY (account, site)
    );
    CREATE INDEX account_sites_by_site ON account_sites (site, account);
    {PROFILES.ddl}
    CREATE TABLE profile_facts (
        position bigint PRIMARY KEY, event_id uuid NOT NULL, class text COLLATE "C", class_version integer, set_here text[],
        content text NOT NULL
    );
    CREATE TABLE profile_class_members (
        class text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, site text COLLATE "C" NOT NULL,
        holder uuid NOT NULL,
        PRIMARY KEY (class, account, site)
    );
    CREATE TABLE profile_overrides (
        path text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, site text COLLATE "C" NOT NULL,
        holder uuid NOT NULL,
        PRIMARY KEY (path, account, site)
    );
    CREATE TABLE profile_class_versions (
        class text COLLATE "C" NOT NULL, version integer NOT NULL, recorded_at timestamptz NOT NULL,
        name text NOT NULL, description text NOT NULL, active boolean NOT NULL, terms text NOT NULL,
        changed text NOT NULL, apply_to text, actor text NOT NULL, reason text, event_id uuid NOT NULL,
        PRIMARY KEY (class, version)
    );
    {VERSIONS.ddl}
    {MERGES.ddl}
"""
"""`profile_at`: when the site's first profile was created. `class` is the name without case. `profile_class_members` are the accounts
and sites (`''`: the account itself) that ever had a profile of a class, `profile_overrides` those that ever had a value of their own at a
path, set or taken away; `set_here` has those paths of a profile. `content`, `terms` and `changed` are JSON."""


def class_key(name: str) -> str:
    """Returns the key by which a class is found: the same for any case and any composition of the letters."""
    return texts.folded(name)


def is_storable(place: Place) -> bool:
    """Returns whether an account or site of this name could exist at all."""
    try:
        return account_number(place.account) == place.account and (
            place.site is None or site_number(place.site) == place.site
        )
    except InvalidError:
        return False


def holder_id(company: str, place: Place) -> UUID:
    """The id of an account or site."""
    if place.site is None:
        return Account.id_of(company, place.account)
    return Site.id_of(company, Site.key(place.account, place.site))


def version_key(place: Place) -> str:
    """The key of an account or site in `VERSIONS`."""
    if place.site is None:
        return f"account/{place.account}"
    return f"site/{Site.key(place.account, place.site)}"


def place_of(fact: ProfileFact) -> Place:
    """The account or site that a fact is about."""
    return Place(fact.account, getattr(fact, "site", None))


def content_of(fact: ProfileFact | SystemOptionsChanged) -> str:
    """Returns the content of a fact as JSON: a `Profile`, or the `SystemValues` of the company."""
    if isinstance(fact, SystemOptionsChanged):
        return json_text({"terms": fact.terms, "set_by": fact.set_by})
    return json_text(fact.profile)
