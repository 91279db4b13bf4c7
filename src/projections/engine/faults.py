"""Two kinds of error. The loss of the database is an outage: retried, nobody's fault. Anything else is the fault of one event.

What is told of a fault is stored and shown to operators, so it never repeats a personal value (rule 5.1).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from traceback import extract_tb
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from psycopg import Connection
from pydantic import ValidationError

from aggregates.fact import Fact
from projections.engine.projection import LoggedFact
from store import outages
from store.events import RecordedEvent

MOST_ERROR_CHARACTERS: Final = 1_000


class ProjectionStoppedError(Exception):
    """A read model cannot go on; the text names the event or what else is wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An event that a read model cannot be folded over, and why."""

    position: int
    event_id: UUID
    topic: str
    recorded_at: datetime
    error: str

    @classmethod
    def in_decoding(cls, event: RecordedEvent, error: Exception, *, private: bool) -> Self:
        """The fault of an event that cannot be read."""
        return cls(event.id, event.event_id, event.topic, event.recorded_at, explain(error, private=private))

    @classmethod
    def in_folding(cls, logged: LoggedFact, error: Exception) -> Self:
        """The fault of an event that the fold does not accept."""
        fact: Any = logged.fact
        return cls(
            logged.position, fact.event_id, fact.TOPIC, fact.recorded_at, explain(error, private=is_private(fact))
        )

    def __str__(self) -> str:
        return f"event {self.event_id} ({self.topic}) at position {self.position}: {self.error}"


def is_outage(error: Exception, connection: Connection[Any]) -> bool:
    """Returns whether the database caused the error, not an event."""
    return connection.closed or outages.is_outage(error)


def is_private(fact: Fact | type[Fact]) -> bool:
    """Returns whether a fact has personal values."""
    return bool(fact.personal_fields())


def explain(error: Exception, *, private: bool) -> str:
    """Kind and place of an error; its text too, unless it may hold a `private` value."""
    frames = extract_tb(error.__traceback__)
    place = f" in {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}: {_text(error, private)}".replace("\0", "")[:MOST_ERROR_CHARACTERS]


def _text(error: BaseException, private: bool) -> str:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        faults = cause.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    if private:
        return "the event has personal values, which are not repeated here"
    if isinstance(error, psycopg.Error):
        return error.diag.message_primary or str(error)
    return str(error)
