"""Settings of the HTTP API. The composition root (`cli`) reads them from the environment; nothing here reads it itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.http.logs import RequestLine, log_each
from api.http.metrics import SharedCounts
from projections.health.judgement import Expected

CONSOLE: Final = Path(__file__).parent / "console" / "built"
"""Where the build puts the web pages of the console."""
SHORTEST_SECRET: Final = 32
"""Bytes of the token secret: HS256 is only as strong as its key."""


class SettingsError(Exception):
    """The settings cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of one API process.

    `asyncapi` returns the text of the message contract, served at `/asyncapi.yaml`; without it that path answers 404.
    With `documents_ahead`, documents are built as soon as the process serves, not at the first request for one.
    `heartbeat_s` is the silence after which a follower gets a comment, `follow_s` the longest such answer, after which the client connects
    again; `followers` is how many may follow the log at once, `pages` how many pages may follow what they show, and `followers_each` how
    many of either may be one caller's. `waiting` is how many
    reads may wait for read models at once, `query_threads` how many queries run at once, which must be below the number of pooled
    connections; `threads` is how many writes and other requests are worked on at once.
    `most_upload_bytes` is the largest size of a contact file.
    `console` is the directory of the built web pages, `embed_origins` are the origins whose pages may embed parts of them.
    `expected` are the processes that health looks for, `counts` is the slot in which one of several workers counts, and
    `log_requests` writes lines of the access log.

    Raises:
        SettingsError: the secret is too short.
    """

    token_secret: str
    asyncapi: Callable[[], str] | None = None
    documents_ahead: bool = False
    heartbeat_s: float = 15.0
    follow_s: float = 300.0
    followers: int = 100
    pages: int = 500
    followers_each: int = 10
    waiting: int = 1_000
    query_threads: int = 4
    threads: int = 40
    most_upload_bytes: int = 2 * 1024**3
    console: Path = CONSOLE
    embed_origins: tuple[str, ...] = ()
    expected: Expected = field(default_factory=Expected)
    counts: SharedCounts | None = None
    log_requests: Callable[[Sequence[RequestLine]], None] = log_each

    def __post_init__(self) -> None:
        if len(self.token_secret.encode()) < SHORTEST_SECRET:
            raise SettingsError(f"The token secret must have at least {SHORTEST_SECRET} bytes.")
