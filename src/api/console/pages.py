"""The pages of the console: one HTML text for every path, under a policy that allows nothing from elsewhere and no inline script.

What the server adds to a built page: a fresh nonce for the one style rule that the component library makes at run time, the theme that was
chosen, so that nothing flashes, and links to what the page at this path will load, so that there is no chain of requests.
"""

import re
import secrets
from hashlib import sha256
from html import escape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.console.build import EMBED, INDEX, Build, Builds, NotBuiltError
from api.http import request_context
from api.http.negotiation import taken
from api.http.published import has_tag

THEME_COOKIE: Final = "dossier-theme"
THEMES: Final = ("light", "dark")
"""Themes that can be chosen; without one, a page follows the system."""
NOT_BUILT: Final = "The console is not built: run `make console` where the source of Dossier is, then reload this page."
ELSEWHERE: Final = re.compile(
    r"/(v1|health|metrics|docs|problems|console|assets|openapi\.json|asyncapi\.yaml|licenses\.md|favicon\.ico)(/.*)?",
    re.DOTALL,
)
"""Paths that are no pages."""
_HTML: Final = "text/html"
_EMBED_PREFIX: Final = "/embed/"
_EMBEDDED: Final = re.compile(r"/embed/(drawer|widget)/[^/]+")
_OFF: Final = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get"),
    *("screen-wake-lock", "usb", "xr-spatial-tracking"),
)
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Vary": "Accept, Cookie",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _OFF),
}
"""Headers of every page; `middleware` adds `X-Content-Type-Options`."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
)


class Pages(BaseRoute):
    """Every GET of a browser for a page, at any path that is not `ELSEWHERE`. It must be the last route."""

    path: Final = "/{page}"
    """The name of the route in logs and metrics."""

    def __init__(self, builds: Builds, embed_origins: tuple[str, ...]) -> None:
        self._builds = builds
        self._embed_origins = embed_origins

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Returns whether the request is for a page."""
        if scope["type"] != "http" or scope["method"] != "GET" or ELSEWHERE.fullmatch(scope["path"]):
            return Match.NONE, {}
        accepts_html = taken(request_context.of(scope).header(b"accept"), (_HTML,)) is not None
        return (Match.FULL if accepts_html else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with a page."""
        await self._page(Request(scope))(scope, receive, send)

    def _page(self, request: Request) -> Response:
        path: str = request.scope["path"]
        is_embedded = path.startswith(_EMBED_PREFIX)
        if is_embedded and not (self._embed_origins and _EMBEDDED.fullmatch(path)):
            raise HTTPException(404, "Nothing can be embedded under this path.")
        try:
            build = self._builds.present()
        except NotBuiltError:
            return PlainTextResponse(NOT_BUILT, 503, {"Cache-Control": "no-store"})
        if is_embedded:
            return _answer(request, _embedded(build, self._embed_origins), " ".join(self._embed_origins))
        return _answer(request, _index(build, path, request.cookies.get(THEME_COOKIE)), "'none'")


def _index(build: Build, path: str, theme: str | None) -> str:
    """Returns the index page for a path."""
    links = "".join(_link(file) for file in build.chunks(path))
    page = build.pages[INDEX].replace("</head>", f"{links}</head>", 1)
    return page.replace("<html", f'<html data-theme="{theme}"', 1) if theme in THEMES else page


def _link(file: str) -> str:
    if file.endswith(".css"):
        return f'<link rel="stylesheet" crossorigin href="/{escape(file)}">'
    return f'<link rel="modulepreload" crossorigin href="/{escape(file)}">'


def _embedded(build: Build, origins: tuple[str, ...]) -> str:
    """Returns the page of the embedded parts, which says which origins it talks to."""
    meta = f'<meta name="dossier-embed-origins" content="{escape(" ".join(origins))}">'
    return build.pages[EMBED].replace("</head>", f"{meta}</head>", 1)


def _answer(request: Request, page: str, ancestors: str) -> Response:
    """Returns the page with a nonce, or 304 where the browser has it already.

    A 304 leaves the policy out: the page that was kept has the nonce of the policy that was kept with it.
    """
    tag = f'W/"{sha256(f"{ancestors} {page}".encode()).hexdigest()[:32]}"'
    if has_tag(request, tag):
        return Response(status_code=304, headers={**_HEADERS, "ETag": tag})
    nonce = secrets.token_urlsafe(16)
    headers = {**_HEADERS, "ETag": tag, "Content-Security-Policy": _POLICY.format(nonce=nonce, ancestors=ancestors)}
    meta = f'<meta property="csp-nonce" nonce="{nonce}">'
    return Response(page.replace("<head>", f"<head>{meta}", 1), 200, headers, f"{_HTML}; charset=utf-8")
