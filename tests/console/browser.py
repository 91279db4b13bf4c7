"""People at browsers: pages of the console in Chromium, watched for everything that must never happen on one."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from aggregates.fact import Role
from api_client import token
from api_parts import caught_up
from slowness import slow_down
from store.application import Dossier

CHROMIUM: Final = "chromium-headless-shell"
WIDE: Final = 1280
NARROW: Final = 360
HEIGHT: Final = 800
COOKIE: Final = "dossier-session"
PATIENCE_MS: Final = 30_000
"""How long a page may take to show what is waited for: long, because other tests take the processor's time."""
_OF_NETWORK: Final = "Failed to load resource"
"""How Chromium reports an answer of 400 or more, which `Visits` judges by itself."""
_TAKES_KEYS: Final = """() => {
    const on_top = [...document.querySelectorAll("[role=dialog], [role=menu]")].at(-1);
    const focused = document.activeElement;
    return focused !== document.body && (on_top === undefined || on_top.contains(focused));
}"""
"""Whether something has the focus, and nothing that covers it."""
_REPORT_VIOLATIONS: Final = """
    document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without its own windows, which cost more than the pages; `make test` installs it."""
    path = shutil.which(CHROMIUM)
    assert path is not None, f"Chromium is not installed: `make test` installs it, or `apt-get install {CHROMIUM}`."
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Visits:
    """The pages that a test has open."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        dossier: Dossier,
        clock: datetime | None = None,
        slowness: float | None = None,
    ) -> None:
        self.address = address
        self._browser = browser
        self._dossier = dossier
        self._clock = clock
        self._slowness = slowness
        self._contexts: list[BrowserContext] = []
        self._faults: list[str] = []
        self._expected: set[int] = set()
        self._forgiven: list[str] = []
        self._origins = [address]

    def open(
        self,
        path: str = "/",
        role: Role | None = Role.ADMINISTRATOR,
        *,
        actor: str | None = None,
        width: int = WIDE,
        theme: str = "light",
        seconds: int = 600,
    ) -> Page:
        """Opens a page as a person of this role, who has signed in; `None` has not. The page can show all that was recorded before."""
        assert caught_up(self._dossier, within_s=PATIENCE_MS / 1_000)
        page = self.stranger(width=width, theme=theme)
        if role is not None:
            self.sign_in(page, token(role, sub=actor, seconds=seconds))
        page.goto(f"{self.address}{path}")
        return page

    def stranger(self, *, width: int = WIDE, theme: str = "light") -> Page:
        """A new browser of its own, with an empty page."""
        context = self._browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        if self._clock is not None:
            context.clock.set_fixed_time(self._clock)
        context.add_init_script(_REPORT_VIOLATIONS)
        if (slowness := self._slowness) is not None:
            context.on("page", lambda page: slow_down(page, slowness))
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._faults.append(f"not caught: {error.error}"))
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        self._contexts.append(context)
        return context.new_page()

    def sign_in(self, page: Page, text: str) -> None:
        """Gives the browser of a page the session of a token."""
        page.context.add_cookies(
            [{"name": COOKIE, "value": text, "url": self.address, "httpOnly": True, "sameSite": "Strict"}]
        )

    def expect(self, *statuses: int) -> None:
        """Answers of these statuses are part of the test."""
        self._expected.update(statuses)

    def allow(self, origin: str) -> None:
        """Pages of this origin are part of the test."""
        self._origins.append(origin)

    def forgive(self, text: str) -> None:
        """What the console says with this text in it is part of the test."""
        self._forgiven.append(text)

    def close(self) -> None:
        """Closes every browser. Fails if something happened that must not."""
        for context in self._contexts:
            context.close()
        assert self._faults == []

    def _on_console(self, message: ConsoleMessage) -> None:
        is_known = message.text.startswith(_OF_NETWORK) or any(text in message.text for text in self._forgiven)
        if message.type in {"error", "warning"} and not is_known:
            self._faults.append(f"{message.type} in the console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in {"http", "https", "ws", "wss"} and not request.url.startswith(
            tuple(self._origins)
        ):
            self._faults.append(f"a request to another origin: {request.url}")

    def _on_response(self, response: Response) -> None:
        missing = response.status == 404 and "/v1/" not in response.url
        if (response.status >= 500 or missing) and response.status not in self._expected:
            self._faults.append(f"{response.status} from {response.url}")


def assert_settled(page: Page) -> None:
    """Waits until no part of the page is being read for the first time. A stream stays open, so the network is never idle."""
    expect(page.locator("main")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def assert_in_address(page: Page, *parts: str) -> None:
    """Waits until the address of a page has all of these in it."""
    expect(page).to_have_url(re.compile("".join(f"(?=.*{re.escape(part)})" for part in parts)))


def press(page: Page, key: str) -> None:
    """Presses a key once it goes to the dialog on top, or to something in the page: as a person does, who looks first."""
    page.wait_for_function(_TAKES_KEYS, polling=20)
    page.keyboard.press(key)
