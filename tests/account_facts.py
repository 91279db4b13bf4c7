"""Facts of profile classes, accounts and sites with every kind of value; one of each event class."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from aggregates.account import events as account
from aggregates.account.account import Account
from aggregates.account.profile import Mark, Profile
from aggregates.account.site import Site
from aggregates.fact import Fact
from aggregates.profile_class import events as profile_class
from aggregates.profile_class.amounts import Amounts, Interest
from aggregates.profile_class.options import Options
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import Propagation
from aggregates.profile_class.terms import Terms
from aggregates.setup.events import SystemOptionsChanged
from aggregates.setup.system_options import SystemOptions
from scenario import COMPANY, TODAY, cause, fact_of

TERMS: Final = Terms(
    options=Options(
        collector="EU-1",
        allow_discount=False,
        discount_grace_days=0,
        tolerance_percent=Decimal("2.50"),
        bill_level="site",
        hold_start_date=date(2026, 1, 31),
    ),
    amounts={
        "EUR": Amounts(credit_limit=Decimal("1000.00"), interest=Interest(rate=Decimal("1.5"))),
        "JPY": Amounts(interest=Interest(amount=Decimal("500"))),
    },
    attributes={"region": "north"},
)
PROFILE: Final = Profile(
    profile_class="LATE",
    class_version=2,
    assigned_version=1,
    assigned_by=cause("assigned"),
    terms=TERMS,
    marks={
        "amounts.EUR.credit_limit": Mark(origin="here", class_version=1, event_id=cause("updated")),
        "options.collector": Mark(origin="class", class_version=2, event_id=cause("propagated")),
    },
)
_DAYS: Final = {"effective_from": TODAY, "effective_to": None}
_CHANGED: Final = ["amounts.EUR.credit_limit"]


def _of_class(fact: type[Fact], **payload: Any) -> Fact:
    told = {"name": "LATE", "description": "Late payers", "active": True, "terms": TERMS}
    return fact_of(fact, ProfileClass, "LATE", **told, **payload)


def _of_propagation(fact: type[Fact], **payload: Any) -> Fact:
    key = Propagation.key("LATE", 2)
    return fact_of(fact, Propagation, key, profile_class="LATE", applied_version=2, **payload)


def _of_account(fact: type[Fact], **payload: Any) -> Fact:
    return fact_of(fact, Account, "A-7", account="A-7", **payload, **_DAYS)


def _of_site(fact: type[Fact], **payload: Any) -> Fact:
    return fact_of(fact, Site, Site.key("A-7", "S-1"), account="A-7", site="S-1", **payload)


ACCOUNT_FACTS: Final = (
    _of_class(profile_class.ProfileClassDefined),
    _of_class(profile_class.ProfileClassChanged, changed=_CHANGED, apply_to="all"),
    _of_class(profile_class.ProfileClassChanged, changed=[]),
    _of_propagation(profile_class.PropagationStarted, apply_to="all", run_date=TODAY, include_later=False),
    _of_propagation(profile_class.PropagationFinished, changed=1, unchanged=0, skipped=2),
    fact_of(SystemOptionsChanged, SystemOptions, COMPANY, terms=TERMS, set_by={}, changed=_CHANGED, **_DAYS),
    _of_account(account.AccountOpened, customer="1001"),
    _of_account(account.AccountProfileClassAssigned, profile=PROFILE, kept_overrides=False),
    _of_account(account.AccountProfileUpdated, profile=PROFILE, changed=_CHANGED),
    _of_account(account.AccountProfilePropagated, profile=PROFILE, changed=_CHANGED),
    _of_site(account.SiteCreated),
    _of_site(account.SiteProfileClassAssigned, profile=PROFILE, kept_overrides=True, **_DAYS),
    _of_site(account.SiteProfileUpdated, profile=PROFILE, changed=_CHANGED, **_DAYS),
    _of_site(account.SiteProfilePropagated, profile=PROFILE, changed=_CHANGED, **_DAYS),
    _of_site(account.SiteProfileEnded, **_DAYS),
)
