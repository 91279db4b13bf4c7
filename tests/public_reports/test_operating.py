"""Operations: kinds of bugs known from public reports about command lines, images and Kafka settings.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

import re
import socket
import stat
import subprocess
from contextlib import closing
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from typer.testing import CliRunner

from api_client import Api, register
from cli.main import app
from cli.output import tables
from cli.processes.simulator import create_app
from command_line import CommandLine, eventually, free_port, text_of
from conftest import ROOT
from consumer_world import Simulator, serving
from jobs.forgetting import KeyForgetter
from store.stopping import Stop


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The command line in a directory in which there is nothing, and without a database."""
    for name in ("DATABASE_URL", "DOSSIER_DATA_DIR", "DOSSIER_COMPANY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_version_is_told() -> None:
    """Kind: nobody can say which version is running.

    Public report: github.com/developmentseed/lonboard/issues/1070 (the command line had no `--version`).
    """
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"dossier {version('dossier')}\n")


@pytest.mark.parametrize("command", [("status",), ("token", "--role", "agent")], ids=["status", "token"])
def test_a_question_in_a_wrong_directory_makes_nothing_there(elsewhere: Path, command: tuple[str, ...]) -> None:
    """Kind: a command that only asks makes an empty database where it happens to be called, and answers from that.

    Public report: github.com/mareforma/mareforma/issues/39 (a status command left an empty database behind).
    """
    told = CliRunner().invoke(app, list(command))
    assert (told.exit_code, list(elsewhere.iterdir())) == (1, [])
    assert "There is no data in" in told.stderr


def test_a_table_fits_80_columns_and_splits_no_instant(
    api: Api, line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: a table is wider than a terminal, and its instants are broken in two.

    Public report: github.com/StackStorm/st2/issues/1109 (a column one character too narrow put the zone on a line of its own).
    """
    monkeypatch.setattr(tables, "_width", lambda: 80)
    register(api, "T1")
    assert api.seen("/v1/customers/T1").status_code == 200
    told = line.run("history", "customer", "T1")
    assert (told.exit_code, max(map(len, told.stdout.splitlines())) <= 80) == (0, True), told.output
    assert re.search(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}", told.stdout)


def test_an_outage_is_told_in_one_line(line: CommandLine) -> None:
    """Kind: a server that is away is told in a page of tracebacks and repeated warnings.

    Public report: github.com/matrix-org/synapse/issues/10594 (one fault of the database filled the log with the same lines).
    """
    process = line.process("history", "customer", "1001", DATABASE_URL="postgresql://dossier@127.0.0.1:1/dossier")
    _, errors = process.communicate(timeout=60)
    [words] = errors.splitlines()
    assert (process.returncode, words.startswith("dossier: The database cannot be reached.")) == (1, True)


def test_a_port_that_is_taken_is_told_with_the_way_out(line: CommandLine) -> None:
    """Kind: a port that is in use is told as a traceback, and not what to do about it.

    Public report: github.com/pallets/werkzeug/pull/2321 (the one line that mattered was lost in the traceback).
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        told = line.run("serve", "--port", port)
    assert told.exit_code == 1
    [words] = told.stderr.splitlines()
    assert port in words
    assert "--port" in words


def test_make_up_takes_a_port() -> None:
    """Kind: the first command of the manual has a port that cannot be chosen.

    Public report: github.com/getpelican/pelican/pull/958 (the development server had one port only).
    """
    recipe = subprocess.run(["make", "-n", "up", "PORT=8123"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "8123" in recipe.stdout


def test_a_secret_may_come_from_a_file(api: Api, line: CommandLine, tmp_path: Path) -> None:
    """Kind: secrets must be in the environment, where everybody who lists processes or containers reads them.

    Public report: github.com/Icinga/icingadb/issues/927 (passwords were taken from variables only, not from mounted secrets).
    """
    file = tmp_path / "secret"
    file.write_text(line.environment["DOSSIER_TOKEN_SECRET"] + "\n")
    told = line.run("token", "--role", "auditor", DOSSIER_TOKEN_SECRET="", DOSSIER_TOKEN_SECRET_FILE=str(file))
    assert told.exit_code == 0, told.output
    token = told.stdout.split()[-1]
    answer = api.get("/v1/customers", None, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text


def test_brokers_that_ask_for_a_password_can_be_used(line: CommandLine) -> None:
    """Kind: only brokers that ask nobody who they are can be used, or a half setting is found out by a time-out.

    Public report: github.com/SeldonIO/seldon-core/issues/4828 (SASL over TLS with a password could not be set).
    That it works with a real broker is proved by `tests/consumers/test_secured_brokers.py`, which starts one of its own.
    """
    half = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_SECURITY_PROTOCOL": "sasl_ssl"}
    told = line.run("relay", **half)
    assert told.exit_code == 1
    assert "KAFKA_SASL_USERNAME" in told.stderr


def test_the_forwarder_shows_no_metric_of_the_relay(line: CommandLine) -> None:
    """Kind: a process shows counts of work that it does not do, which stay at zero and look like a standstill.

    Public report: github.com/confluentinc/ksql/pull/4837 (a host that was dead went on showing the lag that it had last).
    """
    port = free_port()
    process = line.process("forward", "--metrics-port", str(port), CUSTOMER_ENGAGEMENT_URL="http://127.0.0.1:1")
    try:
        shown = eventually(lambda: text_of(f"http://127.0.0.1:{port}/metrics"), "the metrics are offered")
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert "dossier_deliveries_" in shown
    assert "dossier_relay_" not in shown


def test_idempotency_keys_are_forgotten_in_time(api: Api) -> None:  # rule 0.7
    """Kind: the table of idempotency keys grows for ever.

    Public report: github.com/ritik4ever/stellar-portfolio-rebalancer/issues/202 (keys had an end, and nobody removed them).
    """
    key = {"Idempotency-Key": str(uuid4())}
    assert api.post("/v1/customers", {"number": "K1", "name": "Ada Byron"}, headers=key).status_code == 201
    other = {"number": "K2", "name": "Ada Byron"}
    assert api.post("/v1/customers", other, headers=key).status_code == 422
    with api.dossier.database.connection() as connection:
        connection.execute("UPDATE idempotency_keys SET recorded_at = recorded_at - interval '31 days'")
    KeyForgetter(api.dossier.database, timedelta(days=30)).forget(Stop())
    assert api.post("/v1/customers", other, headers=key).status_code == 201


def test_the_simulator_is_open_to_nobody_and_its_journal_is_private(tmp_path: Path) -> None:  # rule 5.1
    """Kind: a tool for trials keeps real people's values where everybody on the machine reads them.

    Public report: github.com/guardicore/monkey/issues/2775 (a log in a shared directory was readable by all).
    """
    journal = tmp_path / "journal.jsonl"
    with serving(create_app("a token", journal)) as url, closing(Simulator(url)) as simulator:
        for path in ("/received", "/customers/1001/attributes"):
            assert httpx2.get(f"{url}{path}", trust_env=False).status_code == 401
        assert simulator.url == url
        headers = {"Authorization": "Bearer a token", "Idempotency-Key": "k1"}
        body = {"value": "A", "effective_from": "2026-01-01", "recorded_at": "2026-01-01T00:00:00Z"}
        httpx2.put(f"{url}/customers/1001/attributes/age", json=body, headers=headers, trust_env=False)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
