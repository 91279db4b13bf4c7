"""Contact upload: File, Columns, Check, Upload, Outcome; the list of uploads; and what each role may not do (rule 3.2)."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_settled
from jobs.upload.worker import UploadWorker
from store.application import Dossier
from store.stopping import Stop

UPLOADERS = (Role.ADMINISTRATOR, Role.INTEGRATOR)
CONTACTS = (
    "Customer No;Vorname;City;Born;Shoe size\n"
    "1001;Ada;Paris;1815-12-10;38\n"
    "1003;Alan;Manchester;1912-06-23;43\n"
    "1004;Edsger;Rotterdam;tomorrow;44\n"
    "1005;Barbara;Boston;yesterday;39\n"
)


@contextmanager
def working(dossier: Dossier) -> Iterator[None]:
    """A worker that runs uploads meanwhile."""
    stop = Stop()
    thread = threading.Thread(target=UploadWorker(dossier).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def choose(page: Page, content: bytes = CONTACTS.encode(), name: str = "contacts.csv") -> None:
    """Takes the first step."""
    file = FilePayload(name=name, mimeType="text/csv", buffer=content)
    page.get_by_label("Contact file").set_input_files(file)
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_role("heading", name="Columns", level=2)).to_be_focused()


def target(page: Page, column: str) -> Locator:
    """Where a column goes."""
    return page.get_by_role("combobox", name=f"Goes to: {column}", exact=True)


def go_to_check(page: Page) -> None:
    """Takes the second step."""
    target(page, "Customer No").select_option("Customer number")
    target(page, "Born").select_option("Date of Birth")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Check", level=2)).to_be_focused()


def uploads(api: Api) -> list[dict[str, Any]]:
    """What was uploaded, the latest first."""
    items: list[dict[str, Any]] = api.get("/v1/uploads").json()["items"]
    return items


def upload(api: Api, content: str = CONTACTS, columns: str = '{"Customer No": "customer_number"}') -> str:
    """Somebody else uploads a file, which waits for a worker. Returns the upload's id."""
    headers = {"Content-Type": "text/csv", "Dossier-Upload-Columns": columns}
    answer = api.call("POST", "/v1/uploads?file=other.csv", Role.INTEGRATOR, content=content.encode(), headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["upload"])


@pytest.mark.parametrize("role", UPLOADERS)
def test_a_file_goes_in_step_by_step_and_its_refused_rows_come_back(visit: Visits, api: Api, role: Role) -> None:
    page = visit.open("/set-up/uploads", role)
    expect(page.get_by_text("No file was uploaded yet.")).to_be_visible()
    page.get_by_role("link", name="Upload a contact file").press("Enter")
    choose(page)
    expect(target(page, "City")).to_have_accessible_description("suggested by name")
    target(page, "Born").select_option("Date of Birth")
    expect(target(page, "Born")).to_have_accessible_description(
        re.compile("^2 of 4 values would be refused:.*tomorrow")
    )
    target(page, "Shoe size").select_option("Not taken")
    target(page, "Vorname").select_option("Not taken")
    expect(page.get_by_text("2 of 5 columns are not taken.")).to_be_visible()
    go_to_check(page)
    check = page.get_by_role("status").filter(has_text="All 4 rows were checked")
    expect(check).to_contain_text("2 can be taken (1 new, 1 changed, 0 unchanged); 2 would be refused.")
    expect(page.get_by_role("table", name="Why rows would be refused")).to_contain_text("Line 4: tomorrow")
    assert uploads(api) == []
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("heading", name="contacts.csv", level=1)).to_be_focused()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    with working(api.dossier):
        expect(page.get_by_role("status").filter(has_text="finished: 1 new, 1 changed")).to_be_attached()
    refused = page.get_by_role("region", name="Refused rows")
    expect(refused.get_by_role("rowheader")).to_have_text(["Line 4", "Line 5"])
    with page.expect_download() as download:
        refused.get_by_role("button", name="Download the refused rows").press("Enter")
    assert download.value.suggested_filename == "refused-contacts.csv"
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    header, *rows = content.splitlines()
    assert header == f"{CONTACTS.splitlines()[0]};Reason (Dossier)"
    assert [row.rpartition(";")[0] for row in rows] == CONTACTS.splitlines()[3:]
    refused.get_by_role("link", name="Upload a corrected file").press("Enter")
    expect(page.get_by_text("Columns, delimiter and days are those of the upload of contacts.csv.")).to_be_visible()
    choose(page, content.replace("tomorrow", "1930-05-11").encode(), "corrected.csv")
    expect(target(page, "Born")).to_have_value("date_of_birth")
    expect(target(page, "Reason (Dossier)")).to_have_accessible_description("Dossier's reasons: left out")
    expect(page.get_by_text("2 of 5 columns are not taken.")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    check = page.get_by_role("status").filter(has_text="All 2 rows were checked")
    expect(check).to_contain_text("1 can be taken (1 new, 0 changed, 0 unchanged); 1 would be refused.")
    page.get_by_role("navigation", name="Set-up").get_by_role("link", name="Uploads").press("Enter")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("row").filter(has_text="contacts.csv")).to_contain_text("1 new, 1 changed")


def test_rows_without_a_number_are_told_before_and_after(visit: Visits, api: Api) -> None:  # rule 3.2
    page = visit.open("/set-up/uploads/new")
    choose(page, b"Cust No;City\n1001;Paris\n;Rome\n;Oslo\n1001;Bern;x\n")
    expect(target(page, "Cust No")).to_have_accessible_description("suggested by name")
    expect(page.get_by_text("Line 5: The row has 3 cells")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    warning = page.get_by_role("status").filter(has_text="2 rows have no customer number (lines 3, 4).")
    expect(warning).to_contain_text("another one each time it is sent in a different file")
    expect(page.get_by_role("table", name="Why rows would be refused")).to_contain_text("Line 5: 1001;Bern;x")
    page.get_by_role("button", name="Upload", exact=True).click()
    with working(api.dossier):
        expect(page.get_by_role("region", name="Outcome")).to_contain_text(
            "2 new customers came without a customer number"
        )


def test_rows_with_the_same_number_are_told_before_and_after(visit: Visits, api: Api) -> None:  # rule 3.2
    page = visit.open("/set-up/uploads/new")
    choose(page, b"Cust No;City\n1001;Paris\n1002;Rome\n1001;Oslo\n")
    page.get_by_role("button", name="Next").click()
    warning = page.get_by_role("status").filter(has_text="1 row has a number that an earlier row has, too (line 4).")
    expect(warning).to_contain_text("what it says counts")
    page.get_by_role("button", name="Upload", exact=True).click()
    with working(api.dossier):
        expect(page.get_by_role("region", name="Outcome")).to_contain_text("1 row had a number that an earlier row had")


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR])
def test_who_does_not_upload_is_offered_nothing_and_told_so(visit: Visits, api: Api, role: Role) -> None:
    upload_id = upload(api)
    page = visit.open("/set-up/uploads/new", role)
    expect(page.get_by_text("Your role does not upload files.")).to_be_visible()
    expect(page.get_by_label("Contact file")).to_have_count(0)
    expect(page.get_by_role("link", name="Uploads")).to_have_count(0)
    for path in ("/set-up/uploads", f"/set-up/uploads/{upload_id}"):
        page.goto(f"{visit.address}{path}")
        expect(page.get_by_role("alert").first).to_contain_text("Allowed to administrator, integrator only.")
        expect(page.get_by_role("link", name="Upload a contact file")).to_have_count(0)
        expect(page.get_by_role("button", name="Cancel the upload")).to_have_count(0)


def test_next_says_why_it_is_off(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_label("Contact file")).to_have_accessible_description(re.compile("Choose a file first."))
    choose(page)
    following = page.get_by_role("button", name="Next")
    target(page, "Customer No").select_option("Not taken")
    expect(following).to_have_attribute("aria-disabled", "true")
    expect(following).to_have_accessible_description(re.compile("it tells whose row it is"))
    target(page, "Customer No").select_option("Customer number")
    target(page, "Shoe size").select_option("City")
    expect(following).to_have_accessible_description("Two columns go to the same place.")
    expect(target(page, "Shoe size")).to_have_accessible_description("Another column goes there already.")
    target(page, "Shoe size").select_option("Not taken")
    expect(following).not_to_have_attribute("aria-disabled", "true")


def test_going_back_keeps_everything(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page)
    target(page, "Vorname").select_option("First Name")
    go_to_check(page)
    page.get_by_label("Effective from").fill("2031-01-01")
    page.get_by_role("button", name="Back").press("Enter")
    expect(page.get_by_role("heading", name="Columns", level=2)).to_be_focused()
    expect(target(page, "Vorname")).to_have_value("first_name")
    page.get_by_role("button", name="Back").press("Enter")
    expect(page.get_by_text("contacts.csv,")).to_be_visible()
    page.get_by_role("button", name="Next").press("Enter")
    expect(target(page, "Vorname")).to_have_value("first_name")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Effective from")).to_have_value("2031-01-01")


def test_days_in_the_wrong_order_are_said_at_their_field(visit: Visits) -> None:  # rule 2.10
    page = visit.open("/set-up/uploads/new")
    choose(page)
    go_to_check(page)
    page.get_by_label("Effective from").fill("2031-02-01")
    page.get_by_label("Effective to").fill("2031-01-01")
    expect(page.get_by_label("Effective to")).to_have_accessible_description(
        re.compile("The end date must not be before the start date.")
    )
    expect(page.get_by_role("button", name="Upload", exact=True)).to_have_attribute("aria-disabled", "true")


def test_a_mapping_is_saved_and_chosen_for_the_next_file(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/uploads/new", Role.INTEGRATOR)
    choose(page)
    target(page, "Customer No").select_option("Customer number")
    target(page, "Shoe size").select_option("Loan Type")
    page.get_by_text("Save this mapping").click()
    page.get_by_label("Name of the mapping").fill("shoe shop")
    page.get_by_role("button", name="Save the mapping").press("Enter")
    expect(page.get_by_label("Name of the mapping")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Name of the mapping").fill("shoe-shop")
    page.get_by_label("Name of the mapping").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved as shoe-shop.")).to_be_visible()
    assert api.get("/v1/upload-mappings/shoe-shop").json()["columns"]["Shoe size"] == "loan_type"
    page.get_by_role("button", name="Back").press("Enter")
    page.get_by_label("Saved mapping").select_option("shoe-shop")
    page.get_by_role("button", name="Next").press("Enter")
    expect(target(page, "Shoe size")).to_have_value("loan_type")
    expect(target(page, "Shoe size")).to_have_accessible_description("from the mapping")


def test_how_a_file_is_read_can_be_said_otherwise(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page)
    page.get_by_label("Delimiter").select_option("comma")
    expect(target(page, "Customer No;Vorname;City;Born;Shoe size")).to_be_visible()
    page.get_by_label("Delimiter").select_option("as found: semicolon")
    page.get_by_label("First row").select_option("is data")
    expect(target(page, "1")).to_be_visible()


def test_a_file_in_another_encoding_is_converted(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page, "Customer No;City\n1001;Zürich\n".encode("cp1252"))
    following = page.get_by_role("button", name="Next")
    target(page, "Customer No").select_option("Customer number")
    expect(following).to_have_accessible_description("Convert the file to UTF-8 first.")
    page.get_by_role("button", name="Convert to UTF-8").press("Enter")
    expect(page.get_by_role("rowheader", name="City")).to_be_visible()
    expect(page.get_by_role("row", name="City Zürich")).to_be_visible()
    following.click()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("heading", name="contacts.csv", level=1)).to_be_visible()
    assert uploads(api)[0]["size"] == len("Customer No;City\n1001;Zürich\n".encode())


def test_a_workbook_is_told_once_what_it_is(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page, b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xb5\xff\xfe[Content_Types].xml \xa2\n", "contacts.xlsx")
    expect(page.get_by_role("main").get_by_text("The file is a ZIP archive or a workbook.")).to_have_count(1)
    expect(page.get_by_role("main")).not_to_contain_text("Convert")
    following = page.get_by_role("button", name="Next")
    expect(following).to_have_accessible_description("Go back and choose another file.")


def test_json_lines_have_members_for_columns(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page, b'{"Customer No": "1001", "City": "Paris"}\n', "contacts.jsonl")
    expect(page.get_by_text("JSON lines", exact=True)).to_be_visible()
    expect(target(page, "City")).to_have_value("city")
    expect(page.get_by_label("Delimiter")).to_have_count(0)


def test_the_same_file_again_says_when_it_was_taken(visit: Visits, api: Api) -> None:
    upload(api, CONTACTS)
    with working(api.dossier):
        page = visit.open("/set-up/uploads")
        expect(page.get_by_role("row").filter(has_text="other.csv")).to_contain_text("finished")
    page.get_by_role("link", name="Upload a contact file").click()
    choose(page)
    go_to_check(page)
    expect(page.get_by_role("link", name=re.compile("^This file was taken on "))).to_be_visible()


def test_an_answer_that_was_lost_on_the_way_is_one_upload(visit: Visits, api: Api) -> None:  # rule 0.7
    page = visit.open("/set-up/uploads/new")
    choose(page)
    go_to_check(page)
    send = page.get_by_role("button", name="Upload", exact=True)
    expect(send).not_to_have_attribute("aria-disabled", "true")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/v1/uploads?file=*", lose)
    send.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    page.unroute_all()
    send.press("Enter")
    expect(page.get_by_role("heading", name="contacts.csv", level=1)).to_be_visible()
    assert len(uploads(api)) == 1


def test_an_upload_is_cancelled_after_a_question(visit: Visits, api: Api) -> None:
    page = visit.open(f"/set-up/uploads/{upload(api)}", Role.INTEGRATOR)
    page.get_by_role("button", name="Cancel the upload").press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel this upload?")
    dialog.get_by_role("button", name="Go on with it").press("Enter")
    expect(dialog).to_be_hidden()
    assert uploads(api)[0]["state"] == "received"
    page.get_by_role("button", name="Cancel the upload").press("Enter")
    dialog.get_by_role("button", name="Cancel the upload").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Cancel the upload")).to_have_count(0)


def test_a_refused_file_says_why(visit: Visits, api: Api) -> None:
    upload_id = upload(api, columns='{"Customer No": "customer_number", "Hat": "city"}')
    with working(api.dossier):
        page = visit.open(f"/set-up/uploads/{upload_id}")
        expect(page.get_by_role("region", name="Outcome")).to_contain_text("Hat")


def test_cells_full_of_markup_are_shown_as_text(visit: Visits) -> None:
    page = visit.open("/set-up/uploads/new")
    choose(page, b"Customer No;City\n1001;<img src=x onerror=alert(1)>\n", "<b>.csv")
    expect(page.get_by_role("row", name="City <img src=x onerror=alert(1)>")).to_be_visible()


def test_no_step_keeps_anybody_out(visit: Visits, api: Api) -> None:
    upload_id = upload(api)
    for width in (WIDE, NARROW):
        page = visit.open("/set-up/uploads/new", width=width)
        expect(page.get_by_role("heading", name="File", level=2)).to_be_visible()
        assert_fits(page)
        choose(page)
        page.get_by_text("Save this mapping").click()
        target(page, "Born").select_option("Date of Birth")
        assert_fits(page)
        go_to_check(page)
        expect(page.get_by_role("table", name="Why rows would be refused")).to_be_visible()
        assert_fits(page)
        for path in ("/set-up/uploads", f"/set-up/uploads/{upload_id}"):
            page.goto(f"{visit.address}{path}")
            expect(page.get_by_role("heading", level=2).first).to_be_visible()
            assert_fits(page)


def assert_fits(page: Page) -> None:
    """The page as it is now is accessible, and as wide as its window."""
    assert_settled(page)
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
