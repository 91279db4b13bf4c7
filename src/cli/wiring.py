"""The composition root: makes the database, the application and the read models of a company out of the settings.

Used by every command. What is opened here is closed when its block ends, and an embedded server that nobody else uses is stopped.
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
    """The connection string: the given one, else that of the embedded server, which is started if it has to be.

    Raises `NoDataError` where there is no database to start a server over.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if not EmbeddedServer(settings.data_dir).has_data:
        raise NoDataError(settings.data_dir)
    with embedded_server(settings.data_dir) as url:
        yield url


def expected_of(settings: Settings) -> Expected:
    """The processes that an installation with these settings is meant to have."""
    return Expected(
        relay=settings.kafka_bootstrap_servers is not None, forward=settings.customer_engagement_url is not None
    )


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The company's schema, without its keys."""
    with database_url(settings) as url:
        database = Database(url, settings.schema_name, settings.pool_size)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def open_dossier(settings: Settings) -> Iterator[Dossier]:
    """The application of the company."""
    environment = {"DOSSIER_COMPANY": settings.company, "DOSSIER_SCHEMA": settings.schema_name}
    environment |= {"DOSSIER_MASTER_KEY": settings.master_key, "DOSSIER_POOL_SIZE": str(settings.pool_size)}
    with database_url(settings) as url, Dossier({**environment, "DATABASE_URL": url}) as dossier:
        yield dossier


@contextmanager
def open_reads(settings: Settings) -> Iterator[tuple[Dossier, ReadModels]]:
    """The application and the read models of the company. A long-running process lets them listen: `reads.start()`."""
    with open_dossier(settings) as dossier:
        reads = ReadModels(dossier, catalogue.projections(dossier))
        try:
            yield dossier, reads
        finally:
            reads.close()


@contextmanager
def _founded(settings: Settings) -> Iterator[None]:
    """Makes what the data directory is to hold, unless the database is elsewhere."""
    if settings.database_url is not None:
        yield
        return
    make_secrets(settings.data_dir)
    with embedded_server(settings.data_dir):
        yield


def migrate(settings: Settings) -> list[str]:
    """Brings the company's schema up to date and gives the names of what was applied; see `store.schema.migrate`.

    What exists from the start, the profile class DEFAULT and the standard business fields, is recorded unless it was before
    (rules 2.2, 3.1, 4.1).
    """
    with _founded(settings), open_database(settings) as database:
        applied = schema.migrate(database, partial(install, classes=catalogue.classes()))
        _record_what_exists_from_the_start(settings)
    return applied


def _record_what_exists_from_the_start(settings: Settings) -> None:
    with open_dossier(settings) as dossier:
        request = Request(_founder(dossier.company), dossier.today())
        found_company(dossier, request)
        introduce_controls(dossier, request)
        for given in STANDARD:
            define_standard_field(dossier, request, key=given["key"], given=_but_key(given))


def _but_key(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "key"}


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
