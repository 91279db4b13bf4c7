"""Subscribing to the log over HTTP: some events only, and a log that was restored (rule 4.6)."""

import json
from typing import Any
from uuid import uuid4

import pytest

from account_facts import ACCOUNT_FACTS
from api.background import event_batches
from api_client import Api, assert_problem, fields
from scenario import history
from store import identity

SSE = {"Accept": "text/event-stream"}


def fill(api: Api) -> None:
    """Two customers, each renamed once, and a category: five events."""
    for number in ("1", "2"):
        api.post("/v1/customers", {"number": number, "name": f"Ada {number}"})
    api.post("/v1/categories", {"code": 1, "description": "Contact"})
    for number in ("1", "2"):
        api.patch(f"/v1/customers/{number}", {"name": f"Bea {number}"})


def positions(api: Api, query: str, **headers: str) -> list[int]:
    """The positions of the events in an answer."""
    answer = api.get(f"/v1/events{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    if "Accept" not in headers:
        return [json.loads(line)["position"] for line in answer.text.splitlines()]
    return [
        json.loads(line.removeprefix("data: "))["position"] for line in answer.text.splitlines() if "data: " in line
    ]


def in_log(api: Api, chosen: Any) -> list[int]:
    """The positions that a look at the whole log gives."""
    lines = map(json.loads, api.get("/v1/events").text.splitlines())
    return [event["position"] for event in lines if chosen(event)]


@pytest.mark.parametrize("headers", [{}, SSE])
@pytest.mark.parametrize("span", [1, 2, 100])
def test_a_subscriber_gets_the_events_that_it_wants_and_no_others(
    api: Api, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], span: int
) -> None:
    monkeypatch.setattr(event_batches, "SPAN", span)
    monkeypatch.setattr(event_batches, "BATCH", 2)
    fill(api)
    renamed = in_log(api, lambda event: event["type"] == "customer.renamed")
    customers = in_log(api, lambda event: event["type"].startswith("customer."))
    first = in_log(api, lambda event: event["profile"] == "customer:1")
    assert (len(renamed), len(customers), len(first)) == (2, 4, 2)
    assert positions(api, "?type=customer.renamed", **headers) == renamed
    assert positions(api, "?type=customer", **headers) == customers
    assert positions(api, "?type=customer.registered,customer.renamed", **headers) == customers
    assert positions(api, "?subject=customer:1", **headers) == first
    assert positions(api, "?subject=customer:1&type=customer.renamed", **headers) == first[1:]
    assert positions(api, f"?subject=customer:1&after={first[0]}", **headers) == first[1:]
    assert positions(api, "?subject=customer:9", **headers) == []
    assert positions(api, "?type=customer&limit=3", **headers) == customers[:3]
    assert positions(api, f"?company={api.dossier.company}&type=customer", **headers) == customers


@pytest.mark.parametrize("usable", [True, False])
def test_events_of_some_kinds_are_found_by_marks_where_they_can_be_read(
    api: Api, runners: None, monkeypatch: pytest.MonkeyPatch, usable: bool
) -> None:
    fill(api)
    api.seen("/v1/history")
    if not usable:
        with api.dossier.database.connection() as connection:
            connection.execute("UPDATE projections SET shape = 'another' WHERE name = 'history'")
    by_marks, of_topics = [], event_batches.of_topics

    def counted(*arguments: Any) -> Any:
        by_marks.append(arguments)
        return of_topics(*arguments)

    monkeypatch.setattr(event_batches, "of_topics", counted)
    monkeypatch.setattr(event_batches, "SPAN", 1)
    for batch in (1, 2, 100):
        monkeypatch.setattr(event_batches, "BATCH", batch)
        for query, kinds in (
            ("customer.renamed", {"customer.renamed"}),
            ("category", {"category.defined"}),
            ("customer.registered,category", {"customer.registered", "category.defined"}),
        ):
            wanted = in_log(api, lambda event, kinds=kinds: event["type"] in kinds)
            assert positions(api, f"?type={query}") == wanted
            assert positions(api, f"?type={query}&after={wanted[0]}") == wanted[1:]
        assert positions(api, "?type=interaction") == []
    assert bool(by_marks) is usable


def test_all_runs_of_a_propagation_are_one_subject(api: Api) -> None:
    for fact in history(*ACCOUNT_FACTS):
        api.dossier.put([fact])
    runs = in_log(api, lambda event: event["profile"] == "propagation:LATE/2")
    assert len(runs) >= 2
    assert positions(api, "?subject=propagation:LATE/2") == runs
    assert positions(api, "?subject=propagation:late/2", **SSE) == runs
    assert positions(api, "?subject=propagation:LATE/2&type=propagation.started") == runs[:1]
    assert positions(api, "?subject=propagation:LATE/2&type=customer") == []
    assert positions(api, "?subject=propagation:LATE/3") == []


def test_who_wants_some_events_only_still_comes_along_with_the_log(api: Api) -> None:
    """Else it would read the same events again and again that it does not want."""
    fill(api)
    [last] = [line for line in api.get("/v1/events?type=category", headers=SSE).text.splitlines() if "id: " in line][1:]
    assert last == f"id: {api.dossier.log_id}/{api.end()}"
    assert positions(api, "?type=category", **SSE, **{"Last-Event-ID": last.removeprefix("id: ")}) == []
    assert api.get("/v1/events?type=category").headers["dossier-position"] == str(api.end())


def test_a_follower_of_some_events_gets_those_and_comes_along_with_the_log(api: Api) -> None:
    fill(api)
    answer = api.get("/v1/events?type=customer.renamed&follow=true", headers=SSE)
    assert answer.text.count("data: ") == 2
    assert f"id: {api.dossier.log_id}/{api.end()}\n" in answer.text
    assert ": nothing new" in answer.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?type=customer.praised", "type"),
        ("?type=customer.renamed,", "type"),
        ("?type=", "type"),
        ("?subject=1001", "subject"),
        ("?subject=person:1001", "subject"),
        ("?subject=customer:", "subject"),
        ("?company=another", "company"),
        ("?log=4711", "log"),
    ],
)
def test_a_filter_that_can_find_nothing_is_refused_by_name(api: Api, query: str, field: str) -> None:  # rule 0.9
    answer = api.get(f"/v1/events{query}")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {field}


@pytest.mark.parametrize("text", ["x", "-1", "01", "1/2", "0b7e5c1a-2f64-4d0e-9a3c-7c1d5e8f9a20/", f"{2**63}"])
def test_an_id_that_no_message_had_is_refused(api: Api, text: str) -> None:
    answer = api.get("/v1/events", headers={**SSE, "Last-Event-ID": text})
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"Last-Event-ID"}


def test_a_position_of_another_log_is_refused_in_words(api: Api) -> None:
    fill(api)
    other, own = uuid4(), api.dossier.log_id
    for query, headers, field in (
        (f"?after=1&log={other}", {}, "after"),
        (f"?follow=true&after=1&log={other}", SSE, "after"),
        ("", {**SSE, "Last-Event-ID": f"{other}/1"}, "Last-Event-ID"),
        (f"?log={own}", {**SSE, "Last-Event-ID": f"{other}/1"}, "Last-Event-ID"),
        (f"?log={other}", {**SSE, "Last-Event-ID": "1"}, "Last-Event-ID"),
    ):
        answer = api.get(f"/v1/events{query}", headers=headers)
        detail = assert_problem(answer, 409, "other-log")["detail"]
        assert str(other) in detail
        assert str(own) in detail
        assert "begin at the first event" in detail
        assert fields(answer) == {field}
    assert positions(api, f"?after=4&log={own}") == [5]
    assert positions(api, f"?log={other}", **SSE, **{"Last-Event-ID": f"{own}/4"}) == [5]


def test_a_restored_log_gives_positions_again_and_is_another_one(api: Api) -> None:
    fill(api)
    before = api.dossier.log_id
    with api.dossier.database.connection() as connection, connection.transaction():
        assert identity.log_id(connection) == before
        after = identity.begin_another(connection)
        assert identity.log_id(connection) == after != before
    del api.dossier.log_id  # processes are started again
    answer = api.get("/v1/events")
    assert answer.headers["dossier-log"] == str(after)
    refused = api.get("/v1/events", headers={**SSE, "Last-Event-ID": f"{before}/2"})
    assert_problem(refused, 409, "other-log")
