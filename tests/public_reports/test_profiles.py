"""Profiles, classes and merges: kinds of bugs known from public reports about billing and CRM systems.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

from typing import Any

import pytest

from aggregates.fact import Role
from api_client import Api, fields, register
from jobs.upload.worker import UploadWorker
from payers import update
from propagation_helpers import attempt
from store.stopping import Stop
from upload_helpers import uploaded

TERMS = {"collector": "EU-1", "allow_discount": True, "payment_terms": "NET30"}
ALL = {"apply_to": "all"}


def define(api: Api, name: str, **more: Any) -> None:
    """A profile class."""
    body = {"name": name, "description": name, "options": TERMS, **more}
    assert api.post("/v1/profile-classes", body).status_code == 201


def account(api: Api, number: str, profile_class: str | None = None, start: str = "2026-01-01", **dates: str) -> str:
    """An account of a customer of its own, with a class from its start or from other days; gives its path."""
    register(api, f"C-{number}")
    opened = api.post("/v1/accounts", {"account": number, "customer": f"C-{number}", "start": start})
    assert opened.status_code == 201
    path = f"/v1/accounts/{number}"
    if profile_class is not None:
        assign(api, path, profile_class, **({"effective_from": start} | dates))
    return path


def assign(api: Api, path: str, profile_class: str, **dates: str) -> None:
    answer = api.post(f"{path}/profile", {"profile_class": profile_class, **dates})
    assert answer.status_code == 201, answer.text


def profile(api: Api, path: str, day: str) -> dict[str, Any]:
    """The profile in force on a day."""
    found: dict[str, Any] = api.seen(f"{path}/profile", params={"valid_at": day}).json()
    return found


def run(api: Api, name: str, version: int, **more: Any) -> dict[str, Any]:
    """Starts a propagation and lets a worker run it; gives what became of each account."""
    path = f"/v1/profile-classes/{name}/propagations/{version}"
    assert api.post(path, more).status_code == 202
    api.seen("/v1/accounts")
    attempt(api.dossier)
    return {row["account"]: row for row in api.get(f"{path}/report").json()["items"]}


def city_of(api: Api, number: str) -> Any:
    """The city of a customer today."""
    shown = api.seen(f"/v1/customers/{number}/fields").json()["business"]["fields"]
    return next(field["value"] for field in shown if field["key"] == "city")


def test_history_tells_on_which_days_each_version_holds(api: Api) -> None:  # rule 2.22
    """Kind: history repeats the range that was asked for, and nobody learns on which days a version was the one in force.

    Public report: github.com/markmhendrickson/neotoma/issues/2034 (what was true on a day could not be asked, only what was said).
    """
    define(api, "Days")
    path = account(api, "D-1", start="2031-01-01")
    assign(api, path, "Days", effective_from="2031-02-01", effective_to="2031-02-15")
    assign(api, path, "Days", effective_from="2031-03-01")
    default, february, march = api.seen(f"{path}/history").json()["items"]
    days = [(stretch["effective_from"], stretch["effective_to"]) for stretch in default["in_force"]]
    assert days == [("2031-01-01", "2031-01-31"), ("2031-02-16", "2031-02-28")]
    assert [part["by"] for part in default["superseded"]] == [february["event_id"], march["event_id"]]


def test_a_detail_of_today_leaves_the_class_that_is_planned(api: Api) -> None:  # rule 2.21
    """Kind: a small change of today cancels the plan that is scheduled for later.

    Public report: github.com/dimagi/commcare-hq/pull/13662 (a change of plan was to remove the future subscriptions).
    """
    define(api, "Planned")
    path = account(api, "P-1")
    assign(api, path, "Planned", effective_from="2031-04-01")
    update(api, path, options={"risk_code": "R2"}, effective_from="2031-01-01")
    found = [profile(api, path, day) for day in ("2031-03-31", "2031-04-01")]
    assert [(one["profile_class"], one["options"]["risk_code"]) for one in found] == [
        ("DEFAULT", "R2"),
        ("Planned", "R2"),
    ]


def test_a_detail_revives_no_ended_profile(api: Api) -> None:  # rule 2.21
    """Kind: something that was ended comes back because a later change runs over its end."""
    define(api, "Ended")
    site = f"{account(api, 'E-1')}/sites/S-1"
    api.post("/v1/accounts/E-1/sites", {"site": "S-1"})
    assign(api, site, "Ended", effective_from="2031-01-01")
    assert api.post(f"{site}/profile/end", {"effective_to": "2031-01-31"}).status_code == 200
    update(api, site, options={"risk_code": "R2"}, effective_from="2031-01-15", keep_later=True)
    assert api.seen(f"{site}/profile", params={"valid_at": "2031-01-31"}).json()["options"]["risk_code"] == "R2"
    assert api.seen(f"{site}/profile", params={"valid_at": "2031-02-01"}).status_code == 404


def test_a_propagation_names_what_it_leaves_out_and_a_further_run_brings_it(api: Api) -> None:  # rules 2.16, 2.17
    """Kind: a change of a plan passes over those who get the plan later, says nothing, and can never be run again.

    Public report: github.com/killbill/killbill/issues/1477 (a change of plan failed for bundles with something dated later).
    """
    define(api, "Prompt")
    account(api, "A-1", "Prompt")
    account(api, "A-2", "Prompt", effective_from="2031-01-01")
    path = "/v1/profile-classes/Prompt"
    version = api.patch(path, {"options": {"payment_terms": "NET45"}, **ALL}).json()["version"]
    update(api, "/v1/accounts/A-1", options={"payment_terms": "NET10"})
    preview = api.seen(f"{path}/propagations/{version}").json()["preview"]
    assert (preview["changed"], preview["skipped"], preview["overwritten_since"]) == (1, 1, 1)
    later = api.seen(f"{path}/propagations/{version}/preview", params={"later": True}).json()["items"]
    assert [row["account"] for row in later] == ["A-2"]
    report = run(api, "Prompt", version)
    [change] = report["A-1"]["changes"]
    assert (change["before"], change["after"]) == ("NET10", "NET45")
    assert {number: row["outcome"] for number, row in report.items()} == {"A-1": "changed", "A-2": "skipped"}
    again = run(api, "Prompt", version, include_later=True)
    assert {number: row["outcome"] for number, row in again.items()} == {"A-1": "unchanged", "A-2": "changed"}


def test_undoing_one_merge_leaves_what_another_brings(api: Api) -> None:  # rule 6.1
    """Kind: the wrong one of several merges is undone, and what the others brought is gone with it.

    Public report: github.com/arvarik/contrack/pull/56 (an undo only made the duplicate visible again).
    """
    for number, city in (("M1", None), ("M2", "Rome"), ("M3", "Oslo")):
        register(api, number)
        if city is not None:
            api.patch(f"/v1/customers/{number}/fields", {"fields": {"city": city}})
    account_of_m2 = {"account": "M-2", "customer": "M2"}
    assert api.post("/v1/accounts", account_of_m2).status_code == 201

    for other in ("M2", "M3"):
        assert api.post("/v1/customers/M1/merge", {"other": other}).status_code == 200
    listed = api.seen("/v1/accounts", params={"customer": "M1"}).json()["items"]
    assert (city_of(api, "M1"), [row["account"] for row in listed]) == ("Rome", ["M-2"])
    assert api.post("/v1/customers/M1/unmerge", {"other": "M2"}).status_code == 200
    assert (city_of(api, "M1"), city_of(api, "M2")) == ("Oslo", "Rome")


def test_what_the_customers_own_file_says_stays_when_a_merge_is_undone(api: Api) -> None:  # rules 3.10, 6.1
    """Kind: what came in for the survivor while it was merged goes away with the merge.

    Public report: github.com/arvarik/contrack/pull/56 (an undo did not know what had been changed since).
    """
    for number in ("O1", "O2"):
        register(api, number)
    api.patch("/v1/customers/O2/fields", {"fields": {"city": "Rome"}})
    assert api.post("/v1/customers/O1/merge", {"other": "O2"}).status_code == 200
    uploaded(api.dossier, "id,town\nO1,Rome\n", {"id": "customer_number", "town": "city"})
    assert api.post("/v1/customers/O1/unmerge", {"other": "O2"}).status_code == 200
    assert city_of(api, "O1") == "Rome"


def test_another_spelling_of_an_amount_is_no_change(api: Api) -> None:  # rules 0.5, 0.10
    """Kind: the same amount in other digits reads as somebody's change.

    Public report: github.com/woocommerce/woocommerce-gateway-amazon-pay/issues/148 (705.00 was another value than 705).
    """
    define(api, "Spelled", amounts={"USD": {"credit_limit": "100.5"}})
    path = account(api, "S-1", "Spelled")
    with api.storing_nothing():
        answer = api.patch(f"{path}/profile", {"amounts": {"USD": {"credit_limit": "100.50"}}})
    assert answer.json()["changed"] is False
    assert profile(api, path, "2026-06-01")["set_here"] == []


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1.5"), ("USD", "1.005")])
def test_an_amount_has_no_more_decimals_than_its_currency(api: Api, currency: str, amount: str) -> None:  # rule 2.4
    """Kind: an amount is taken that nobody can pay, and is rounded somewhere later.

    Public report: github.com/frappe/books/issues/770 (yen with decimals, rounded up).
    """
    path = account(api, f"Y-{currency}")
    with api.storing_nothing():
        answer = api.patch(f"{path}/profile", {"amounts": {currency: {"credit_limit": amount}}})
    assert (answer.status_code, fields(answer)) == (422, {f"amounts.{currency}.credit_limit"})


def test_a_finished_upload_tells_what_to_wait_for(api: Api) -> None:  # rule 3.2
    """Kind: the work is told to be finished, and what it made cannot be found yet.

    Public report: github.com/pyeventsourcing/eventsourcing/issues/89 (events that were stored were missing for readers).
    """
    headers = {"Dossier-Upload-Columns": '{"id": "customer_number"}', "Content-Type": "text/csv"}
    sent = api.call("POST", "/v1/uploads", Role.INTEGRATOR, content=b"id\nW1\n", headers=headers)
    UploadWorker(api.dossier).work(Stop())
    done = api.get(sent.headers["Location"])
    assert done.json()["state"] == "finished"
    position = {"Dossier-Position": done.headers["Dossier-Position"]}
    assert api.get("/v1/customers/W1", headers=position).status_code == 200
