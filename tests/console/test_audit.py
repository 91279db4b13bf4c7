"""The audit: what changed, before and after, who, when and why; found by filters in the address, opened, copied, exported."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_settled, press
from cli.commands.verify_files import verify_file
from store.proof.heads import open_head

READERS = [Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR]
HOSTILE = "<img src=x onerror=alert(1)> \u202egnirts \u2066" + "long" * 40


def events(page: Page) -> Locator:
    """The list of events."""
    return page.get_by_role("region", name="Events", exact=True)


def rows(page: Page) -> Locator:
    """The events of the list, without the head."""
    return events(page).get_by_role("row").filter(has=page.get_by_role("button", name="Open"))


def edit(api: Api, city: str, reason: str = "As agreed on the telephone") -> None:
    body = {"fields": {"city": city}, "reason": reason}
    assert api.patch("/v1/customers/1001/fields", body).status_code == 200


@pytest.mark.parametrize("role", READERS)
def test_what_changed_today_and_who_did_it_is_one_click(visit: Visits, api: Api, role: Role) -> None:
    edit(api, "Graz")
    page = visit.open("/customers", role)
    page.get_by_role("link", name="Audit").press("Enter")
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_focused()
    page.get_by_role("link", name="What changed today, and who?").press("Enter")
    first = rows(page).first
    for text in (
        "administrator",
        "Customer 1001",
        "customer: field edited",
        "City",
        "As agreed on the telephone",
    ):
        expect(first).to_contain_text(text)
    expect(first.get_by_role("listitem")).to_contain_text("was London →, now Graz")
    expect(page).to_have_url(
        f"{visit.address}/audit?recorded_from={api.dossier.today()}&recorded_to={api.dossier.today()}"
    )
    expect(first.get_by_role("link", name="Customer 1001")).to_be_visible()


def test_an_agent_is_not_led_to_the_audit_and_is_refused_beside_the_thing(visit: Visits) -> None:
    page = visit.open("/customers", Role.AGENT)
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    page.goto(f"{visit.address}/audit")
    expect(events(page).get_by_role("alert")).to_have_text("Allowed to administrator, integrator, auditor only.")


def test_filters_are_typed_kept_in_the_address_and_taken_away_one_by_one(visit: Visits, api: Api) -> None:
    edit(api, "Graz", "Moved house")
    edit(api, "Wien", "Moved again")
    page = visit.open("/audit", Role.AUDITOR)
    page.get_by_label("About", exact=True).select_option("Customer")
    page.get_by_label("Which one").fill("1001")
    page.get_by_label("Words of the reason").fill("moved AGAIN")
    page.get_by_label("Words of the reason").press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("was Graz →, now Wien")
    expect(page).to_have_url(f"{visit.address}/audit?kind=customer&key=1001&reason=moved+AGAIN")
    page.get_by_role("link", name="Remove: Words of the reason: moved AGAIN").press("Enter")
    expect(page.get_by_label("Words of the reason")).to_have_value("")
    expect(rows(page).nth(2)).to_be_visible()
    page.get_by_label("Changed value").fill("fields.city")
    page.get_by_role("button", name="Show").press("Enter")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("link", name="Oldest first").press("Enter")
    expect(rows(page).first).to_contain_text("was (nothing) →, now London")
    page.get_by_role("link", name="Clear all filters").press("Enter")
    expect(page.get_by_text("Filters (", exact=False)).to_have_count(0)


def test_a_filter_that_cannot_be_meant_is_refused_at_its_field(visit: Visits) -> None:
    page = visit.open("/audit?key=1001&effective_from=2026-02-01&effective_to=2026-01-01")
    for label, message in (
        ("About", "Name the kind of thing, too."),
        ("Effective until", "The end must not be before the start."),
    ):
        expect(page.get_by_label(label, exact=True)).to_have_accessible_description(
            re.compile(re.escape(message) + "$")
        )


def test_an_event_opens_whole_is_copied_and_leads_to_what_belongs_to_it(visit: Visits, api: Api) -> None:
    edit(api, "Graz")
    page = visit.open("/audit?kind=customer&key=1001", Role.AUDITOR)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows(page).first.get_by_role("button", name="Open").press("Enter")
    drawer = page.get_by_role("dialog", name="customer: field edited")
    drawer.get_by_text("The whole event as JSON").press("Enter")
    drawer.get_by_role("button", name="Copy").press("Enter")
    expect(drawer.get_by_text("Copied")).to_be_visible()
    entry = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert entry == api.seen("/v1/history?kind=customer&key=1001").json()["items"][0]
    press(page, "Escape")
    expect(rows(page).first.get_by_role("button", name="Open")).to_be_focused()
    rows(page).first.get_by_role("button", name="Open").press("Enter")
    drawer.get_by_role("link", name="What belongs together").press("Enter")
    expect(page).to_have_url(f"{visit.address}/audit?correlation_id={entry['correlation_id']}")
    expect(rows(page)).to_have_count(1)


def test_what_is_filtered_is_exported_whole(visit: Visits, api: Api, tmp_path: Path) -> None:
    edit(api, "Graz", "=1+1")
    page = visit.open("/audit?field=fields.city", Role.AUDITOR)
    assert_settled(page)
    with page.expect_download() as download:
        events(page).get_by_role("link", name="Export as CSV").click()
    download.value.save_as(tmp_path / "history.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "history.csv").read_text("utf-8-sig"))))
    assert [(line["before"], line["after"], line["reason"]) for line in lines if line["key"] == "1001"] == [
        ("London", "Graz", "'=1+1"),
        ("", "London", "Demo company"),
    ]
    with page.expect_download() as download:
        events(page).get_by_role("link", name="Export as NDJSON").click()
    download.value.save_as(tmp_path / "history.ndjson")
    entries = [json.loads(line) for line in (tmp_path / "history.ndjson").read_text().splitlines()]
    assert entries == api.seen("/v1/history?field=fields.city&limit=500").json()["items"]


def test_the_search_field_finds_an_event_by_its_id(visit: Visits, api: Api) -> None:
    event_id = api.seen("/v1/history?limit=1").json()["items"][0]["event_id"]
    page = visit.open("/customers", Role.AUDITOR)
    search = page.get_by_role("combobox", name="Search")
    search.fill(event_id)
    option = page.get_by_role("group", name="Events").get_by_role("option")
    expect(option).to_be_visible()
    search.press("ArrowDown")
    search.press("Enter")
    expect(page).to_have_url(f"{visit.address}/audit/{event_id}")
    expect(page.get_by_role("heading", name="Event", level=1)).to_be_focused()
    expect(page.get_by_role("main")).to_contain_text(event_id)
    page.goto(f"{visit.address}/audit/00000000-0000-0000-0000-000000000001")
    expect(page.get_by_role("alert")).to_contain_text("There is no event")


@pytest.mark.parametrize("width", [1280, NARROW])
def test_whatever_people_typed_is_shown_as_text(visit: Visits, api: Api, width: int) -> None:
    edit(api, HOSTILE[:60], HOSTILE)
    page = visit.open("/audit?kind=customer", Role.AUDITOR, width=width)
    expect(rows(page).first).to_contain_text("<img src=x onerror=alert(1)>")
    assert_no_sideways_scrolling(page)


def test_an_event_keeps_nobody_out(visit: Visits, api: Api) -> None:
    edit(api, "Graz")
    event_id = api.seen("/v1/history?limit=1").json()["items"][0]["event_id"]
    for width in (WIDE, NARROW):
        page = visit.open("/audit", Role.AUDITOR, width=width)
        rows(page).first.get_by_role("button", name="Open").press("Enter")
        page.get_by_text("The whole event as JSON").press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text('"topic": "customer.field_edited"')
        assert_accessible(page)
        page.goto(f"{visit.address}/audit/{event_id}")
        expect(page.get_by_role("main")).to_contain_text(event_id)
        assert_accessible(page)
        assert_no_sideways_scrolling(page)


@pytest.mark.parametrize("role", READERS)
def test_the_log_is_verified_and_a_signed_head_is_kept(visit: Visits, api: Api, role: Role, tmp_path: Path) -> None:
    page = visit.open("/audit", role)
    proof = page.get_by_role("region", name="Proof", exact=True)
    with page.expect_download() as download:
        proof.get_by_role("button", name="Save a signed head").press("Enter")
    download.value.save_as(tmp_path / "head.txt")
    assert open_head((tmp_path / "head.txt").read_text(), [api.dossier.notary.key.public]).size == api.end()
    proof.get_by_role("button", name="Verify").press("Enter")
    expect(proof.get_by_role("status")).to_contain_text(f"The log is whole: {api.end():,} events")
    expect(proof.get_by_role("status")).to_contain_text(f"Signed up to position {api.end():,}.")
    assert_accessible(page)


def test_what_was_altered_is_named(visit: Visits, api: Api) -> None:
    edit(api, "Graz")
    api.get("/v1/proof/head")
    alter = "UPDATE events SET recorded_at = recorded_at + interval '1 second' WHERE position = %s"
    page = visit.open("/audit", Role.AUDITOR)
    proof = page.get_by_role("region", name="Proof", exact=True)
    with api.dossier.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(alter, [api.end()])
        proof.get_by_role("button", name="Verify").press("Enter")
        expect(proof.get_by_role("alert")).to_contain_text(f"The log was altered at position {api.end():,}.")
        connection.execute(alter.replace("+ interval", "- interval"), [api.end()])


def test_the_proof_of_an_event_is_a_file(visit: Visits, api: Api, tmp_path: Path) -> None:
    edit(api, "Graz")
    page = visit.open("/audit?kind=customer&key=1001", Role.AUDITOR)
    rows(page).first.get_by_role("button", name="Open").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Proof of this event").press("Enter")
    download.value.save_as(tmp_path / "proof.json")
    assert download.value.suggested_filename == f"proof-{api.end()}.json"
    result = verify_file(tmp_path / "proof.json", [api.dossier.notary.key.public], None)
    assert (result.kind, result.fault) == ("event", None)
    with page.expect_download() as download:
        press(page, "Escape")
        page.get_by_role("link", name="Export with proofs").press("Enter")
    download.value.save_as(tmp_path / "history.ndjson")
    result = verify_file(tmp_path / "history.ndjson", [api.dossier.notary.key.public], None)
    assert (result.kind, result.fault) == ("history", None)
    assert result.events > 0
