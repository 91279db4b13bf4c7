"""The pages of profile classes, their propagation, and system options (rules 2.1-2.3, 2.13, 2.15-2.17, 2.19)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_settled
from jobs.propagation.worker import PropagationWorker
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop

CLASSES = "/v1/profile-classes"
DEFAULT = "DEFAULT"
READERS = (Role.AGENT, Role.INTEGRATOR, Role.AUDITOR)


@contextmanager
def working(dossier: Dossier) -> Iterator[None]:
    """A worker that runs propagations meanwhile."""
    stop = Stop()
    worker = PropagationWorker(dossier, ReadModels(dossier, projections(dossier)), rest_s=0.0)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def change_for_all(api: Api) -> int:
    """Changes the class of account A-7 for all its profiles; returns the version."""
    change = {"options": {"tolerance_percent": "9"}, "apply_to": "all"}
    version: int = api.patch(f"{CLASSES}/{DEFAULT}", change).json()["version"]
    return version


def set_tolerance(page: Page, percent: str) -> None:
    """Enters a tolerance into the form of the page."""
    page.get_by_label("Add a value to change").select_option("Tolerance %")
    page.get_by_label("Tolerance %", exact=True).fill(percent)


def test_a_class_is_created_with_what_it_must_set(visit: Visits, api: Api) -> None:  # rules 2.1, 2.3
    page = visit.open("/set-up/classes", Role.ADMINISTRATOR)
    page.get_by_role("link", name="New class").press("Enter")
    create = page.get_by_role("button", name="Create the class")
    page.get_by_label("Name").fill("Slow payers")
    page.get_by_label("Description").fill("Pay slowly")
    expect(create).to_have_accessible_description("A value has nothing in it yet.")
    page.get_by_label("Collector").fill("WEST")
    page.get_by_label("Allow discount").select_option("no")
    create.press("Enter")
    expect(page.get_by_role("heading", name="Slow payers", level=1)).to_be_focused()
    options = api.seen(f"{CLASSES}/Slow payers").json()["options"]
    assert (options["collector"], options["allow_discount"]) == ("WEST", False)


def test_a_change_asks_for_which_profiles_it_counts(visit: Visits, api: Api) -> None:  # rule 2.15
    page = visit.open("/set-up/classes/DEFAULT")
    set_tolerance(page, "101")
    save = page.get_by_role("button", name="Save as the next version")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    expect(save).to_have_accessible_description("Choose for which profiles the change counts.")
    for name in (
        "Apply changes to new profiles only.",
        "Apply changes to unmodified profiles and version existing unmodified profiles.",
        "Apply changes to all profiles and version all existing profiles.",
    ):
        expect(page.get_by_role("radio", name=name)).to_be_visible()
    page.get_by_role("radio", name="Apply changes to new profiles only.").check()
    save.press("Enter")
    expect(page.get_by_label("Tolerance %", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Tolerance %", exact=True).fill("4")
    save.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Apply changes to new profiles only.")).to_be_visible()
    latest = page.get_by_role("region", name="Versions").get_by_role("row").nth(1)
    expect(latest).to_contain_text("Tolerance %")
    expect(page.get_by_role("region", name="Credit")).to_contain_text("4 changed was 0")
    assert api.seen(f"{CLASSES}/DEFAULT").json()["options"]["tolerance_percent"] == "4"


def test_amounts_are_changed_in_several_currencies_at_once(visit: Visits, api: Api) -> None:  # rule 2.4
    page = visit.open("/set-up/classes/Late payers")
    for number, (currency, amount) in enumerate((("USD", "7000"), ("eur", "6000"))):
        page.get_by_label("Add a value to change").select_option("Credit limit")
        page.get_by_label("Currency", exact=True).nth(number).fill(currency)
        page.get_by_label("Credit limit", exact=True).nth(number).fill(amount)
    expect(page.get_by_label("Credit limit", exact=True).first).to_have_accessible_description("Now: 5000")
    page.get_by_role("radio", name="Apply changes to new profiles only.").check()
    page.get_by_label("Reason").fill("as agreed")
    page.get_by_label("Reason").press("Control+Enter")
    amounts = page.get_by_role("region", name="Amounts").get_by_role("row")
    expect(amounts.filter(has_text="Credit limit")).to_contain_text("7000 changed was 5000")
    read = api.seen(f"{CLASSES}/Late payers").json()["amounts"]
    assert (read["USD"]["credit_limit"], read["EUR"]["credit_limit"]) == ("7000", "6000")


def test_what_another_window_saved_meanwhile_loses_nothing(visit: Visits, api: Api) -> None:  # rule 0.7
    page = visit.open("/set-up/classes/Late payers")
    page.get_by_label("Description").fill("Pay too late")
    changed = {"options": {"risk_code": "HIGH"}, "apply_to": "new"}
    assert api.patch(f"{CLASSES}/Late payers", changed).status_code == 200
    api.seen(f"{CLASSES}/Late payers")
    page.get_by_role("button", name="Save as the next version").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Pay too late")
    page.get_by_role("button", name="Go on from the present one").press("Enter")
    page.get_by_role("button", name="Save as the next version").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    read = api.seen(f"{CLASSES}/Late payers").json()
    assert (read["description"], read["options"]["risk_code"]) == ("Pay too late", "HIGH")


def test_a_change_reaches_profiles_after_a_preview(visit: Visits, api: Api) -> None:  # rules 2.16, 2.17
    profile_class = api.seen("/v1/accounts/A-7/profile").json()["profile_class"]
    page = visit.open(f"/set-up/classes/{profile_class}")
    set_tolerance(page, "7")
    page.get_by_role("radio", name="Apply changes to all profiles").check()
    page.get_by_role("button", name="Save as the next version").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("planned")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("rowheader", name="A-7").first).to_be_visible()
    run = preview.get_by_role("button", name="Run on")
    expect(run).not_to_have_attribute("aria-disabled", "true")
    run.press("Enter")
    expect(page.get_by_role("progressbar", name="Profiles done")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    address = page.url
    page.goto(f"{visit.address}/set-up/classes")
    page.goto(address)
    expect(page.get_by_role("progressbar", name="Profiles done")).to_be_visible()
    with working(api.dossier):
        expect(page.get_by_role("main")).to_contain_text("finished")
    report = page.get_by_role("region", name="Report")
    expect(report.get_by_role("row").filter(has_text="A-7").first).to_contain_text("Tolerance %")
    with page.expect_download() as download:
        report.get_by_role("button", name="Download the report").press("Enter")
    assert "A-7,,changed,,options.tolerance_percent," in download.value.path().read_text()
    report.get_by_label("Outcome").select_option("skipped")
    expect(report.get_by_text("No profile is concerned.")).to_be_visible()
    page.get_by_role("button", name="Look at a further run").press("Enter")
    further = page.get_by_role("region", name="Preview")
    expect(further.get_by_role("button", name="Run on 0 profiles")).to_have_accessible_description(
        "No profile would change."
    )


def test_a_run_date_that_is_refused_can_be_mended(visit: Visits, api: Api) -> None:  # rule 2.16
    version = change_for_all(api)
    page = visit.open(f"/set-up/classes/{DEFAULT}/propagations/{version}")
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_label("Run date").fill("9999-01-01")
    expect(preview.get_by_role("alert")).to_be_visible()
    preview.get_by_role("button", name="Today").press("Enter")
    expect(preview.get_by_role("rowheader", name="A-7")).to_be_visible()
    preview.get_by_label("Also later-dated versions").check()
    expect(preview.get_by_role("button", name="Run on 1 profile")).not_to_have_attribute("aria-disabled", "true")


def test_default_is_never_deactivated_and_others_say_what_it_means(visit: Visits) -> None:  # rules 2.2, 2.19
    page = visit.open("/set-up/classes/DEFAULT")
    off = page.get_by_role("button", name="Deactivate DEFAULT")
    expect(off).to_have_attribute("aria-disabled", "true")
    page.goto(f"{visit.address}/set-up/classes/Late payers")
    page.get_by_role("button", name="Deactivate Late payers").press("Enter")
    dialog = page.get_by_role("dialog", name="Deactivate Late payers?")
    expect(dialog).to_contain_text("Profiles that have it go on with it.")
    dialog.get_by_role("button", name="Deactivate").press("Enter")
    expect(page.get_by_role("button", name="Activate Late payers")).to_be_visible()


def test_system_options_hold_from_a_day_on(visit: Visits, api: Api) -> None:  # rule 2.13
    page = visit.open("/set-up/system-options")
    set_tolerance(page, "2")
    page.get_by_role("button", name="Save the system options").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.get_by_role("region", name="Credit")).to_contain_text("2")
    assert api.seen("/v1/system-options").json()["options"]["tolerance_percent"] == "2"
    assert api.patch("/v1/system-options", {"amounts": {"USD": {"interest": {"rate": "1.5"}}}}).status_code == 200
    api.seen("/v1/system-options/history")
    page.reload()
    rows = page.get_by_role("region", name="History").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Interest (USD): (none) → 1.5 %")
    expect(rows.nth(2)).to_contain_text("Tolerance %: (none) → 2")


@pytest.mark.parametrize("role", READERS)
def test_who_only_reads_is_offered_no_change(visit: Visits, api: Api, role: Role) -> None:
    version = change_for_all(api)
    page = visit.open("/set-up/classes", role)
    expect(page.get_by_role("link", name="New class")).to_have_count(0)
    page.get_by_role("link", name=DEFAULT).press("Enter")
    expect(page.get_by_text("Your role reads the set-up and does not change it.").first).to_be_visible()
    expect(page.get_by_role("button", name="Save as the next version")).to_have_count(0)
    page.get_by_role("link", name="Apply changes to all profiles").press("Enter")
    run = page.get_by_role("button", name="Run on 1 profile")
    expect(run).to_have_accessible_description("Your role reads the set-up and does not change it.")
    expect(page.get_by_role("heading", name=f"{DEFAULT}, version {version}", level=1)).to_be_visible()
    page.goto(f"{visit.address}/set-up/system-options")
    expect(page.get_by_role("heading", name="System options", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Save the system options")).to_have_count(0)


def test_no_page_of_classes_keeps_anybody_out(visit: Visits, api: Api) -> None:
    version = change_for_all(api)
    for width in (WIDE, NARROW):
        page = visit.open("/set-up/classes", width=width)
        for path in ("/new", "/Late payers", f"/{DEFAULT}/propagations/{version}"):
            page.goto(f"{visit.address}/set-up/classes{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert_settled(page)
            assert_accessible(page)
            assert_no_sideways_scrolling(page)
