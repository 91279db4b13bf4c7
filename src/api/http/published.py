"""Documents that are the same for every caller: built and compressed once, in a thread, and served as bytes.

They need no token, so their cost must not depend on how often they are requested.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.http import etags, request_context
from api.http.compression import GZIP, LEAST_BYTES
from api.http.negotiation import taken

MAX_AGE_S: Final = 300


class _Form(NamedTuple):
    """A document as it is, or compressed; each form has a tag of its own (RFC 9110, 8.8.3.3)."""

    content: bytes
    headers: Mapping[str, str]


class Published:
    """One document of an application; `headers` are sent with each answer."""

    def __init__(self, build: Callable[[], bytes], media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self._build = build
        self._building = asyncio.Lock()
        self._forms: dict[str | None, _Form] = {}
        self._headers = {
            **(headers or {}),
            "Content-Type": media_type,
            "Cache-Control": f"public, max-age={MAX_AGE_S}",
            "Vary": "Accept-Encoding",
        }

    async def answer(self, request: Request) -> Response:
        """Returns the document, in gzip if the caller takes that, or 304 where the caller has it already (If-None-Match)."""
        await self.built()
        coding = taken(request_context.of(request.scope).header(b"accept-encoding"), (GZIP,))
        form = self._forms.get(coding, self._forms[None])
        if has_tag(request, form.headers["ETag"]):
            return Response(status_code=304, headers=form.headers)
        return Response(form.content, headers=form.headers)

    async def built(self) -> None:
        """Returns when the document is built."""
        async with self._building:
            if not self._forms:
                self._forms = await run_in_threadpool(self._built)

    def _built(self) -> dict[str | None, _Form]:
        """Returns the document as it is, under `None`, and in gzip where that is worth while."""
        content = self._build()
        digest = sha256(content).hexdigest()[:32]
        forms: dict[str | None, _Form] = {None: _Form(content, {**self._headers, "ETag": f'"{digest}"'})}
        if len(content) >= LEAST_BYTES:
            headers = {**self._headers, "ETag": f'"{digest}-{GZIP}"', "Content-Encoding": GZIP}
            forms[GZIP] = _Form(gzip.compress(content, mtime=0), headers)
        return forms


def has_tag(request: Request, tag: str) -> bool:
    """Returns whether the caller has what this tag, strong or weak, stands for."""
    condition = request_context.of(request.scope).header(b"if-none-match")
    try:
        return condition is not None and etags.tags(condition).match_weakly(tag.removeprefix("W/"))
    except ValueError:
        return False
