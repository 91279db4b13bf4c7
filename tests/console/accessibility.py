"""axe-core, the engine of accessibility rules: it must find nothing, of any severity."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN: Final = "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })"


def assert_accessible(page: Page) -> None:
    """Checks the page as it is now."""
    page.evaluate(AXE.read_text())
    violations = page.evaluate(_RUN, _RULES)["violations"]
    assert violations == [], "\n".join(_line(violation) for violation in violations)


def assert_no_sideways_scrolling(page: Page) -> None:
    """The page fits into the width of its window."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def _line(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['html'][:160]}: {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {places}"
