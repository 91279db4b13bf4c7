"""`POST /v1/resolutions`: lists of past answers, compared with today's, in and out as JSON lines and CSV (rules 0.3, 0.9, 0.12, 2.13)."""

import csv
import io
import json
from typing import Any

import pytest
from httpx2 import Response

from aggregates.fact import Role
from api.http.middleware import MOST_BODY_BYTES
from api.parameters import resolution_files
from api_client import Api, assert_problem, fields
from payers import ACCOUNT, SITE, START, payers, update

PATH = "/v1/resolutions"
NDJSON = "application/x-ndjson"


@pytest.fixture
def then(api: Api, runners: None) -> str:
    """Prompt and late payers, and account A-7 from 2020 on; the tolerance changed since the instant that this gives."""
    payers(api)
    instant = api.seen(ACCOUNT).headers["Dossier-Known-At"]
    update(api, ACCOUNT, options={"tolerance_percent": "7"}, effective_from="2026-03-01", reason="=agreed")
    api.seen(ACCOUNT)
    return instant


def send(api: Api, content: str | bytes, query: str = "", kind: str = NDJSON, role: Role = Role.AUDITOR) -> Response:
    """Sends a list."""
    with api.storing_nothing():
        return api.call("POST", f"{PATH}{query}", role, content=content, headers={"Content-Type": kind})


def lines(answer: Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == NDJSON
    return [json.loads(line) for line in answer.text.splitlines()]


def row(then: str, day: str = "2026-03-01", **more: Any) -> str:
    return json.dumps({"account": "A-7", "date": day, "known_at": then, **more}) + "\n"


def test_each_row_is_answered_and_explained(api: Api, then: str) -> None:
    answer = send(api, row(then, "2026-02-28", site="S-1") + "\n" + row(then))
    same, differs = lines(answer)
    assert (same["row"], same["outcome"], same["site"], same["differences"]) == (1, "same", "S-1", [])
    assert (differs["row"], differs["outcome"], differs["known_at"]) == (3, "differs", then)
    [difference], [event] = differs["differences"], differs["events"]
    assert (difference["field"], difference["before"], difference["after"]) == ("options.tolerance_percent", "0", "7")
    assert (event["actor"], event["reason"], event["position"]) == ("agent", "=agreed", api.end())
    assert difference["event_ids"] == [event["event_id"]]


def test_the_same_list_compared_with_the_same_instant_has_the_same_answer_for_ever(api: Api, then: str) -> None:
    content = row(then)
    first = send(api, content)
    known_at = first.headers["Dossier-Known-At"]
    update(api, ACCOUNT, options={"tolerance_percent": "8"}, effective_from="2026-03-01")
    api.seen(ACCOUNT)
    assert lines(send(api, content))[0]["differences"][0]["after"] == "8"
    assert send(api, content, f"?known_at={known_at}").content == first.content
    assert lines(send(api, content, f"?known_at={then}"))[0]["outcome"] == "same"


def test_csv_goes_in_and_out(api: Api, then: str) -> None:
    content = f"\ufeffdate;account;known_at\r\n2026-03-01;A-7;{then}\r\n2026-02-01;A-7;{then}\r\nsoon;A-7;{then}\r\n"
    answer = send(api, content, "?format=csv&bom=true", "text/csv; charset=utf-8")
    assert answer.text.startswith("\ufeff")
    differs, same, refused = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    assert (differs["row"], differs["outcome"], differs["before"], differs["after"]) == ("2", "differs", "0", "7")
    assert (differs["events"], differs["position"], differs["reason"]) == ("1", str(api.end()), "'=agreed")
    assert (same["row"], same["outcome"], same["field"]) == ("3", "same", "")
    assert (refused["row"], refused["error"]) == ("4", "date: A date is written YYYY-MM-DD.")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('{"account": "A-7"', {None}),
        ("[]", {None}),
        (
            '{"account": "A 7", "date": "soon", "known_at": 5, "colour": "red"}',
            {"account", "date", "known_at", "colour"},
        ),
        ('{"account": "A-7", "account": "A-8", "date": "2026-01-01"}', {"account"}),
        ('{"account": "A-7", "date": "2026-01-01", "known_at": "9000-01-01T00:00:00Z"}', {"known_at"}),
        ('{"account": "A-9", "date": "2026-01-01", "known_at": "2026-01-01T00:00:00Z"}', {"account"}),
        ('{"account": "' + "x" * 5_000 + '"}', {None}),
        ('{"account": "\xff"}', {None}),
    ],
)
def test_a_wrong_row_is_told_by_its_number_and_stops_no_other(
    api: Api, then: str, line: str, wrong: set[str | None]
) -> None:  # rule 0.12
    refused, answered = lines(send(api, line.encode("latin-1") + b"\n" + row(then).encode()))
    assert (refused["row"], refused["outcome"], answered["row"], answered["outcome"]) == (1, "refused", 2, "differs")
    assert {fault["field"] for fault in refused["errors"]} == wrong


def test_a_list_that_is_wrong_as_a_whole_is_refused(
    api: Api, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.9
    assert fields(send(api, "account,date,colour,date\n", kind="text/csv")) == {"colour", "date", "known_at"}
    assert fields(send(api, "\n\n")) == fields(send(api, "account,date,known_at\n", kind="text/csv")) == {"body"}
    assert fields(send(api, row(then), "?bom=true")) == {"bom"}
    assert fields(send(api, row(then), "?known_at=9000-01-01T00:00:00Z")) == {"known_at"}
    assert_problem(send(api, row(then), kind="application/json"), 415, "media-type")
    assert_problem(send(api, row(then), role=Role.AGENT), 403, "forbidden")
    monkeypatch.setattr(resolution_files, "MOST_ROWS", 2)
    assert fields(send(api, row(then) * 3)) == {"body"}
    assert len(lines(send(api, row(then) * 2))) == 2


def test_a_list_may_be_larger_than_other_bodies_but_not_of_any_size(
    api: Api, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = row(then) * (MOST_BODY_BYTES // len(row(then)) + 1)
    assert {answer["outcome"] for answer in lines(send(api, many))} == {"differs"}
    monkeypatch.setattr("api.routers.resolutions.MOST_BYTES", MOST_BODY_BYTES)
    assert_problem(send(api, many), 413, "too-large")


def test_a_change_of_a_site_is_told_as_one_of_the_site(api: Api, then: str) -> None:
    body = {"profile_class": "Late payers", "create": True, "effective_from": START}
    assert api.post(f"{SITE}/profile", body).status_code == 201
    api.seen(SITE)
    [answer] = lines(send(api, row(then, site="S-1")))
    levels = {one["field"]: (one["before_level"], one["after_level"]) for one in answer["differences"]}
    assert levels["options.collector"] == ("account", "site")
