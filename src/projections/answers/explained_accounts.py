"""Accounts, sites, profiles, what applies, system options and classes, explained (rules 2.3, 2.7, 2.13, 2.16).

Called by the API and the command line with a view of the read models `accounts` and `EXPLAINING`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from aggregates.account.account import Account
from aggregates.account.site import Site
from aggregates.profile_class.profile_class import ProfileClass
from projections.accounts.models import (
    AccountRead,
    ClassRead,
    Explained,
    ProfileRead,
    Resolution,
    SiteRead,
    SystemOptionsRead,
)
from projections.answers.explanation import Value, begun, changed, explanations, made_by
from projections.reading.view import View
from projections.tables.plain import flat

_PROFILE: Final = "profile"
_OPTIONS: Final = "options"
_CLASS: Final = "profile_class"


def explained_account(view: View, account: AccountRead) -> AccountRead:
    """Returns the account with the event that opened it, which set its customer and start for ever."""
    values = begun(view, Account.KIND, account.account, ["customer", "start"])
    return account.model_copy(update={"explanations": explanations(view, values)})


def explained_site(view: View, site: SiteRead) -> SiteRead:
    """Returns the site with the event that created it under its account."""
    values = begun(view, Site.KIND, Site.key(site.account, site.site), ["account"])
    return site.model_copy(update={"explanations": explanations(view, values)})


def explained_profile(view: View, profile: ProfileRead) -> ProfileRead:
    """Returns a profile that was read with `explain`, with its class and each of its values explained."""
    explained = profile.explain or {}
    values = _values(view, explained, _PROFILE)
    values |= {path: Value(position, _PROFILE) for path, position in made_by(view, {_CLASS: profile.event_id}).items()}
    return profile.model_copy(update={"explanations": explanations(view, values)})


def explained_resolution(view: View, resolution: Resolution) -> Resolution:
    """Returns what applies to a transaction, with each value explained."""
    explained = {f"options.{name}": value for name, value in resolution.options.items()}
    for currency, row in resolution.amounts.items():
        explained |= {f"amounts.{currency}.{name}": value for name, value in row.items()}
    explained |= {f"attributes.{name}": value for name, value in resolution.attributes.items()}
    return resolution.model_copy(update={"explanations": explanations(view, _values(view, explained, _PROFILE))})


def explained_system_options(view: View, options: SystemOptionsRead, set_by: Mapping[str, UUID]) -> SystemOptionsRead:
    """Returns the company's own options, each explained; `set_by` are the events behind them, by path."""
    present = flat({"options": options.options, "amounts": options.amounts, "attributes": options.attributes})
    explained = {
        path: Explained(
            value=value, level="system", origin=None, profile_class=None, class_version=None, event_id=set_by.get(path)
        )
        for path, value in present.items()
    }
    return options.model_copy(update={"explanations": explanations(view, _values(view, explained, _OPTIONS))})


def explained_classes(view: View, classes: Sequence[ClassRead]) -> list[ClassRead]:
    """Returns the classes, each value with the version that last changed it."""
    paths = {profile_class.name: _paths(profile_class) for profile_class in classes}
    values = changed(view, ProfileClass.KIND, paths)
    return [
        profile_class.model_copy(update={"explanations": explanations(view, values[profile_class.name])})
        for profile_class in classes
    ]


def _paths(profile_class: ClassRead) -> list[str]:
    terms = {
        "options": profile_class.options,
        "amounts": profile_class.amounts,
        "attributes": profile_class.attributes,
    }
    return ["description", "active", *flat(terms)]


def _values(view: View, explained: Mapping[str, Explained], about: str) -> dict[str, Value]:
    """Returns the values of terms, of each of which the answer names the event."""
    positions = made_by(view, dict(_event_ids(explained)))
    return {
        path: Value(positions[path], _OPTIONS if value.level == "system" else about, explained=value)
        for path, value in explained.items()
        if path in positions
    }


def _event_ids(explained: Mapping[str, Explained]) -> Iterable[tuple[str, UUID]]:
    for path, value in explained.items():
        if value.event_id is not None:
            yield path, value.event_id
