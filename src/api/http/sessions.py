"""The session of the console: a bearer token in a cookie that no script can read.

A browser sends a cookie with every request to this server, whoever made the page that asks for it. So the cookie counts only where the
browser says that the request comes from one of our own pages (Sec-Fetch-Site) and the page says that it means it (Dossier-Console, which
no other site can send unasked). Only a stream of events, which changes nothing, may come without the latter: `EventSource` sends no
headers of its own. Browsers send Sec-Fetch-Site over HTTPS, and to this machine.
"""

import time
from typing import Final

from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from aggregates.errors import ForbiddenError
from api.http import request_context
from api.http.request_context import RequestContext
from api.http.tokens import Caller, TokenError

COOKIE: Final = "dossier-session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""The name over HTTPS, under which browsers take a cookie only from this host itself, and only over HTTPS."""
LONGEST_TOKEN: Final = 3_800
"""Characters: browsers keep no cookie of more than 4,096 bytes, its name and attributes included."""
HEADER: Final = "Dossier-Console"
HEADER_NAME: Final = HEADER.lower().encode()
HEADER_VALUE: Final = b"1"
_SAME_ORIGIN: Final = "same-origin"
_HTTPS: Final = "https"


class OtherPageError(ForbiddenError):
    """A request that only the console's own pages may make came from elsewhere."""


def authorization(context: RequestContext, *, is_stream: bool) -> str | None:
    """Returns the Authorization header of a request, else that of its session, `None` where it has neither.

    Raises `TokenError` where the request has a session that does not count for it.
    """
    header = context.header(b"authorization")
    if header is not None:
        return header
    token = _token(context)
    if token is None:
        return None
    if context.header(b"sec-fetch-site") != _SAME_ORIGIN or not (is_stream or _means_it(context)):
        raise TokenError(
            "A session counts only for requests of the console's own pages; other clients send a bearer token."
        )
    return f"Bearer {token}"


def check_own_page(context: RequestContext) -> None:
    """Checks that one of the console's pages signs in or out. Raises `OtherPageError`."""
    site = context.header(b"sec-fetch-site")
    if site is None:
        raise OtherPageError("The browser does not say which page asks: open the console by HTTPS, or on this machine.")
    if site != _SAME_ORIGIN or not _means_it(context):
        raise OtherPageError("Only the console's own pages sign in and out.")


def begin(request: Request, response: Response, caller: Caller, token: str) -> None:
    """Adds the cookie of a session that ends with its token."""
    is_secure = _is_secure(request)
    response.set_cookie(
        SECURE_COOKIE if is_secure else COOKIE,
        token,
        max_age=max(int(caller.expires_at - time.time()), 0),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def end(response: Response) -> None:
    """Takes the cookie away, under either name."""
    for name in (COOKIE, SECURE_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict")


def _is_secure(request: Request) -> bool:
    """Returns whether the page came by HTTPS. Behind a proxy that ends TLS only the page's origin says so, which browsers send along."""
    origin = request_context.of(request.scope).header(b"origin") or ""
    return request.url.scheme == _HTTPS or origin.startswith(f"{_HTTPS}://")


def _token(context: RequestContext) -> str | None:
    text = context.header(b"cookie")
    if text is None:
        return None
    cookies = cookie_parser(text)
    return cookies.get(SECURE_COOKIE) or cookies.get(COOKIE) or None


def _means_it(context: RequestContext) -> bool:
    return context.headers.get(HEADER_NAME) == HEADER_VALUE
