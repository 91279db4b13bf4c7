"""Customers found by a business field, and accounts and sites listed by their profile (rules 2.7, 2.8, 3.11, 5.2)."""

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_in_address

PHONE = "+441632960961"
FIELD = {"group": "business", "type": "phone", "personal": True, "searchable": True}


@pytest.fixture
def phones(api: Api) -> Api:
    """Customer 1002 has a phone number that can be searched by, and a masked one."""
    api.post("/v1/fields", {"key": "phone", "label": "Phone", **FIELD})
    api.post("/v1/fields", {"key": "secret", "label": "Secret Phone", "masked": True, **FIELD})
    saved = api.patch("/v1/customers/1002/fields", {"fields": {"phone": PHONE, "secret": "+441632960962"}})
    assert saved.status_code == 200
    assert api.seen("/v1/fields/secret").status_code == 200
    assert api.seen(f"/v1/customers?field=phone&value=%2B{PHONE[1:]}").json()["items"] != []
    return api


def test_the_search_field_finds_a_customer_by_a_phone_number(visit: Visits, phones: Api) -> None:
    page = visit.open("/customers", Role.AGENT)
    search = page.get_by_role("combobox", name="Search")
    search.fill("+44 1632 960961")
    group = page.get_by_role("listbox").get_by_role("group", name="Business fields")
    expect(group.get_by_role("option")).to_have_text("Grace Hopper, 1002 Phone")
    search.press("Enter")
    expect(page.get_by_role("heading", name="Grace Hopper", level=1)).to_be_focused()


def test_customers_are_found_by_a_field_a_masked_one_by_those_only_who_may_see_it(visit: Visits, phones: Api) -> None:
    # rule 5.2
    page = visit.open("/customers", Role.AGENT)
    page.get_by_label("Find by").select_option("Business field")
    field = page.get_by_label("Field", exact=True)
    expect(field.get_by_role("option")).to_have_text(["Choose…", "Phone", "Loan Number"])

    page = visit.open("/customers", Role.AUDITOR)
    page.get_by_label("Find by").select_option("Business field")
    page.get_by_label("Field", exact=True).select_option("Secret Phone (masked: this is recorded)")
    page.get_by_label("Value").fill("+441632960962")
    page.get_by_role("button", name="Find").click()
    expect(found(page, "Customers found").get_by_role("rowheader")).to_have_text(["Grace Hopper"])
    expect(found(page, "Customers found")).to_contain_text("1 in all")
    [shown] = phones.seen("/v1/customers/1002/unmaskings").json()["items"]
    assert (shown["role"], shown["data"]["fields"]) == ("auditor", ["secret"])


def test_accounts_and_sites_are_listed_by_their_profile(visit: Visits, api: Api) -> None:  # rules 2.7, 2.8
    assert api.post("/v1/accounts/A-7/sites/S-1/profile", {"profile_class": "Late payers"}).status_code == 201
    api.patch("/v1/accounts/A-7/sites/S-1/profile", {"options": {"tolerance_percent": "5"}})
    assert api.seen("/v1/sites?set_here=options.tolerance_percent").json()["items"] != []
    page = visit.open("/accounts", Role.AGENT)
    expect(found(page, "Accounts found")).to_contain_text("1 in all")
    page.get_by_label("Class", exact=True).select_option("Late payers")
    page.get_by_role("button", name="Find").click()
    expect(found(page, "Accounts found")).to_contain_text("No account was found.")
    page.get_by_label("List").select_option("Sites")
    expect(found(page, "Sites found").get_by_role("row").nth(1)).to_contain_text("Late payers v1")
    page.get_by_label("Value set here").select_option("Tolerance %")
    page.get_by_label("Class version older than").fill("2")
    page.get_by_role("button", name="Find").click()
    expect(found(page, "Sites found").get_by_role("rowheader")).to_have_text(["S-1"])
    assert_in_address(page, "set_here=options.tolerance_percent")
    page.get_by_label("Class version older than").fill("1")
    page.get_by_role("button", name="Find").click()
    expect(found(page, "Sites found")).to_contain_text("No site was found.")
    page.get_by_label("Class", exact=True).select_option("any")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Name the class, too.").first).to_be_visible()


def found(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)
