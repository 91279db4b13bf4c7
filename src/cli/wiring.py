"""The composition root: makes the database, the application and the read models of a company from the settings.

Used by every command. What is opened here is closed when its block ends, and an embedded server that no other process uses is stopped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid5

from aggregates.fact import NAMESPACE, Origin, Role, Source
from aggregates.field.commands import define_standard_field
from aggregates.field.standard import STANDARD
from aggregates.profile_class.commands import found_company
from aggregates.setup.commands import introduce_controls
from aggregates.use_case import Request
from cli.data_directory.embedded_postgres import EmbeddedServer, embedded_server
from cli.data_directory.secrets_file import make_secrets
from cli.errors import NoDataError
from cli.settings import Settings
from projections import catalogue
from projections.engine.runner import install
from projections.health.judgement import Expected
from projections.reading.read_models import ReadModels
from store import schema
from store.application import Dossier
from store.database import Database


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Yields the connection string: that of the settings, else that of the embedded server, which is started if it does not run.

    Raises `NoDataError` where there is no database directory to start a server on.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if not EmbeddedServer(settings.data_dir).has_data:
        raise NoDataError(settings.data_dir)
    with embedded_server(settings.data_dir) as url:
        yield url


def expected_of(settings: Settings) -> Expected:
    """Returns which processes an installation with these settings is meant to have."""
    return Expected(
        relay=settings.kafka_bootstrap_servers is not None, forward=settings.customer_engagement_url is not None
    )


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Yields the database of the company, without its keys."""
    with database_url(settings) as url:
        database = Database(url, settings.schema_name, settings.pool_size)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def open_dossier(settings: Settings) -> Iterator[Dossier]:
    """Yields the application of the company."""
    environment = {"DOSSIER_COMPANY": settings.company, "DOSSIER_SCHEMA": settings.schema_name}
    environment |= {"DOSSIER_MASTER_KEY": settings.master_key, "DOSSIER_POOL_SIZE": str(settings.pool_size)}
    environment |= {"DOSSIER_SIGNING_KEY": settings.signing_key}
    with database_url(settings) as url, Dossier({**environment, "DATABASE_URL": url}) as dossier:
        yield dossier


@contextmanager
def open_reads(settings: Settings) -> Iterator[tuple[Dossier, ReadModels]]:
    """Yields the application and the read models of the company. A long-running process calls `reads.start()`, so that they listen."""
    with open_dossier(settings) as dossier:
        reads = ReadModels(dossier, catalogue.projections(dossier))
        try:
            yield dossier, reads
        finally:
            reads.close()


@contextmanager
def _prepared(settings: Settings) -> Iterator[None]:
    """Prepares the data directory and runs its server, unless the database is elsewhere."""
    if settings.database_url is not None:
        yield
        return
    make_secrets(settings.data_dir)
    with embedded_server(settings.data_dir):
        yield


def migrate(settings: Settings) -> list[str]:
    """Brings the company's schema up to date and returns the names of what was applied; see `store.schema.migrate`.

    The profile class DEFAULT and the standard business fields, which exist from the start, are recorded unless they were before
    (rules 2.2, 3.1, 4.1).
    """
    with _prepared(settings), open_database(settings) as database:
        applied = schema.migrate(database, partial(install, classes=catalogue.classes()))
        with open_dossier(settings) as dossier:
            record_what_exists_from_the_start(dossier)
    return applied


def record_what_exists_from_the_start(dossier: Dossier) -> None:
    """Records the profile class DEFAULT, the controls and the standard business fields unless they were recorded before."""
    request = Request(_founder(dossier.company), dossier.today())
    found_company(dossier, request)
    introduce_controls(dossier, request)
    for definition in STANDARD:
        define_standard_field(dossier, request, key=definition["key"], members=_without_key(definition))


def _without_key(definition: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in definition.items() if name != "key"}


def _founder(company: str) -> Origin:
    cause = uuid5(NAMESPACE, f"{company}/founded")
    return Origin(
        actor="dossier",
        role=Role.ADMINISTRATOR,
        source=Source.CLI,
        reason="Exists from the start",
        correlation_id=cause,
        causation_id=cause,
    )
