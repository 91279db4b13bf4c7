"""The documents that describe the API are built once and revalidated by their tag; their cost does not grow with the number of requests."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from urllib.request import urlopen

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.docs_page import page
from api.openapi import description
from api.settings import ApiSettings
from api_client import Api, assert_problem
from cli.http_server.h11_protocol import GuardedH11
from cli.http_server.httptools_protocol import GuardedHttpTools
from projections.reading.read_models import ReadModels
from raw_http import Line, ask, served
from store.application import Dossier

PATHS = ["/openapi.json", "/docs", "/asyncapi.yaml", "/problems/stale-version"]


@pytest.mark.parametrize("path", PATHS)
def test_a_document_has_a_tag_and_may_be_kept(api: Api, path: str) -> None:
    first = api.get(path, None)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "public, max-age=300")
    again = api.get(path, None, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert api.get(path, None, headers={"If-None-Match": '"other"'}).content == first.content
    head = api.call("HEAD", path, None)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(first.content)))


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_a_document_is_compressed_where_the_client_takes_it(api: Api, path: str) -> None:
    plain = api.get(path, None)
    compressed = api.get(path, None, headers={"Accept-Encoding": "gzip"})
    assert (plain.headers.get("Content-Encoding"), compressed.headers["Content-Encoding"]) == (None, "gzip")
    assert compressed.content == plain.content
    assert int(compressed.headers["Content-Length"]) < len(plain.content)
    assert compressed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert compressed.headers["ETag"] != plain.headers["ETag"], "a strong tag belongs to one coding"
    known = {"If-None-Match": compressed.headers["ETag"]}
    assert api.get(path, None, headers={"Accept-Encoding": "gzip", **known}).status_code == 304
    assert api.get(path, None, headers=known).status_code == 200


def test_a_document_is_built_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    describe, operations = description.describe, page.operations
    monkeypatch.setattr(description, "describe", lambda app: built.append("openapi") or describe(app))
    monkeypatch.setattr(page, "operations", lambda document: built.append("docs") or operations(document))
    for _ in range(3):
        for path in ("/openapi.json", "/docs"):
            assert api.get(path, None).status_code == 200
    assert built == ["openapi", "docs"]


class Contract:
    """A message contract that takes until it is told to be complete."""

    def __init__(self) -> None:
        self.begun = 0
        self.complete = threading.Event()

    def __call__(self) -> str:
        self.begun += 1
        self.complete.wait(20)
        return "asyncapi: 3.0.0\n"


@pytest.fixture
def contract() -> Iterator[Contract]:
    contract = Contract()
    yield contract
    contract.complete.set()


def test_while_a_document_is_built_everything_else_is_served(
    dossier: Dossier, reads: ReadModels, settings: ApiSettings, contract: Contract
) -> None:
    app = create_app(dossier, reads, replace(settings, asyncapi=contract))
    with served(app) as url, ThreadPoolExecutor(60) as callers:
        asked = [callers.submit(lambda: urlopen(f"{url}/asyncapi.yaml").read()) for _ in range(60)]
        while not contract.begun:
            time.sleep(0.01)
        for path in ("/health/live", "/problems/busy", "/docs"):
            with urlopen(f"{url}{path}") as answer:
                assert answer.status == 200
        contract.complete.set()
        assert {answer.result() for answer in asked} == {b"asyncapi: 3.0.0\n"}
    assert contract.begun == 1


def test_documents_may_be_built_before_anybody_asks(
    dossier: Dossier, reads: ReadModels, settings: ApiSettings, contract: Contract
) -> None:
    contract.complete.set()
    with served(create_app(dossier, reads, replace(settings, asyncapi=contract, documents_ahead=True))):
        ends = time.monotonic() + 20
        while not contract.begun and time.monotonic() < ends:
            time.sleep(0.01)
        assert contract.begun == 1


@pytest.mark.parametrize("protocol", [GuardedHttpTools, GuardedH11], ids=["httptools", "h11"])
def test_whatever_is_sent_to_the_api_it_answers_in_problems(app: FastAPI, protocol: type) -> None:
    with served(app, protocol=protocol) as url:
        [answer] = ask(url, b"GET /v1/customers HTTP/1.1\r\n\r\n")
        assert set(answer.problem(400, "malformed")) == set(
            ask(url, b"GET /%ff%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")[0].problem(404, "not-found")
        )
        for begun in (b"A: " + b"b" * 200_000, b"a: b\r\n" * 20_000):
            with closing(Line(url)) as line:
                line.send(b"GET /v1/customers HTTP/1.1\r\nHost: h\r\n" + begun)
                line.rest()[0].problem(431, "headers-too-large")
        with closing(Line(url)) as line:
            line.send(b"GET /v1/customers?name=" + b"a" * 100_000)
            line.rest()[0].problem(414, "uri-too-long")
        socket = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIz\r\n"
        )
        [answer] = ask(url, b"GET /v1/events HTTP/1.1\r\nHost: h\r\n" + socket + b"\r\n")
        answer.problem(401, "unknown-caller")
        with urlopen(f"{url}/health/live") as live:
            assert live.status == 200


@pytest.mark.parametrize("slug", ["too-slow", "uri-too-long", "headers-too-large", "busy"])
def test_what_the_server_refuses_has_a_page(api: Api, slug: str) -> None:
    assert api.get(f"/problems/{slug}", None).status_code == 200
    assert_problem(api.get(f"/problems/{slug}s", None), 404, "not-found")
