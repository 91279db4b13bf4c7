"""What a request may cost before its sender is known: limits on its head, on time, and on connections.

`head_fault` checks a complete head, the same for both parsers: its size, and whatever would let two servers read it differently
(RFC 9112, sections 3.2 and 6.1). Nothing here depends on asyncio or uvicorn.
"""

import re
import resource
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from api.http.problems import HEADERS_TOO_LARGE, MALFORMED, URI_TOO_LONG, Kind

MOST_CONNECTIONS: Final = 1_000
_SHARE_OF_FILES: Final = 0.75
"""Share of the files that the process may open; the rest is for the database, the log and the listening socket."""
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]*)?")
_ABSOLUTE: Final = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values."""
Refusal = tuple[Kind, str]
"""The kind of problem and its detail."""


def most_connections() -> int:
    """Returns how many connections a process accepts at once: `MOST_CONNECTIONS`, or fewer where it may not open as many files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, int(files * _SHARE_OF_FILES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one server process.

    A body, and an answer to a slow reader, must make progress: `progress_bytes` in every `progress_s`. So 2 GiB may take as long as a slow
    line needs, and a stalled connection ends. `discarded_bytes` is how much of an unwanted body, or after a refusal, is read and dropped,
    so that the client reads the answer before the connection closes; `linger_s` is the time for this after a refusal, `idle_s` after any
    other answer.
    """

    url_bytes: int = 16_384
    head_bytes: int = 65_536
    header_lines: int = 100
    head_s: float = 10.0
    idle_s: float = 5.0
    progress_bytes: int = 20_480
    progress_s: float = 20.0
    discarded_bytes: int = 16_777_216
    linger_s: float = 2.0
    pipelined: int = 16
    connections: int = field(default_factory=most_connections)
    tick_s: float = 1.0

    @property
    def aborted_connections(self) -> int:
        """The number of connections beyond which a further one is closed without an answer."""
        return self.connections + max(self.connections // 4, 8)

    @property
    def url_too_long(self) -> Refusal:
        """The refusal of a URL that is too long."""
        return URI_TOO_LONG, f"Path and query may have at most {self.url_bytes:,} bytes."

    @property
    def headers_too_large(self) -> Refusal:
        """The refusal of too many or too large headers."""
        return (
            HEADERS_TOO_LARGE,
            f"A request may have at most {self.header_lines} headers, with {self.head_bytes:,} bytes in all.",
        )

    def head_fault(self, url: bytes, headers: Headers, version: str) -> Refusal | None:
        """Returns what is wrong with a head, `None` when nothing is. `version` is that of HTTP, such as 1.1."""
        if len(url) > self.url_bytes:
            return self.url_too_long
        size, hosts, lengths, encodings = len(url), [], 0, 0
        for name, value in headers:
            size += len(name) + len(value)
            if name == b"host":
                hosts.append(value)
            elif name == b"content-length":
                lengths += 1
            elif name == b"transfer-encoding":
                encodings += 1
        if size > self.head_bytes or len(headers) > self.header_lines:
            return self.headers_too_large
        return _ambiguous(hosts, lengths, encodings, version)


def _ambiguous(hosts: Sequence[bytes], lengths: int, encodings: int, version: str) -> Refusal | None:
    if version not in _VERSIONS:
        return MALFORMED, "Only HTTP/1.1 and HTTP/1.0 are supported."
    if len(hosts) != 1 and (hosts or version == "1.1"):
        return MALFORMED, "A request must have one Host header."
    if hosts and not _HOST.fullmatch(hosts[0]):
        return MALFORMED, "The Host header is not a valid host."
    if encodings and (lengths or encodings > 1 or version != "1.1"):
        return MALFORMED, "The length of the body is given twice: by Transfer-Encoding and by something else."
    return None


def origin_form(target: bytes) -> bytes:
    """Returns the path and query of a request's target, whose absolute form names the host, too (RFC 9112, section 3.2.2)."""
    authority = _ABSOLUTE.match(target)
    if authority is None:
        return target
    path = target[authority.end() :]
    return path if path.startswith(b"/") else b"/" + path
