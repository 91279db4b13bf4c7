"""Simulates a database clock that was ahead and has been set back."""

from datetime import timedelta
from typing import Final

from store.application import Dossier

AHEAD: Final = timedelta(hours=1)


def let_the_clock_have_been_ahead(dossier: Dossier) -> None:
    """Pushes the last event of the log on by `AHEAD`, as if it had been recorded before the clock was set back."""
    with dossier.database.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE events SET recorded_at = recorded_at + %s WHERE position = (SELECT max(position) FROM events)",
            [AHEAD],
        )
