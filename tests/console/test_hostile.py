"""Names and values that look like markup, reverse the direction of writing or never end are shown as text, and the layout holds."""

from playwright.sync_api import expect

from accessibility import assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, Visits, press

MARKUP = "<img src=x onerror=alert(1)>"
ENDLESS = "W" * 500


def test_hostile_texts_are_texts(visit: Visits, api: Api) -> None:
    assert api.post("/v1/customers", {"number": "666", "name": MARKUP}).status_code == 201
    fields = {"first_name": "</script><script>alert(1)</script>", "last_name": "אבג {{7*7}}", "city": ENDLESS}
    assert api.patch("/v1/customers/666/fields", {"fields": fields}).status_code == 200
    assert api.patch("/v1/categories/1", {"description": "<b>Age</b>", "reason": MARKUP}).status_code == 200
    api.seen("/v1/customers/666/drawer")
    page = visit.open("/customers/666?drawer", Role.AGENT, width=NARROW)
    drawer = page.get_by_role("dialog", name=f"{MARKUP} 666")
    expect(drawer.get_by_label("<b>Age</b> (required)")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("heading", name=MARKUP, level=1)).to_be_visible()
    for value in fields.values():
        expect(page.get_by_role("definition").filter(has_text=value)).to_be_visible()
    expect(page).to_have_title(f"{MARKUP} · Dossier")
    assert_no_sideways_scrolling(page)


def test_hostile_names_of_classes_and_reasons_are_texts(visit: Visits, api: Api) -> None:
    name = f"{MARKUP[:17]} &?%3D אבג"
    options = {"collector": "</script>", "allow_discount": True, "payment_terms": "W" * 30}
    content = {"name": name, "description": "<b>bold</b>", "options": options, "reason": ENDLESS[:200]}
    assert api.post("/v1/profile-classes", content).status_code == 201
    api.seen("/v1/profile-classes")
    page = visit.open("/set-up/classes", width=NARROW)
    page.get_by_role("link", name=name).press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Credit")).to_contain_text("</script>")
    expect(page.get_by_role("region", name="Versions")).to_contain_text(content["reason"])
    assert_no_sideways_scrolling(page)
