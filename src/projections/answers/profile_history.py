"""The versions of a profile, and what differs in it between two points of (`valid_at`, `known_at`) (rules 0.3, 2.18)."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.account.profile import HERE
from aggregates.account.site import Site
from projections.accounts.answers import label_of
from projections.accounts.queries import account, profile, site, sites
from projections.accounts.tables import is_storable
from projections.answers.differences import Diff, Value, Values, between, text_of
from projections.history.filters import Filters
from projections.history.models import HistoryEntry, InForce, Superseded
from projections.history.queries import history
from projections.reading.paging import Page
from projections.reading.view import View
from projections.tables.plain import flat

HISTORY: Final = ("accounts", "history")
"""The read models that a view for `profile_history` must be of."""
MOST_VERSIONS: Final = 100
"""Versions of each profile where several are given in one answer."""


class ProfileVersion(BaseModel):
    """One fact about a profile, in log order (rule 2.18). Of a profile that was ended, class and class version are `None`.

    `set_here` has the values set here by path, `None` for one taken away; `changed` the paths that an update or a propagation
    wrote: an assignment writes all, and names none. `in_force` are the days on which the version is in force at the given instant,
    `superseded` its other days, each with the later event that superseded it there (rule 2.22); `superseded_by` is the first of them.
    """

    model_config = ConfigDict(frozen=True)

    version: int
    event_id: UUID
    topic: str
    effective_from: date
    effective_to: date | None
    profile_class: str | None
    class_version: int | None
    set_here: dict[str, Any]
    changed: list[str]
    actor: str
    role: str
    source: str
    reason: str | None
    recorded_at: datetime
    back_dated: bool
    superseded_by: UUID | None
    in_force: list[InForce]
    superseded: list[Superseded]


class SiteVersions(BaseModel):
    """The versions of a site's profile, the first `MOST_VERSIONS` of them."""

    model_config = ConfigDict(frozen=True)

    site: str = Field(description="The number of the site.")
    versions: Page[ProfileVersion] = Field(
        description="`next_cursor` asks the site's own history for those that follow."
    )


class AccountVersions(BaseModel):
    """The versions of an account's profile, the first `MOST_VERSIONS` of them, and those of some of its sites, by number."""

    model_config = ConfigDict(frozen=True)

    account: str = Field(description="The number of the account.")
    versions: Page[ProfileVersion] = Field(
        description="`next_cursor` asks the account's own history for those that follow."
    )
    sites: list[SiteVersions] = Field(description="Its sites, those without a profile included.")
    next_cursor: str | None = Field(description="Asks for the sites that follow; `null` on the last page.")


def account_versions(view: View, number: str, limit: int, cursor: str | None = None) -> AccountVersions:
    """Returns the versions of an account and of `limit` of its sites; none of an unknown account.

    Raises `InvalidError` for a bad cursor.
    """
    page = sites(view, number, limit, cursor)
    return AccountVersions(
        account=number,
        versions=profile_history(view, Place(number), MOST_VERSIONS),
        sites=[
            SiteVersions(site=item.site, versions=profile_history(view, Place(number, item.site), MOST_VERSIONS))
            for item in page.items
        ],
        next_cursor=page.next_cursor,
    )


def profile_history(view: View, place: Place, limit: int = 100, cursor: str | None = None) -> Page[ProfileVersion]:
    """Every fact about a profile that was known then, in order (rule 2.18); none of an unknown account or site.

    The view is of `accounts` and `history`. Raises `InvalidError` for a bad limit or cursor.
    """
    kind, key = (Account.KIND, place.account) if place.site is None else (Site.KIND, _key(place))
    storable_key = key if is_storable(place) else "\0"
    filters = Filters(kind=kind, key=storable_key, stating=True)
    entries = history(view, filters, limit, cursor, changes=False)
    return Page(items=[_version(entry) for entry in entries.items], next_cursor=entries.next_cursor)


def profile_diff(before: View, after: View, place: Place) -> Diff | None:
    """Returns the differences between two views of `accounts`, by path; `None` when neither knows the account or site.

    Beside the values it has `profile_class` and `class_version`; neither is there while no profile is in force.
    """
    return between((before, _values(before, place)), (after, _values(after, place)), _key(place))


_ABOUT: Final = {"profile_class": "Profile class", "class_version": "Class version"}


def _key(place: Place) -> str:
    return place.account if place.site is None else Site.key(place.account, place.site)


def _values(view: View, place: Place) -> Values | None:
    in_force = profile(view, place)
    if in_force is not None:
        terms = {"options": in_force.options, "amounts": in_force.amounts, "attributes": in_force.attributes}
        values = {"profile_class": in_force.profile_class, "class_version": in_force.class_version, **flat(terms)}
        return {path: Value(_ABOUT.get(path) or label_of(path), text_of(value)) for path, value in values.items()}
    holder = account(view, place.account) if place.site is None else site(view, place.account, place.site)
    return None if holder is None else {}


def _version(entry: HistoryEntry) -> ProfileVersion:
    content: dict[str, Any] = entry.data.get("profile", {})
    values = flat(content["terms"]) if content else {}
    marks = content.get("marks", {})
    return ProfileVersion(
        version=entry.version,
        event_id=entry.event_id,
        topic=entry.topic,
        effective_from=entry.effective_from,
        effective_to=entry.effective_to,
        profile_class=content.get("profile_class"),
        class_version=content.get("class_version"),
        set_here={path: values.get(path) for path in sorted(marks) if marks[path]["origin"] == HERE},
        changed=entry.data.get("changed", []),
        actor=entry.actor,
        role=entry.role,
        source=entry.source,
        reason=entry.reason,
        recorded_at=entry.recorded_at,
        back_dated=entry.back_dated,
        superseded_by=entry.superseded_by,
        in_force=entry.in_force,
        superseded=entry.superseded,
    )
