"""The id of the log (table `logs`): positions are those of one log, and subscribers compare nothing but positions of the same one.

It is made by `dossier migrate`. Only a restore that lost events changes it, with `dossier restored`: positions are then given again, to
other events, and only an operator knows whether a backup, a standby or a moved database lacks something that had been acknowledged.
"""

from typing import cast
from uuid import UUID

from psycopg import Connection

from store.database import Row
from store.log import PROFILES, RELAY, move


def log_id(connection: Connection[Row]) -> UUID:
    """Returns the id of the log."""
    row = connection.execute("SELECT id FROM logs ORDER BY number DESC LIMIT 1").fetchone()
    return cast("UUID", row[0]) if row else begin_another(connection)


def newest_log(connection: Connection[Row]) -> tuple[int, int]:
    """Returns which log it is, from 1, and the position that it began after."""
    row = connection.execute("SELECT number, began_after FROM logs ORDER BY number DESC LIMIT 1").fetchone()
    return (1, 0) if row is None else (row[0], row[1])


def begin_another(connection: Connection[Row]) -> UUID:
    """Gives the log another id and lets the relays send all of it, as of the new log. Returns the id. To be called in a transaction."""
    for follower in (RELAY, PROFILES):
        move(connection, follower, 0)
    row = connection.execute(
        "INSERT INTO logs (began_after) SELECT coalesce(max(position), 0) FROM events RETURNING id"
    ).fetchone()
    return cast("tuple[UUID]", row)[0]
