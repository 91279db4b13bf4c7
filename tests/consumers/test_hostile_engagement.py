"""Malformed, meaningless or slow responses of Customer Engagement: each is a named failure, within bounds, and the next change is sent.

Rules 4.3, 4.4.
"""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import BinaryIO
from uuid import uuid4

import pytest

from consumers.customer_engagement import ANSWER_TIMEOUT_S, Answer, CustomerEngagement, Verdict
from store.deliveries import Sending

IMPATIENT_S = 1.0
WITHIN_S = 30.0
ENDLESS = 1_000_000_000
Play = Callable[[socket.socket], None]


class Hostile:
    """A server that reads a request and answers with what it is told; afterwards it is friendly."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.plays: list[Play] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._play, args=[connection], daemon=True).start()

    def _play(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as requests:
            while _read_request(requests):
                play = self.plays.pop(0) if self.plays else saying(b"200 OK", b'{"stored": true}')
                play(connection)

    def close(self) -> None:
        self._listener.close()


def _read_request(requests: BinaryIO) -> bool:
    """Reads one request, which may come in several packets; whether there was one."""
    head = list(iter(lambda: requests.readline().strip().lower(), b""))
    length = next((int(line.partition(b":")[2]) for line in head if line.startswith(b"content-length:")), 0)
    requests.read(length)
    return bool(head)


def saying(status: bytes, body: bytes = b"", *headers: bytes) -> Play:
    """An answer with this body."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body)
    return lambda connection: connection.sendall(b"\r\n".join(lines))


def endless(head: bytes, part: bytes, pause_s: float = 0.0) -> Play:
    """An answer without an end."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(part)
            time.sleep(pause_s)

    return play


def raw(content: bytes) -> Play:
    """These bytes, and then the end."""

    def play(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_RDWR)

    return play


def bomb(levels: int = 1) -> bytes:
    """A gigabyte, or much more, of nothing in little."""
    packed = gzip.compress(b"\0" * 50_000_000)
    for _ in range(levels - 1):
        packed = gzip.compress(packed)
    return packed


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    yield server
    server.close()


@contextmanager
def sending_to(hostile: Hostile, timeout_s: float = ANSWER_TIMEOUT_S) -> Iterator[CustomerEngagement]:
    """The adapter; no answer may take longer than `timeout_s`."""
    adapter = CustomerEngagement(hostile.url, "token", answer_timeout_s=timeout_s)
    yield adapter
    adapter.close()


@pytest.fixture
def engagement(hostile: Hostile) -> Iterator[CustomerEngagement]:
    with sending_to(hostile) as adapter:
        yield adapter


def put(engagement: CustomerEngagement) -> Answer:
    sending = Sending(uuid4(), "1001", "age", "A", date(2026, 11, 21), None, 1)
    started = time.monotonic()
    answer = engagement.put(sending, uuid4())
    assert time.monotonic() - started < WITHIN_S
    assert len(answer.reason) < 500
    return answer


OK = b"HTTP/1.1 200 OK\r\n"
HEAD_200 = OK + b"Content-Length: %d\r\n\r\n" % ENDLESS
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = b"Content-Encoding: gzip"
UNREADABLE: dict[str, tuple[Play, str]] = {
    "a gigabyte is announced, and comes": (endless(HEAD_200, b"x" * 65_536), "more than 65,536 bytes"),
    "a gigabyte is announced, and nothing comes": (endless(HEAD_200, b"", 0.05), "ReadTimeout"),
    "byte by byte": (endless(HEAD_200, b"x", 0.02), "ReadTimeout"),
    "headers byte by byte": (endless(OK + b"A: ", b"x", 0.02), "ReadTimeout"),
    "a status line byte by byte": (endless(b"HTTP/1.1 200 ", b"O", 0.02), "ReadTimeout"),
    "chunks without end": (endless(CHUNKED, b"400\r\n" + b"x" * 1_024 + b"\r\n"), "more than 65,536 bytes"),
    "chunks that say too much": (endless(CHUNKED, b"1;" + b"a" * 1_000), "RemoteProtocolError"),
    "headers without end": (endless(OK, b"A: b\r\n" * 1_000), "RemoteProtocolError"),
    "one header without end": (endless(OK + b"A: ", b"b" * 10_000), "RemoteProtocolError"),
    "interim answers without end": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.01), "ReadTimeout"),
    "a gzip bomb": (saying(b"200 OK", bomb(), GZIPPED), "when decompressed"),
    "a gzip bomb in a gzip bomb": (saying(b"200 OK", bomb(2), b"Content-Encoding: gzip, gzip"), "is encoded"),
    "a deflate bomb": (
        saying(b"200 OK", zlib.compress(b"\0" * 9_000_000), b"Content-Encoding: deflate"),
        "decompressed",
    ),
    "broken gzip": (saying(b"200 OK", b"\x1f\x8b\x08\x00garbage", GZIPPED), "compression"),
    "no gzip at all": (saying(b"200 OK", b"{}", GZIPPED), "compression of the answer is broken"),
    "gzip that is cut off": (saying(b"200 OK", gzip.compress(b"{}")[:-9], GZIPPED), "cut off"),
    "an encoding that is none": (saying(b"200 OK", b"{}", b"Content-Encoding: rot13"), "is encoded"),
    "a body that is cut off": (raw(OK + b"Content-Length: 10\r\n\r\nabc"), "RemoteProtocolError"),
    "no HTTP": (raw(b"\x16\x03\x01\x00\x00\r\n\r\n"), "RemoteProtocolError"),
    "no answer": (raw(b""), "RemoteProtocolError"),
    "two lengths": (raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "RemoteProtocolError"),
    "another protocol": (
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "RemoteProtocolError",
    ),
    "a redirection": (saying(b"307 Temporary Redirect", b"", b"Location: http://127.0.0.1:1/"), "307"),
    "a status that is none": (saying(b"999 Whatever", b"no"), "999"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_tried_again_and_named(hostile: Hostile, case: str) -> None:
    play, name = UNREADABLE[case]
    hostile.plays.append(play)
    with sending_to(hostile, IMPATIENT_S if name == "ReadTimeout" else ANSWER_TIMEOUT_S) as engagement:
        answer = put(engagement)
        assert answer.verdict is Verdict.TRY_AGAIN
        assert name in answer.reason
        assert put(engagement).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("case", ["a gigabyte is announced, and comes", "a gzip bomb", "chunks without end"])
def test_what_does_not_end_takes_no_memory(hostile: Hostile, engagement: CustomerEngagement, case: str) -> None:
    hostile.plays += [UNREADABLE[case][0]] * 3
    tracemalloc.start()
    try:
        for _ in range(3):
            put(engagement)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5_000_000


@pytest.mark.parametrize(
    "charset", [b"utf-7", b"hex", b"rot13", b"punycode", b"idna", b"unicode_escape", b"no-such", b"\xff", b"x" * 9_000]
)
def test_whatever_charset_is_claimed_the_status_is_heard(
    hostile: Hostile, engagement: CustomerEngagement, charset: bytes
) -> None:
    kind = b"Content-Type: text/plain; charset=" + charset
    hostile.plays += [saying(b"200 OK", b"+AGEAYg- zz", kind), saying(b"422 No", b"\xff\x00 No \\ud800", kind)]
    assert put(engagement).verdict is Verdict.ACCEPTED
    refused = put(engagement)
    assert refused.verdict is Verdict.REFUSED
    assert "No \\ud800" in refused.reason
    assert refused.reason.isprintable()


def test_a_refusal_stays_one_whatever_its_body_is(hostile: Hostile, engagement: CustomerEngagement) -> None:
    hostile.plays += [saying(b"422 No", b"x" * 70_000), saying(b"404 No", bomb(), GZIPPED), saying(b"409 No")]
    for status in (422, 404, 409):
        answer = put(engagement)
        assert (answer.verdict, answer.status_code) == (Verdict.REFUSED, status)


def test_the_other_sides_words_for_a_status_are_not_repeated(hostile: Hostile, engagement: CustomerEngagement) -> None:
    hostile.plays += [saying(b"422 Ada Byron " + b"x" * 20_000, b"Ada")]
    answer = put(engagement)
    assert answer.unquoted == "422 Unprocessable Entity"  # rule 5.1: the value may be personal


def test_a_compressed_answer_is_quoted(hostile: Hostile, engagement: CustomerEngagement) -> None:
    hostile.plays += [saying(b"422 No", gzip.compress(b"Unknown value."), GZIPPED)]
    assert put(engagement).reason == "422 Unprocessable Entity: Unknown value."


def test_cookies_of_the_other_side_are_not_kept(hostile: Hostile, engagement: CustomerEngagement) -> None:
    seen: list[bytes] = []
    cookies = [b"Set-Cookie: c%d=%s" % (number, b"x" * 1_000) for number in range(50)]

    def remember(connection: socket.socket) -> None:
        saying(b"200 OK", b"{}")(connection)
        seen.append(connection.recv(65_536))
        saying(b"200 OK", b"{}")(connection)

    hostile.plays += [saying(b"200 OK", b"{}", *cookies), remember]
    for _ in range(3):
        assert put(engagement).verdict is Verdict.ACCEPTED
    assert b"cookie" not in seen[0].lower()


def test_a_connection_that_was_cut_is_replaced_at_once(hostile: Hostile, engagement: CustomerEngagement) -> None:
    for _ in range(40):  # more than there are connections
        hostile.plays.append(endless(HEAD_200, b"x" * 65_536))
        assert put(engagement).verdict is Verdict.TRY_AGAIN
    assert put(engagement).verdict is Verdict.ACCEPTED
