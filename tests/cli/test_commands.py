"""What all commands share: clear help, clear errors, exit statuses; and the small commands."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from aggregates.customer.commands import register_customer
from aggregates.fact import Role
from aggregates.field.commands import change_field
from aggregates.field.standard import STANDARD
from aggregates.setup.controls import CONTROLS
from api.http.tokens import Tokens
from cli.main import app
from command_line import TOKEN_SECRET, CommandLine, request
from projections.catalogue import projections
from store.schema import migrations

FOUNDED = 1 + len(STANDARD) + sum(control.since_recorded for control in CONTROLS.values())
"""Events that exist from the start: the class DEFAULT, the standard business fields, and controls that came later."""
COMMANDS = [
    "up",
    "serve",
    "project",
    "relay",
    "forward",
    "work",
    "upload",
    "simulator",
    "migrate",
    "history",
    "as-of",
    "replay",
    "resolutions",
    "status",
    "rebuild",
    "verify",
    "restored",
    "republish",
    "dead-letters",
    "refused-messages",
    "token",
    "docs",
]


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert [command for command in COMMANDS if f" {command} " not in result.stdout] == []


@pytest.mark.parametrize("command", [*COMMANDS, "dead-letters list", "dead-letters show", "dead-letters resend"])
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert f"Usage: dossier {command}" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("unheard-of",),
        ("token",),
        ("token", "--role", "king"),
        ("token", "--role", "agent", "--days", "0"),
        ("rebuild",),
        ("rebuild", "drawer", "--all"),
        ("dead-letters", "show", "not-an-id"),
        ("docs",),
        ("serve", "--port", "70000"),
    ],
)
def test_wrong_usage_has_status_2(line: CommandLine, arguments: tuple[str, ...]) -> None:
    assert line.run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", [("status",), ("verify",), ("dead-letters", "list"), ("history", "customer", "1")])
def test_a_database_without_tables_is_told_what_to_do(unmigrated: CommandLine, command: tuple[str, ...]) -> None:
    result = unmigrated.run(*command)
    assert result.exit_code == 1
    assert "dossier migrate" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [("status",), ("migrate",)])
def test_a_database_that_is_away_is_told_in_plain_words(line: CommandLine, command: tuple[str, ...]) -> None:
    result = line.run(*command, DATABASE_URL="postgresql://127.0.0.1:1/postgres")
    assert result.exit_code == 1
    assert "The database cannot be reached" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("relay", "KAFKA_BOOTSTRAP_SERVERS is not set"),
        ("republish --from 1", "KAFKA_BOOTSTRAP_SERVERS is not set"),
        ("forward", "CUSTOMER_ENGAGEMENT_URL is not set"),
    ],
)
def test_a_process_without_its_other_side_does_not_start(line: CommandLine, command: str, words: str) -> None:
    result = line.run(*command.split())
    assert result.exit_code == 1
    assert words in result.stderr


def test_an_error_has_its_traceback_only_when_asked_for(line: CommandLine) -> None:
    wrong = ("rebuild", "drawers")
    assert "Traceback" in line.run(*wrong, DOSSIER_LOG_LEVEL="debug").stderr
    assert "Traceback" not in line.run(*wrong).stderr


# migrate


def test_migrate_says_what_it_applied_and_then_that_nothing_is_left(unmigrated: CommandLine) -> None:
    names = [migration.name for migration in migrations()]
    assert unmigrated.asked("migrate") == {"applied": names}
    assert unmigrated.run("migrate").stdout == "Up to date.\n"


def test_what_exists_from_the_start_is_recorded_once(line: CommandLine) -> None:  # rules 2.2, 3.1, 4.1
    assert line.run("migrate").stdout == "Up to date.\n"
    with line.dossier() as dossier:
        events = dossier.log_of_facts.select_notifications(1, 100)
        fact, control, *fields = [dossier.fact_mapper.to_domain_event(event) for event in events]
    assert (fact.TOPIC, fact.name, fact.terms.options.allow_discount) == ("profile_class.defined", "DEFAULT", True)
    assert (fact.origin.actor, fact.origin.role, fact.origin.source) == ("dossier", "administrator", "cli")
    assert (control.TOPIC, control.code, control.value) == ("controls.value_set", "agents_start_interactions", "No")
    assert [(one.TOPIC, one.key) for one in fields] == [("field.defined", one["key"]) for one in STANDARD]


def test_a_standard_field_that_was_changed_stays_so(line: CommandLine) -> None:  # rule 3.1
    with line.dossier() as dossier:
        change_field(dossier, request(), key="city", changes={"label": "Town", "active": False})
    assert line.run("migrate").exit_code == 0
    with line.dossier() as dossier:
        assert dossier.log_of_facts.max_notification_id() == FOUNDED + 1


def test_several_migrations_at_once_apply_everything_once(unmigrated: CommandLine) -> None:
    def migrate(_: int) -> tuple[int, list[str]]:
        process = unmigrated.process("migrate", "--json")
        output, _errors = process.communicate(timeout=120)
        return process.returncode, json.loads(output)["applied"]

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(migrate, range(3)))
    assert [status for status, _ in found] == [0, 0, 0]
    assert sorted(name for _, names in found for name in names) == [migration.name for migration in migrations()]
    with unmigrated.dossier() as dossier:
        assert dossier.log_of_facts.max_notification_id() == FOUNDED  # rules 2.2, 3.1


# token


@pytest.mark.parametrize("role", list(Role))
def test_a_token_is_what_the_api_takes(line: CommandLine, role: Role) -> None:
    result = line.run("token", "--role", role.value, "--actor", "bob")
    caller = Tokens(TOKEN_SECRET, line.company).caller(f"Bearer {result.stdout.strip()}")
    assert (caller.actor, caller.roles) == ("bob", {role})


def test_a_token_lasts_as_many_days_as_asked(line: CommandLine) -> None:
    ends = datetime.fromisoformat(line.asked("token", "--role", "agent", "--days", "7")["ends"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)


# rebuild


def test_rebuild_makes_read_models_anew(line: CommandLine) -> None:
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Ada Byron")
        names = [projection.name for projection in projections(dossier)]
    reports = line.asked("rebuild", "--all")
    assert [report["name"] for report in reports] == names
    assert {report["position"] for report in reports} == {FOUNDED + 1}  # and the customer
    assert {report["generation"] for report in reports} == {2}
    assert line.asked("as-of", "customer", "1001", "--valid-at", "2026-11-21")["name"] == "Ada Byron"


def test_rebuild_of_one_leaves_the_others(line: CommandLine) -> None:
    assert line.run("rebuild", "drawer").stdout == "drawer rebuilt.\n"
    generations = {one["name"]: one["generation"] for one in line.asked("status", status=1)["projections"]}
    assert {name for name, generation in generations.items() if generation == 2} == {"drawer"}


def test_a_compared_rebuild_fails_where_rows_differ_and_swaps_on_demand_only(line: CommandLine) -> None:
    assert line.run("rebuild", "controls", "--compare").stdout == "controls: no rows differ.\n"
    with line.dossier() as dossier, dossier.database.connection() as connection:
        connection.execute(
            "INSERT INTO attribute_mappings VALUES ('category:7', 'a', daterange(NULL, NULL), '[2026-01-01,)')"
        )
    failed = line.run("rebuild", "controls", "--compare")
    assert (failed.exit_code, failed.stdout.splitlines()[-1]) == (1, "controls: 1 row differs.")
    assert "attribute_mappings (mapped=category:7" in failed.stdout
    assert "should not be there" in failed.stdout
    assert "dossier rebuild --compare --swap" in failed.stderr
    [compared] = line.asked("rebuild", "controls", "--compare", "--swap")
    assert (compared["report"]["differences"], compared["report"]["swapped"]) == (1, True)
    assert compared["rows"][0]["in_use"] == {"attribute": "a"}
    assert line.run("rebuild", "controls", "--compare").exit_code == 0
    assert line.run("rebuild", "controls", "--swap").exit_code == 2


def test_rebuild_of_an_unknown_read_model_names_those_there_are(line: CommandLine) -> None:
    result = line.run("rebuild", "drawers")
    assert result.exit_code == 1
    assert "There is no projection drawers. There are: drawer," in result.stderr


# docs


def test_generated_documents_are_as_the_code_says() -> None:
    from cli.commands.docs import generated

    docs = Path(__file__).parents[2] / "docs"
    stale = [name for name, text in generated().items() if (docs / name).read_text() != text]
    assert stale == [], "run `dossier docs --write`"


def test_documents_are_written_checked_and_found_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def docs(*options: str) -> Result:
        return CliRunner().invoke(app, ["docs", *options])

    monkeypatch.chdir(tmp_path)
    assert (
        docs("--check").stderr
        == "dossier: Stale: events.md, openapi.json, asyncapi.yaml, contract.json. Run `dossier docs --write`.\n"
    )
    assert docs("--write").exit_code == 0
    assert docs("--check").exit_code == 0
    (tmp_path / "docs" / "events.md").write_text("# Events\n")
    stale = docs("--check")
    assert (stale.exit_code, stale.stderr) == (1, "dossier: Stale: events.md. Run `dossier docs --write`.\n")


def test_documents_that_would_break_a_subscriber_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 4.6
    def docs(*options: str) -> Result:
        return CliRunner().invoke(app, ["docs", *options])

    def publish(change: Callable[[dict[str, Any]], None]) -> None:
        contract = json.loads(written)
        change(contract["events"]["customer.renamed"]["1"])
        published.write_text(json.dumps(contract))

    monkeypatch.chdir(tmp_path)
    published = tmp_path / "docs" / "contract.json"
    assert docs("--write").exit_code == 0
    written = published.read_text()
    publish(lambda schema: schema.update(description="The customer got a nickname."))
    for option in ("--check", "--write"):
        refused = docs(option)
        assert refused.exit_code == 1
        assert "customer.renamed: its description has changed" in refused.stderr
        assert "dossier docs --write --reworded" in refused.stderr
    assert docs("--write", "--reworded").exit_code == 0
    assert published.read_text() == written
    publish(lambda schema: schema["properties"]["data"]["properties"].update(nickname={"type": "string"}))
    refused = docs("--write", "--reworded")
    assert refused.exit_code == 1
    assert "customer.renamed.data.nickname: the member is gone" in refused.stderr
    assert "add an upcaster" in refused.stderr
    assert published.read_text() != written


def test_the_event_catalogue_has_every_event_with_its_words() -> None:
    from aggregates.catalogue import FACTS
    from cli.commands.docs import event_catalogue

    text = event_catalogue()
    for topic, fact in FACTS.items():
        assert f"### `{topic}`\n\n{' '.join((fact.__doc__ or '').split())}\n" in text
    assert "| `name` | text | personal |" in text


def test_a_wrong_password_is_no_secret_in_an_error(line: CommandLine) -> None:
    url = psycopg.conninfo.make_conninfo(line.environment["DATABASE_URL"], password="do-not-tell", dbname="missing")
    result = line.run("status", DATABASE_URL=url)
    assert result.exit_code == 1
    assert "do-not-tell" not in result.output
