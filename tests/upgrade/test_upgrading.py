"""The runbook's *Upgrading* section, from every recorded state: reports before, during and after it, and the recorded answers."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from command_line import TOKEN_SECRET, CommandLine
from conftest import MASTER_KEY, environment
from projections import catalogue
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store.application import Dossier
from upgrade.record import BIN, SCHEMA
from upgrade.test_recorded_states import FOLDER, STATES, compared
from vital_signs import EVERYTHING, running

COMPANY: Final = "demo"
RUNBOOK: Final = (Path(__file__).parents[2] / "deploy" / "runbook.md").read_text()
SAMPLE: Final = 7
"""Every which of the recorded answers is compared here; all of them are in `test_recorded_states`."""
READS: Final = ("/v1/customers/C-1", "/v1/customers/C-1/drawer", "/v1/accounts/A-1", "/v1/fields", "/v1/deliveries")


@pytest.fixture(params=STATES)
def old(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[tuple[str, CommandLine]]:
    """The name of a recorded state, and the command line of a company whose database is that state, not migrated."""
    name = f"upgrade_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = psycopg.conninfo.make_conninfo(postgres_url, dbname=name)
    dump = gzip.decompress((FOLDER / f"{request.param}.sql.gz").read_bytes())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION btree_gist WITH SCHEMA public")
    subprocess.run(
        [BIN / "psql", "--quiet", "--set=ON_ERROR_STOP=1", url],
        input=dump.replace(SCHEMA.encode(), f"dossier_{COMPANY}".encode()),
        check=True,
        capture_output=True,
    )
    line = CommandLine(
        {
            "DATABASE_URL": url,
            "DOSSIER_COMPANY": COMPANY,
            "DOSSIER_DATA_DIR": str(tmp_path),
            "DOSSIER_MASTER_KEY": MASTER_KEY,
            "DOSSIER_TOKEN_SECRET": TOKEN_SECRET,
        }
    )
    yield str(request.param), line
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serving(line: CommandLine) -> Iterator[Api]:
    """An API of this version over the company's database."""
    with (
        Dossier(environment(line.environment["DATABASE_URL"], f"dossier_{COMPANY}")) as dossier,
        closing(ReadModels(dossier, catalogue.projections(dossier))) as reads,
    ):
        settings = ApiSettings(token_secret=SECRET)
        with TestClient(create_app(dossier, reads, settings), raise_server_exceptions=False) as client:
            yield Api(client, dossier)


@pytest.mark.parametrize("old", ["0004-found"], indirect=True)
def test_tables_that_have_not_changed_are_caught_up_without_a_rebuild(
    old: tuple[str, CommandLine],
) -> None:  # rule 0.3
    """When tables change, a newer state takes this one's place."""
    state, line = old
    assert line.run("migrate").exit_code == 0
    with serving(line) as api, running(api.dossier.database):
        assert api.post("/v1/customers", {"number": "NEW-1", "name": "Ada Byron"}).status_code == 201
        for projection in catalogue.projections(api.dossier):
            fold_log(api.dossier, projection)
        assert api.get("/v1/customers/NEW-1").json()["name"] == "Ada Byron"
        assert line.run("verify").exit_code == 0
        answers = json.loads(gzip.decompress((FOLDER / f"{state}.answers.json.gz").read_bytes()))[::SAMPLE]
        assert [row for path, recorded in answers for row in compared(api, path, *recorded)] == []


def commands_of_the_runbook() -> list[list[str]]:
    """The commands of section Upgrading, in order."""
    section = RUNBOOK.partition("\n## Upgrading\n")[2].partition("\n## ")[0]
    [block] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [row.partition("#")[0].split()[1:] for row in block.splitlines()]


def not_ready(api: Api) -> dict[str, Any]:
    """The problem document of an installation that is not ready, with its faults by name."""
    answer = api.get("/health/ready", None)
    assert answer.status_code == 503
    return {fault["what"]: f"{fault['why']} {fault['todo']}" for fault in answer.json()["faults"]}


def test_an_old_database_is_upgraded_as_the_runbook_says(
    old: tuple[str, CommandLine], monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.3
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)
    state, line = old
    migrate, status, rebuild = commands_of_the_runbook()
    assert (migrate, status, rebuild) == (["migrate"], ["status"], ["rebuild", "--all"])

    told = line.run(*status)
    assert told.exit_code == 1
    is_earlier = "The tables of the database are those of an earlier version." in told.stderr
    assert is_earlier or state == STATES[-1]  # which may have been recorded since the last migration was written
    with serving(line) as api:
        assert ("Run `dossier migrate`." in not_ready(api).get("database", "")) == is_earlier
        assert [answer.status_code for answer in map(api.get, READS) if answer.status_code not in {200, 404, 503}] == []

    assert line.run(*migrate).exit_code == 0
    told = line.run(*status)
    assert told.exit_code == 1
    with serving(line) as api:
        faults = not_ready(api)
        assert "database" not in faults
        if outdated := [what for what, why in faults.items() if "another version" in why]:
            assert "were made by another version" in " ".join(told.stderr.split())
            refused = [answer for answer in map(api.get, READS) if answer.status_code != 200]
            assert refused or "history" in outdated[0]
            for answer in refused:
                assert (answer.status_code, "dossier rebuild" in answer.json()["detail"]) == (503, True)
        assert api.post("/v1/customers", {"number": "NEW-1", "name": "Writes go on"}).status_code == 201  # rule 0.8

    assert line.run(*rebuild).exit_code == 0
    with serving(line) as api, running(api.dossier.database, {**EVERYTHING, "api": ("api",)}):
        ready = api.get("/health/ready", None)
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert line.run(*status).exit_code == 0
        assert line.run("verify").exit_code == 0
        answers = json.loads(gzip.decompress((FOLDER / f"{state}.answers.json.gz").read_bytes()))[::SAMPLE]
        assert [row for path, recorded in answers for row in compared(api, path, *recorded)] == []
