"""A company installed as operators install it, with its command line and API, for cases that test the whole product."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from api_parts import folding, reading
from command_line import CommandLine, company, migrated


@contextmanager
def installed(url: str, directory: Path) -> Iterator[CommandLine]:
    """A company whose database is migrated, as an operator reaches it."""
    with company(url, directory / "data") as made:
        made.environment["DOSSIER_TOKEN_SECRET"] = SECRET
        yield migrated(made)


@contextmanager
def served(line: CommandLine, *, folded: bool = True) -> Iterator[Api]:
    """The API of a company, as its callers reach it; its read models are kept up to date unless they are not to be folded."""
    settings = ApiSettings(token_secret=SECRET, asyncapi=lambda: "asyncapi: 3.0.0\n")
    with ExitStack() as opened:
        dossier = opened.enter_context(line.dossier())
        reads = opened.enter_context(reading(dossier))
        if folded:
            opened.enter_context(folding(dossier))
        app = create_app(dossier, reads, settings)
        yield Api(opened.enter_context(TestClient(app, raise_server_exceptions=False)), dossier)
