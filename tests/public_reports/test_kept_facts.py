"""Stored facts: kinds of bugs known from public reports about event stores and CRM systems that altered or lost data.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

from pathlib import Path
from typing import Any

import pytest

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api, assert_problem, define_age, fields, register
from clocks import let_the_clock_have_been_ahead
from command_line import CommandLine
from store.mapper import MOST_EVENT_BYTES
from upload_helpers import uploaded

from .company import installed, served

LONG = "\U0001f600" * 490
PERSONAL = {"first_name": "Ada", "last_name": "Byron", "address": "1 St James Sq", "date_of_birth": "1815-12-10"}


def edit(api: Api, number: str, values: dict[str, Any], role: Role = Role.ADMINISTRATOR, **more: Any) -> Any:
    """Saves fields of a customer."""
    headers = more.pop("headers", {})
    return api.patch(f"/v1/customers/{number}/fields", {"fields": values, **more}, role, headers=headers)


def call(api: Api, key: str, number: str, agent: str = "agent") -> None:
    """The telephony side tells that an agent is on a call with a customer."""
    body = {"interaction": key, "customer": number, "agent": agent}
    assert api.post("/v1/interactions", body, Role.INTEGRATOR).status_code == 201


def test_a_merge_of_a_long_history_is_split_into_bounded_events(api: Api) -> None:  # rules 0.11, 6.1
    """Kind: one event grows with the history that it is about, until no broker takes it.

    Public report: github.com/Pulsefy/Lumenpulse/issues/1200 (an outbox stood still behind one event that never got through).
    """
    register(api, "L1")
    register(api, "L2")
    texts = ("first_name", "last_name", "address", "city", "loan_type")
    for day in range(1, 29):
        dates = {"effective_from": f"2031-01-{day:02}", "effective_to": f"2031-01-{day:02}"}
        assert edit(api, "L2", dict.fromkeys(texts, f"{day}{LONG}"), **dates).status_code == 200
    assert api.post("/v1/customers/L1/merge", {"other": "L2"}).status_code == 200
    assert api.post("/v1/customers/L1/unmerge", {"other": "L2"}).status_code == 200
    with api.dossier.database.connection() as connection:
        rows = connection.execute(
            "SELECT topic, octet_length(state) FROM events WHERE topic LIKE 'customer.%'"
        ).fetchall()
    assert max(size for _, size in rows) <= MOST_EVENT_BYTES
    assert sum(topic == "customer.merged" for topic, _ in rows) > 1


def test_an_answer_is_the_same_bytes_after_a_rebuild_by_another_process(
    api: Api, line: CommandLine
) -> None:  # rule 0.3
    """Kind: the order of a list in an answer is that of a set, which each process has in another order.

    Public report: github.com/PrefectHQ/fastmcp/issues/4565 (a list in an answer came in another order from every process).
    """
    register(api, "B1")
    edit(api, "B1", PERSONAL)
    asked = {"known_at": api.seen("/v1/customers/B1").headers["Dossier-Known-At"]}
    before = api.seen("/v1/customers/B1/history", params=asked).content
    process = line.process("rebuild", "history", PYTHONHASHSEED="1")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert api.seen("/v1/customers/B1/history", params=asked).content == before


def test_the_newest_facts_are_read_after_the_clock_was_set_back(postgres_url: str, tmp_path: Path) -> None:  # rule 0.3
    """Kind: a fact that was just acknowledged is not found, because the clock was ahead and has been set back.

    Public report: github.com/johanhaleby/occurrent/pull/199 (events of a writer whose clock ran behind were never delivered).
    """
    with installed(postgres_url, tmp_path) as line, served(line) as api:
        register(api, "C1")
        let_the_clock_have_been_ahead(api.dossier)
        assert api.post("/v1/accounts", {"account": "A-1", "customer": "C1"}).status_code == 201
        for source in ("", "?source=log"):
            assert api.seen(f"/v1/accounts/A-1/profile{source}").status_code == 200
        assert api.seen("/v1/customers/C1").status_code == 200


def test_a_retired_currency_is_written_for_its_days_read_and_removed(api: Api) -> None:  # rule 0.10
    """Kind: a currency that was retired since makes what was recorded with it unreadable.

    Public report: github.com/FakerPHP/Faker/issues/601 (libraries whose lists were newer refused the kuna).
    """
    register(api, "R1")
    api.post("/v1/accounts", {"account": "R-1", "customer": "R1", "start": "2020-01-01"})
    profile = "/v1/accounts/R-1/profile"
    lev = {"amounts": {"BGN": {"credit_limit": "7"}}, "effective_from": "2025-06-01", "effective_to": "2025-06-30"}
    assert api.patch(profile, lev, Role.AGENT).status_code == 200
    assert api.seen(f"{profile}?valid_at=2025-06-15").json()["amounts"] == {"BGN": {"credit_limit": "7"}}
    with api.storing_nothing():
        today = api.patch(profile, {"amounts": {"BGN": {"credit_limit": "7"}}}, Role.AGENT)
    assert (today.status_code, fields(today)) == (422, {"amounts.BGN"})
    assert api.patch(profile, lev | {"amounts": {"BGN": None}}, Role.AGENT).status_code == 200
    assert api.seen(f"{profile}?valid_at=2025-06-15").json()["amounts"] == {}


@pytest.mark.parametrize("zone", ["localtime", "Factory", "Mars/Olympus"])
def test_a_time_zone_is_one_that_every_machine_knows(api: Api, zone: str) -> None:  # rule 0.10
    """Kind: a zone is taken that this machine has and the next one has not, where nothing starts then.

    Public report: github.com/bugsink/bugsink/pull/416 (a slim image has no zones, and a named one raised at start).
    """
    with api.storing_nothing():
        answer = api.put("/v1/controls/TZ", {"value": zone})
    assert (answer.status_code, fields(answer)) == (422, {"value"})
    assert api.put("/v1/controls/TZ", {"value": "Europe/Paris", "effective_from": "2031-01-01"}).status_code == 200


def test_a_name_in_a_new_script_is_taken_and_found_in_either_form(api: Api) -> None:  # rule 0.10
    """Kind: characters that are newer than the library are refused, and the same name in other code points is another.

    Public report: github.com/ArcReel/ArcReel/issues/1578 (two names that look the same were told apart by their code points).
    """
    register(api, "N1", "\U0002ebf0\U00031350")  # Han, extensions I and H
    register(api, "N2", "Zoe\u0308")
    assert api.seen("/v1/customers/N1").json()["name"] == "\U0002ebf0\U00031350"
    found = api.seen("/v1/customers", params={"name": "ZO\u00cb"}).json()["items"]
    assert [(row["number"], row["name"]) for row in found] == [("N2", "Zo\u00eb")]
    with api.storing_nothing():
        assert fields(api.post("/v1/customers", {"number": "N3", "name": "\u3164"})) == {"name"}


def test_a_masked_value_cannot_be_guessed(api: Api) -> None:  # rule 5.2
    """Kind: what may not be seen is found out by trying, since a right guess is answered otherwise than a wrong one.

    Public report: github.com/Netflix/lemur/pull/876 (filters let a caller guess a hash one character at a time).
    """
    secret = {"key": "pin", "label": "PIN", "group": "business", "type": "string", "personal": True}
    assert api.post("/v1/fields", {**secret, "masked": True, "agent_editable": True}).status_code == 201
    answers = []
    for number, guess in (("G1", "1234"), ("G2", "1235")):
        register(api, number)
        edit(api, number, {"pin": "0000"})
        edit(api, number, {"pin": "1234"})
        call(api, f"I-{number}", number)
        about = {"pin": guess}
        old = edit(api, number, about, Role.AGENT, interaction=f"I-{number}", headers={"If-Match": '"1"'})
        new = edit(api, number, about, Role.AGENT, interaction=f"I-{number}")
        api.patch(f"/v1/interactions/I-{number}", {"state": "closed"}, Role.INTEGRATOR)
        answers.append((old.status_code, new.status_code, new.json()["changed"], new.headers["ETag"]))
    assert answers[0] == answers[1] == (412, 200, True, answers[0][3])


def test_an_agent_edits_on_a_call_that_the_telephony_side_tells_of(api: Api) -> None:  # rules 3.4, 3.5
    """Kind: a permission hangs on something that whoever needs the permission can make up, or on a call that is over."""
    register(api, "P1")
    api.patch("/v1/fields/city", {"agent_editable": True})
    with api.storing_nothing():
        own = api.post("/v1/interactions", {"interaction": "P-1", "customer": "P1"}, Role.AGENT)
        assert_problem(own, 403, "forbidden")
    call(api, "P-2", "P1")
    assert edit(api, "P1", {"city": "Rome"}, Role.AGENT, interaction="P-2").status_code == 200
    busy = api.post("/v1/interactions", {"interaction": "P-3", "customer": "P1", "agent": "agent"}, Role.INTEGRATOR)
    assert assert_problem(busy, 409, "conflict")["interaction"] == "P-2"
    api.patch("/v1/interactions/P-2", {"state": "closed"}, Role.INTEGRATOR)
    with api.storing_nothing():
        assert_problem(edit(api, "P1", {"city": "Oslo"}, Role.AGENT, interaction="P-2"), 403, "forbidden")


def test_a_change_of_today_may_leave_what_is_planned(api: Api) -> None:  # rules 0.2, 2.11
    """Kind: saving today's value wipes out the one that is planned for later.

    Public report: github.com/dimagi/commcare-hq/pull/13662 (a change of plan was to remove the future subscriptions).
    """
    control = "/v1/controls/H95"
    api.put(control, {"value": "Card", "effective_from": "2031-01-01"})
    api.put(control, {"value": "Badge", "keep_later": True})
    values = [api.seen(f"{control}?valid_at={day}").json()["value"] for day in ("2030-12-31", "2031-01-01")]
    assert values == ["Badge", "Card"]


def test_a_refused_row_of_a_person_is_erased_with_the_person(api: Api) -> None:  # rule 5.1
    """Kind: somebody is erased, and the refused rows of files keep the person's values.

    Public report: github.com/opengento/magento2-gdpr/issues/151 (an erasure reached the customer's own record only).
    """
    upload = uploaded(
        api.dossier, "id,first,due\nE1,Ada,2031-01-01\n", {"id": "customer_number", "first": "first_name"}
    )
    assert upload.new == 1
    columns = {"id": "customer_number", "first": "first_name", "born": "date_of_birth"}
    refused = uploaded(api.dossier, "id,first,born\nE1,Augusta,someday\n", columns)
    errors = f"/v1/uploads/{refused.upload}/errors"
    assert "Augusta" in api.get(errors).text
    api.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(api.dossier.company, "E1"))
    [row] = api.get(errors).json()["items"]
    assert (row["row"], row["value"], row["original_row"]) == (1, "[erased]", "[erased]")


def test_the_status_lists_uploads_that_are_not_over(api: Api, line: CommandLine) -> None:  # rule 3.2
    """Kind: long work is under way, or stands still, and the operator's overview does not show it.

    Public report: github.com/EverMind-AI/EverOS/pull/380 (an index stood still for days behind a service that looked well).
    """
    headers = {"Dossier-Upload-Columns": '{"id": "customer_number"}', "Content-Type": "text/csv"}
    answer = api.call("POST", "/v1/uploads", content=b"id\nW1\n", headers=headers)
    assert [upload["upload"] for upload in line.asked("status", status=1)["uploads"]] == [answer.json()["upload"]]
    api.post(f"{answer.headers['Location']}/cancel", {})


def test_an_answer_of_a_hidden_category_stays(api: Api) -> None:  # rules 1.4, 1.5
    """Kind: an empty choice for something that the form does not show deletes what is stored.

    Public report: github.com/statamic/cms/issues/6060 (a field that was not visible lost its value when the form was saved).
    """
    define_age(api)
    register(api, "D1")
    drawer = "/v1/customers/D1/drawer"
    assert api.put(drawer, {"responses": {"7": "B"}}).status_code == 200
    api.patch("/v1/categories/7", {"active": False})
    with api.storing_nothing():
        answer = api.put(drawer, {"responses": {"7": None}})
    assert (answer.status_code, fields(answer)) == (422, {"responses.7"})
    api.patch("/v1/categories/7", {"active": True})
    assert api.seen(drawer).json()["categories"][0]["value"] == "B"
