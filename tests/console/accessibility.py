"""What every page is for everybody: axe-core, the engine of accessibility rules, finds nothing on it, of any severity; it fits into its
window, whatever the size of its text; and nothing moves for those who asked for that.
"""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ALL: Final = {"type": "tag", "values": _RULES}
_OF_COLOURS: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules whose judgement hangs on the theme."""
_RUN: Final = "runOnly => axe.run(document, { runOnly, resultTypes: ['violations'] })"
_WIDTHS: Final = """async () => {
    for (const _ of [1, 2, 3]) await new Promise(requestAnimationFrame);
    return [document.documentElement.scrollWidth, window.innerWidth];
}"""
_CUT_OFF: Final = """[...document.querySelectorAll("h1, h2, h3, label, legend, button, .button")]
    .filter((each) => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML)"""
_SCROLLING: Final = """[...document.querySelectorAll("main *, main")]
    .filter((each) => getComputedStyle(each).overflowX === "auto" && each.scrollWidth > each.clientWidth)
    .map((each) => each.getAttribute("aria-label") ?? each.outerHTML.slice(0, 160))"""
_MOVING: Final = """[...document.querySelectorAll("*")].filter((each) => {
    const { transitionDuration, animationDuration } = getComputedStyle(each);
    return /[1-9]/.test(transitionDuration + animationDuration);
}).map((each) => each.outerHTML.slice(0, 160))"""


def assert_accessible(page: Page) -> None:
    """Checks the page as it is now: by all rules in the light theme, and by those of colours in the dark one."""
    if page.evaluate("!('axe' in window)"):
        page.evaluate(AXE.read_text())
    _assert_no_violations(page, _ALL, "light")
    page.emulate_media(color_scheme="dark")
    _assert_no_violations(page, _OF_COLOURS, "dark")
    page.emulate_media(color_scheme="light")


def assert_no_sideways_scrolling(page: Page) -> None:
    """The page fits into the width of its window, once its parts have measured themselves."""
    wide, window = page.evaluate(_WIDTHS)
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def assert_nothing_scrolls_sideways(page: Page) -> None:
    """No table or other part of the page is wider than its place."""
    scrolling = page.evaluate(_SCROLLING)
    assert scrolling == [], f"{page.url}: {scrolling}"


def assert_room_for_large_text(page: Page) -> None:
    """With text of twice the size, the page fits into its window, and no heading, label or button is wider than its place."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_no_sideways_scrolling(page)
    assert page.evaluate(_CUT_OFF) == []
    page.evaluate("document.documentElement.style.fontSize = ''")


def assert_nothing_moves(page: Page) -> None:
    """No part of the page has a transition or an animation that lasts."""
    assert page.evaluate(_MOVING) == []


def _assert_no_violations(page: Page, rules: dict[str, Any], theme: str) -> None:
    violations = page.evaluate(_RUN, rules)["violations"]
    assert violations == [], "\n".join([f"In the {theme} theme:", *(_line(violation) for violation in violations)])


def _line(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['html'][:160]}: {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {places}"
