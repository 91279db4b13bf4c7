"""Documents that are the same for every caller: built once, in a thread, and served as bytes.

They need no token, so their cost must not depend on how often they are requested.
"""

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.http import etags, request_context

MAX_AGE_S: Final = 300


class Published:
    """One document of an application; `headers` are sent with each answer."""

    def __init__(self, build: Callable[[], bytes], media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self._build = build
        self._building = asyncio.Lock()
        self._content: bytes | None = None
        self._headers = {**(headers or {}), "Content-Type": media_type, "Cache-Control": f"public, max-age={MAX_AGE_S}"}

    async def answer(self, request: Request) -> Response:
        """Returns the document, or 304 where the caller has it already (If-None-Match)."""
        content = await self.built()
        if has_tag(request, self._headers["ETag"]):
            return Response(status_code=304, headers=self._headers)
        return Response(content, headers=self._headers)

    async def built(self) -> bytes:
        """Returns the document, which is built if it was not before."""
        if self._content is None:
            async with self._building:
                if self._content is None:
                    content = await run_in_threadpool(self._build)
                    self._headers["ETag"] = f'"{sha256(content).hexdigest()[:32]}"'
                    self._content = content
        return self._content


def has_tag(request: Request, tag: str) -> bool:
    """Returns whether the caller has what this tag, strong or weak, stands for."""
    condition = request_context.of(request.scope).header(b"if-none-match")
    try:
        return condition is not None and etags.tags(condition).match_weakly(tag.removeprefix("W/"))
    except ValueError:
        return False
