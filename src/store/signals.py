"""Wake-up calls between processes: PostgreSQL NOTIFY as a hint, a bounded wait as the safety net.

A lost, late or doubled signal does no harm: waiting processes look at the tables afterwards. The listening connection is made
again by itself when it dies.
"""

from typing import Final

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection, sql

from store.database import Database, Row
from store.stopping import Stop

PAUSE_WITHOUT_SERVER_S: Final = 0.5


class Signal:
    """Listens on one channel; not to be shared between threads."""

    def __init__(self, database: Database, *channels: str) -> None:
        self._database = database
        self._channels = [database.channel(name) for name in channels]
        self._connection: Connection[Row] | None = None

    def wait(self, timeout_s: float, stop: Stop) -> list[str]:
        """Waits for a signal, at most `timeout_s` seconds and no longer than until `stop` is set; gives the payloads of all that came.

        Raises nothing when the server is gone: it pauses, and listens again on the next call.
        """
        try:
            connection = self._connection or self._listen()
            payloads = _received(connection)
            if not payloads and stop.wait_for(connection.fileno(), timeout_s):
                payloads = _received(connection)
        except (psycopg.Error, OperationalError):
            self.close()
            stop.wait(min(timeout_s, PAUSE_WITHOUT_SERVER_S))
            return []
        return payloads

    def listen(self) -> None:
        """Starts to listen now, so that nothing sent from here on is missed. Raises `OperationalError`."""
        if self._connection is None:
            self._listen()

    def _listen(self) -> Connection[Row]:
        connection = self._database.connect()
        try:
            for channel in self._channels:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except psycopg.Error as error:
            connection.close()
            raise OperationalError(f"The database cannot be reached: {error}") from error
        self._connection = connection
        return connection

    def close(self) -> None:
        """Stops listening."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _received(connection: Connection[Row]) -> list[str]:
    """The payloads of the signals that have arrived."""
    return [notice.payload for notice in connection.notifies(timeout=0)]
