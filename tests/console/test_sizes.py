"""What a browser receives stays within the budgets."""

import json
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Response, expect

from aggregates.fact import Role
from api_client import token
from browser import Visits, assert_settled

CODE_BYTES: Final = 150 * 1024
EMBEDDED_BYTES: Final = 130 * 1024
CHUNK_BYTES: Final = 30 * 1024
DATA_BYTES: Final = 30 * 1024
REPEAT_BYTES: Final = 5 * 1024
REQUESTS: Final = 14
PAGES: Final = (
    ("/customers", "Customers"),
    ("/customers/1001", "Ada Byron"),
    ("/customers/1001/history", "History: Ada Byron"),
    ("/customers/1001/compare", "Compare: Ada Byron"),
    ("/customers/1001/merge?other=1002", "Merge: Ada Byron"),
    ("/accounts", "Accounts"),
    ("/accounts/A-7", "Account A-7"),
    ("/accounts/A-7/history", "Profile History: Account A-7"),
    ("/accounts/A-7/compare", "Compare: Account A-7"),
    ("/accounts/A-7/events", "Events: Account A-7"),
    ("/accounts/A-7/change", "Change: Account A-7"),
    ("/set-up/categories/2", "Homeowner"),
    ("/set-up/fields/city", "City"),
    ("/set-up/classes/DEFAULT", "DEFAULT"),
    ("/set-up/system-options", "System options"),
    ("/set-up/uploads/new", "Upload a contact file"),
    ("/audit", "Audit"),
    ("/operations", "Operations"),
    ("/operations/deliveries", "Deliveries"),
    ("/operations/dead-letters", "Dead letters"),
    ("/operations/read-models/drawer", "drawer"),
)
"""Each page, and its heading when it is there."""


@pytest.mark.parametrize(("path", "heading"), PAGES)
def test_a_first_visit_and_a_repeated_one_are_small(visit: Visits, path: str, heading: str) -> None:
    page = visit.open("/health/live")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  (Playwright marks its handlers)
    page.goto(f"{visit.address}{path}")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    assert_settled(page)
    first = [(answer.url, _bytes(answer)) for answer in answers if not _is_stream(answer)]
    data = sum(size for url, size in first if "/v1/" in url)
    code = sum(size for url, size in first if "/v1/" not in url)
    assert 0 < code <= CODE_BYTES, first
    assert data <= DATA_BYTES, first
    assert len(answers) <= REQUESTS, first

    answers.clear()
    page.reload()
    assert_settled(page)
    again = [(answer.url, _bytes(answer)) for answer in answers if "/v1/" not in answer.url]
    assert sum(size for _, size in again) <= REPEAT_BYTES, again


def test_what_one_page_alone_needs_is_within_its_budget(pages: Path) -> None:
    manifest = json.loads((pages / "manifest.json").read_text())
    files = [chunk["file"] for chunk in manifest.values() if chunk.get("isDynamicEntry")]
    assert len(files) >= len(PAGES)
    sizes = {file: (pages / f"{file}.br").stat().st_size for file in files}
    assert {file: size for file, size in sizes.items() if size > CHUNK_BYTES} == {}


@pytest.mark.parametrize(("part", "heading"), [("widget", "Customer Profile"), ("drawer", "Ada Byron 1001")])
def test_an_embedded_part_is_smaller_than_a_page(visit: Visits, embedding_origin: str, part: str, heading: str) -> None:
    visit.allow(embedding_origin)
    page = visit.stranger()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  (Playwright marks its handlers)
    address = f"{embedding_origin}/embedding.html?console={visit.address}&part={part}&customer=1001"
    page.goto(f"{address}#{token(Role.AGENT)}")
    expect(page.frame_locator("iframe").get_by_role("heading", name=heading)).to_be_visible()
    ours = [answer for answer in answers if answer.url.startswith(visit.address) and "/v1/" not in answer.url]
    code = [(answer.url, _bytes(answer)) for answer in ours]
    assert 0 < sum(size for _, size in code) <= EMBEDDED_BYTES, code


def _is_stream(answer: Response) -> bool:
    """An answer that stays open has no size yet."""
    return answer.headers.get("content-type", "").startswith("text/event-stream")


def _bytes(answer: Response) -> int:
    """The bytes of a body as they came over the line; nothing where it came from the browser's cache."""
    return 0 if answer.from_service_worker else answer.request.sizes()["responseBodySize"]
