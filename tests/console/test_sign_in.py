"""Signing in by hand and by a printed link, and a session that ends in the middle of work."""

import re

from playwright.sync_api import expect

from aggregates.fact import Role
from api_client import token
from browser import COOKIE, Visits


def test_a_person_signs_in_where_they_wanted_to_go(visit: Visits) -> None:
    page = visit.open("/customers?by=name&for=Ada", role=None)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    field = page.get_by_label("Token")
    page.get_by_role("button", name="Sign in").click()
    expect(field).to_have_accessible_description("Enter a token.")
    field.fill("nonsense")
    field.press("Enter")
    expect(field).to_have_accessible_description("The token is not valid.")
    field.fill(token(Role.AGENT))
    field.press("Enter")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Ada Byron")).to_be_visible()
    expect(page).to_have_url(f"{visit.address}/customers?by=name&for=Ada")


def test_a_printed_link_signs_in_and_its_token_leaves_the_address(visit: Visits) -> None:
    page = visit.open(f"/sign-in#{token(Role.AUDITOR)}", role=None)
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("auditor")
    expect(page).not_to_have_url(re.compile("#"))
    [cookie] = [each for each in page.context.cookies() if each["name"] == COOKIE]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"


def test_a_link_whose_token_has_expired_says_so(visit: Visits) -> None:
    page = visit.open(f"/sign-in#{token(Role.AGENT, seconds=-10)}", role=None)
    expect(page.get_by_role("alert")).to_have_text("The token has expired.")
    expect(page.get_by_label("Token")).to_be_visible()


def test_signing_out_ends_the_session(visit: Visits) -> None:
    page = visit.open("/customers")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{visit.address}/customers")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_that_ends_is_renewed_over_the_page(visit: Visits) -> None:
    page = visit.open("/customers")
    page.get_by_role("textbox", name="Name").fill("Grace")
    page.context.clear_cookies()
    page.get_by_role("button", name="Find").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    dialog.get_by_label("Token").fill(token(Role.ADMINISTRATOR))
    dialog.get_by_label("Token").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Grace")
    expect(page.get_by_role("link", name="Grace Hopper")).to_be_visible()
