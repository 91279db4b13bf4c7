"""How far the relay is: read here by the command line, the API and the relay itself, so that nobody else needs the Kafka client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.database import Database

FOLLOWER: Final = "relay/v2"
"""The relay's name in table `tracking`. It ends in the contract's version, as the topic does: a new topic begins with the first event."""


@dataclass(frozen=True, slots=True)
class RelayState:
    """How far the relay is. `lag` counts the events that are not on the bus yet; `moved_at` is `None` when it never ran."""

    position: int
    log_end: int
    lag: int
    moved_at: datetime | None


def relay_state(database: Database) -> RelayState:
    """How far the relay is, whether or not one is running. Raises `OperationalError`."""
    with database.connection() as connection:
        moved = connection.execute("SELECT position, moved_at FROM tracking WHERE follower = %s", [FOLLOWER]).fetchone()
        end = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    position, moved_at = moved or (0, None)
    log_end = end[0] if end else 0
    return RelayState(position, log_end, max(log_end - position, 0), moved_at)
