"""`history`, `as-of`, `replay` and `status` tell what is known, at two clocks, of one customer and not of the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregates.customer.commands import confirm_drawer, register_customer, rename_customer
from aggregates.fact import Role
from aggregates.setup.commands import define_category, define_response
from command_line import CommandLine, company, migrated, request
from conftest import TODAY
from projections.catalogue import projections
from projections.engine import Runner
from store.application import Dossier
from store.log import read


@pytest.fixture(scope="module")
def told(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Two customers; the first answered, changed her answer from a later day, and got another name. Only read here."""
    with company(postgres_url, tmp_path_factory.mktemp("data")) as line:
        with migrated(line).dossier() as dossier:
            tell(dossier)
            for projection in projections(dossier):
                Runner(dossier, projection).catch_up()
        yield line


def tell(dossier: Dossier) -> None:
    """Nine events."""
    define_category(dossier, request(), code=7, description="Age", required=True)
    define_response(dossier, request(), code=7, response="A", description="Under 30")
    define_response(dossier, request(), code=7, response="B", description="30 and over")
    register_customer(dossier, request(), number="1001", name="Ada Byron", alternate_number="A1")
    register_customer(dossier, request(), number="1002", name="Grace Hopper")
    confirm_drawer(dossier, request("bob", Role.AGENT), number="1001", responses={7: "A"})
    later = TODAY + timedelta(days=10)
    confirm_drawer(dossier, request(reason="Birthday"), number="1001", responses={7: "B"}, effective_from=later)
    rename_customer(dossier, request(), number="1001", name="Ada Lovelace", effective_from=TODAY)


@contextmanager
def stopped(line: CommandLine, name: str) -> Iterator[None]:
    """While a read model has stopped."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        connection.execute("UPDATE projections SET state = 'stopped', error = 'for the test' WHERE name = %s", [name])
        yield
        connection.execute("UPDATE projections SET state = 'running', error = NULL")


def recorded_at(line: CommandLine, position: int) -> str:
    """When the event at a position was recorded."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        return read(connection, position - 1, 1)[0].recorded_at.isoformat()


def at(days: int = 0) -> str:
    """A day, counted from the day of the tests."""
    return (TODAY + timedelta(days=days)).isoformat()


def test_history_names_who_when_why_and_from_which_day(told: CommandLine) -> None:
    events = told.asked("history", "customer", "1001")
    assert [event["topic"] for event in events] == [
        "customer.registered",
        "customer.alternate_number_added",
        "customer.response_selected",
        "customer.response_selected",
        "customer.renamed",
    ]
    assert [event["version"] for event in events] == [1, 2, 3, 4, 5]
    assert (events[2]["actor"], events[2]["role"]) == ("bob", "agent")
    assert events[3]["reason"] == "Birthday"


def test_history_as_a_table_has_every_event(told: CommandLine) -> None:
    result = told.run("history", "customer", "1001")
    assert result.exit_code == 0
    assert "Birthday" in result.stdout
    assert "Grace" not in result.stdout


def test_history_knows_only_what_was_recorded_until_then(told: CommandLine) -> None:
    events = told.asked("history", "customer", "1001", "--known-at", recorded_at(told, 7))
    assert len(events) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("customer", "4711"), "Nothing is recorded about customer 4711."),
        (("customer",), "Say which customer: dossier history customer KEY"),
        (("controls", "K87"), "controls takes no key."),
        (("controls",), "Nothing is recorded about controls."),
    ],
)
def test_history_of_nothing_fails_in_plain_words(told: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    result = told.run("history", *arguments)
    assert (result.exit_code, result.stderr) == (1, f"dossier: {words}\n")


def test_history_of_a_category(told: CommandLine) -> None:
    assert len(told.asked("history", "category", "7")) == 3


@pytest.mark.parametrize(("days", "response"), [(0, "A"), (9, "A"), (10, "B"), (400, "B")])
def test_read_model_and_log_agree_on_every_day(told: CommandLine, days: int, response: str) -> None:  # rule 2.20
    drawer = told.asked("as-of", "customer", "1001", "--valid-at", at(days))
    replayed = told.asked("replay", "customer", "1001", "--valid-at", at(days))
    assert drawer["categories"][0]["value"] == response
    assert [answer["response"] for answer in replayed["answers"]] == [response]
    assert (drawer["name"], drawer["version"]) == (replayed["name"], replayed["version"])
    assert replayed["answers"][0]["effective_from"] == drawer["categories"][0]["effective_from"]
    assert replayed["answers"][0]["effective_to"] == drawer["categories"][0]["effective_to"]


@pytest.mark.parametrize(
    ("position", "name", "answers"), [(4, "Ada Byron", 0), (6, "Ada Byron", 0), (7, "Ada Byron", 1)]
)
def test_read_model_and_log_agree_on_what_was_known(
    told: CommandLine, position: int, name: str, answers: int
) -> None:  # rule 0.3
    clocks = ("--valid-at", at(), "--known-at", recorded_at(told, position))
    drawer = told.asked("as-of", "customer", "1001", *clocks)
    replayed = told.asked("replay", "customer", "1001", *clocks)
    assert drawer["name"] == replayed["name"] == name
    assert len(replayed["answers"]) == answers
    assert drawer["categories"][0]["shown"] == ("stored" if answers else "blank")


def test_replay_needs_no_read_model(told: CommandLine) -> None:
    with stopped(told, "drawer"):
        replayed = told.asked("replay", "customer", "1001", "--valid-at", at())
    assert replayed["name"] == "Ada Lovelace"
    assert (replayed["alternate_numbers"], replayed["primary_alternate_number"]) == (["A1"], "A1")


@pytest.mark.parametrize("command", ["as-of", "replay"])
def test_answers_for_people_have_title_and_days(told: CommandLine, command: str) -> None:  # rule 1.10
    result = told.run(command, "customer", "1001", "--valid-at", at(20))
    assert result.exit_code == 0
    assert result.stdout.startswith("Ada Lovelace 1001\n")
    assert "30 and over" in result.stdout
    assert f"from {at(10)}" in result.stdout


@pytest.mark.parametrize("command", ["as-of", "replay"])
def test_a_customer_who_does_not_exist_is_told(told: CommandLine, command: str) -> None:
    result = told.run(command, "customer", "4711")
    assert result.exit_code == 1
    assert "4711" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command", [("as-of", "customer", "1001"), ("replay", "customer", "1001"), ("history", "customer", "1001")]
)
def test_what_will_be_known_cannot_be_asked(told: CommandLine, command: tuple[str, ...]) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    result = told.run(*command, "--known-at", tomorrow)
    assert (result.exit_code, result.stderr) == (1, "dossier: The instant of knowledge must not lie in the future.\n")


@pytest.mark.parametrize(
    ("option", "value"), [("--valid-at", "tomorrow"), ("--known-at", "yesterday"), ("--valid-at", "2026-02-30")]
)
def test_a_clock_that_cannot_be_read_is_a_usage_error(told: CommandLine, option: str, value: str) -> None:
    assert told.run("as-of", "customer", "1001", option, value).exit_code == 2


def test_an_instant_without_an_offset_is_utc(told: CommandLine) -> None:
    instant = recorded_at(told, 6)
    assert instant.endswith("+00:00")
    arguments = ("replay", "customer", "1001", "--known-at")
    assert told.asked(*arguments, instant) == told.asked(*arguments, instant.removesuffix("+00:00"))


def test_status_tells_how_far_everything_is(told: CommandLine) -> None:
    status: dict[str, Any] = told.asked("status")
    assert status["log"] == 9
    assert {one["position"] for one in status["projections"]} == {9}
    assert (status["relay"], status["dead_letters"]) == (None, 0)
    assert "Dead letters: 0" in told.run("status").stdout


def test_status_fails_when_a_read_model_has_stopped(told: CommandLine) -> None:
    with stopped(told, "drawer"):
        result = told.run("status")
    assert (result.exit_code, result.stderr) == (1, "dossier: Stopped: drawer.\n")
