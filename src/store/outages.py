"""Which errors say that the database is away, and in which words. Everything that waits for a database asks here, so that nothing else is
waited for, and what is refused says why.

An error of a statement (`ProgrammingError`, `DataError`, `IntegrityError`) is never the database's absence: it is the same again next time.
"""

from typing import Final

import psycopg
from eventsourcing.persistence import OperationalError


class UnreachableError(OperationalError):
    """The database could not be reached; `tried_at` is when the try for it began, by `time.monotonic`."""

    def __init__(self, words: str, tried_at: float) -> None:
        super().__init__(words)
        self.tried_at = tried_at


OUTAGES: Final = (
    OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""Errors that the loss of a server, of a lock, or of a server's primary role is raised as."""
_OF_THE_STATEMENT: Final = (
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.TooManyColumns,
    psycopg.errors.TooManyArguments,
)
"""Called operational, yet the same again for the same statement: a value too long for an index."""
NOT_MIGRATED: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


def is_outage(error: BaseException) -> bool:
    """Returns whether the database is away, so that the same may succeed once it is back."""
    return isinstance(error, OUTAGES) and not isinstance(error, _OF_THE_STATEMENT)


def is_not_migrated(error: BaseException) -> bool:
    """Returns whether the schema is not that of this release: a fault of the installation, which `dossier migrate` mends."""
    return isinstance(error, NOT_MIGRATED)


AWAY: Final = "The database cannot be reached."
DISK_FULL: Final = "The database's disk is full."
READ_ONLY: Final = "The database is read-only."
TOO_MANY_CONNECTIONS: Final = "The database has too many connections."
STARTING: Final = "The database is starting up."
NO_MEMORY: Final = "The database is out of memory."
TOO_SLOW: Final = "The database took too long."
_OF_CLASS: Final[dict[type[psycopg.Error], str]] = {
    psycopg.errors.DiskFull: DISK_FULL,
    psycopg.errors.ReadOnlySqlTransaction: READ_ONLY,
    psycopg.errors.TooManyConnections: TOO_MANY_CONNECTIONS,
    psycopg.errors.CannotConnectNow: STARTING,
    psycopg.errors.OutOfMemory: NO_MEMORY,
    psycopg.errors.QueryCanceled: TOO_SLOW,
    psycopg.errors.LockNotAvailable: TOO_SLOW,
}
_OF_TEXT: Final = {
    "No space left on device": DISK_FULL,
    "too many clients": TOO_MANY_CONNECTIONS,
    "connection slots": TOO_MANY_CONNECTIONS,
    "too many connections": TOO_MANY_CONNECTIONS,
    "read-only transaction": READ_ONLY,
    "starting up": STARTING,
    "in recovery mode": STARTING,
}
"""A connection that is refused has no error code, only the server's words; in whatever language, the first of these is the system's."""


def reason(error: BaseException) -> str:
    """Why the database cannot be used, a sentence without any detail of the installation."""
    cause: BaseException | None = error
    while cause is not None:
        for kind, sentence in _OF_CLASS.items():
            if isinstance(cause, kind):
                return sentence
        for part, sentence in _OF_TEXT.items():
            if part in str(cause):
                return sentence
        cause = cause.__cause__
    return AWAY


def described(error: BaseException) -> str:
    """`reason`, and the server's or the client's own words after it: for logs and operators."""
    return f"{reason(error)} {error}".strip()
