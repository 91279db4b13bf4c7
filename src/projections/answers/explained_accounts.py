"""Accounts, sites, profiles, what applies, system options and classes, explained (rules 2.3, 2.7, 2.13, 2.16).

Called by the API and the command line with a view of the read models `accounts` and `EXPLAINING`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.account.site import Site
from aggregates.profile_class.profile_class import ProfileClass
from projections.accounts.answers import profile_read
from projections.accounts.many import in_force
from projections.accounts.models import (
    AccountRead,
    ClassRead,
    Explained,
    ProfileRead,
    Resolution,
    SiteRead,
    SystemOptionsRead,
)
from projections.answers.explanation import Value, Values, begun, changed, each_explained, explanations
from projections.history.makers import positions_of
from projections.reading.view import View
from projections.tables.plain import flat

_PROFILE: Final = "profile"
_OPTIONS: Final = "options"
_CLASS: Final = "profile_class"

A = TypeVar("A", bound=AccountRead)
S = TypeVar("S", bound=SiteRead)


def explained_accounts(view: View, accounts: Sequence[A], *, by_profile: Sequence[str] = ()) -> list[A]:
    """Returns accounts, each with the event that opened it, which set its customer and start for ever.

    `by_profile` are the paths of values of their profiles that are explained, too.
    """
    values = begun(view, Account, {account.account: ["customer", "start"] for account in accounts})
    of_profiles = _of_profiles(view, {account.account: Place(account.account) for account in accounts}, by_profile)
    made = each_explained(view, {key: {**values[key], **of_profiles.get(key, {})} for key in values})
    return [account.model_copy(update={"explanations": made[account.account]}) for account in accounts]


def explained_sites(view: View, sites: Sequence[S], *, by_profile: Sequence[str] = ()) -> list[S]:
    """Returns sites, each with the event that created it under its account; `by_profile` as for accounts."""
    keys = [Site.key(site.account, site.site) for site in sites]
    values = begun(view, Site, {key: ["account"] for key in keys})
    places = {key: Place(site.account, site.site) for key, site in zip(keys, sites, strict=True)}
    of_profiles = _of_profiles(view, places, by_profile)
    made = each_explained(view, {key: {**values[key], **of_profiles.get(key, {})} for key in keys})
    return [site.model_copy(update={"explanations": made[key]}) for key, site in zip(keys, sites, strict=True)]


def explained_profile(view: View, profile: ProfileRead) -> ProfileRead:
    """Returns a profile that was read with `explain`, with its class and each of its values explained."""
    [values] = _values_of_profiles(view, [profile])
    return profile.model_copy(update={"explanations": explanations(view, values)})


def explained_resolution(view: View, resolution: Resolution) -> Resolution:
    """Returns what applies to a transaction, with each value explained."""
    explained = {f"options.{name}": value for name, value in resolution.options.items()}
    for currency, row in resolution.amounts.items():
        explained |= {f"amounts.{currency}.{name}": value for name, value in row.items()}
    explained |= {f"attributes.{name}": value for name, value in resolution.attributes.items()}
    positions = positions_of(view, _event_ids(explained))
    values = _values(explained, positions, _PROFILE)
    return resolution.model_copy(update={"explanations": explanations(view, values)})


def explained_system_options(view: View, options: SystemOptionsRead, set_by: Mapping[str, UUID]) -> SystemOptionsRead:
    """Returns the company's own options, each explained; `set_by` are the events behind them, by path."""
    present = flat({"options": options.options, "amounts": options.amounts, "attributes": options.attributes})
    explained = {
        path: Explained(
            value=value, level="system", origin=None, profile_class=None, class_version=None, event_id=set_by.get(path)
        )
        for path, value in present.items()
    }
    values = _values(explained, positions_of(view, _event_ids(explained)), _OPTIONS)
    return options.model_copy(update={"explanations": explanations(view, values)})


def explained_classes(view: View, classes: Sequence[ClassRead]) -> list[ClassRead]:
    """Returns the classes, each value with the version that last changed it."""
    paths = {profile_class.name: _paths(profile_class) for profile_class in classes}
    made = each_explained(view, changed(view, ProfileClass, paths))
    return [profile_class.model_copy(update={"explanations": made[profile_class.name]}) for profile_class in classes]


def _paths(profile_class: ClassRead) -> list[str]:
    terms = {
        "options": profile_class.options,
        "amounts": profile_class.amounts,
        "attributes": profile_class.attributes,
    }
    return ["description", "active", *flat(terms)]


def _of_profiles(view: View, places: Mapping[str, Place], paths: Sequence[str]) -> dict[str, Values]:
    """Returns the values at these paths of the profiles that places, by key, have in force; without paths, nothing is looked up."""
    if not paths:
        return {}
    versions = in_force(view, places.values())
    keys = [key for key, place in places.items() if place in versions]
    profiles = [profile_read(places[key], view.clocks, versions[places[key]], 0, explain=True) for key in keys]
    return {
        key: {path: values[path] for path in paths if path in values}
        for key, values in zip(keys, _values_of_profiles(view, profiles), strict=True)
    }


def _values_of_profiles(view: View, profiles: Sequence[ProfileRead]) -> list[Values]:
    """Returns the values of profiles that were read with `explain`, each with its class."""
    event_ids = {profile.event_id for profile in profiles}
    for profile in profiles:
        event_ids |= _event_ids(profile.explain or {})
    positions = positions_of(view, event_ids)
    return [
        {
            **_values(profile.explain or {}, positions, _PROFILE),
            _CLASS: Value(positions[profile.event_id], _PROFILE),
        }
        for profile in profiles
    ]


def _values(explained: Mapping[str, Explained], positions: Mapping[UUID, int], about: str) -> dict[str, Value]:
    """Returns the values of terms, of each of which the answer names the event."""
    return {
        path: Value(positions[value.event_id], _OPTIONS if value.level == "system" else about, explained=value)
        for path, value in explained.items()
        if value.event_id is not None and value.event_id in positions
    }


def _event_ids(explained: Mapping[str, Explained]) -> set[UUID]:
    return {value.event_id for value in explained.values() if value.event_id is not None}
