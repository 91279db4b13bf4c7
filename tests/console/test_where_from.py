"""“Where it comes from”: a value opens to the event that made it so and the way by which it came (rules 0.2, 2.13, 3.2, 3.4, 6.1)."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling, assert_nothing_scrolls_sideways
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits
from counting import eventually
from test_classes import CLASSES, DEFAULT, change_for_all, working
from test_customer import panel
from test_widget import widget_of
from upload_helpers import uploaded

FILE = "id,town\n1001,Vienna\n"
MAPPED = {"id": "customer_number", "town": "city"}


def open_line(part: Locator, text: str) -> Locator:
    """Opens a line by the keyboard, and returns what it says once that is there."""
    line = part.get_by_role("group").filter(has_text=text).first
    summary = line.locator("summary")
    expect(summary).to_be_visible()
    summary.press("Enter")
    said = line.get_by_role("list")
    expect(said).to_be_visible()
    return said


def city_of(page: Page) -> Locator:
    """What is said of the city."""
    return open_line(widget_of(page), "Where it comes from: City")


def test_a_value_of_a_file_leads_to_the_upload_and_names_row_column_and_mapping(visit: Visits, api: Api) -> None:
    assert api.put("/v1/upload-mappings/crm", {"columns": MAPPED}).status_code == 201
    uploaded(api.dossier, FILE, MAPPED, mapping="crm")
    api.seen("/v1/customers/1001/fields?explain=true")
    page = visit.open("/customers/1001")
    said = city_of(page)
    expect(said).to_contain_text("File contacts.csv, row 1, column town; mapping crm, version 1")  # rule 3.2
    expect(said).to_contain_text("Before: London")
    said.get_by_role("link", name="contacts.csv").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("contacts.csv")


def test_an_edit_on_a_call_names_the_call_the_agent_and_what_the_agent_saw(visit: Visits, api: Api) -> None:
    call = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
    assert api.post("/v1/interactions", call).status_code == 201
    body = {"fields": {"city": "Paris"}, "interaction": "I-1", "reason": "Moved"}
    assert api.patch("/v1/customers/1001/fields", body, Role.AGENT).status_code == 200
    api.seen("/v1/customers/1001/fields?explain=true")
    for role in (Role.AGENT, Role.AUDITOR):
        page = visit.open("/customers/1001", role)
        said = city_of(page)
        expect(said).to_contain_text("During call I-1 of agent with customer 1001")  # rule 3.4
        expect(said).to_contain_text("The agent saw London.")  # rule 3.7
        expect(said).to_contain_text("agent (agent, API): “Moved”")
        is_shown = role is Role.AUDITOR
        for link in ("Show the event", "I-1"):
            expect(said.get_by_role("link", name=link, exact=True)).to_have_count(int(is_shown))
    said.get_by_role("link", name="I-1", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    page.go_back()
    city_of(page).get_by_role("link", name="Show the event").press("Enter")
    expect(page.get_by_role("heading", name="Event", level=1)).to_be_visible()


def test_a_value_of_a_profile_leads_to_its_class_and_to_the_event(visit: Visits, api: Api) -> None:  # rules 2.7, 2.8
    assignment = {"profile_class": "Prompt payers", "reason": "Pays early"}
    assert api.post("/v1/accounts/A-7/profile", assignment).status_code == 201
    change = {"options": {"collector": "WEST"}, "reason": "Moved west"}
    assert api.patch("/v1/accounts/A-7/profile", change).status_code == 200
    api.seen("/v1/accounts/A-7/resolve?explain=true")
    page = visit.open("/accounts/A-7")
    in_force = panel(page, "In force")
    here = open_line(in_force, "◆ set here")
    expect(here).to_contain_text("Set here, not by the class.")
    expect(here).to_contain_text("Before: EAST")
    expect(here).to_contain_text("“Moved west”")
    of_class = open_line(in_force.get_by_role("region", name="Terms"), "from Prompt payers v1")
    of_class.get_by_role("link", name="Prompt payers, version 1").press("Enter")
    expect(page.get_by_role("heading", name="Prompt payers", level=1)).to_be_visible()


def test_a_value_that_a_propagation_wrote_leads_to_it(visit: Visits, api: Api) -> None:  # rule 2.16
    path = f"{CLASSES}/{DEFAULT}/propagations/{change_for_all(api)}"
    assert api.post(path, {}).status_code == 202
    with working(api.dossier):
        eventually(lambda: api.get(path).json()["state"] == "finished")
    api.seen("/v1/accounts/A-7/resolve?explain=true")
    page = visit.open("/accounts/A-7")
    said = open_line(panel(page, "In force"), "from DEFAULT v2")
    expect(said).to_contain_text("Class DEFAULT, version 2, written into this profile by a propagation")
    said.get_by_role("link", name="written into this profile by a propagation").press("Enter")
    expect(page.get_by_role("region", name="Report")).to_contain_text("A-7")


def test_a_merge_says_whose_the_value_is_and_what_lost(visit: Visits, api: Api) -> None:  # rule 6.1
    assert api.patch("/v1/customers/1002/fields", {"fields": {"date_of_birth": "1906-12-09"}}).status_code == 200
    assert api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    api.seen("/v1/customers/1001/fields?explain=true")
    said = city_of(visit.open("/customers/1001"))
    expect(said).to_contain_text("The value of this customer itself.")
    expect(said).to_contain_text("New York of customer 1002, who was merged in, does not hold.")


def test_an_answer_says_who_stored_it_on_the_page_and_in_the_drawer(visit: Visits) -> None:  # rule 1.6
    page = visit.open("/customers/1001")
    answers = panel(page, "Answers")
    expect(open_line(answers, "Where it comes from: Age")).to_contain_text("demo (administrator, command line)")
    page.goto(f"{visit.address}/customers/1001?drawer")
    drawer = page.get_by_role("dialog", name="Ada Byron 1001")
    said = open_line(drawer, "Where it comes from: Age")
    expect(said).to_contain_text("There was no value before.")
    expect(said.get_by_role("link", name="Show the event")).to_be_visible()
    expect(open_line(drawer, "Where it comes from: Favourite colour")).to_contain_text("demo")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_opened_keeps_nobody_out_and_fits_a_telephone(visit: Visits, theme: str) -> None:
    for width in (WIDE, NARROW):
        page = visit.open("/customers/1001", width=width, theme=theme)
        city_of(page)
        open_line(panel(page, "Answers"), "Where it comes from: Age")
        assert_accessible(page)
        assert_no_sideways_scrolling(page)
        assert_nothing_scrolls_sideways(page)
