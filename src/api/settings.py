"""What the HTTP API must be told. The composition root (`cli`) reads it from the environment; nothing here has a hidden default."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from api.http.metrics import SharedCounts
from projections.health.judgement import Expected

SHORTEST_SECRET: Final = 32
"""Bytes of the token secret: HS256 is no stronger than its key."""


class SettingsError(Exception):
    """The settings cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of one API process.

    `asyncapi` gives the text of the message contract, served at `/asyncapi.yaml`; without it the path is not found.
    `documents_ahead`: the documents are built as soon as the process serves, not when somebody first asks for one.
    `heartbeat_s` is the silence after which a follower of events gets a comment, `follow_s` the longest such answer, after which a
    client connects again, and `followers` how many there may be at once, `followers_each` of one caller. `waiting` is how many reads may
    wait for read models at once, `query_threads` how many are answered at once: it must be below the number of pooled connections;
    `threads` is how many writes and other work that is no query.
    `most_upload_bytes` is how large a contact file may be.
    `expected` are the processes that health looks for, and `counts` is what several workers count in together.

    Raises:
        SettingsError: when the secret is too short.
    """

    token_secret: str
    asyncapi: Callable[[], str] | None = None
    documents_ahead: bool = False
    heartbeat_s: float = 15.0
    follow_s: float = 300.0
    followers: int = 100
    followers_each: int = 10
    waiting: int = 1_000
    query_threads: int = 4
    threads: int = 40
    most_upload_bytes: int = 2 * 1024**3
    expected: Expected = field(default_factory=Expected)
    counts: SharedCounts | None = None

    def __post_init__(self) -> None:
        if len(self.token_secret.encode()) < SHORTEST_SECRET:
            raise SettingsError(f"The token secret must have at least {SHORTEST_SECRET} bytes.")
