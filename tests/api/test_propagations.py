"""Propagations over HTTP: planned with a preview, started once, run, reported (rules 2.15-2.17)."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Thread
from typing import Any

import pytest

from aggregates.account.commands import assign_class, update_profile
from aggregates.account.place import Place
from aggregates.effective import When
from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from command_line import eventually
from jobs.propagation import progress
from jobs.propagation.worker import PropagationWorker
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from propagation_helpers import account, begin, change, company, facts_of, request, site, work
from store.application import Dossier
from store.stopping import Stop

BASE = "/v1/profile-classes/Prompt/propagations"


@contextmanager
def worker(dossier: Dossier) -> Iterator[None]:
    """A worker, until the block ends."""
    stop = Stop()
    thread = Thread(target=PropagationWorker(dossier, ReadModels(dossier, projections(dossier))).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(20)


def finished(api: Api, version: int) -> Any:
    """The propagation, once it has finished."""

    def read() -> Any:
        found = api.get(f"{BASE}/{version}").json()
        return found if found["state"] == "finished" else None

    return eventually(read, "the propagation finishes")


@pytest.mark.usefixtures("runners")
def test_it_is_previewed_started_run_and_reported(api: Api, dossier: Dossier) -> None:  # rules 2.15, 2.17
    company(dossier, accounts=2)
    site(dossier, "A-1", "S-1")
    update_profile(dossier, request(), Place("A-2"), options={"risk_code": "LOW"})
    version = change(dossier, "unmodified")
    account(dossier, "A-3")

    planned = api.seen(f"{BASE}/{version}", Role.AUDITOR).json()
    assert (planned["state"], planned["profile_class"], planned["apply_to"]) == ("planned", "Prompt", "unmodified")
    assert planned["message"] == "Apply changes to unmodified profiles and version existing unmodified profiles."
    preview = planned["preview"]
    assert [preview[name] for name in ("profiles", "changed", "unchanged", "skipped")] == [4, 2, 1, 1]
    assert {(one["outcome"], one["reason"], one["profiles"]) for one in preview["reasons"]} == {
        ("skipped", "Modified here.", 1),
        ("unchanged", "Has class version 2, or a later one, already.", 1),
    }
    assert api.get(f"{BASE}/{version}/report").json() == {"items": [], "next_cursor": None}

    answer = api.post(f"/v1/profile-classes/PROMPT/propagations/{version}", {"reason": "New terms"})
    assert (answer.status_code, answer.json()["changed"]) == (202, True)
    assert answer.headers["location"].casefold() == f"{BASE}/{version}".casefold()
    running = api.get(f"{BASE}/{version}").json()
    assert (running["state"], running["done"], running["preview"]) == ("running", 0, None)
    with worker(dossier):
        done = finished(api, version)
    assert [done[name] for name in ("profiles", "done", "changed", "unchanged", "skipped")] == [4, 4, 2, 1, 1]
    assert (done["started_by"], done["reason"], done["run_date"]) == ("administrator", "New terms", running["run_date"])
    [started] = facts_of(dossier, "propagation.started")
    assert done["correlation_id"] == str(started.origin.correlation_id)

    report = api.get(f"{BASE}/{version}/report").json()["items"]
    assert [(one["account"], one["site"], one["outcome"]) for one in report] == [
        ("A-1", None, "changed"),
        ("A-1", "S-1", "changed"),
        ("A-2", None, "skipped"),
        ("A-3", None, "unchanged"),
    ]
    assert report[0]["event_id"]
    assert report[2]["reason"] == "Modified here."
    assert [one["version"] for one in api.get(BASE).json()["items"]] == [version]


def test_the_report_comes_in_pages_and_by_outcome(api: Api, dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=5)
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"{BASE}/{version}/report", params=asked).json()
        seen += [one["account"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    assert api.get(f"{BASE}/{version}/report?outcome=skipped").json()["items"] == []
    assert_problem(api.get(f"{BASE}/{version}/report?cursor=abc"), 422, "invalid")
    answer = api.get(f"{BASE}/{version}/report?outcome=lost&limit=0")
    assert fields(answer) == {"outcome", "limit"}


def test_the_report_is_had_as_a_file(api: Api, dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:  # rule 2.17
    monkeypatch.setattr(progress, "READ_AT_ONCE", 2)
    company(dossier, accounts=2)
    site(dossier, "A-1", "S-1")
    update_profile(dossier, request(), Place("A-2"), options={"risk_code": "LOW"})
    version = change(dossier, "unmodified")
    begin(dossier, version)
    work(dossier)
    answer = api.get(f"{BASE}/{version}/report?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="report-{version}.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["account"], line["site"], line["outcome"], line["path"], line["after"]) for line in lines] == [
        ("A-1", "", "changed", "options.payment_terms", "NET45"),
        ("A-1", "S-1", "changed", "options.payment_terms", "NET45"),
        ("A-2", "", "skipped", "", ""),
    ]
    assert lines[2]["reason"] == "Modified here."
    only = api.get(f"{BASE}/{version}/report?format=csv&outcome=skipped&bom=true").content
    assert only.startswith(codecs.BOM_UTF8)
    assert b"A-2" in only
    assert b"A-1" not in only
    assert fields(api.get(f"{BASE}/{version}/report?bom=true")) == {"bom"}
    assert_problem(api.get(f"{BASE}/99/report?format=csv"), 404, "not-found")


@pytest.mark.usefixtures("runners")
def test_the_preview_is_of_the_run_date_that_is_asked_for(api: Api, dossier: Dossier) -> None:  # rules 2.16, 2.17
    company(dossier, accounts=2)
    version = change(dossier)
    path = f"{BASE}/{version}"
    before = api.seen(f"{path}?run_date=2025-12-31").json()["preview"]
    assert [before[name] for name in ("profiles", "skipped", "later_dated", "complete")] == [2, 2, 2, True]
    later = api.seen(f"{path}?run_date=2026-02-01&include_later=true").json()["preview"]
    assert (later["run_date"], later["include_later"], later["changed"]) == ("2026-02-01", True, 2)
    assert facts_of(dossier, "account.profile_propagated") == []


@pytest.mark.usefixtures("runners")
def test_what_a_run_left_out_is_previewed_by_profile_and_brought_by_a_further_run(
    api: Api, dossier: Dossier
) -> None:  # rules 2.16, 2.17
    company(dossier, accounts=2)
    account(dossier, "A-3", profile_class="DEFAULT")
    assign_class(dossier, request(), Place("A-3"), profile_class="Prompt", when=When(date(2027, 1, 1)))
    update_profile(dossier, request(), Place("A-2"), options={"payment_terms": "NET10"})
    version = change(dossier)
    path = f"{BASE}/{version}"
    rows = api.seen(f"{path}/preview?limit=1&later=true").json()["items"]
    assert [(row["account"], row["outcome"], row["later_dated"], row["changes"]) for row in rows] == [
        ("A-3", "skipped", 1, [])
    ]
    page = api.seen(f"{path}/preview?limit=2").json()
    assert [row["account"] for row in page["items"]] == ["A-1", "A-2"]
    assert page["items"][1]["changes"][0] | {"effective_from": "", "effective_to": ""} == {
        "path": "options.payment_terms",
        "effective_from": "",
        "effective_to": "",
        "before": "NET10",
        "after": "NET45",
        "set_here": True,
    }
    api.post(path, {})
    with worker(dossier):
        first = finished(api, version)
        assert [first[name] for name in ("run", "changed", "skipped", "preview")] == [1, 2, 1, None]
        further = api.seen(f"{path}?include_later=true").json()["preview"]
        assert [further[name] for name in ("changed", "unchanged", "later_dated")] == [1, 2, 1]
        assert api.post(path, {"include_later": True}).status_code == 202
        second = finished(api, version)
    assert [second[name] for name in ("run", "changed", "unchanged", "skipped")] == [2, 1, 2, 0]
    assert api.get(f"{path}?run=1").json()["changed"] == 2
    reports = {run: api.get(f"{path}/report?run={run}").json()["items"] for run in (1, 2)}
    assert [row["outcome"] for row in reports[1]] == ["changed", "changed", "skipped"]
    assert [row["outcome"] for row in reports[2]] == ["unchanged", "unchanged", "changed"]
    assert reports[2][2]["changes"][0]["effective_from"] == "2027-01-01"
    assert_problem(api.get(f"{path}?run=3"), 404, "not-found")
    assert_problem(api.get(f"{path}/report?run=0"), 422, "invalid")


def test_only_administrators_start_it_and_only_once(api: Api, dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=1)
    version = change(dossier)
    for role in (Role.AGENT, Role.INTEGRATOR, Role.AUDITOR):
        assert_problem(api.post(f"{BASE}/{version}", {}, role), 403, "forbidden")
    first = api.post(f"{BASE}/{version}", {}, headers={"Idempotency-Key": "k1"})
    again = api.post(f"{BASE}/{version}", {}, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert_problem(api.post(f"{BASE}/{version}", {}), 409, "conflict")
    assert len(facts_of(dossier, "propagation.started")) == 1


def test_what_is_not_there_or_not_meant_for_existing_profiles_is_not_found(
    api: Api, dossier: Dossier
) -> None:  # rule 2.15
    company(dossier, accounts=1)
    only_new = change(dossier, "new")
    for path in (f"{BASE}/1", f"{BASE}/{only_new}", f"{BASE}/99", "/v1/profile-classes/Nobody/propagations/1"):
        assert_problem(api.get(path), 404, "not-found")
        assert_problem(api.get(f"{path}/report"), 404, "not-found")
        with api.storing_nothing():
            assert_problem(api.post(path, {}), 404, "not-found")
    assert_problem(api.get("/v1/profile-classes/Nobody/propagations"), 404, "not-found")
    assert api.get(BASE).json()["items"] == []


def test_a_wrong_start_names_every_wrong_field_and_starts_nothing(api: Api, dossier: Dossier) -> None:
    company(dossier, accounts=1)
    version = change(dossier)
    with api.storing_nothing():
        answer = api.post(
            f"{BASE}/{version}", {"run_date": "9999-01-01", "include_later": "yes", "reason": "x" * 300, "who": "me"}
        )
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"run_date", "include_later", "reason", "who"}
