"""Raw HTTP over a socket, for requests that no client library would send."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPResponse
from typing import Any, Final
from urllib.parse import urlsplit

from cli.http_server.server import serve
from cli.processes.sockets import address, listening
from store.stopping import Stop

PATIENCE_S: Final = 20.0
GET: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Answer:
    """A status, headers in small letters, and a body."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def problem(self, status: int, slug: str) -> dict[str, Any]:
        """The problem document that it must be."""
        assert self.status == status, (self.status, self.body)
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert document.keys() >= {"type", "title", "status", "detail", "errors", "correlation_id"}
        assert (document["type"], document["status"]) == (f"/problems/{slug}", status)
        assert document["correlation_id"] == self.headers["dossier-correlation-id"]
        return document


class _Read:
    """Bytes that pass for a socket."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)
        self.file.close = lambda: None  # type: ignore[method-assign]

    def makefile(self, *_: Any) -> io.BytesIO:
        return self.file


def parse(content: bytes) -> list[Answer]:
    """The answers in what came, one after the other."""
    source, answers = _Read(content), []
    while source.file.tell() < len(content):
        response = HTTPResponse(source)  # type: ignore[arg-type]
        response.begin()
        answers.append(Answer(response))
    return answers


class Line:
    """One connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)

    def send(self, content: bytes) -> "Line":
        self.socket.sendall(content)
        return self

    def rest(self) -> list[Answer]:
        """What comes until the server closes the connection, which it must."""
        parts = []
        while part := self.socket.recv(65_536):
            parts.append(part)
        return parse(b"".join(parts))

    def answer(self) -> Answer:
        """The next answer; the connection stays open. Nothing may follow it."""
        response = HTTPResponse(self.socket)
        response.begin()
        return Answer(response)

    def closed(self) -> bool:
        """Whether the server closes the connection, without a word, within `PATIENCE_S`."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()


def ask(url: str, content: bytes) -> list[Answer]:
    """Every answer to what is sent on one connection."""
    with closing(Line(url)) as line:
        return line.send(content).rest()


@contextmanager
def served(app: Any, **options: Any) -> Iterator[str]:
    """An application, served in a thread as the product serves it; gives its address. Options: see `http_server.configuration`."""
    stop = Stop()
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=serve, args=[app, listener, stop], kwargs=options, daemon=True)
        thread.start()
        try:
            yield address(listener)
        finally:
            stop.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server does not end"
