"""The billing accounts and sites of the demo company, with a year of profiles each: late payers, corrections and plans."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from aggregates.account.commands import assign_class, create_site, end_site_profile, open_account, update_profile
from aggregates.account.place import Place
from aggregates.profile_class.profile_class import DEFAULT
from cli.local.demo import CUSTOMER
from cli.local.demo.company import LATE, PROMPT, PUBLIC
from cli.local.demo.steps import BILLING_DESK, BILLING_SYSTEM, CREDIT_DESK, Calendar, Chain, Step, step

ACCOUNT: Final = "A-7"
SITE: Final = "S-1"
"""The account of `CUSTOMER` and its site."""
START: Final = -395
"""The day on which the accounts start."""


def accounts(calendar: Calendar) -> Iterator[Chain]:
    """Yields each account with its sites and what happened to it."""
    for account, customer, steps in _ACCOUNTS:
        opening = step(
            open_account,
            account=account,
            customer=customer,
            start=calendar.day(START),
            actor=BILLING_SYSTEM,
            reason="Taken over from the billing system",
        )
        yield Chain(f"account/{account}", (opening, *steps(_Ledger(calendar, account))))


class _Ledger:
    """Makes the steps of one account. Days are counted from today."""

    def __init__(self, calendar: Calendar, account: str) -> None:
        self._calendar = calendar
        self._account = account

    def site(self, site: str) -> Step:
        """Returns the step that creates a site, without a profile of its own."""
        return step(create_site, account=self._account, site=site, actor=BILLING_SYSTEM, reason="New point of supply")

    def assign(
        self, profile_class: str, first: int, last: int | None = None, *, reason: str, site: str | None = None
    ) -> Step:
        """Returns the step that assigns a class."""
        return step(
            assign_class,
            Place(self._account, site),
            profile_class=profile_class,
            when=self._calendar.when(first, last),
            actor=CREDIT_DESK,
            reason=reason,
        )

    def change(
        self, first: int, last: int | None = None, *, reason: str, site: str | None = None, **terms: dict[str, Any]
    ) -> Step:
        """Returns the step that changes `options` and `amounts` on this account or site only."""
        return step(
            update_profile,
            Place(self._account, site),
            when=self._calendar.when(first, last),
            actor=BILLING_DESK,
            reason=reason,
            **terms,
        )

    def end(self, site: str, last: int, *, reason: str) -> Step:
        """Returns the step that ends a site's profile."""
        return step(
            end_site_profile,
            Place(self._account, site),
            last_day=self._calendar.day(last),
            actor=CREDIT_DESK,
            reason=reason,
        )


def _tarrant(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site(SITE)
    yield ledger.assign(PROMPT, -300, reason="First three bills paid on time")
    yield ledger.change(-210, -150, reason="Meter fault: bills are estimates", options={"tolerance_percent": "20"})


def _penhallow(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.assign(LATE, -250, reason="Two bills more than 30 days overdue")
    yield ledger.change(-90, -31, reason="Payment plan agreed", options={"send_dunning_letters": False})
    yield ledger.assign(DEFAULT, 60, reason="Review: last instalment is due the day before")


def _whitcombe(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site("FLAT-6")
    yield ledger.assign(PROMPT, -200, reason="Pays by standing order")


def _bakery(ledger: _Ledger) -> Iterator[Step]:
    """A back-dated correction: what is in force from 150 to 91 days ago was assigned by mistake, and is put right afterwards."""
    yield ledger.site("OVENS")
    yield ledger.site("SHOP")
    yield ledger.assign(PROMPT, -365, reason="Good references from the bank")
    yield ledger.change(-320, reason="Two new ovens", amounts={"USD": {"credit_limit": "75000"}})
    yield ledger.assign(LATE, -240, -91, reason="Three bills in a row paid 40 days late")
    yield ledger.assign(
        PROMPT, -150, -91, reason="Correction: the payments had arrived, and were posted to another account"
    )
    yield ledger.change(
        -150, -91, reason="Correction: limit as before the mistake", amounts={"USD": {"credit_limit": "75000"}}
    )
    yield ledger.assign(PROMPT, -300, reason="Ovens are metered by themselves", site="OVENS")
    yield ledger.change(-300, reason="High load", site="OVENS", options={"tolerance_percent": "15"})


def _cold_storage(ledger: _Ledger) -> Iterator[Step]:
    """A planned change, and a site whose own profile has ended."""
    yield ledger.site("DOCK")
    yield ledger.site("HALL-2")
    yield ledger.assign(LATE, -340, reason="Invoices disputed for months")
    yield ledger.assign(PUBLIC, -280, -61, reason="Dock leased to the county", site="DOCK")
    yield ledger.change(-120, -31, reason="Dispute about the last two bills", options={"credit_hold": True})
    yield ledger.assign(PROMPT, 30, reason="Signed the prompt payment agreement")
    yield ledger.change(45, reason="Hall 3 opens", amounts={"USD": {"credit_limit": "120000"}})


def _textiles(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site("LOOMS")
    yield ledger.assign(PROMPT, -380, reason="Customer for twenty years")
    yield ledger.assign(LATE, -170, reason="Third reminder unanswered")
    yield ledger.change(-45, -10, reason="Cheque returned", options={"credit_hold": True})
    yield ledger.change(-9, reason="Deposit received", amounts={"USD": {"credit_limit": "8000"}})


def _hospital(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site("EAST-WING")
    yield ledger.site("LABORATORY")
    yield ledger.assign(PUBLIC, -380, reason="Public hospital")
    yield ledger.assign(PUBLIC, -260, reason="Laboratory has a budget of its own", site="LABORATORY")
    yield ledger.change(
        -260, reason="Terms of the research grant", site="LABORATORY", options={"payment_terms": "NET 90"}
    )


def _council(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site("POOL")
    yield ledger.site("LIBRARY")
    yield ledger.site("DEPOT")
    yield ledger.assign(PUBLIC, -390, reason="County council")
    yield ledger.assign(PROMPT, -230, reason="Pool is run by a company of the county", site="POOL")
    yield ledger.end("POOL", 45, reason="The county takes the pool back")
    yield ledger.change(-100, reason="Framework contract", amounts={"USD": {"credit_limit": "400000"}})


def _hotels(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.site("BAY")
    yield ledger.site("LIGHTHOUSE")
    yield ledger.assign(PROMPT, -350, reason="Deposit of three months")
    yield ledger.change(-180, reason="Two more hotels", amounts={"USD": {"credit_limit": "90000"}})
    yield ledger.change(-180, reason="Owner pays in Canadian dollars", amounts={"CAD": {"credit_limit": "120000"}})
    yield ledger.assign(LATE, -140, reason="Closed out of season, pays when it opens", site="LIGHTHOUSE")


def _data_centres(ledger: _Ledger) -> Iterator[Step]:
    yield ledger.assign(PROMPT, -310, reason="Pays weekly")
    yield ledger.change(-60, reason="Second hall on load", amounts={"USD": {"credit_limit": "300000"}})
    yield ledger.change(-60, reason="Second hall on load", options={"review_cycle": "QUARTERLY"})


_ACCOUNTS: Final[tuple[tuple[str, str, Callable[[_Ledger], Iterator[Step]]], ...]] = (
    (ACCOUNT, CUSTOMER, _tarrant),
    ("A-8", "1002", _penhallow),
    ("A-9", "1003", _whitcombe),
    ("A-10", "1006", _bakery),
    ("A-11", "1007", _cold_storage),
    ("A-12", "1008", _textiles),
    ("A-13", "1009", _hospital),
    ("A-14", "1010", _council),
    ("A-15", "1011", _hotels),
    ("A-16", "1012", _data_centres),
)
