"""The files of the console that are not pages: its assets, and the licences of what they contain. For everybody, without a token."""

from pathlib import Path, PurePath
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import console
from api.console.build import ENCODINGS, LICENSES, Build, NotBuiltError
from api.console.pages import NOT_BUILT
from api.http import request_context
from api.http.negotiation import taken
from api.routing.auth import GuardedRoute

router: Final = APIRouter(tags=["console"], route_class=GuardedRoute, include_in_schema=False)
MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
}
ICON_PATH: Final = "/favicon.ico"
ICON: Final = Path(console.__file__).with_name("icon.svg")
_UNKNOWN: Final = "application/octet-stream"
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
"""Headers of an asset, whose name changes with its content."""


def _build(request: Request) -> Build:
    try:
        return request.app.state.builds.present()  # type: ignore[no-any-return]
    except NotBuiltError:
        raise HTTPException(404, NOT_BUILT) from None


@router.get("/assets/{name}", response_class=Response)
async def read_asset(request: Request, name: str) -> Response:
    """A script, style or picture of the console."""
    build = _build(request)
    media_type = MEDIA_TYPES.get(PurePath(name).suffix, _UNKNOWN)
    if name not in build.assets or name.endswith(tuple(ENCODINGS.values())):
        raise HTTPException(404, "The console has no such file; it may have been built anew.")
    offered = [encoding for encoding, ending in ENCODINGS.items() if f"{name}{ending}" in build.assets]
    encoding = taken(request_context.of(request.scope).header(b"accept-encoding"), offered)
    headers = _FOR_EVER if encoding is None else {**_FOR_EVER, "Content-Encoding": encoding}
    return Response(build.asset(name, encoding), 200, headers, media_type)


@router.get(ICON_PATH, response_class=Response)
async def read_icon() -> Response:
    """The picture that browsers show for every page, of the console and of the documentation; they ask for it by this name."""
    return Response(ICON.read_bytes(), headers={"Cache-Control": "public, max-age=86400"}, media_type="image/svg+xml")


@router.get(f"/{LICENSES}", response_class=Response)
async def read_licenses(request: Request) -> Response:
    """The licences of the libraries that the console contains."""
    path = _build(request).directory / LICENSES
    if not path.is_file():
        raise HTTPException(404, "This build of the console has no list of licences.")
    return Response(path.read_bytes(), headers={"Cache-Control": "no-cache"}, media_type="text/markdown; charset=utf-8")
