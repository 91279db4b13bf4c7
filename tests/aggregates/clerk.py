"""A clerk's shorthand for the case book: entries become commands, and versions are shown as lines.

An entry is `assign LATE 02-01..02-28`, `update limit=500 02-10.. keep later`, `create LATE`, `end 02-14`. Days without a year are in
2026; an entry without a last day is open-ended, and one without days starts today. `limit` is the credit limit in US dollars, `risk` the
risk code; `none` removes a value.

A version is shown as `02-01..02-28 LATE 10*`: its days, class, credit limit and risk code, with a star on each value that was set here.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

from aggregates.account.account import Account
from aggregates.account.commands import assign_class, end_site_profile, update_profile
from aggregates.account.holder import ProfileHolder
from aggregates.account.place import Place
from aggregates.account.preview import ProfilePreview
from aggregates.account.profile import Profile
from aggregates.account.site import Site
from aggregates.dry_run import DryRunStore
from aggregates.effective import Days, Version, When
from aggregates.errors import DomainError
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import Outcome, Request
from profile_facts import A7 as A7_ID
from profile_facts import account_assigned, account_opened, class_defined, profile, site_created, terms, told_by
from scenario import ORIGIN, TODAY

from .memory_store import MemoryStore

LIMITS: Final = {"DEFAULT": "100", "PROMPT": "1000", "LATE": "10", "MOSTLY": "500"}
"""The classes of the case book, each with its credit limit."""
CLASSES: Final = {name: terms({"USD": {"credit_limit": limit}}) for name, limit in LIMITS.items()}
START: Final = date(2026, 1, 1)
"""The first day of the account of the case book."""
REQUEST: Final = Request(ORIGIN, TODAY)
_LIMIT: Final = "amounts.USD.credit_limit"
_RISK: Final = "options.risk_code"


class Clerk:
    """Works through the entries of one case, on account A-7 or on its site S-1."""

    def __init__(self, place: Place) -> None:
        self.place = place
        default = profile(told_by(A7_ID, 2), CLASSES["DEFAULT"])
        self.store = MemoryStore(
            *(class_defined(name, of) for name, of in CLASSES.items()),
            account_opened(START),
            account_assigned(default, Days(START)),
            site_created(),
        )

    @property
    def holder(self) -> ProfileHolder:
        """The account or site, replayed from all that is stored."""
        found = (
            self.store.load(Account, self.place.account)
            if self.place.site is None
            else self.store.load(Site, Site.key(self.place.account, self.place.site))
        )
        assert found is not None
        return found

    def enter(self, entry: str) -> str:
        """Does what an entry says: `recorded`, `nothing`, or the text of the refusal."""
        try:
            return "recorded" if self._command(self.store, *entry.split())().changed else "nothing"
        except DomainError as refused:
            return str(refused)

    def preview(self, entry: str) -> ProfilePreview:
        """What an entry would do; nothing is stored."""
        store, stored = DryRunStore(self.store), list(self.store.facts)
        self._command(store, *entry.split())()
        assert self.store.facts == stored
        return ProfilePreview((fact for fact in stored if fact.originator_id == self.holder.id), store.facts, TODAY)

    def _command(self, store: SetupStore, verb: str, *words: str) -> Callable[[], Outcome]:
        when = when_of(words)
        if verb == "end":
            last_day = a_day(words[0])
            return lambda: end_site_profile(store, REQUEST, self.place, last_day=last_day, keep_later=when.keep_later)
        if verb == "update":
            values = dict(word.split("=") for word in words if "=" in word)
            return lambda: update_profile(store, REQUEST, self.place, **details_of(values), when=when)
        return lambda: assign_class(
            store,
            REQUEST,
            self.place,
            profile_class=words[0],
            when=when,
            keep_overrides="overrides" in words,
            create=verb == "create",
        )

    def versions(self) -> list[str]:
        """The versions in order, as lines."""
        return [shown(version) for version in self.holder.profiles]


def when_of(words: tuple[str, ...]) -> When:
    """The dates that an entry names."""
    named = next((word for word in words if ".." in word), None)
    if named is None:
        return When(keep_later="later" in words)
    first, last = named.split("..")
    return When(a_day(first) if first else None, a_day(last) if last else None, "later" in words)


def details_of(values: dict[str, str]) -> dict[str, Any]:
    """The input of an update: `{"limit": "500"}` is the credit limit in US dollars."""
    read = {name: None if value == "none" else value for name, value in values.items()}
    options = {"risk_code": read["risk"]} if "risk" in read else None
    amounts = {"USD": {"credit_limit": read["limit"]}} if "limit" in read else None
    return {"options": options, "amounts": amounts}


def a_day(written: str) -> date:
    """`02-28` of 2026, or a whole date."""
    return date.fromisoformat(written if len(written) > 5 else f"2026-{written}")


def shown(version: Version[Profile]) -> str:
    """A version as a line."""
    return " ".join([f"{written(version.days.first)}..{written(version.days.last)}", *_content(version.content)])


def _content(content: Profile) -> Iterator[str]:
    values, here = content.terms.values(), content.set_here()
    yield content.profile_class
    for path in (_LIMIT, _RISK):
        if path in values or path in here:
            yield f"{values.get(path, 'none')}{'*' if path in here else ''}"


def written(day: date | None) -> str:
    if day is None:
        return ""
    return f"{day:%m-%d}" if day.year == 2026 else day.isoformat()
