"""The documents that describe an application, each made once: its operations, the messages on the bus, and each kind of problem.

They are kept as bytes alone: as objects, the operations would take seven times the memory.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import orjson
from fastapi import FastAPI

from api.docs_page import page
from api.http.problems import KINDS
from api.http.published import Published
from api.parameters.writing import JSON

YAML: Final = "application/yaml"
HTML: Final = "text/html; charset=utf-8"


class Documents:
    """The documents of one application. `asyncapi` returns the text of the message contract, where that is served."""

    def __init__(self, app: FastAPI, asyncapi: Callable[[], str] | None) -> None:
        @cache
        def openapi() -> bytes:
            return orjson.dumps(app.openapi())

        def operations() -> bytes:
            return page.operations(orjson.loads(openapi())).encode()

        self.openapi = Published(openapi, JSON)
        self.operations = Published(operations, HTML, page.HEADERS)
        self.asyncapi = None if asyncapi is None else Published(lambda: asyncapi().encode(), YAML)
        self.assets = {
            name: Published(content.__bytes__, media_type) for name, (content, media_type) in page.ASSETS.items()
        }
        self.problems = {kind.slug: _explained(page.explained(kind)) for kind in KINDS}

    async def build(self) -> None:
        """Builds the documents that take long, one after the other."""
        for document in (self.openapi, self.operations, self.asyncapi):
            if document is not None:
                await document.built()


def _explained(text: str) -> Published:
    return Published(text.encode, HTML, page.HEADERS)
