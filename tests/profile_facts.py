"""Facts of profile classes, accounts, sites and system options, for the tests of aggregates, in the style of `scenario`.

Terms are given as plain values and converted without the checks of commands, so that a test of a check does not depend on it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from aggregates.account import events as account
from aggregates.account.account import Account
from aggregates.account.profile import Mark, Profile
from aggregates.account.site import Site
from aggregates.effective import Days
from aggregates.fact import Fact, event_id
from aggregates.profile_class import events as profile_class
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import Propagation
from aggregates.profile_class.terms import Terms
from aggregates.setup import events as setup
from aggregates.setup.system_options import SystemOptions
from scenario import COMPANY, EARLIER, LONG_AGO, ORIGIN, TODAY, fact_of

A7: Final = Account.id_of(COMPANY, "A-7")
S1: Final = Site.id_of(COMPANY, "A-7/S-1")
REQUIRED: Final = {"collector": "EU-1", "allow_discount": True, "tolerance_percent": "0"}
"""What every class sets."""


def terms(
    amounts: Mapping[str, Any] | None = None, attributes: Mapping[str, str] | None = None, **options: Any
) -> Terms:
    """What every class sets, and these options, amounts and attributes."""
    return bare({**REQUIRED, **options}, amounts, attributes)


def bare(
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Terms:
    """Just these options, amounts and attributes."""
    return Terms.model_validate({"options": options or {}, "amounts": amounts or {}, "attributes": attributes or {}})


def days(first: str, last: str | None = None) -> Days:
    """`days("2026-01-01", "2026-01-31")`; without a last day, open-ended."""
    return Days(date.fromisoformat(first), None if last is None else date.fromisoformat(last))


def told_by(holder: UUID, version: int) -> UUID:
    """The id of an event of a history that is given."""
    return event_id(EARLIER.causation_id, holder, version)


def by_now(holder: UUID, version: int) -> UUID:
    """The id of an event that the decision under test records."""
    return event_id(ORIGIN.causation_id, holder, version)


# Profile classes


def class_defined(
    name: str = "DEFAULT", of: Terms | None = None, *, description: str = "A class", active: bool = True
) -> Fact:
    payload = {"name": name, "description": description, "active": active, "terms": of or terms()}
    return fact_of(profile_class.ProfileClassDefined, ProfileClass, name, **payload)


def class_changed(
    name: str = "DEFAULT",
    of: Terms | None = None,
    *changed: str,
    apply_to: str | None = None,
    description: str = "A class",
    active: bool = True,
) -> Fact:
    payload = {"name": name, "description": description, "active": active, "terms": of or terms()}
    payload |= {"changed": list(changed), "apply_to": apply_to}
    return fact_of(profile_class.ProfileClassChanged, ProfileClass, name, **payload)


def propagation_started(
    name: str = "DEFAULT",
    version: int = 2,
    *,
    apply_to: str = "all",
    run_date: date = TODAY,
    include_later: bool = False,
) -> Fact:
    payload = {"profile_class": name, "applied_version": version, "apply_to": apply_to}
    payload |= {"run_date": run_date, "include_later": include_later}
    return fact_of(profile_class.PropagationStarted, Propagation, Propagation.key(name, version), **payload)


def propagation_finished(name: str = "DEFAULT", version: int = 2, **counts: int) -> Fact:
    payload = {"profile_class": name, "applied_version": version, **counts}
    return fact_of(profile_class.PropagationFinished, Propagation, Propagation.key(name, version), **payload)


# Profiles


def profile(
    by: UUID,
    of: Terms | None = None,
    *,
    name: str = "DEFAULT",
    version: int = 1,
    assigned: int | None = None,
    marks: Mapping[str, Mark] | None = None,
) -> Profile:
    """A profile that began as a copy made by the event `by`."""
    return Profile(
        profile_class=name,
        class_version=version,
        assigned_version=assigned or version,
        assigned_by=by,
        terms=of or terms(),
        marks=dict(marks or {}),
    )


def here(by: UUID, version: int = 1) -> Mark:
    """Set here by this event, on this class version."""
    return Mark(origin="here", class_version=version, event_id=by)


def of_class(by: UUID, version: int) -> Mark:
    """Written by this event from this class version."""
    return Mark(origin="class", class_version=version, event_id=by)


def account_opened(start: date = LONG_AGO, *, account_number: str = "A-7", customer: str = "1001") -> Fact:
    payload = {"account": account_number, "customer": customer, "effective_from": start}
    return fact_of(account.AccountOpened, Account, account_number, **payload)


def account_assigned(content: Profile, on: Days | None = None, *, kept_overrides: bool = False) -> Fact:
    return _on_account(account.AccountProfileClassAssigned, on, profile=content, kept_overrides=kept_overrides)


def account_updated(content: Profile, on: Days | None = None, *changed: str) -> Fact:
    return _on_account(account.AccountProfileUpdated, on, profile=content, changed=list(changed))


def account_propagated(content: Profile, on: Days | None = None, *changed: str) -> Fact:
    return _on_account(account.AccountProfilePropagated, on, profile=content, changed=list(changed))


def site_created() -> Fact:
    return fact_of(account.SiteCreated, Site, "A-7/S-1", account="A-7", site="S-1")


def site_assigned(content: Profile, on: Days | None = None, *, kept_overrides: bool = False) -> Fact:
    return _on_site(account.SiteProfileClassAssigned, on, profile=content, kept_overrides=kept_overrides)


def site_updated(content: Profile, on: Days | None = None, *changed: str) -> Fact:
    return _on_site(account.SiteProfileUpdated, on, profile=content, changed=list(changed))


def site_propagated(content: Profile, on: Days | None = None, *changed: str) -> Fact:
    return _on_site(account.SiteProfilePropagated, on, profile=content, changed=list(changed))


def site_ended(first_without: date, last_without: date | None = None) -> Fact:
    return _on_site(account.SiteProfileEnded, Days(first_without, last_without))


def _on_account(fact: type[Fact], on: Days | None, **payload: Any) -> Fact:
    return fact_of(fact, Account, "A-7", account="A-7", **payload, **_dates(on))


def _on_site(fact: type[Fact], on: Days | None, **payload: Any) -> Fact:
    return fact_of(fact, Site, "A-7/S-1", account="A-7", site="S-1", **payload, **_dates(on))


def _dates(on: Days | None) -> dict[str, date | None]:
    on = on or Days(TODAY)
    return {"effective_from": on.first, "effective_to": on.last}


# System options


def system_options_changed(
    of: Terms, set_by: Mapping[str, UUID], on: Days | None = None, *, changed: list[str] | None = None
) -> Fact:
    payload = {"terms": of, "set_by": dict(set_by), "changed": sorted(changed or set_by)}
    return fact_of(setup.SystemOptionsChanged, SystemOptions, COMPANY, **payload, **_dates(on))
