"""In a directory without data, a command that needs data says so, explains what to do, and creates nothing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

ANY_ID = "3f1c2a9e-7c52-4e0b-9a57-5a7d0d2b9c11"
NEED_DATA = [
    ("status",),
    ("token", "--role", "agent"),
    ("history", "customer", "1001"),
    ("as-of", "customer", "1001"),
    ("as-of", "account", "A-7"),
    ("resolutions", "contacts.csv"),
    ("replay", "customer", "1001"),
    ("replay", "site", "A-7/S-1"),
    ("rebuild", "--all"),
    ("verify",),
    ("proof", "head"),
    ("proof", "keys"),
    ("restored",),
    ("republish", "--from", "1"),
    ("dead-letters", "list"),
    ("dead-letters", "show", ANY_ID),
    ("dead-letters", "resend", ANY_ID),
    ("dead-letters", "resend-all"),
    ("refused-messages", "list"),
    ("refused-messages", "show", ANY_ID),
    ("refused-messages", "resend", ANY_ID),
    ("refused-messages", "skip", ANY_ID),
    ("merge", "1001", "1002"),
    ("unmerge", "1001", "1002"),
    ("erase", "1001", "--reason", "Asked for it", "--yes"),
    ("upload", "contacts.csv", "--map", "a=city"),
    ("upload", "contacts.csv", "--map", "a=city", "--dry-run"),
    ("upload", "--cancel", ANY_ID),
    ("serve", "--port", "0"),
    ("project",),
    ("relay",),
    ("forward",),
    ("work",),
]
MAKE_THEIR_OWN = {"up", "migrate", "simulator", "docs"}


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DOSSIER_DATA_DIR")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("CUSTOMER_ENGAGEMENT_URL", "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contacts.csv").write_text("a\nLondon\n")


@pytest.mark.parametrize("arguments", NEED_DATA, ids=" ".join)
def test_a_command_that_needs_data_says_that_there_is_none_and_makes_nothing(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 1, result.output
    [words] = [line for line in result.stderr.splitlines() if line.startswith("dossier: ")]
    assert words.startswith(f"dossier: There is no data in {tmp_path}/.dossier. Run `dossier up`")
    assert "DOSSIER_DATA_DIR" in words
    assert [path.name for path in tmp_path.iterdir()] == ["contacts.csv"]


def test_no_command_is_left_out() -> None:
    from typer.main import get_command

    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {arguments[0] for arguments in NEED_DATA} | MAKE_THEIR_OWN == set(commands)


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, "dossier 0.1.0\n")
