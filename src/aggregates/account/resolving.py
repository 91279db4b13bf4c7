"""Which profile applies: per value the site's, else the account's, else the company's system option, else not set (rule 2.13).

Pure, and shared by the two ways of answering: from the read model and by replaying the log (rule 2.20).
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from aggregates.account.profile import Profile
from aggregates.profile_class.terms import Value
from aggregates.setup.system_options import SystemValues


class Level(StrEnum):
    """Where a value comes from."""

    SITE = "site"
    ACCOUNT = "account"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Resolved:
    """One value and what made it so. Of a system option, `origin`, class and class version are `None`."""

    value: Value
    level: Level
    event_id: UUID | None
    origin: str | None = None
    profile_class: str | None = None
    class_version: int | None = None


def explained(profile: Profile, level: Level) -> dict[str, Resolved]:
    """Every value that a profile sets, by path, with what made it so."""
    values = {}
    for path, value in profile.terms.values().items():
        mark = profile.mark(path)
        values[path] = Resolved(value, level, mark.event_id, mark.origin, profile.profile_class, mark.class_version)
    return values


def resolve(site: Profile | None, account: Profile | None, system: SystemValues | None) -> dict[str, Resolved]:
    """Returns what applies, by path; paths that no level sets are left out."""
    values: dict[str, Resolved] = {}
    if system is not None:
        for path, value in system.terms.values().items():
            values[path] = Resolved(value, Level.SYSTEM, system.set_by.get(path))
    if account is not None:
        values |= explained(account, Level.ACCOUNT)
    if site is not None:
        values |= explained(site, Level.SITE)
    return values
