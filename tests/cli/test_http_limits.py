"""Requests that the HTTP server refuses before the application, with both of its parsers; the next request is served."""

import asyncio
import gc
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from cli.http_server.guard import Guard
from cli.http_server.h11_protocol import GuardedH11
from cli.http_server.httptools_protocol import GuardedHttpTools
from cli.http_server.limits import MOST_CONNECTIONS, Limits, most_connections
from cli.http_server.server import ACCEPTED_AT_ONCE
from consumer_world import wait_for
from raw_http import GET, PATIENCE_S, Line, ask, parse, served

LIMITS = Limits(
    url_bytes=1_000,
    head_bytes=4_000,
    header_lines=20,
    head_s=0.4,
    idle_s=0.4,
    progress_bytes=2_000,
    progress_s=0.4,
    discarded_bytes=1_000_000,
    linger_s=0.2,
    connections=20,
    tick_s=0.05,
)
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE_ANSWER = 20_000_000
ENDLESS = b"POST /at-once HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n\r\n"


class Application:
    """Answers with the length of the body, at once without it, at length, or late."""

    def __init__(self) -> None:
        self.asked: list[Scope] = []
        self.answered: list[str] = []
        self.gone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        length, more = 0, scope["path"] != "/at-once"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            length += len(message["body"])
            more = message["more_body"]
        if scope["path"] == "/late":
            await asyncio.sleep(1.0)
        body = b"x" * LARGE_ANSWER if scope["path"] == "/large" else f"{scope['path']} {length}".encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 100_000):
            await send({"type": "http.response.body", "body": body[start : start + 100_000], "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})
        self.answered.append(scope["path"])


PROTOCOLS = pytest.mark.parametrize("protocol", [GuardedHttpTools, GuardedH11], ids=["httptools", "h11"])


@pytest.fixture(scope="module", params=[GuardedHttpTools, GuardedH11], ids=["httptools", "h11"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Application, str]]:
    application = Application()
    with served(application, lifespan=False, limits=LIMITS, protocol=request.param) as address:
        yield application, address


@pytest.fixture
def application(server: tuple[Application, str]) -> Application:
    server[0].__init__()  # type: ignore[misc]
    return server[0]


@pytest.fixture
def url(server: tuple[Application, str], application: Application) -> Iterator[str]:
    yield server[1]
    with closing(Line(server[1])) as line:  # whatever came before, the next request is served
        assert line.send(GET).answer().status == 200


def get(*headers: bytes, target: bytes = b"/", version: bytes = b"1.1") -> bytes:
    return b"\r\n".join((b"GET %s HTTP/%s" % (target, version), b"Host: localhost", *headers, b"", b""))


BROKEN = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no method": b"/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "unknown version": get(version=b"9.9"),
    "blank in a name": get(b"A b: c"),
    "no colon": get(b"Abc"),
    "NUL in a value": get(b"A: b\0c"),
    "control character in the path": get(target=b"/a\x01b"),
    "not ASCII in the path": get(target=b"/\xff\xfe"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get(b"Host: other"),
    "not a host": b"GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n",
    "host with a path": b"GET / HTTP/1.1\r\nHost: localhost/../x\r\n\r\n",
    "two different lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a list of lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\nab",
    "negative length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    "length that is no number": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x10\r\n\r\n",
    "length and chunks": CHUNKED[:-2] + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown encoding": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
    "chunked and something else": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "chunk without a size": CHUNKED + b"xyz\r\n",
    "chunk with a negative size": CHUNKED + b"-1\r\n",
    "chunk that is longer than it says": CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
    "chunk of more bytes than there are": CHUNKED + b"f" * 40 + b"\r\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_http_is_refused_as_a_problem(url: str, case: str, application: Application) -> None:
    [answer] = ask(url, BROKEN[case])
    answer.problem(400, "malformed")
    assert answer.headers["connection"] == "close"
    wait_for(lambda: application.gone == len(application.asked), "the application hears that nobody waits")


SERVED = {
    "HTTP/1.0": (get(version=b"1.0"), b"/ 0"),
    "HTTP/1.0 without a host": (b"GET / HTTP/1.0\r\n\r\n", b"/ 0"),
    "absolute form": (get(b"Connection: close", target=b"http://example.org/a/b?c=d"), b"/a/b 0"),
    "absolute form without a path": (get(b"Connection: close", target=b"HTTP://example.org"), b"/ 0"),
    "absolute form with a query only": (get(b"Connection: close", target=b"http://example.org?a=b"), b"/ 0"),
    "invalid percent-encoding": (get(b"Connection: close", target=b"/%zz%c3%28"), b"/%zz\xef\xbf\xbd( 0"),
    "an IPv6 host": (b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close\r\n\r\n", b"/ 0"),
    "a websocket": (
        get(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: MTIz"),
        b"/ 0",
    ),
    "HTTP/2 by upgrade": (
        get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"),
        b"/ 0",
    ),
    "chunks with extensions and trailers": (
        CHUNKED[:-2] + b'Connection: close\r\n\r\n3;a="b"\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n',
        b"/ 3",
    ),
    "byte by byte": (CHUNKED[:-2] + b"Connection: close\r\n\r\n" + b"1\r\nx\r\n" * 5_000 + b"0\r\n\r\n", b"/ 5000"),
    "as many headers as may be": (get(b"Connection: close", *(b"A%d: b" % number for number in range(18))), b"/ 0"),
}


@pytest.mark.parametrize("case", SERVED)
def test_what_is_unusual_but_http_is_served(url: str, case: str, application: Application) -> None:
    content, expected = SERVED[case]
    with closing(Line(url)) as line:
        [answer] = line.send(content).rest()
    assert (answer.status, answer.body) == (200, expected)
    assert not any(name == b"authorization" for name, _ in application.asked[0]["headers"])


TOO_LARGE = {
    "address": (get(target=b"/" + b"a" * 1_001), 414, "uri-too-long"),
    "address that never ends": (b"GET /" + b"a" * 500_000, 414, "uri-too-long"),
    "one header": (get(b"A: " + b"b" * 4_001), 431, "headers-too-large"),
    "a name": (get(b"a" * 4_001 + b": b"), 431, "headers-too-large"),
    "a header that never ends": (get(b"A: ")[:-4] + b"b" * 500_000, 431, "headers-too-large"),
    "headers together": (get(*(b"A: " + b"b" * 500 for _ in range(9))), 431, "headers-too-large"),
    "number of headers": (get(*(b"A%d: b" % number for number in range(20))), 431, "headers-too-large"),
    "headers that never end": (get()[:-2] + b"a:b\r\n" * 100_000, 431, "headers-too-large"),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_a_head_is_bounded_in_bytes_and_lines(url: str, case: str, application: Application) -> None:
    content, status, slug = TOO_LARGE[case]
    [answer] = ask(url, content)
    answer.problem(status, slug)
    assert application.asked == []


@pytest.mark.parametrize("content", [b"1;" + b"a" * 500 + b"\r\nx\r\n", b"a: b\r\n"], ids=["extensions", "trailers"])
def test_what_surrounds_a_body_is_bounded_too(url: str, content: bytes, application: Application) -> None:
    with closing(Line(url)) as line:
        line.send(CHUNKED)
        wait_for(lambda: application.asked, "the head is read")
        line.send(content if content.startswith(b"1") else b"0\r\n")
        for _ in range(10):
            line.send(content * (4_000 // len(content)))
        [answer] = line.rest()
    assert answer.status in {400, 431}
    answer.problem(answer.status, "malformed" if answer.status == 400 else "headers-too-large")


def test_a_client_that_goes_on_sending_is_not_read_for_ever(url: str) -> None:
    with closing(Line(url)) as line, pytest.raises(ConnectionError):  # noqa: PT012  (whichever part meets it)
        line.send(b"GET / HTTP/1.1\r\nA: ")
        for _ in range(1_000):
            line.send(b"b" * 100_000)


def test_a_head_that_does_not_come_whole_in_time_is_refused(url: str) -> None:
    with closing(Line(url)) as line:
        started = time.monotonic()
        line.send(b"GET / HTTP/1.1\r\nHost: h\r\n")
        line.rest()[0].problem(408, "too-slow")
        assert time.monotonic() - started < PATIENCE_S


def test_a_head_that_comes_byte_by_byte_is_refused(url: str) -> None:
    with closing(Line(url)) as line:
        line.send(b"GET / HTTP/1.1\r\nHost: h\r\nA: ")
        line.socket.settimeout(0.05)
        for _ in range(200):
            line.send(b"b")
            with suppress(TimeoutError):
                received = line.socket.recv(65_536)
                break
        line.socket.settimeout(PATIENCE_S)
        parse(received)[0].problem(408, "too-slow")


def test_a_connection_that_asks_nothing_is_closed(url: str) -> None:
    assert ask(url, b"") == []
    for answer in ask(url, b"\r\n\r\n"):  # which the one parser skips and the other refuses
        answer.problem(400, "malformed")


def test_a_kept_connection_is_closed_when_nothing_more_is_asked(url: str) -> None:
    with closing(Line(url)) as line:
        assert line.send(GET).answer().status == 200
        assert line.rest() == []


@PROTOCOLS
def test_a_kept_connection_that_goes_on_asking_stays(protocol: Any) -> None:
    limits = replace(LIMITS, idle_s=1.0)
    with served(Application(), lifespan=False, limits=limits, protocol=protocol) as url, closing(Line(url)) as line:
        ends = time.monotonic() + 2 * limits.idle_s
        while time.monotonic() < ends:
            assert line.send(GET).answer().status == 200
            time.sleep(0.02)


def test_a_body_that_stalls_is_refused_and_the_application_hears_of_it(url: str, application: Application) -> None:
    with closing(Line(url)) as line:
        line.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + b"x" * 2_100)
        line.rest()[0].problem(408, "too-slow")
    wait_for(lambda: application.gone == 1, "the application hears that nobody waits")


def test_a_body_that_goes_on_after_its_answer_is_not_read_for_long(url: str) -> None:
    with closing(Line(url)) as line:
        assert line.send(ENDLESS).answer().body == b"/at-once 0"
        with pytest.raises(ConnectionError):  # noqa: PT012  (the first one to meet the end)
            for _ in range(100):
                line.send(b"x" * 1_000)
                time.sleep(0.05)


@PROTOCOLS
def test_a_body_that_moves_may_take_as_long_as_it_takes(protocol: Any) -> None:
    limits = replace(LIMITS, progress_s=1.0)
    with served(Application(), lifespan=False, limits=limits, protocol=protocol) as url, closing(Line(url)) as line:
        line.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n")
        for _ in range(20):
            line.send(b"x" * 2_000)
            time.sleep(0.1)
        assert line.answer().body == b"/ 40000"


def test_an_answer_that_takes_long_is_not_cut(url: str) -> None:
    [answer] = ask(url, get(b"Connection: close", target=b"/late"))
    assert answer.body == b"/late 0"


@pytest.mark.parametrize("times", [1, 3])
def test_a_client_that_does_not_read_its_answer_is_cut_off(url: str, times: int, application: Application) -> None:
    with closing(Line(url)) as line:
        line.send(get(target=b"/large") * times)
        wait_for(lambda: "/large" in application.answered, "the application need not wait for the client")
        assert len(application.asked) == 1
        received = 0
        with suppress(ConnectionResetError):
            while part := line.socket.recv(1_000_000):
                received += len(part)
        assert received < LARGE_ANSWER


@PROTOCOLS
def test_a_client_that_reads_slowly_but_steadily_has_its_whole_answer(protocol: Any) -> None:
    limits = replace(LIMITS, progress_bytes=20_000, progress_s=1.0)
    content = bytearray()
    with served(Application(), lifespan=False, limits=limits, protocol=protocol) as url, closing(Line(url)) as line:
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        line.send(get(b"Connection: close", target=b"/large"))
        ends = time.monotonic() + 3 * limits.progress_s
        while time.monotonic() < ends:
            content += line.socket.recv(50_000)
            time.sleep(0.1)
        while part := line.socket.recv(1_000_000):
            content += part
    _, _, body = content.partition(b"\r\n\r\n")
    assert len(body) == LARGE_ANSWER


def test_expect_100_continue_is_answered_before_the_body(url: str) -> None:
    with closing(Line(url)) as line:
        line.send(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert line.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert line.send(b"ab").rest()[0].body == b"/ 2"


def test_requests_in_a_row_are_answered_in_a_row(url: str) -> None:
    answers = ask(url, get(target=b"/1") + get(target=b"/2") + get(b"Connection: close", target=b"/3"))
    assert [answer.body for answer in answers] == [b"/1 0", b"/2 0", b"/3 0"]


@pytest.mark.parametrize("garbage", [b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"])
def test_what_is_wrong_behind_a_request_takes_nothing_from_its_answer(url: str, garbage: bytes) -> None:
    first, second = ask(url, get(target=b"/late") + garbage)
    assert (first.status, first.body) == (200, b"/late 0")
    second.problem(400, "malformed")


def test_a_crowd_of_requests_on_a_connection_is_bounded(url: str) -> None:
    *answers, last = ask(url, get() * 20 + get(b"Connection: close"))
    assert {answer.status for answer in answers} == {200}
    assert last.status in {200, 400}
    assert len(answers) <= 20


def test_a_trailer_never_becomes_a_header_of_the_next_request(url: str, application: Application) -> None:
    content = CHUNKED + b"0\r\nAuthorization: Bearer x\r\n\r\n" + get(b"Connection: close")
    assert [answer.status for answer in ask(url, content)] == [200, 200]
    for scope in application.asked:
        assert not any(name == b"authorization" for name, _ in scope["headers"])


@PROTOCOLS
def test_half_sent_requests_make_way_for_those_that_come_whole(protocol: Any) -> None:
    with served(Application(), lifespan=False, limits=LIMITS, protocol=protocol) as url, ExitStack() as lines:
        for _ in range(3 * LIMITS.connections):
            lines.enter_context(closing(Line(url))).send(b"GET / HTTP/1.1\r\n")
            with closing(Line(url)) as other:
                assert other.send(GET).answer().status == 200


@PROTOCOLS
def test_bodies_that_go_on_after_their_answers_make_way(protocol: Any) -> None:
    limits = replace(LIMITS, idle_s=PATIENCE_S, progress_s=PATIENCE_S)
    with served(Application(), lifespan=False, limits=limits, protocol=protocol) as url, ExitStack() as lines:
        for _ in range(2 * limits.connections):
            line = lines.enter_context(closing(Line(url)))
            assert line.send(ENDLESS).answer().status == 200
            line.send(b"x" * 1_000)
        with closing(Line(url)) as other:
            assert other.send(GET).answer().status == 200


@PROTOCOLS
def test_when_all_connections_are_in_use_a_further_one_is_told_so(protocol: Any) -> None:
    application = Application()
    begun = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"
    with served(application, lifespan=False, limits=LIMITS, protocol=protocol) as url, ExitStack() as lines:
        for _ in range(LIMITS.connections):
            lines.enter_context(closing(Line(url))).send(begun)
        wait_for(lambda: len(application.asked) == LIMITS.connections, "all are in use")
        [answer] = ask(url, GET)
        answer.problem(503, "busy")
        assert answer.headers["retry-after"] == "1"
        lines.close()
        wait_for(lambda: ask(url, get(b"Connection: close"))[0].status == 200, "there is room again")


def test_no_more_connections_are_taken_than_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(files: int) -> Callable[[int], tuple[int, int]]:
        return lambda _: (files, files)

    for files, expected in ((1_024, 768), (1_000_000, MOST_CONNECTIONS), (-1, MOST_CONNECTIONS)):
        monkeypatch.setattr("resource.getrlimit", limited(files))
        assert most_connections() == expected


@PROTOCOLS
@pytest.mark.parametrize("sent", [b"", GET[:20], GET, ENDLESS, BROKEN["no HTTP"]])
def test_nothing_of_a_connection_stays_when_it_has_ended(
    protocol: Any, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def guards() -> int:
        caplog.clear()  # what is logged with an exception holds the frames that it came from
        return sum(isinstance(one, Guard) for one in gc.get_objects())

    with served(Application(), lifespan=False, limits=LIMITS, protocol=protocol) as url:
        gc.collect()
        gc.disable()  # which comes too seldom for thousands of connections that are each held by themselves
        try:
            before = guards()
            for _ in range(5):
                with closing(Line(url)) as line:
                    line.send(sent)
                    time.sleep(0.05)
            wait_for(lambda: guards() == before, "no connection is left")
        finally:
            gc.enable()


def test_connections_that_came_while_the_server_was_busy_are_taken_many_at_a_time() -> None:
    class Turning:
        """Counts the turns of the event loop, and notes in which one each request is seen."""

        def __init__(self) -> None:
            self.turn, self.counting = 0, False
            self.seen: list[int] = []

        async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
            if not self.counting:
                self.counting = True
                asyncio.get_running_loop().call_soon(self.count)
            if scope["path"] == "/block":
                time.sleep(0.5)
            else:
                self.seen.append(self.turn)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})

        def count(self) -> None:
            self.turn += 1
            asyncio.get_running_loop().call_soon(self.count)

    application = Turning()
    with served(application, lifespan=False) as url, ExitStack() as lines:
        lines.enter_context(closing(Line(url))).send(get(target=b"/block"))
        for _ in range(80):
            lines.enter_context(closing(Line(url))).send(GET)
        wait_for(lambda: len(application.seen) == 80, "every request is seen")
    assert len(set(application.seen)) <= 80 / ACCEPTED_AT_ONCE * 2
