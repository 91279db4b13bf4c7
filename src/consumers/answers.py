"""Why sending does not get on: the last answers that were no outcome, and requests that nobody answers.

The forwarder and the resender note what they ask and what is answered; `obstacle` is what their process says of itself. Nothing of a
value and nothing that the other side wrote is kept.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from consumers.customer_engagement import Answer, Verdict

SLOW_S: Final = 2.0
"""Seconds without an answer after which somebody is told."""


class Answers:
    """Requests under way and failed, one a customer. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at: dict[str, float] = {}
        self._failed: dict[str, str] = {}

    def noted(self, number: str, ask: Callable[[], Answer]) -> Answer:
        """Makes the request and notes its result."""
        with self._lock:
            self._asked_at[number] = time.monotonic()
        try:
            answer = ask()
        finally:
            with self._lock:
                self._asked_at.pop(number, None)
        with self._lock:
            self._failed.pop(number, None)
            if answer.verdict is Verdict.TRY_AGAIN:
                self._failed[number] = answer.unquoted
        return answer

    def forget(self, number: str) -> None:
        """Forgets a customer whose change is not tried again."""
        with self._lock:
            self._failed.pop(number, None)

    def obstacle(self) -> str | None:
        """Why changes wait; `None` when Customer Engagement answers."""
        with self._lock:
            failed = list(self._failed.values())
            oldest_s = time.monotonic() - min(self._asked_at.values(), default=time.monotonic())
        if failed:
            return f"Customer Engagement does not take a change: {failed[-1]}"
        if oldest_s > SLOW_S:
            return f"Customer Engagement has not answered for {oldest_s:.0f} s."
        return None
