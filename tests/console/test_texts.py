"""Every text that the rules give word for word stands where a person meets what it is about."""

import re

from playwright.sync_api import expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits
from business_fields import upload_row
from test_account import panel


def test_the_texts_of_customers(visit: Visits, api: Api) -> None:
    upload_row(api.dossier, "1001", {"loan_number": "L-17"})
    assert api.post("/v1/customers", {"number": "1009", "name": "Emmy Noether"}).status_code == 201
    api.seen("/v1/customers/1009/fields")
    page = visit.open("/customers/1009")
    expect(page.get_by_role("main")).to_contain_text("No data to display")  # rule 1.14
    page.goto(f"{visit.address}/customers/1001")
    for name in ("Business Fields", "Optional Business Fields"):  # rule 3.3
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_visible()
    page.get_by_role("button", name="Edit City").click()
    page.get_by_label("City", exact=True).fill("Paris")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Customer profile changed successfully")).to_be_visible()  # 3.6
    expect(page.get_by_role("button", name="Sort By")).to_be_visible()  # rule 3.8
    page.get_by_role("button", name="More Options").click()  # rule 1.11
    page.get_by_role("menuitem", name="Profile", exact=True).click()
    drawer = page.get_by_role("dialog", name="Ada Byron 1001")  # rule 1.10
    for name in ("OK", "Cancel"):
        expect(drawer.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_the_texts_of_profiles(visit: Visits) -> None:
    page = visit.open("/accounts/A-7", Role.AGENT)
    expect(panel(page, "In force")).to_contain_text(
        "The date of a given transaction or receipt determines which account or site profile applies."  # rule 2.13
    )
    page.goto(f"{visit.address}/accounts/A-7/history")
    expect(page.get_by_role("main")).to_contain_text(
        "details of when a given version of a profile class is active"  # rule 2.22
    )
    page.goto(f"{visit.address}/accounts/A-7/sites/S-1")
    page.get_by_role("link", name="Create Site Profile").click()  # rule 2.6
    page.get_by_role("radio", name="Prompt payers").check()
    page.get_by_role("button", name="Create Site Profile").click()
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
    page.get_by_role("link", name="Edit Site", exact=True).click()  # rule 2.6
    expect(page.get_by_role("radio", name="Update options")).to_be_visible()


def test_the_texts_of_the_set_up(visit: Visits) -> None:
    page = visit.open("/set-up/categories")
    expect(panel(page, "Work with Profile Categories (WPFL)")).to_be_visible()  # rule 1.1
    page.get_by_role("link", name="New category").click()
    expect(page.get_by_label("Required")).to_have_accessible_description(
        "If a profile category is required, a value must be selected to save the Profile."  # rule 1.8
    )
    page.goto(f"{visit.address}/set-up/fields/city")
    expect(page.get_by_label("Agent Editable")).to_be_visible()  # rule 3.1
    page.goto(f"{visit.address}/set-up/controls")
    for code, name in (  # rule 4.1
        ("K87", "Alternate ID Required for Display Customer Profile"),
        ("L37", "ORCE Customer Integration"),
        ("L51", "Send Profile Data to ORCE"),
    ):
        expect(page.get_by_role("rowheader", name=re.compile(f"{code} · {name}"))).to_be_visible()
