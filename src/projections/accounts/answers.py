"""How an answer about profiles is made of the fact that holds. Both roads to it pass here: read model and log (rule 2.20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

import orjson

from aggregates.account.place import Place
from aggregates.account.profile import HERE, Profile
from aggregates.account.resolving import Level, Resolved, explained, resolve
from aggregates.clocks import Clocks
from aggregates.effective import Days
from aggregates.profile_class.amounts import AMOUNTS
from aggregates.profile_class.options import OPTIONS
from aggregates.profile_class.terms import Terms
from aggregates.setup.system_options import SystemValues
from projections.accounts.models import (
    Applied,
    Applies,
    Explained,
    ProfileRead,
    Resolution,
    SystemOptionsRead,
)
from projections.reading.questions import Answered
from projections.tables.plain import plain


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds on some days: the JSON that `content_of` writes, and the event that says so."""

    days: Days
    event_id: UUID
    content: str

    def json(self) -> dict[str, Any]:
        """The content as JSON has it."""
        content: dict[str, Any] = orjson.loads(self.content)
        return content

    def profile(self) -> Profile:
        """The content as a profile."""
        return Profile.model_validate(self.json())

    def system_values(self) -> SystemValues:
        """The content as system options."""
        content = self.json()
        set_by = {path: UUID(by) for path, by in content["set_by"].items()}
        return SystemValues(Terms.model_validate(content["terms"]), set_by)


def profile_of(answered: Answered[None], place: Place, explain: bool = False) -> ProfileRead | None:
    """Returns what the question `PROFILE` answers; `None` when no profile is in force, or there is no such account or site."""
    if not answered.rows:
        return None
    first, last, event_id, content, version = answered.rows[0]
    in_force = InForce(Days(first, last), event_id, content)
    return profile_read(place, answered.seen.clocks, in_force, version, explain=explain)


def profile_read(place: Place, at: Clocks, in_force: InForce, version: int, *, explain: bool) -> ProfileRead:
    """Returns the answer for a profile in force; `version` is the account's or site's."""
    content = in_force.json()
    terms = content["terms"]
    return ProfileRead.model_construct(
        account=place.account,
        site=place.site,
        valid_at=at.valid_at,
        known_at=at.known_at,
        profile_class=content["profile_class"],
        class_version=content["class_version"],
        effective_from=in_force.days.first,
        effective_to=in_force.days.last,
        options=terms["options"],
        amounts=terms["amounts"],
        attributes=terms["attributes"],
        set_here=sorted(path for path, mark in content["marks"].items() if mark["origin"] == HERE),
        event_id=in_force.event_id,
        version=version,
        explain=_explained(place, in_force) if explain else None,
    )


def resolution_of(place: Place, at: Clocks, in_force: Mapping[Level, InForce], currency: str | None) -> Resolution:
    """Returns the resolution of what is in force at each level; `currency` is an ISO 4217 code in capitals."""
    site, account, system = (in_force.get(level) for level in (Level.SITE, Level.ACCOUNT, Level.SYSTEM))
    resolved = resolve(
        None if site is None else site.profile(),
        None if account is None else account.profile(),
        None if system is None else system.system_values(),
    )
    options, amounts, attributes = _by_kind(resolved, currency)
    return Resolution.model_construct(
        account=place.account,
        site=place.site,
        date=at.valid_at,
        known_at=at.known_at,
        currency=currency,
        applies=Applies.model_construct(site=_applied(site), account=_applied(account)),
        options=options,
        amounts=amounts,
        attributes=attributes,
    )


def system_options_read(at: Clocks, in_force: InForce | None, version: int) -> SystemOptionsRead:
    """Returns the answer for the company's own options; without any in force, nothing is set."""
    terms = {"options": {}, "amounts": {}, "attributes": {}} if in_force is None else in_force.json()["terms"]
    return SystemOptionsRead.model_construct(
        valid_at=at.valid_at,
        known_at=at.known_at,
        version=version,
        options=terms["options"],
        amounts=terms["amounts"],
        attributes=terms["attributes"],
        effective_from=None if in_force is None else in_force.days.first,
        effective_to=None if in_force is None else in_force.days.last,
    )


def label_of(path: str) -> str:
    """Returns the label of the value at a path, as on a form: `Collector`, `USD Credit limit`, `region`."""
    kind, name, *rest = path.split(".", 2)
    if kind == "options":
        return OPTIONS[name].label
    return f"{name} {AMOUNTS[rest[0]]}" if kind == "amounts" else name


def _applied(in_force: InForce | None) -> Applied | None:
    if in_force is None:
        return None
    content = in_force.json()
    return Applied.model_construct(
        profile_class=content["profile_class"],
        class_version=content["class_version"],
        effective_from=in_force.days.first,
        effective_to=in_force.days.last,
    )


def _explained(place: Place, in_force: InForce) -> dict[str, Explained]:
    level = Level.ACCOUNT if place.site is None else Level.SITE
    return {path: _explanation(resolved) for path, resolved in explained(in_force.profile(), level).items()}


def _explanation(resolved: Resolved) -> Explained:
    return Explained.model_construct(
        value=plain(resolved.value),
        level=resolved.level.value,
        origin=cast("Literal['class', 'here'] | None", resolved.origin),
        profile_class=resolved.profile_class,
        class_version=resolved.class_version,
        event_id=resolved.event_id,
    )


_Explanations = dict[str, Explained]


def _by_kind(
    resolved: Mapping[str, Resolved], currency: str | None
) -> tuple[_Explanations, dict[str, _Explanations], _Explanations]:
    """Options in the order of a form, amounts by currency, attributes by key."""
    options = {name: _explanation(resolved[path]) for name in OPTIONS if (path := f"options.{name}") in resolved}
    amounts: dict[str, _Explanations] = {}
    attributes: _Explanations = {}
    for path in sorted(resolved):
        kind, name, *rest = path.split(".", 2)
        if kind == "amounts" and currency in {None, name}:
            amounts.setdefault(name, {})[rest[0]] = _explanation(resolved[path])
        elif kind == "attributes":
            attributes[name] = _explanation(resolved[path])
    return options, amounts, attributes
