"""The one adapter to Customer Engagement: only this module knows its protocol, so another protocol is another file.

`PUT {url}/customers/{number}/attributes/{attribute}` with the value and its days; the idempotency key makes a repetition have no
effect on the other side, so that at least once on the wire is exactly once in effect (rule 4.3).
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpcore2
import orjson

from consumers.deadlines import Deadline, TimedBackend
from store.deliveries import Sending

CONNECT_TIMEOUT_S: Final = 3.0
ANSWER_TIMEOUT_S: Final = 10.0
"""From the beginning of a sending to the end of its answer."""
MOST_ANSWER_BYTES: Final = 65_536
"""Bytes of an answer's body, as it comes and when it is decompressed; its head has the bound of `httpcore2`, 100 KiB."""
CONNECTIONS: Final = 16
KEEP_ALIVE_S: Final = 30.0
QUOTED_CHARACTERS: Final = 200
"""Characters of an answer's text that a reason quotes."""
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that are not final (rule 4.4)."""
LONGEST_RETRY_AFTER: Final = 64
COMPRESSED: Final = frozenset({"gzip", "x-gzip", "deflate"})
FAILURES: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
)
_GZIP_OR_ZLIB: Final = 32
_STATUSES: Final = frozenset(status.value for status in HTTPStatus)


class _UnreadableError(Exception):
    """The body of an answer breaks a bound or its own encoding."""


class Verdict(Enum):
    """The meaning of an answer for the message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of the other side. `status_code` is `None` when there was none; `retry_after_s` when it did not ask for a pause."""

    verdict: Verdict
    reason: str
    status_code: int | None = None
    retry_after_s: float | None = None

    @property
    def unquoted(self) -> str:
        """The reason without the other side's words, which may repeat a value that is personal."""
        return self.reason if self.status_code is None else self.reason.partition(":")[0]


class CustomerEngagement:
    """The other side. Safe to share between threads."""

    def __init__(self, url: str, token: str, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout_s = answer_timeout_s
        self._deadline = Deadline()
        self._pool = httpcore2.ConnectionPool(
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=TimedBackend(self._deadline),
        )

    def put(self, sending: Sending, key: UUID) -> Answer:
        """Sends one value under an idempotency key. Raises nothing: a network that fails is an answer, too."""
        path = f"/customers/{quote(sending.number, safe='')}/attributes/{quote(sending.attribute, safe='')}"
        timeouts = {"connect": CONNECT_TIMEOUT_S, "pool": self._timeout_s}
        request: dict[str, Any] = {
            "url": self._url + path,
            "headers": {**self._headers, "Idempotency-Key": str(key)},
            "content": orjson.dumps(_body(sending)),
            "extensions": {"timeout": timeouts},
        }
        try:
            with self._deadline.within(self._timeout_s), self._pool.stream("PUT", **request) as response:
                return _answer(response)
        except FAILURES as error:
            return Answer(Verdict.TRY_AGAIN, f"No answer: {type(error).__name__} {error}".strip())

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()


def _body(sending: Sending) -> dict[str, Any]:
    body = {"value": sending.value, "effective_from": sending.effective_from.isoformat()}
    return body if sending.effective_to is None else {**body, "effective_to": sending.effective_to.isoformat()}


def _answer(response: httpcore2.Response) -> Answer:
    """The meaning of an answer. An acceptance counts only when all of it can be read; of a refusal, the status is enough."""
    status = response.status
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    accepted = 200 <= status < 300
    refused = 400 <= status < 500 and status not in TRY_AGAIN
    try:
        text = _quoted(_content(response, headers.get("content-encoding", "")))
    except _UnreadableError as error:
        text, accepted = str(error), False
    except FAILURES as error:
        text, accepted = f"The answer did not come whole: {type(error).__name__} {error}", False
    reason = f"{status} {_phrase(status)}: {text}".rstrip(": ")
    if accepted:
        return Answer(Verdict.ACCEPTED, reason, status)
    if refused:
        return Answer(Verdict.REFUSED, reason, status)
    return Answer(Verdict.TRY_AGAIN, reason, status, _retry_after_s(headers.get("retry-after", "")))


def _content(response: httpcore2.Response, encoding: str) -> bytes:
    """The body, at most `MOST_ANSWER_BYTES` as it came and as it is. Raises `_UnreadableError`."""
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > MOST_ANSWER_BYTES:
            raise _UnreadableError(f"The answer has more than {MOST_ANSWER_BYTES:,} bytes.")
    encoding = encoding.strip().lower()
    if not content or encoding in {"", "identity"}:
        return bytes(content)
    if encoding not in COMPRESSED:
        raise _UnreadableError("The answer is encoded in a way that was not asked for.")
    return _decompressed(bytes(content))


def _decompressed(content: bytes) -> bytes:
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | _GZIP_OR_ZLIB)
    try:
        plain = decompressor.decompress(content, MOST_ANSWER_BYTES + 1)
    except zlib.error:
        raise _UnreadableError("The compression of the answer is broken.") from None
    if len(plain) > MOST_ANSWER_BYTES:
        raise _UnreadableError(f"The answer has more than {MOST_ANSWER_BYTES:,} bytes when decompressed.")
    if not decompressor.eof:
        raise _UnreadableError("The compression of the answer is cut off.")
    return plain


def _quoted(content: bytes) -> str:
    """The beginning of a body, for a reason: UTF-8, whatever it claims to be, on one line."""
    letters = content.decode("utf-8", "replace")[:QUOTED_CHARACTERS]
    return " ".join("".join(letter if letter.isprintable() else " " for letter in letters).split())


def _phrase(status: int) -> str:
    """The words that HTTP has for a status; those of the other side may be anything."""
    return HTTPStatus(status).phrase if status in _STATUSES else ""


def _retry_after_s(header: str) -> float | None:
    """Seconds of Retry-After, which is a number of seconds or a date; `None` when it is neither."""
    header = header.strip()
    if len(header) > LONGEST_RETRY_AFTER:
        return None
    if header.isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max((at - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
