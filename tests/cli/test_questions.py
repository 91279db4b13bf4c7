"""`history`, `as-of`, `replay` and `status` show what is known at two clocks, about one customer and not another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregates.account.commands import assign_class, create_site, open_account, update_profile
from aggregates.account.place import Place
from aggregates.customer.commands import confirm_drawer, register_customer, rename_customer
from aggregates.effective import When
from aggregates.fact import Role
from aggregates.field.commands import change_field
from aggregates.interaction.field_edits import edit_fields
from aggregates.profile_class.commands import define_class
from aggregates.setup.commands import change_system_options, define_category, define_response
from business_fields import upload_row
from clocks import let_the_clock_have_been_ahead
from command_line import CommandLine, company, migrated, request
from conftest import TODAY
from projections.catalogue import projections
from read_models import fold_log
from store.application import Dossier
from store.log import read
from vital_signs import EVERYTHING, running


@pytest.fixture(scope="module")
def told(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Two customers; the first answered, changed her answer from a later day, and got another name. Only read here."""
    with company(postgres_server, tmp_path_factory.mktemp("data")) as line:
        with migrated(line).dossier() as dossier:
            assert dossier.log_of_facts.max_notification_id() == FOUNDED
            tell(dossier)
            for projection in projections(dossier):
                fold_log(dossier, projection)
        yield line


FOUNDED = 10
"""Events that exist from the start: the class DEFAULT, eight business fields and a control."""
TOLD = 22
"""Events of `tell`."""


def tell(dossier: Dossier) -> None:
    """Nine events of the drawer, five of business fields; then the account of the first customer and its site."""
    define_category(dossier, request(), code=7, description="Age", required=True)
    define_response(dossier, request(), code=7, response="A", description="Under 30")
    define_response(dossier, request(), code=7, response="B", description="30 and over")
    register_customer(dossier, request(), number="1001", name="Ada Byron", alternate_number="A1")
    register_customer(dossier, request(), number="1002", name="Grace Hopper")
    confirm_drawer(dossier, request("bob", Role.AGENT), number="1001", responses={7: "A"})
    later = TODAY + timedelta(days=10)
    confirm_drawer(dossier, request(reason="Birthday"), number="1001", responses={7: "B"}, when=When(later))
    rename_customer(dossier, request(), number="1001", name="Ada Lovelace", when=When(TODAY))
    edit_fields(dossier, request(), number="1001", fields={"city": "London", "first_name": "Ada"})
    edit_fields(dossier, request(), number="1001", fields={"city": "York"}, when=When(later))
    change_field(dossier, request(reason="Privacy"), key="first_name", changes={"masked": True})
    upload_row(dossier, "1002", {"due_date": "20310101"}, on=TODAY)
    tell_of_accounts(dossier)


def tell_of_accounts(dossier: Dossier) -> None:
    """Eight events: a class, the company's options, the account with DEFAULT, a late payer with an override, and the site."""
    late = {
        "options": {"collector": "EU-2", "allow_discount": False},
        "amounts": {"USD": {"interest": {"rate": "2.5"}}},
    }
    define_class(dossier, request(), name="Late payers", description="Pay late", **late)
    change_system_options(dossier, request(), options={"clearing_days": 9})
    start, account, site = TODAY - timedelta(days=365), Place("A-7"), Place("A-7", "S-1")
    open_account(dossier, request(), account="A-7", customer="1001", start=start)
    create_site(dossier, request(), account="A-7", site="S-1")
    assign_class(dossier, request(reason="Paid late"), account, profile_class="Late payers", when=When(TODAY))
    limit = {"USD": {"credit_limit": "750.00"}}
    update_profile(dossier, request(), account, amounts=limit, options={"collector": "ME"}, when=When(TODAY))
    until = When(TODAY, TODAY + timedelta(days=9))
    assign_class(dossier, request(), site, profile_class="Late payers", when=until, create=True)


def at(days: int = 0) -> str:
    """A day, counted from the day of the tests."""
    return (TODAY + timedelta(days=days)).isoformat()


@contextmanager
def stopped(line: CommandLine, name: str) -> Iterator[None]:
    """While a read model has stopped."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        connection.execute("UPDATE projections SET state = 'stopped', error = 'for the test' WHERE name = %s", [name])
        yield
        connection.execute("UPDATE projections SET state = 'running', error = NULL")


def recorded_at(line: CommandLine, position: int) -> str:
    """When an event of `tell` was recorded, counted from 1."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        return read(connection, FOUNDED + position - 1, 1)[0].recorded_at.isoformat()


def test_history_names_who_when_why_and_from_which_day(told: CommandLine) -> None:
    events = told.asked("history", "customer", "1001")
    assert [event["topic"] for event in events] == [
        "customer.registered",
        "customer.alternate_number_added",
        "customer.response_selected",
        "customer.response_selected",
        "customer.renamed",
        *["customer.field_edited"] * 3,
    ]
    assert [event["version"] for event in events] == [1, 2, 3, 4, 5, 6, 7, 8]
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
        (("mappings",), "Nothing is recorded about mappings."),
        (("account", "Z-1"), "Nothing is recorded about account Z-1."),
        (("site",), "Say which site: dossier history site KEY"),
        (("profile-class", "Nobody"), "Nothing is recorded about profile-class Nobody."),
        (("system-options", "K87"), "system-options takes no key."),
    ],
)
def test_history_of_nothing_fails_in_plain_words(told: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    result = told.run("history", *arguments)
    assert (result.exit_code, result.stderr) == (1, f"dossier: {words}\n")


def test_history_is_searched_by_the_filters_of_the_api(told: CommandLine) -> None:
    events = told.asked("history", "--field", "name", "--newest", "--limit", "1")
    assert [(event["topic"], event["key"]) for event in events] == [("customer.renamed", "1001")]
    [change] = events[0]["changes"]
    assert (change["before"], change["after"]) == ("Ada Byron", change["after"])
    assert told.asked("history", "--causation-id", events[0]["causation_id"]) == events
    for options, count in (
        (("customer", "1001", "--event", "customer.field_edited"), 3),
        (("--reason", "BIRTHDAY"), 1),
        (("customer", "--actor", "bob", "--role", "agent"), 1),
        (("customer", "1001", "--recorded-from", recorded_at(told, 7), "--recorded-to", recorded_at(told, 7)), 1),
        (
            ("customer", "1001", "--back-dated"),
            len([e for e in told.asked("history", "customer", "1001") if e["back_dated"]]),
        ),
    ):
        assert len(told.asked("history", *options)) == count, options


def test_a_search_of_the_history_shows_before_and_after_within_80_columns(
    told: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.output.tables._width", lambda: 80)
    result = told.run("history", "customer", "--event", "customer.renamed")
    assert "name: Ada Byron -> " in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--actor", "nobody"), "Nothing that was recorded passes these filters."),
        (("--causation-id", "0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11"), "Nothing that was recorded passes these filters."),
        (("customer", "1001", "--source", "cli", "--back-dated"), "Nothing that was recorded passes these filters."),
        (("--reason", "..."), "Search by 1 to 10 words of the reason."),
    ],
)
def test_a_search_that_finds_nothing_says_so(told: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    result = told.run("history", *arguments)
    assert (result.exit_code, result.stderr) == (1, f"dossier: {words}\n")


def test_a_filter_that_cannot_be_meant_is_refused(told: CommandLine) -> None:
    for option in (("--event", "customer.bought"), ("--recorded-from", "yesterday"), ("--role", "boss")):
        result = told.run("history", *option)
        assert result.exit_code == 2
        assert option[0] in result.stderr


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


def _values(fields: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    members = ("key", "label", "value", "masked", "source", "effective_from", "effective_to")
    return [tuple(one[name] for name in members) for one in fields if one["value"] is not None]


@pytest.mark.parametrize(("number", "days"), [("1001", 0), ("1001", 9), ("1001", 10), ("1002", 0), ("1002", -1)])
def test_read_model_and_log_agree_on_business_fields(told: CommandLine, number: str, days: int) -> None:
    # rules 2.20, 3.11, 5.2
    shown = told.asked("as-of", "customer", number, "--valid-at", at(days))["fields"]
    replayed = told.asked("replay", "customer", number, "--valid-at", at(days))["fields"]
    assert _values([one for group in shown.values() for one in group["fields"]]) == _values(replayed)
    assert shown.keys() == ({"business"} if number == "1001" else {"business", "optional"})
    values = {one["key"]: one["value"] for one in replayed}
    town = "London" if days < 10 else "York"
    assert values == (
        {"first_name": "••••", "city": town} if number == "1001" else {"due_date": "2031-01-01"} if days >= 0 else {}
    )


def test_an_earlier_instant_is_no_way_around_a_mask(told: CommandLine) -> None:  # rule 5.2
    for command in ("as-of", "replay"):
        result = told.run(
            command, "customer", "1001", "--valid-at", at(), "--known-at", recorded_at(told, 10), "--json"
        )
        assert result.exit_code == 0
        assert "••••" in result.stdout
        assert "first_name" in result.stdout


@pytest.mark.parametrize("command", ["as-of", "replay"])
def test_business_fields_are_told_to_people(told: CommandLine, command: str) -> None:  # rule 3.3
    lines = told.run(command, "customer", "1001", "--valid-at", at(20)).stdout.splitlines()
    assert [line for line in lines if "City" in line and "York" in line and f"from {at(10)}" in line]
    assert not [line for line in lines if "Due Date" in line]


def test_history_of_a_field_and_of_what_was_masked(told: CommandLine) -> None:  # rules 0.2, 5.2
    events = told.asked("history", "field", "first_name")
    assert [(event["topic"], event["reason"]) for event in events] == [
        ("field.defined", "Exists from the start"),
        ("field.changed", "Privacy"),
    ]
    values = [event["data"]["personal_value"] for event in told.asked("history", "customer", "1001")[-3:]]
    assert sorted(values, key=str) == [None, None, "••••"]


def test_history_of_an_account_tells_class_what_was_set_here_and_its_days(
    told: CommandLine,
) -> None:  # rules 2.18, 2.22
    events = told.asked("history", "account", "A-7")
    assert [event["topic"] for event in events] == [
        "account.opened",
        "account.profile_class_assigned",
        "account.profile_class_assigned",
        "account.profile_updated",
    ]
    assert (events[2]["reason"], events[1]["superseded_by"]) == ("Paid late", events[2]["event_id"])
    assert [one["effective_to"] for one in events[1]["in_force"]] == [at(-1)]
    assert [(one["effective_from"], one["by"]) for one in events[1]["superseded"]] == [(at(), events[2]["event_id"])]
    table = told.run("history", "account", "A-7").stdout
    for words in (
        "DEFAULT class version 1",
        "Late payers class version 1",
        "set here: amounts.USD.credit_limit options.collector",
        "amounts.USD.credit_limit=750",
        "options.collector=ME",
        f"from {at()}",
        f"from {at()} by 3",
    ):
        assert words in table
    assert "S-1" not in table


def test_history_of_a_site_a_class_and_the_system_options(told: CommandLine) -> None:
    assert [event["topic"] for event in told.asked("history", "site", "A-7/S-1")] == [
        "site.created",
        "site.profile_class_assigned",
    ]
    assert told.asked("history", "profile-class", "LATE payers")[0]["data"]["name"] == "Late payers"
    assert "amounts.USD.interest=2.5 %" in told.run("history", "profile-class", "Late payers").stdout
    assert "options.clearing_days=9" in told.run("history", "system-options").stdout


@pytest.mark.parametrize(
    ("kind", "number", "days", "profile_class"),
    [
        ("account", "A-7", -365, "DEFAULT"),
        ("account", "A-7", -1, "DEFAULT"),
        ("account", "A-7", 0, "Late payers"),
        ("account", "A-7", 400, "Late payers"),
        ("site", "A-7/S-1", 0, "Late payers"),
        ("site", "A-7/S-1", 9, "Late payers"),
    ],
)
def test_read_model_and_log_agree_on_a_profile(
    told: CommandLine, kind: str, number: str, days: int, profile_class: str
) -> None:  # rule 2.20
    clocks = ("--valid-at", at(days), "--known-at", recorded_at(told, TOLD))
    profile = told.asked("as-of", kind, number, *clocks)
    assert profile == told.asked("replay", kind, number, *clocks)
    assert profile["profile_class"] == profile_class
    assert profile["explain"]["options.collector"]["value"] == profile["options"]["collector"]


@pytest.mark.parametrize("command", ["as-of", "replay"])
def test_a_profile_for_people_tells_every_value_and_where_it_is_from(told: CommandLine, command: str) -> None:
    result = told.run(command, "account", "A-7", "--valid-at", at())
    assert result.exit_code == 0
    assert result.stdout.startswith("Account A-7\n")
    assert f"Late payers, class version 1, from {at()}" in result.stdout
    rows = {line.split()[1]: line for line in result.stdout.splitlines() if line.startswith("│")}
    assert "ME" in rows["options.collector"]
    assert "here" in rows["options.collector"]
    assert "2.5 %" in rows["amounts.USD.interest"]
    assert "Late payers version 1" in rows["options.allow_discount"]
    site = told.run(command, "site", "A-7/S-1", "--valid-at", at(3))
    assert site.stdout.startswith("Site S-1 of account A-7\n")
    assert f"{at()} to {at(9)}" in site.stdout


@pytest.mark.parametrize("command", ["as-of", "replay"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("account", "Z-1"), "Account Z-1 does not exist."),
        (("site", "A-7/S-9"), "Account A-7 has no site S-9."),
        (("site", "A-7"), "A site is written ACCOUNT/SITE."),
        (("account", "A-7/S-1"), "An account is written ACCOUNT."),
        (("account", "-"), "The account number must have 1 to 30 letters, digits or hyphens."),
        (
            ("site", "A-7/S-1", "--valid-at", at(10)),
            f"Site S-1 has no profile of its own on {at(10)}; that of its account A-7 applies: Late payers, class version 1.",
        ),
        (
            ("account", "A-7", "--valid-at", at(-366)),
            f"Account A-7 has no profile on {at(-366)}, which is before its start date;"
            " the company's system options apply.",
        ),
        (("account", "A-7", "--known-at", "2020-01-01"), "Account A-7 does not exist."),
        (("account", "A-7", "--known-at", "2999-01-01"), "The instant of knowledge must not lie in the future."),
    ],
)
def test_a_profile_that_is_not_there_is_told_in_plain_words(
    told: CommandLine, command: str, arguments: tuple[str, ...], words: str
) -> None:  # rules 2.12, 2.14
    result = told.run(command, *arguments)
    assert (result.exit_code, result.stderr) == (1, f"dossier: {words}\n")


def test_replay_needs_no_read_model(told: CommandLine) -> None:
    with stopped(told, "accounts"):
        assert told.asked("replay", "site", "A-7/S-1", "--valid-at", at())["profile_class"] == "Late payers"
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
    with told.dossier() as dossier, running(dossier.database, {**EVERYTHING, "api": ("api",)}):
        status: dict[str, Any] = told.asked("status")
        words = told.run("status").stdout
    assert (status["status"], status["faults"]) == ("ready", [])
    assert status["log"] == FOUNDED + TOLD
    assert {one["position"] for one in status["projections"]} == {FOUNDED + TOLD}
    assert (status["relay"], status["dead_letters"]) == (None, 0)
    assert "Dead letters: 0" in words
    assert max(map(len, words.splitlines())) <= 80


def test_status_fails_when_a_read_model_has_stopped(told: CommandLine) -> None:
    with stopped(told, "drawer"):
        result = told.run("status")
    assert result.exit_code == 1
    assert "read model drawer: It has stopped" in result.stderr


def test_replay_tells_what_was_recorded_ahead_of_the_clock(postgres_url: str, tmp_path: Path) -> None:  # rule 0.3
    with company(postgres_url, tmp_path) as line:
        with migrated(line).dossier() as dossier:
            register_customer(dossier, request(), number="1001", name="Ada Byron")
            let_the_clock_have_been_ahead(dossier)
        assert line.asked("replay", "customer", "1001", "--valid-at", str(TODAY))["name"] == "Ada Byron"


def test_past_answers_are_compared_with_todays(told: CommandLine, tmp_path: Path) -> None:  # rules 0.3, 2.13
    opened, assigned = recorded_at(told, TOLD - 4), recorded_at(told, TOLD)
    path = tmp_path / "answers.csv"
    rows = [f"A-7,{at()},{opened}", f"A-7,{at()},{assigned}", f"A-7,{at()},soon"]
    path.write_text("\n".join(["account,date,known_at", *rows]))
    result = told.run("resolutions", str(path))
    assert (result.exit_code, "1 of 3 rows could not be answered" in result.stderr) == (1, True)
    assert "3 rows: 1 same, 1 differs, 1 refused." in result.stdout
    assert "Paid late" in result.stdout
    lines = told.run("resolutions", str(path), "--format", "ndjson").stdout.splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["differs", "same", "refused"]
    assert told.run("resolutions", str(path), "--format", "csv").stdout.startswith("row,outcome,account,")
    path.write_text(rows[1])
    assert "known_at" in told.run("resolutions", str(path)).stderr


def test_as_of_explains_who_made_each_value_so_and_by_which_way(told: CommandLine) -> None:  # rules 0.2, 2.13, 3.2
    explained = told.asked("as-of", "customer", "1001", "--valid-at", at(20), "--explain")["explanations"]
    assert explained.keys() == {"name", "responses.7", "fields.first_name", "fields.city"}
    answer = explained["responses.7"]
    assert (answer["reason"], answer["before"], answer["effective_from"]) == ("Birthday", "A", at(10))
    uploaded = told.asked("as-of", "customer", "1002", "--explain")["explanations"]["fields.due_date"]
    assert (uploaded["upload"]["upload"], uploaded["upload"]["row"], uploaded["upload"]["file"]) == ("U-1", 1, None)
    profile = told.asked("as-of", "account", "A-7", "--explain")["explanations"]
    assert profile["options.collector"]["profile_class"]["origin"] == "here"
    assert profile["options.allow_discount"]["reason"] == "Paid late"
    assert "explanations" not in told.asked("as-of", "account", "A-7")


def test_explanations_as_a_table_name_the_way(told: CommandLine) -> None:
    table = told.run("as-of", "customer", "1002", "--explain").stdout
    assert "file None" not in table
    assert "row 1" in table
    table = told.run("as-of", "account", "A-7", "--explain").stdout
    assert "account: Late payers version 1" in table
    assert "account: set here" in table


@pytest.mark.parametrize(
    "asked",
    [
        ("category", "7"),
        ("field", "first_name"),
        ("profile-class", "late payers"),
        ("control", "TZ"),
        ("control", "K87"),
        ("system-options",),
    ],
)
def test_definitions_are_shown_at_two_clocks_and_the_log_says_the_same(
    told: CommandLine, asked: tuple[str, ...]
) -> None:
    # rules 0.3, 2.20
    shown = told.asked("as-of", *asked)
    assert told.asked("replay", *asked) == shown
    earlier = ("--known-at", recorded_at(told, 1))
    then = told.run("as-of", *asked, *earlier, "--json")
    assert then.stdout == told.run("replay", *asked, *earlier, "--json").stdout
    assert told.run("as-of", *asked, "--explain").exit_code == 0


def test_a_definition_needs_its_key_and_must_be_there(told: CommandLine) -> None:
    assert told.run("as-of", "category").stderr.strip() == "dossier: Say which category."
    assert told.run("as-of", "system-options", "1").stderr.strip() == "dossier: system-options takes no key."
    assert told.run("as-of", "customer").exit_code == 2
    for command in ("as-of", "replay"):
        assert (
            told.run(command, "mapping", "category:9").stderr.strip()
            == "dossier: There is no mapping category:9, or there was none then."
        )
