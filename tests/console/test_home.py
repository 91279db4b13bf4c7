"""Where those begin who have no calls, and addresses that lead nowhere."""

import re

import pytest
from playwright.sync_api import expect

from aggregates.fact import Role
from browser import Visits


@pytest.mark.parametrize(
    ("role", "heading"),
    [(Role.ADMINISTRATOR, "Customers"), (Role.INTEGRATOR, "Operations"), (Role.AUDITOR, re.compile("Audit|Customers"))],
)
def test_others_begin_where_they_work(visit: Visits, role: Role, heading: str | re.Pattern[str]) -> None:
    page = visit.open("/", role)
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_an_address_without_a_page_offers_to_search(visit: Visits) -> None:
    page = visit.open("/nowhere/at/all")
    expect(page.get_by_role("main")).to_contain_text("There is no page at /nowhere/at/all.")
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.goto(f"{visit.address}/customers/4711")
    page.get_by_role("main").get_by_role("button", name="Search").first.press("Enter")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
