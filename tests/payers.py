"""Sets up a company with accounts over HTTP: classes for prompt and late payers, a customer, account A-7 and its site S-1."""

from datetime import date
from typing import Any, Final

from aggregates.fact import Origin, Role, Source
from aggregates.profile_class.commands import found_company
from aggregates.use_case import Request
from api_client import Api
from scenario import cause
from store.application import Dossier

PROMPT: Final = {
    "name": "Prompt payers",
    "description": "Pay on time",
    "options": {"collector": "EU-1", "allow_discount": True, "discount_grace_days": 5, "payment_terms": "2/10 NET 30"},
    "amounts": {"USD": {"credit_limit": "10000", "interest": {"rate": "0.5"}}},
    "attributes": {"region": "north"},
}
LATE: Final = {
    "name": "Late payers",
    "description": "Pay late",
    "options": {"collector": "EU-2", "allow_discount": False, "late_charges": True},
    "amounts": {"USD": {"credit_limit": "500", "interest": {"rate": "2.5"}}},
}
START: Final = "2020-01-01"
ACCOUNT: Final = "/v1/accounts/A-7"
SITE: Final = "/v1/accounts/A-7/sites/S-1"


def found(dossier: Dossier) -> None:
    """What exists from the start."""
    by = {"correlation_id": cause("founded"), "causation_id": cause("founded")}
    origin = Origin(actor="dossier", role=Role.ADMINISTRATOR, source=Source.CLI, **by)
    found_company(dossier, Request(origin, date(2020, 1, 1)))


def classes(api: Api) -> None:
    """DEFAULT, Prompt payers, Late payers."""
    found(api.dossier)
    for one in (PROMPT, LATE):
        assert api.post("/v1/profile-classes", one).status_code == 201


def payers(api: Api) -> None:
    """The classes, customer 1001, account A-7 from 2020 on, and site S-1 without a profile."""
    classes(api)
    assert api.post("/v1/customers", {"number": "1001", "name": "Ada Byron"}).status_code == 201
    body = {"account": "A-7", "customer": "1001", "start": START}
    assert api.post("/v1/accounts", body, Role.AGENT).status_code == 201
    assert api.post(f"{ACCOUNT}/sites", {"site": "S-1"}, Role.AGENT).status_code == 201


def assign(api: Api, place: str, name: str, first: str | None = START, **more: Any) -> None:
    """Assigns a class to an account or a site."""
    body = {"profile_class": name, **more} | ({} if first is None else {"effective_from": first})
    answer = api.post(f"{place}/profile", body, Role.AGENT)
    assert answer.status_code == 201, answer.text


def update(api: Api, place: str, **body: Any) -> None:
    """Changes details on an account or a site."""
    answer = api.patch(f"{place}/profile", body, Role.AGENT)
    assert (answer.status_code, answer.json()["changed"]) == (200, True), answer.text
