"""The runbook names only existing commands and working statements, and its recovery from a lost master key works."""

import re
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aggregates.customer.commands import register_customer
from cli.main import app
from command_line import CommandLine, eventually, request
from conftest import TODAY
from projections.catalogue import projections
from read_models import fold_log
from vital_signs import EVERYTHING, running

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text()
STATEMENTS = re.findall(r"```sql\n(.*?)```", RUNBOOK, re.DOTALL)
COMMANDS = sorted(set(re.findall(r"dossier ((?:dead-letters )?[a-z-]+)(?= |`|$)", RUNBOOK, re.MULTILINE)))
OPTIONS = sorted(set(re.findall(r"dossier (dead-letters [a-z-]+|[a-z-]+)[^\n`]*?(--[a-z-]+)", RUNBOOK)))


def test_every_command_of_the_runbook_exists() -> None:
    assert len(COMMANDS) > 10
    for command in COMMANDS:
        result = CliRunner().invoke(app, [*command.split(), "--help"])
        assert result.exit_code == 0, command


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_of_the_runbook_exists(command: str, option: str) -> None:
    help_text = CliRunner().invoke(app, [*command.split(), "--help"]).stdout
    assert option in help_text or option == "--help"


def test_every_section_that_a_fault_refers_to_exists() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    sections = set(re.findall(r'Runbook: ([^"]+)\."', sources))
    assert len(sections) > 5
    assert sections <= set(re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE))


def test_every_statement_of_the_runbook_works(line: CommandLine) -> None:
    assert len(STATEMENTS) == 4
    with line.dossier() as dossier, dossier.database.connection() as connection:
        for statements in STATEMENTS:
            connection.execute(statements.encode())


def test_after_the_loss_of_the_master_key_everything_but_personal_values_lives_on(line: CommandLine) -> None:
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Ada Byron", alternate_number="A1")
    other = {"DOSSIER_MASTER_KEY": b64encode(b"x" * 32).decode()}
    words = "DOSSIER_MASTER_KEY is not the key that this database was written with."
    assert words in line.run("verify", **other).stderr
    line.environment |= other
    project = line.process("project")
    try:
        eventually(lambda: words in " ".join(line.run("status").output.split()), "the read models stop")
    finally:
        project.terminate()
        project.communicate(timeout=30)

    with line.dossier() as dossier, dossier.database.connection() as connection:
        connection.execute(next(found for found in STATEMENTS if "personal_keys" in found).encode())
    line.asked("rebuild", "--all")
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1002", name="Grace Hopper")
        for projection in projections(dossier):
            fold_log(dossier, projection)
    names = {
        number: line.asked("as-of", "customer", number, "--valid-at", TODAY.isoformat())["name"]
        for number in ("1001", "1002")
    }
    assert names == {"1001": "[erased]", "1002": "Grace Hopper"}
    assert line.run("verify").exit_code == 0
    with line.dossier() as dossier, running(dossier.database, {**EVERYTHING, "api": ("api",)}):
        assert line.run("status").exit_code == 0
