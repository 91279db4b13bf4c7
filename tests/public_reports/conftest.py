"""One installed company for all cases of a module; each case has its own customers.

The cases of this folder are kinds of bugs that public reports of similar products describe, each tested on the whole product from the
outside. A docstring describes the kind of bug and names a public report of it, if there is one.
"""

import io
from collections.abc import Iterator

import pytest

from api_client import Api
from api_parts import logging_to_memory
from command_line import CommandLine

from .company import installed, served


@pytest.fixture(scope="module", autouse=True)
def log_lines() -> Iterator[io.BytesIO]:
    """What is logged in this process, as JSON lines."""
    with logging_to_memory() as lines:
        yield lines


@pytest.fixture(scope="module")
def line(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The company, as an operator reaches it."""
    with installed(postgres_server, tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest.fixture(scope="module")
def api(line: CommandLine) -> Iterator[Api]:
    """The company, as its callers reach it."""
    with served(line) as caller:
        yield caller
