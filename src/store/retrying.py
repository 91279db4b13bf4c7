"""When something is tried again: exponential back-off with jitter."""

import random
from dataclasses import dataclass
from typing import Final

LONGEST_ASKED_S: Final = 300.0
"""Seconds that an answer's Retry-After may make us wait; more is taken as this."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """Bounds of trying again, in seconds. `most_attempts` counts the first one too."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0
    most_attempts: int = 12

    def delay(self, attempt: int, asked_s: float | None = None) -> float:
        """Seconds to wait after attempt number `attempt` (from 1): half to all of the exponential value, so that the callers
        spread, but not less than the other side asked for."""
        steps = min(attempt - 1, 64)
        full = min(self.longest_s, self.first_s * self.factor**steps)
        jittered = full * random.uniform(0.5, 1.0)  # noqa: S311  (spreads load; no secret)
        return max(jittered, min(asked_s or 0.0, LONGEST_ASKED_S))


RESTARTING: Final = Retrying(first_s=0.2, longest_s=1.0)
"""How a loop that failed is started again: within 1 s of the end of an outage; for ever, whatever `most_attempts` says."""
