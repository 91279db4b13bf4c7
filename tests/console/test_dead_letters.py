"""Dead letters: looked at, corrected, and sent again, one or many with the count that was seen (rule 4.4)."""

from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_in_address, assert_settled
from outcomes_of import REASON, died, sent_later, unreadable
from store import outcomes
from store.deliveries import dead_letter

LETTERS = "/operations/dead-letters"
FORWARDERS = [Role.ADMINISTRATOR, Role.INTEGRATOR]


def opened(visit: Visits, event_id: UUID, role: Role = Role.INTEGRATOR) -> Page:
    """The page of a letter."""
    page = visit.open(f"{LETTERS}/{event_id}", role)
    expect(page.get_by_role("heading", name="Dead letter", level=2, exact=True)).to_be_visible()
    return page


def letters(page: Page) -> Locator:
    """The list."""
    return page.get_by_role("region", name="Dead letters", exact=True)


def reasons(page: Page) -> Locator:
    """The counts by reason."""
    return page.get_by_role("region", name="By reason", exact=True)


def answer(api: Api, event_id: UUID, reason: str | None = None) -> None:
    """The other side's answer to a resend: it takes the value, or refuses it for a reason."""
    with api.dossier.database.connection() as connection:
        letter = dead_letter(connection, event_id)
        assert letter is not None
        assert letter.sending is not None
        if reason is None:
            outcomes.record_resent(connection, letter.sending, 1)
        else:
            outcomes.record_dead(connection, letter.sending, 1, reason, 422)


def state(api: Api, event_id: UUID) -> str:
    text: str = api.get(f"/v1/dead-letters/{event_id}").json()["state"]
    return text


@pytest.mark.parametrize("role", FORWARDERS)
def test_a_letter_is_corrected_and_sent_again(visit: Visits, api: Api, role: Role) -> None:
    event_id = died(api)
    page = visit.open(LETTERS, role)
    letters(page).get_by_role("link", name="1001").press("Enter")
    expect(page.get_by_role("heading", name="Dead letter", level=2, exact=True)).to_be_focused()
    expect(page).to_have_title("Dead letter · Dossier")
    expect(page.get_by_role("main")).to_contain_text(REASON)
    field = page.get_by_role("textbox", name="Value to send")
    expect(field).to_have_accessible_description("Until now: 30-39. Leave it empty to clear the attribute.")
    resend = page.get_by_role("button", name="Resend corrected")
    expect(resend).to_have_attribute("aria-disabled", "true")
    expect(resend).to_have_accessible_description("The value is the old one.")
    field.fill("40-49")
    field.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="It is on its way again.")).to_be_visible()
    letter = api.get(f"/v1/dead-letters/{event_id}").json()
    assert (letter["state"], letter["corrected_value"]) == ("resending", "40-49")
    assert letter["resend_requested_by"] == role.value


def test_a_letter_that_was_sent_again_says_so_by_the_stream(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = opened(visit, event_id)
    page.get_by_role("button", name="Resend as it was").press("Enter")
    expect(page.get_by_text("It is on its way again.")).to_be_visible()
    answer(api, event_id)
    accepted = page.get_by_role("status").filter(has_text="Accepted by Customer Engagement at")
    expect(accepted).to_be_focused()
    expect(page.get_by_role("region", name="What was sent again")).to_contain_text("Refused before")


def test_a_second_refusal_is_said_in_the_form_which_keeps_the_focus(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = opened(visit, event_id)
    keeps = page.get_by_text("This changes only what is sent; the customer keeps “30-39” in Dossier.")
    expect(keeps.get_by_role("link", name="Customer 1001")).to_have_attribute("href", "/customers/1001")
    expect(page.get_by_role("button", name="Resend as it was: 30-39")).to_be_visible()
    field = page.get_by_role("textbox", name="Value to send")
    field.fill("forty")
    field.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It is on its way again.")).to_be_visible()
    expect(field).to_be_focused()
    answer(api, event_id, '422 Unprocessable Entity: {"detail":"Age must be a number."}')
    expect(page.get_by_role("alert")).to_have_text("Refused again: Age must be a number.")
    expect(field).to_be_focused()
    expect(field).to_have_value("forty")
    expect(page.get_by_role("main")).not_to_contain_text("detail")
    refused = page.get_by_role("region", name="What was refused")
    expect(refused).to_contain_text("422 Unprocessable Entity")
    expect(refused).to_contain_text("corrected from “30-39”, only in what is sent: Dossier was not changed")
    expect(page.get_by_role("button", name="Resend as last corrected: forty")).to_be_visible()


def test_an_attribute_is_cleared_with_an_empty_value(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = opened(visit, event_id)
    page.get_by_role("textbox", name="Value to send").fill("")
    page.get_by_role("button", name="Resend without a value").press("Enter")
    expect(page.get_by_text("It is on its way again.")).to_be_visible()
    letter = api.get(f"/v1/dead-letters/{event_id}").json()
    assert (letter["corrected"], letter["corrected_value"]) == (True, None)


def test_a_value_that_was_overtaken_is_sent_all_the_same_only_when_asked(visit: Visits, api: Api) -> None:
    event_id = died(api)
    sent_later(api)
    page = opened(visit, event_id)
    page.get_by_role("textbox", name="Value to send").fill("40-49")
    page.get_by_role("textbox", name="Value to send").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A later value")
    expect(page.get_by_role("textbox", name="Value to send")).to_have_value("40-49")
    assert state(api, event_id) == "dead"
    page.get_by_role("button", name="Send all the same").press("Enter")
    expect(page.get_by_text("It is on its way again.")).to_be_visible()
    assert api.get(f"/v1/dead-letters/{event_id}").json()["corrected_value"] == "40-49"


def test_a_value_that_cannot_be_sent_is_refused_at_its_field(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = opened(visit, event_id)
    field = page.get_by_role("textbox", name="Value to send")
    field.fill("x" * 1_001)
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert state(api, event_id) == "dead"


def test_somebody_else_was_faster(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = opened(visit, event_id)
    assert api.post(f"/v1/dead-letters/{event_id}/resend", {}).status_code == 202
    expect(page.get_by_text("It is on its way again.")).to_be_visible()
    expect(page.get_by_role("button", name="Resend as it was")).to_have_attribute("aria-disabled", "true")


def test_a_personal_value_is_not_shown_and_is_corrected_elsewhere(visit: Visits, api: Api) -> None:
    page = opened(visit, died(api, personal=True))
    expect(page.get_by_role("main")).to_contain_text("personal value, not shown here")
    expect(page.get_by_text("A personal value is corrected at the customer, not here.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Value to send")).to_have_count(0)
    expect(page.get_by_role("button", name="Resend as it was")).to_be_visible()


def test_a_message_that_could_not_be_read_cannot_be_sent(visit: Visits, api: Api) -> None:
    page = opened(visit, unreadable(api))
    expect(page.get_by_text("This message could not be read: it holds nothing that could be sent.")).to_be_visible()
    expect(page.get_by_role("button", name="Resend as it was")).to_have_count(0)


def test_an_auditor_looks_and_sends_nothing(visit: Visits, api: Api) -> None:
    event_id = died(api)
    page = visit.open(LETTERS, Role.AUDITOR)
    expect(reasons(page).get_by_role("rowheader", name=REASON)).to_be_visible()
    expect(letters(page).get_by_role("link", name="1001")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Resend")).to_have_count(0)
    page.goto(f"{visit.address}{LETTERS}/{event_id}")
    expect(page.get_by_text("Your role looks at dead letters and does not send them again.")).to_be_visible()
    expect(page.get_by_role("button", name="Resend")).to_have_count(0)


def test_all_with_one_reason_are_sent_again(visit: Visits, api: Api) -> None:
    first, second = died(api), died(api, "1002", position=2)
    other = died(api, reason="400: too long", position=3)
    page = visit.open(LETTERS, Role.INTEGRATOR)
    row = reasons(page).get_by_role("row").filter(has_text=REASON)
    row.get_by_role("button", name="Resend all 2 with this reason…").press("Enter")
    dialog = page.get_by_role("dialog", name="Resend 2 dead letters?")
    expect(dialog).to_contain_text(REASON)
    dialog.get_by_role("button", name="Resend 2 dead letters").press("Enter")
    expect(page.get_by_role("status").filter(has_text="2 dead letters are on the way again.")).to_be_visible()
    assert [state(api, each) for each in (first, second, other)] == ["resending", "resending", "dead"]
    expect(reasons(page).get_by_role("rowheader")).to_have_text(["400: too long"])
    page.get_by_role("link", name="resending").press("Enter")
    expect(letters(page).get_by_role("rowheader")).to_have_text(["1001", "1002"])


def test_nothing_is_sent_where_the_count_that_was_seen_is_no_longer_true(visit: Visits, api: Api) -> None:
    died(api)
    page = visit.open(LETTERS)
    page.get_by_role("button", name="Resend the one with this reason…").press("Enter")
    dialog = page.get_by_role("dialog", name="Resend 1 dead letter?")
    expect(dialog).to_be_visible()
    late = died(api, "1002", position=2)
    dialog.get_by_role("button", name="Resend 1 dead letter").press("Enter")
    dialog = page.get_by_role("dialog", name="Resend 2 dead letters?")
    expect(dialog.get_by_role("alert")).to_contain_text("You saw 1, but there are 2 now. Nothing was sent again.")
    assert state(api, late) == "dead"
    dialog.get_by_role("button", name="Resend 2 dead letters").press("Enter")
    expect(page.get_by_text("2 dead letters are on the way again.")).to_be_visible()
    assert state(api, late) == "resending"


def test_those_that_are_checked_by_keyboard_are_sent_again(visit: Visits, api: Api) -> None:
    first, second, third = died(api), died(api, "1002", position=2), died(api, "1003", position=3)
    page = visit.open(LETTERS)
    letters(page).get_by_role("link", name="1001").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(letters(page).get_by_role("link", name="1002")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Choose 1003, age")).to_be_checked()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Resend 2 dead letters?")
    dialog.get_by_role("button", name="Resend 2 dead letters").press("Enter")
    expect(page.get_by_text("2 dead letters are on the way again.")).to_be_visible()
    assert [state(api, each) for each in (first, second, third)] == ["resending", "dead", "resending"]


def test_the_list_stays_beside_the_open_letter_where_there_is_room(visit: Visits, api: Api) -> None:
    died(api)
    died(api, "1002", reason="400: too long", position=2)
    page = visit.open(f"{LETTERS}?state=all")
    page.get_by_role("checkbox", name="Choose 1002, age").check()
    letters(page).get_by_role("link", name="1001").press("Enter")
    refused = page.get_by_role("region", name="What was refused")
    expect(refused).to_contain_text(REASON)
    expect(letters(page).get_by_role("link", name="1001")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("checkbox", name="Choose 1002, age")).to_be_checked()
    letters(page).get_by_role("link", name="1001").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(refused).to_contain_text("400: too long")
    expect(letters(page).get_by_role("link", name="1002")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All dead letters").press("Enter")
    expect(reasons(page)).to_be_visible()
    expect(page).to_have_url(f"{visit.address}{LETTERS}?state=all")
    narrow = visit.open(f"{LETTERS}?state=all", width=NARROW)
    letters(narrow).get_by_role("link", name="1002").press("Enter")
    expect(narrow.get_by_role("region", name="What was refused")).to_be_visible()
    expect(letters(narrow)).to_be_hidden()


def test_those_that_were_overtaken_stay_dead_and_are_named_unless_they_are_forced(visit: Visits, api: Api) -> None:
    event_id = died(api)
    sent_later(api)
    page = visit.open(LETTERS)
    page.get_by_role("button", name="Resend the one with this reason…").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Resend 1 dead letter").press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 stays dead.")).to_contain_text("A later value")
    assert state(api, event_id) == "dead"
    page.get_by_role("button", name="Resend the one with this reason…").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name="Send also those that a later value has overtaken").press("Space")
    dialog.get_by_role("button", name="Resend 1 dead letter").press("Enter")
    expect(page.get_by_text("1 dead letter is on the way again.")).to_be_visible()
    assert state(api, event_id) == "resending"


def test_one_reason_is_in_the_address(visit: Visits, api: Api) -> None:
    died(api)
    died(api, "1002", reason="400: too long", position=2)
    page = visit.open(LETTERS)
    reasons(page).get_by_role("link", name="400: too long").press("Enter")
    expect(letters(page).get_by_role("rowheader")).to_have_text(["1002"])
    assert_in_address(page, "reason=400")
    page.get_by_role("link", name="Show every reason").press("Enter")
    expect(letters(page).get_by_role("rowheader")).to_have_text(["1001", "1002"])


def test_what_other_systems_answered_is_shown_as_text(visit: Visits, api: Api) -> None:
    died(api, reason="<img src=x onerror=alert(1)>" + "x" * 1_900)
    page = visit.open(LETTERS)
    expect(letters(page).get_by_role("link", name="1001")).to_be_visible()
    expect(letters(page)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("img")).to_have_count(0)


def test_a_letter_that_does_not_exist_is_said_so(visit: Visits) -> None:
    page = visit.open(f"{LETTERS}/0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11")
    expect(page.get_by_role("alert")).to_contain_text("There is no dead letter for event")


def test_letters_keep_nobody_out(visit: Visits, api: Api) -> None:
    event_id = died(api)
    sent_later(api)
    unreadable(api)
    for width in (WIDE, NARROW):
        page = visit.open(LETTERS, width=width)
        assert_settled(page)
        assert_accessible(page)
        assert_no_sideways_scrolling(page)
        reasons(page).get_by_role("row").filter(has_text=REASON).get_by_role("button").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert_accessible(page)
        page.goto(f"{visit.address}{LETTERS}/{event_id}")
        page.get_by_role("button", name="Resend as it was").click()
        expect(page.get_by_role("button", name="Send all the same")).to_be_visible()
        assert_accessible(page)
        assert_no_sideways_scrolling(page)
