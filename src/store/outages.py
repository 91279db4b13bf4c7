"""Which errors say that the database is away. Everything that waits for a database asks here, so that nothing else is waited for.

An error of a statement (`ProgrammingError`, `DataError`, `IntegrityError`) is never the database's absence: it is the same again next time.
"""

from typing import Final

import psycopg
from eventsourcing.persistence import OperationalError

OUTAGES: Final = (
    OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""What the loss of a server, of a lock, or of a server's primary role is raised as."""
_OF_THE_STATEMENT: Final = (
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.TooManyColumns,
    psycopg.errors.TooManyArguments,
)
"""Called operational, yet the same again for the same statement: a value too long for an index."""
_NOT_MIGRATED: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


def is_outage(error: BaseException) -> bool:
    """True when the database is away, and the same may succeed once it is back."""
    return isinstance(error, OUTAGES) and not isinstance(error, _OF_THE_STATEMENT)


def is_not_migrated(error: BaseException) -> bool:
    """True when the schema is not the one of this release: a fault of the installation, which `dossier migrate` mends."""
    return isinstance(error, _NOT_MIGRATED)
