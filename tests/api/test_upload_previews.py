"""`POST /v1/uploads/preview`: the beginning of a contact file is looked at, and nothing is stored (rule 3.2)."""

import json
from typing import Any

import pytest
from httpx2 import Response

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from store.application import Dossier
from upload_helpers import fields as standard_fields

FILE = b"id,first,town,due\n1001,Ada,Rome,2026-12-01\n1002,Bob,Oslo,soon\n"


@pytest.fixture
def company(dossier: Dossier, api: Api) -> Api:
    """A company with fields and the mapping `contacts`."""
    standard_fields(dossier)
    body = {"columns": {"id": "customer_number", "due": "due_date"}}
    assert api.put("/v1/upload-mappings/contacts", body).status_code == 201
    return api


def send(api: Api, content: bytes = FILE, query: str = "", **more: Any) -> Response:
    """Sends the beginning of a file."""
    headers = {"Content-Type": "text/csv", **more.pop("headers", {})}
    role = more.pop("role", Role.INTEGRATOR)
    with api.storing_nothing():
        return api.call("POST", f"/v1/uploads/preview{query}", role, content=content, headers=headers)


def test_a_file_is_shown_and_not_kept(company: Api) -> None:  # rule 3.2
    answer = send(company, query="?mapping=contacts&file=autumn.csv&rows=1000")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["file"], document["read_as"]) == (
        "autumn.csv",
        {"encoding": "utf-8", "delimiter": ",", "header": True},
    )
    assert [(one["column"], one["goes_to"], one["suggested_by"]) for one in document["columns"]] == [
        ("id", "customer_number", "mapping"),
        ("first", "first_name", "name"),
        ("town", "city", "name"),
        ("due", "due_date", "mapping"),
    ]
    assert document["columns"][3]["refused_values"][0]["value"] == "soon"
    assert (document["check"]["new"], document["check"]["refused"]) == (1, 1)
    assert company.get("/v1/uploads").json()["items"] == []


def test_the_columns_in_the_header_are_those_of_the_request(company: Api) -> None:
    columns = json.dumps({"town": "city", "id": "customer_number"})
    document = send(company, headers={"Dossier-Upload-Columns": columns}).json()
    assert [one["goes_to"] for one in document["columns"]] == ["customer_number", None, "city", None]
    assert document["not_taken"] == 2


def test_everything_that_is_wrong_is_named(company: Api) -> None:  # rules 0.9, 0.12
    answer = send(company, query="?rows=0&size=-1&encoding=ebcdic&header=maybe&colour=red&effective_from=soon")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"rows", "size", "encoding", "header", "colour", "effective_from"}
    answer = send(company, headers={"Dossier-Upload-Columns": '{"a": "shape", "b": "size"}'}, query="?delimiter=%23")
    assert fields(answer) == {"columns.a", "columns.b", "delimiter"}
    assert fields(send(company, query="?size=5")) == {"size"}
    assert_problem(send(company, query="?mapping=unknown"), 404, "not-found")
    assert_problem(send(company, headers={"Content-Type": "application/pdf"}), 415, "media-type")
    assert_problem(send(company, b"x" * 2_000_000), 413, "too-large")
    assert_problem(send(company, role=Role.AGENT), 403, "forbidden")


def test_a_part_of_a_file_is_taken_for_a_part(company: Api) -> None:
    content = b"id,town\n" + b"1001,Rome\n" * 100 + b'1002,"Os'
    assert send(company, content).json()["refusal"].startswith("A quotation mark")
    assert send(company, content, f"?size={len(content) + 100}").json()["refusal"] is None
    assert send(company, b"id,town\n" + b"1001,Rome\n" * 9_000 + b'1002,"Os').json()["refusal"] is None
    assert send(company, b"").json()["refusal"] == "The file is empty."
