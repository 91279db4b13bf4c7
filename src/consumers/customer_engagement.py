"""The one adapter to Customer Engagement: only this module knows its protocol, so another protocol is another file.

`PUT {url}/customers/{number}/attributes/{attribute}` with the value and its days; the idempotency key makes a repetition have no
effect on the other side, so that at least once on the wire is exactly once in effect (rule 4.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpx2

from store.deliveries import Sending

CONNECT_TIMEOUT_S: Final = 3.0
ANSWER_TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = 16
KEEP_ALIVE_S: Final = 30.0
QUOTED_CHARACTERS: Final = 200
"""Characters of an answer's text that a reason quotes."""
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that are not final (rule 4.4)."""


class Verdict(Enum):
    """What an answer means for the message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. `status_code` is `None` when it said nothing; `retry_after_s` when it did not ask for a pause."""

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
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(answer_timeout_s, connect=CONNECT_TIMEOUT_S),
            limits=httpx2.Limits(
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE_S,
            ),
            follow_redirects=False,
            trust_env=False,
        )

    def put(self, sending: Sending, key: UUID) -> Answer:
        """Sends one value under an idempotency key. Raises nothing: a network that fails is an answer, too."""
        path = f"/customers/{quote(sending.number, safe='')}/attributes/{quote(sending.attribute, safe='')}"
        try:
            response = self._client.put(path, json=_body(sending), headers={"Idempotency-Key": str(key)})
        except httpx2.HTTPError as error:
            return Answer(Verdict.TRY_AGAIN, f"No answer: {type(error).__name__} {error}".strip())
        return _answer(response)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _body(sending: Sending) -> dict[str, Any]:
    body = {"value": sending.value, "effective_from": sending.effective_from.isoformat()}
    return body if sending.effective_to is None else {**body, "effective_to": sending.effective_to.isoformat()}


def _answer(response: httpx2.Response) -> Answer:
    status = response.status_code
    shown = (letter if letter.isprintable() else " " for letter in response.text[:QUOTED_CHARACTERS])
    said = " ".join("".join(shown).split())
    reason = f"{status} {response.reason_phrase}: {said}".rstrip(": ")
    if response.is_success:
        return Answer(Verdict.ACCEPTED, reason, status)
    if response.is_client_error and status not in TRY_AGAIN:
        return Answer(Verdict.REFUSED, reason, status)
    return Answer(Verdict.TRY_AGAIN, reason, status, _retry_after_s(response.headers))


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After, which is a number of seconds or a date; `None` when it is neither."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        at = parsedate_to_datetime(asked)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
