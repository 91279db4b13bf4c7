"""Idempotency keys (rule 0.7): what one did, and forgetting those that nobody repeats any more. What they did stays in the log for ever."""

from datetime import timedelta
from typing import Final

from psycopg import Connection

from aggregates.use_case import IdempotencyKey, KeyReusedError, Outcome
from store.database import Row

AT_ONCE: Final = 1_000
"""Keys of one statement: it is over within milliseconds, and holds up no save."""

OUTCOME: Final = "SELECT digest, changed, version, position FROM idempotency_keys WHERE actor = %s AND key = %s"
_FORGET: Final = """
    DELETE FROM idempotency_keys WHERE (actor, key) IN (
        SELECT actor, key FROM idempotency_keys WHERE recorded_at < clock_timestamp() - %s
        ORDER BY recorded_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""


def forget_keys(connection: Connection[Row], kept_for: timedelta, most: int = AT_ONCE) -> int:
    """Deletes keys that were used longer ago than that, the oldest first and `most` at most; gives how many there were."""
    return connection.execute(_FORGET, [kept_for, most]).rowcount


def outcome_of(key: IdempotencyKey, row: Row) -> tuple[Outcome, KeyReusedError | None]:
    """Returns the outcome in a row of `OUTCOME`, and an error where it is that of another request."""
    digest, changed, version, position = row
    reused = KeyReusedError("This Idempotency-Key was used for another request.", field="Idempotency-Key")
    return Outcome(changed, version, position), reused if digest != key.digest else None
