"""Errors of all packages in the words of the command line. Imported only when there is one to show."""

from typing import Final

import psycopg
from eventsourcing.persistence import InfrastructureFactoryError, OperationalError

from aggregates.errors import DomainError
from cli.errors import CliError
from projections.engine.faults import ProjectionStoppedError
from projections.engine.positions import NotInstalledError
from projections.engine.rebuild import RebuildFailedError
from projections.reading.view import BehindError
from store.keys import MasterKeyError
from store.outages import is_not_migrated
from store.proof.notary import BehindLogError
from store.proof.notes import NoteError
from store.proof.tiles import NotInTreeError
from store.schema import MigrationError

_PLAIN: Final = (
    CliError,
    DomainError,
    OperationalError,
    MigrationError,
    MasterKeyError,
    InfrastructureFactoryError,
    BehindError,
    BehindLogError,
    NoteError,
    NotInTreeError,
    NotInstalledError,
    ProjectionStoppedError,
    RebuildFailedError,
)


def in_plain_words(error: BaseException) -> str:
    """Returns what went wrong, without a traceback, and what to do where that is known."""
    if isinstance(error, OperationalError):
        return " ".join(str(error).split())
    if isinstance(error, _PLAIN):
        return str(error)
    if is_not_migrated(error):
        return "The database does not have the tables that this version needs. Run `dossier migrate` first."
    if isinstance(error, psycopg.Error):
        return f"The database refused: {str(error).strip().partition(chr(10))[0] or type(error).__name__}"
    if isinstance(error, OSError):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}. DOSSIER_LOG_LEVEL=debug shows where."
