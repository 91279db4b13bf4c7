"""Each test of the command line has its own company; the environment of the person who runs the tests is ignored."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import CommandLine, company, migrated


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("DATABASE_URL_FILE", "DOSSIER_", "CUSTOMER_ENGAGEMENT_", "KAFKA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DOSSIER_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def unmigrated(postgres_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    """A company without tables."""
    with company(postgres_url, tmp_path / "data") as line:
        yield line


@pytest.fixture
def line(unmigrated: CommandLine) -> CommandLine:
    """A company with empty tables."""
    return migrated(unmigrated)
