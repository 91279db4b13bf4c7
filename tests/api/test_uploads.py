"""Contact files over HTTP: streamed uploads, their state, downloaded errors; and saved mappings (rules 0.7, 3.2)."""

import asyncio
import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from aggregates.fact import Role
from api.app import create_app
from api.http.csv_files import harmless
from api.settings import ApiSettings
from api_client import Api, assert_problem, fields, token
from jobs.upload.staging import Staging
from jobs.upload.worker import UploadWorker
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop
from upload_helpers import fields as standard_fields

CONTACTS = {"id": "customer_number", "first": "first_name", "town": "city", "due": "due_date"}
FILE = b"id,first,town,due\n1001,Ada,Rome,2026-12-01\n1002,Bob,Oslo,=1+1\n1003,Cy,Bern,\n"


@pytest.fixture
def company(dossier: Dossier, api: Api) -> Api:
    """A company with fields and the mapping `contacts`."""
    standard_fields(dossier)
    assert api.put("/v1/upload-mappings/contacts", {"columns": CONTACTS}).status_code == 201
    return api


def send(api: Api, content: Any = FILE, query: str = "?mapping=contacts&file=autumn.csv", **more: Any) -> Response:
    """Sends a file."""
    headers = {"Content-Type": "text/csv", **more.pop("headers", {})}
    return api.call("POST", f"/v1/uploads{query}", more.pop("role", Role.INTEGRATOR), content=content, headers=headers)


def work(api: Api) -> None:
    """What `dossier work` does."""
    UploadWorker(api.dossier).work(Stop())


def test_a_file_is_taken_in_read_by_the_worker_and_told_of(company: Api) -> None:  # rule 3.2
    answer = send(company)
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert (found["changed"], found["version"]) == (True, 1)
    assert answer.headers["Location"] == f"/v1/uploads/{found['upload']}"
    assert answer.headers["Dossier-Position"] == str(company.end())
    before = company.get(answer.headers["Location"]).json()
    assert (before["state"], before["rows"], before["percent"], before["size"]) == ("received", 0, 0, len(FILE))
    work(company)
    after = company.get(answer.headers["Location"]).json()
    assert (after["state"], after["rows"], after["percent"], after["file"]) == ("finished", 3, 100, "autumn.csv")
    assert [after[name] for name in ("new", "changed", "unchanged", "failed")] == [2, 0, 0, 1]
    assert (after["received_by"], after["columns"]) == ("integrator", CONTACTS)
    assert company.get("/v1/uploads").json()["items"] == [after]


@pytest.mark.usefixtures("runners")
def test_a_file_holds_up_to_its_last_day_and_its_new_customers_stay(company: Api) -> None:  # rules 0.2, 3.10
    days = "effective_from=2031-04-01&effective_to=2031-04-30"
    path = send(company, query=f"?mapping=contacts&{days}").headers["Location"]
    work(company)
    found = company.get(path).json()
    assert (found["new"], found["effective_from"], found["effective_to"]) == (2, "2031-04-01", "2031-04-30")
    for day, town in (("2031-04-30", "Rome"), ("2031-05-01", None)):
        widget = company.seen(f"/v1/customers/1001/fields?valid_at={day}").json()
        cells = {one["key"]: one["value"] for one in widget["business"]["fields"]}
        assert (widget["name"], cells["city"]) == ("Ada", town), day


def test_the_error_file_can_be_downloaded_and_no_spreadsheet_reckons_with_it(company: Api) -> None:  # rule 3.2
    path = send(company).headers["Location"]
    work(company)
    answer = company.get(f"{path}/errors?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["row", "field", "value", "reason", "customer_number", "original_row"],
        ["2", "due_date", "'=1+1", "Due Date must be a date like 2026-11-22.", "1002", "1002,Bob,Oslo,=1+1"],
    ]
    with_mark = company.get(f"{path}/errors?format=csv&bom=true").content
    assert with_mark == codecs.BOM_UTF8 + answer.content
    wrong = {
        "row": 2,
        "line": 3,
        "field": "due_date",
        "value": "=1+1",
        "reason": "Due Date must be a date like 2026-11-22.",
    }
    page = {"items": [wrong | {"customer_number": "1002", "original_row": "1002,Bob,Oslo,=1+1"}], "next_cursor": None}
    assert company.get(f"{path}/errors?format=json").json() == page
    assert company.get(f"{path}/errors").json() == page
    assert fields(company.get(f"{path}/errors?bom=true")) == {"bom"}


def test_refused_rows_come_back_as_a_file_that_can_be_corrected_and_sent(company: Api) -> None:  # rule 3.2
    content = (
        "id;first;Shoe, size;town;due\r\n1001;Ada;38;Rome;2026-12-01\r\n1 2;=1+1;39;Bern;never\r\n"
        "1003;Cy;40;Oslo\r\n1004;Di;41;Graz;soon\r\n"
    )
    path = send(company, content.encode()).headers["Location"]
    assert fields(company.get(f"{path}/errors?format=file")) == {"format"}
    work(company)
    answer = company.get(f"{path}/errors?format=file")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="refused-')
    lines = answer.text.splitlines()
    assert lines[0] == "id;first;Shoe, size;town;due;Reason (Dossier)"
    assert [line.rpartition(";")[0] for line in lines[1:]] == [
        "1 2;=1+1;39;Bern;never",
        "1003;Cy;40;Oslo",
        "1004;Di;41;Graz;soon",
    ]
    assert lines[1].count("Due Date must be a date") == 1
    assert "The customer number" in lines[1]
    assert company.get(f"{path}/errors?format=file&bom=true").content == codecs.BOM_UTF8 + answer.content
    again = send(company, answer.content).headers["Location"]
    work(company)
    assert company.get(again).json()["failed"] == 3
    rows = company.get(f"{again}/errors?format=file").text.splitlines()
    assert [row.rpartition(";")[0] for row in rows] == [line.rpartition(";")[0] for line in lines]
    corrected = answer.text.replace("never", "2026-12-01").replace("1 2", "1002").replace("Oslo;", "Oslo;;")
    shown = company.call(
        "POST",
        "/v1/uploads/preview?rows=9",
        Role.INTEGRATOR,
        content=corrected.encode(),
        headers={"Content-Type": "text/csv"},
    ).json()
    assert [one["column"] for one in shown["columns"] if one["of_dossier"]] == ["Reason (Dossier)"]
    assert shown["not_taken"] == 2
    last = send(company, corrected.encode()).headers["Location"]
    work(company)
    assert (company.get(last).json()["new"], company.get(last).json()["failed"]) == (2, 1)


def test_refused_lines_of_json_come_back_with_a_member_more(company: Api) -> None:  # rule 3.2
    content = '{"id": 1001, "first": "Ada", "town": "Rome", "due": "soon", "size": 38.0}\n{"id": 1002, \n'
    path = send(company, content.encode()).headers["Location"]
    work(company)
    answer = company.get(f"{path}/errors?format=file")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    first, second = answer.text.splitlines()
    assert first.startswith(
        '{"id": 1001, "first": "Ada", "town": "Rome", "due": "soon", "size": 38.0, "Reason (Dossier)": '
    )
    assert list(json.loads(second)) == ["Reason (Dossier)"]
    again = send(company, answer.content).headers["Location"]
    work(company)
    assert company.get(again).json()["failed"] == 2
    assert company.get(f"{again}/errors?format=file").text.splitlines()[0] == first


def test_masked_values_are_left_out_of_the_file_of_refused_rows(company: Api) -> None:  # rule 5.2
    secret = {
        "key": "secret",
        "label": "Secret",
        "group": "business",
        "type": "string",
        "personal": True,
        "masked": True,
    }
    assert company.post("/v1/fields", secret).status_code == 201
    columns = json.dumps({"id": "customer_number", "pin": "secret", "due": "due_date"})
    headers = {"Dossier-Upload-Columns": columns}
    path = send(company, b"id,pin,due\n1001,4711,soon\n1002,4712\n", "", headers=headers).headers["Location"]
    work(company)
    _, first, second = csv.reader(io.StringIO(company.get(f"{path}/errors?format=file").text))
    assert first[:3] == ["1001", "", "soon"]
    assert first[3].endswith("Masked values were left out: fill them in.")
    assert second[:3] == ["", "", ""]
    assert second[3] == "The row has 2 cells, not 3 like the first. The row itself was not kept."


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        "\u00a0=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "﹣1",
        "\ufeff=1",
        "\u200b\ufeff＝1",
    ],
)
def test_what_begins_like_a_formula_is_marked(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert (harmless(f"a{text}"), harmless(None)) == (f"a{text}", "")


def test_errors_and_uploads_come_in_pages(company: Api) -> None:
    rows = b"".join(b"%d,A,B,never\n" % number for number in range(5))
    path = send(company, b"id,first,town,due\n" + rows).headers["Location"]
    send(company)
    work(company)
    found, cursor = [], ""
    while cursor is not None:
        page = company.get(f"{path}/errors?format=json&limit=2{cursor and '&cursor=' + cursor}").json()
        found += [one["row"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert found == [1, 2, 3, 4, 5]
    first = company.get("/v1/uploads?limit=1").json()
    [second] = company.get(f"/v1/uploads?limit=1&cursor={first['next_cursor']}").json()["items"]
    assert second["upload"] in path
    assert_problem(company.get("/v1/uploads?cursor=x"), 422, "invalid")


def test_columns_may_come_with_the_file_and_json_lines_are_read(company: Api) -> None:  # rule 3.2
    columns = json.dumps({"größe": "city", "id": "customer_number"})
    content = b'{"id": 77, "gr\xc3\xb6\xc3\x9fe": "Rome"}\n'
    headers = {"Dossier-Upload-Columns": columns, "Content-Type": "application/x-ndjson"}
    answer = send(company, content, "", headers=headers)
    assert answer.status_code == 202, answer.text
    work(company)
    assert company.get(answer.headers["Location"]).json()["new"] == 1


def test_the_same_key_and_file_again_is_the_first_upload(company: Api) -> None:  # rule 0.7
    key = {"Idempotency-Key": "k1"}
    first, again = send(company, headers=key), send(company, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert_problem(send(company, FILE + b"1004,Di,Riga,\n", headers=key), 422, "key-reused")
    with company.dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM upload_chunks").fetchone() == (1,)


def test_a_file_is_not_bound_like_other_bodies_but_by_a_setting(
    dossier: Dossier, reads: ReadModels, settings: ApiSettings
) -> None:
    standard_fields(dossier)
    app = create_app(dossier, reads, replace(settings, most_upload_bytes=3_000_000))
    with TestClient(app, raise_server_exceptions=False) as client:
        api = Api(client, dossier)
        assert api.put("/v1/upload-mappings/contacts", {"columns": CONTACTS}).status_code == 201
        assert send(api, b"x" * 2_500_000).status_code == 202
        for content in (b"x" * 3_000_001, _streamed(b"x" * 1_000_000, 4)):
            document = assert_problem(send(api, content), 413, "too-large")
            assert "3,000,000 bytes" in document["detail"]
    with dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*), sum(bytes) FROM uploads").fetchone() == (1, 2_500_000)


def _streamed(piece: bytes, times: int) -> Iterator[bytes]:
    yield from (piece for _ in range(times))


def test_what_is_wrong_is_said_before_the_file_is_taken_and_all_of_it(
    company: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Staging, "begin", lambda *_: pytest.fail("taken"))
    with company.storing_nothing():
        query = "?mapping=nobody&delimiter=x&file="
        assert fields(send(company, query=query)) == {"mapping", "delimiter", "file"}
        assert fields(send(company, query="?mapping=contacts&effective_from=9999-01-01")) == {"effective_from"}
        days = "effective_from=2031-04-01&effective_to=2031-03-31"
        assert fields(send(company, query=f"?mapping=contacts&{days}")) == {"effective_to"}
        assert fields(send(company, query="")) == {"columns"}
        for columns in (
            "[]",
            "{",
            '{"a": 1}',
            '{"a": NaN}',
            '{"a":' * 600,
            '{"a": "city", "a": "name"}',
            '{"town": "colour"}',
        ):
            answer = send(company, query="", headers={"Dossier-Upload-Columns": columns})
            assert_problem(answer, 422, "invalid")
        assert fields(answer) == {"columns.town"}
        assert_problem(send(company, headers={"If-Match": "*"}), 412, "stale-version")


def test_only_files_are_taken_and_only_from_those_who_may(company: Api) -> None:
    for kind in ("application/json", "image/png", "multipart/form-data"):
        problem = assert_problem(send(company, headers={"Content-Type": kind}), 415, "media-type")
        assert problem["title"] == "Wrong media type"  # a file need not be JSON
    for role in (Role.AGENT, Role.AUDITOR):
        assert_problem(send(company, role=role), 403, "forbidden")
        for path in ("/v1/uploads", "/v1/upload-mappings", "/v1/upload-mappings/contacts"):
            assert_problem(company.get(path, role), 403, "forbidden")
    assert_problem(send(company, role=None), 401, "unknown-caller")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00\x01", "id\n".encode("utf-16"), b"id,id\n1,1\n"])
def test_hostile_files_are_refused_in_one_sentence_and_the_service_stays_up(
    company: Api, content: bytes
) -> None:  # rule 3.2
    path = send(company, content).headers["Location"]
    work(company)
    found = company.get(path).json()
    assert found["state"] == "refused"
    assert found["refusal"].endswith((".", "..."))
    assert company.get(f"{path}/errors?format=csv").text == "row,field,value,reason,customer_number,original_row\r\n"
    path = send(company).headers["Location"]
    work(company)
    assert company.get(path).json()["state"] == "finished"


def test_an_upload_that_there_is_not_is_not_found(company: Api) -> None:
    for path in ("", "/errors", "/errors?format=csv"):
        missing = f"/v1/uploads/00000000-0000-0000-0000-000000000000{path}"
        assert_problem(company.get(missing), 404, "not-found")
    assert_problem(company.get("/v1/uploads/abc"), 422, "invalid")


def test_a_time_without_a_zone_is_one_of_the_company(company: Api) -> None:  # rules 0.3, 3.9
    field = {"key": "called_at", "label": "Called at", "group": "business", "type": "datetime"}
    assert company.post("/v1/fields", field).status_code == 201
    assert company.put("/v1/controls/TZ", {"value": "Europe/Berlin", "effective_from": "2020-01-01"}).status_code == 200
    columns = {"Dossier-Upload-Columns": '{"id": "customer_number", "at": "called_at"}'}
    file = b"id,at\n1001,2026-07-01T09:30\n1002,2026-07-01T09:30Z\n"
    assert send(company, file, "", headers=columns).status_code == 202
    work(company)
    assert send(company, file, "?dry_run=true", headers=columns).json()["unchanged"] == 2
    edit = {"fields": {"called_at": "2026-12-01T09:30"}}
    assert company.patch("/v1/customers/1002/fields", edit).json()["changed"] is True
    data = json.dumps([json.loads(line)["data"] for line in company.get("/v1/events").text.splitlines()])
    assert re.findall('"(2026-(?:07|12)-01T[^"]*)"', data) == [
        "2026-07-01T07:30:00Z",
        "2026-07-01T09:30:00Z",
        "2026-12-01T08:30:00Z",
    ]


def test_a_file_that_breaks_off_leaves_nothing(company: Api, app: FastAPI) -> None:
    parts = iter([{"type": "http.request", "body": FILE * 5_000, "more_body": True}, {"type": "http.disconnect"}])
    answered: list[Any] = []

    async def receive() -> Any:
        return next(parts)

    async def answer(message: Any) -> None:
        answered.append(message)

    headers = [(b"authorization", f"Bearer {token(Role.INTEGRATOR)}".encode()), (b"content-type", b"text/csv")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/uploads",
        "raw_path": b"/v1/uploads",
        "query_string": b"mapping=contacts",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("test", 80),
        "headers": headers,
    }
    with company.storing_nothing():
        asyncio.run(app(scope, receive, answer))
    assert answered[0]["status"] == 400
    with company.dossier.database.connection() as connection:
        for table in ("uploads", "upload_chunks"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_an_upload_can_be_cancelled_and_says_by_whom(company: Api) -> None:  # rules 0.5, 0.7, 3.2
    answer = send(company)
    path, key = answer.headers["Location"], {"Idempotency-Key": "c1"}
    first = company.post(f"{path}/cancel", {"reason": "Wrong file"}, Role.INTEGRATOR, headers=key)
    assert (first.status_code, first.json()["changed"]) == (200, True)
    assert company.post(f"{path}/cancel", {"reason": "Wrong file"}, Role.INTEGRATOR, headers=key).json() == first.json()
    assert company.post(f"{path}/cancel").json()["changed"] is False
    found = company.get(path)
    told = [found.json()[name] for name in ("state", "rows", "cancelled_by", "position")]
    assert told == ["cancelled", 0, "integrator", first.json()["position"]]
    assert found.headers["Dossier-Position"] == str(told[-1])
    with company.storing_nothing():
        assert company.post(f"{path}/cancel", role=Role.AGENT).status_code == 403
        nobody = "/v1/uploads/00000000-0000-0000-0000-000000000000/cancel"
        assert_problem(company.post(nobody), 404, "not-found")
        assert_problem(company.post(f"{path}/cancel", {"why": 1}), 422, "invalid")
    done = send(company).headers["Location"]
    work(company)
    assert_problem(company.post(f"{done}/cancel"), 409, "conflict")


def test_a_dry_run_answers_counts_and_errors_and_keeps_nothing(company: Api) -> None:  # rule 3.2
    with company.storing_nothing():
        answer = send(company, query="?mapping=contacts&dry_run=true&file=autumn.csv")
        assert answer.status_code == 200, answer.text
        dry = answer.json()
        assert fields(send(company, query="?mapping=nobody&dry_run=true&delimiter=x")) == {"mapping", "delimiter"}
        assert_problem(send(company, query="?mapping=contacts&dry_run=true", role=Role.AGENT), 403, "forbidden")
        assert send(company, b"a,b\n1,2\n", "?mapping=contacts&dry_run=true").json()["state"] == "refused"
    with company.dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM upload_chunks").fetchone() == (0,)
    path = send(company).headers["Location"]
    work(company)
    done = company.get(path).json()
    names = ("state", "rows", "new", "changed", "unchanged", "failed", "digest", "size", "columns")
    assert {name: dry[name] for name in names} == {name: done[name] for name in names}
    assert (dry["dry_run"], dry["file"], dry["errors_left_off"]) == (True, "autumn.csv", 0)
    assert dry["errors"] == company.get(f"{path}/errors").json()["items"]


@pytest.mark.usefixtures("runners")
def test_a_read_that_waits_for_the_position_of_a_finished_upload_finds_its_customers(company: Api) -> None:
    path = send(company, b"id,first,town,due\n" + b"".join(b"%d,Ada,Rome,\n" % n for n in range(300))).headers[
        "Location"
    ]
    assert "Dossier-Position" not in company.get(path).headers
    work(company)
    position = company.get(path).headers["Dossier-Position"]
    for number in (0, 299):
        assert company.get(f"/v1/customers/{number}", headers={"Dossier-Position": position}).status_code == 200
    assert company.get("/v1/uploads").json()["items"][0]["position"] == int(position)


# Mappings


def test_a_mapping_is_saved_changed_and_read_as_it_was_known(company: Api) -> None:  # rules 0.3, 3.2
    first = company.get("/v1/upload-mappings/contacts")
    assert (first.json()["columns"], first.headers["ETag"]) == (CONTACTS, '"1"')
    changed = {"columns": {"Nr": "customer_number"}, "delimiter": ";", "header": True}
    with company.storing_nothing():
        same = company.put("/v1/upload-mappings/contacts", {"columns": CONTACTS})
        assert (same.status_code, same.json()["changed"]) == (200, False)
        assert company.put("/v1/upload-mappings/contacts", changed, headers={"If-Match": "7"}).status_code == 412
    assert company.put("/v1/upload-mappings/contacts", changed).status_code == 200
    assert company.put("/v1/upload-mappings/another", changed, Role.INTEGRATOR).status_code == 201
    now = company.get("/v1/upload-mappings").json()["items"]
    assert [(one["name"], one["version"], one["delimiter"]) for one in now] == [
        ("another", 1, ";"),
        ("contacts", 2, ";"),
    ]
    known_at = first.headers["Dossier-Known-At"]
    then = company.get(f"/v1/upload-mappings?known_at={known_at}").json()["items"]
    assert then == [first.json()]
    assert_problem(company.get(f"/v1/upload-mappings/another?known_at={known_at}"), 404, "not-found")


def test_everything_that_is_wrong_with_a_mapping_is_named(company: Api) -> None:
    with company.storing_nothing():
        body = {"columns": {"a": "colour", "b": "city", "c": "city", "": "due_date"}, "delimiter": "x"}
        named = fields(company.put("/v1/upload-mappings/new", body))
        assert named == {"columns.a", "columns.c", "columns.", "delimiter"}
        assert fields(company.put("/v1/upload-mappings/new", {"columns": {}})) == {"columns"}
        assert fields(company.put("/v1/upload-mappings/a b", {"columns": CONTACTS})) == {"name"}
