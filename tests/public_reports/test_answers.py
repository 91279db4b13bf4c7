"""Answers of the API: kinds of bugs known from public reports about web frameworks.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

import json
from typing import Any

import pytest
from httpx2 import Response

from api_client import Api, assert_problem, fields, register

JSON = {"Content-Type": "application/json"}
WRITES = ("post", "put", "patch")


def write(api: Api, path: str, body: bytes, method: str = "POST") -> Response:
    """A write whose body is sent as it is."""
    return api.call(method, path, content=body, headers=JSON)


def writes(api: Api) -> list[tuple[str, str]]:
    """Every method and path that takes a body of JSON."""
    paths: dict[str, Any] = api.get("/openapi.json", None).json()["paths"]
    return [
        (method.upper(), path.replace("{version}", "1").replace("{code}", "1"))
        for path, operations in paths.items()
        for method in WRITES
        if "application/json" in operations.get(method, {}).get("requestBody", {}).get("content", {})
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/customers/Q1/fields?vald_at=2026-01-01", "vald_at"),
        ("/v1/customers?city=London", "city"),
        ("/v1/customers/Q1/history?acter=ann", "acter"),
        ("/health/live?verbose=1", "verbose"),
    ],
)
def test_an_unknown_query_parameter_is_refused_by_name(api: Api, path: str, name: str) -> None:  # rule 0.9
    """Kind: a misspelt parameter is passed over, and the answer is to another question.

    Public report: github.com/fastapi/fastapi/issues/1190 (a misspelt parameter left its default in place, unnoticed).
    """
    answer = api.get(path)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {name}


def test_an_unknown_header_of_ours_is_refused_by_name(api: Api) -> None:  # rule 0.9
    """Kind: a misspelt header of the API is passed over, so that a read does not wait and a save has no reason.

    Public report: github.com/fastapi/fastapi/issues/2859 (what is not declared is taken and thrown away).
    """
    for misspelt in ("Dossier-Postion", "Dossier-Reasons"):
        assert fields(api.get("/v1/customers", headers={misspelt: "1"})) == {misspelt}


def test_head_is_answered_like_get(api: Api) -> None:
    """Kind: HEAD is not allowed where GET is, so that whoever looks before fetching thinks that there is nothing.

    Public report: github.com/fastapi/fastapi/issues/1773 (HEAD answered 405 on every route with GET).
    """
    register(api, "H1")
    assert api.seen("/v1/customers/H1").status_code == 200
    for path in ("/v1/customers/H1", "/v1/customers", "/health/live", "/docs"):
        answer = api.call("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b""), path


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"0", "1"', 200), ('W/"1"', 412), ('"0"', 412), ("*", 200)],
)
def test_a_condition_is_a_list_of_tags_of_which_one_matches(api: Api, condition: str, status: int) -> None:  # rule 0.7
    """Kind: a condition with several tags, or a weak one, is compared as one text.

    Public reports: github.com/365Werk/etagconditionals/issues/11 (of a list only one tag was looked at),
    github.com/nginx/nginx/pull/1570 (a weak tag passed for a strong one).
    """
    number = f"T{condition.encode().hex()}"
    register(api, number)
    answer = api.patch(f"/v1/customers/{number}", {"name": "Ada King"}, headers={"If-Match": condition})
    assert answer.status_code == status, answer.text


def test_conditions_on_two_lines_are_one_list(api: Api) -> None:  # rule 0.7
    """Kind: of a header that is sent twice one line is taken, and it is left open which."""
    register(api, "T2")
    headers: Any = [("If-Match", '"0"'), ("If-Match", '"1"')]
    answer = api.client.request(
        "PATCH",
        "/v1/customers/T2",
        json={"name": "Ada King"},
        headers=[*headers, ("Authorization", f"Bearer {api.token()}")],
    )
    assert answer.status_code == 200, answer.text


def test_a_member_that_comes_twice_is_refused_by_name(api: Api) -> None:  # rule 0.9
    """Kind: of two members of the same name the last one wins in silence.

    Public report: github.com/elastic/elasticsearch/issues/20241 (the second of two settings of one name was taken).
    """
    with api.storing_nothing():
        answer = write(api, "/v1/customers", b'{"number": "D1", "name": "Ada", "name": "Bob"}')
    assert_problem(answer, 400, "malformed")
    assert fields(answer) == {"name"}


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"1e999"])
def test_what_is_no_number_in_json_is_refused(api: Api, value: bytes) -> None:
    """Kind: NaN is taken in, and nobody who reads JSON can read it again.

    Public report: github.com/Kludex/starlette/issues/548 (NaN was taken as input and was an error as output).
    """
    with api.storing_nothing():
        answer = write(api, "/v1/customers", b'{"number": "N1", "name": "Ada", "reason": ' + value + b"}")
    assert_problem(answer, 400, "malformed")


def test_a_truth_value_is_no_text(api: Api) -> None:  # rule 0.12
    """Kind: `true` is stored as the text True.

    Public report: github.com/fastapi/fastapi/issues/814 (`false` was stored as the text False).
    """
    api.post("/v1/fields", {"key": "note", "label": "Note", "group": "business", "type": "string"})
    with api.storing_nothing():
        assert fields(api.post("/v1/customers", {"number": "B1", "name": True})) == {"name"}
    register(api, "B1")
    with api.storing_nothing():
        assert fields(api.patch("/v1/customers/B1/fields", {"fields": {"note": True}})) == {"fields.note"}


@pytest.mark.parametrize("code", ["1_0", "+1", "01", " 1", "\u0661"])
def test_a_number_in_a_path_has_one_spelling(api: Api, code: str) -> None:  # rule 0.10
    """Kind: the same thing has several addresses, since a number in a path may be written in many ways.

    Public report: github.com/pallets/werkzeug/pull/2723 (a leading plus, underscores and digits of other scripts were taken).
    """
    for number in (1, 10):
        api.post("/v1/categories", {"code": number, "description": "Age"})
    assert api.seen("/v1/categories/10").status_code == 200
    assert fields(api.get(f"/v1/categories/{code}")) == {"code"}


def test_a_phone_number_with_a_zero_in_brackets_is_refused(api: Api) -> None:  # rule 3.9
    """Kind: a number in national and international form at once is stored as one that nobody can call.

    Public report: github.com/catamphetamine/libphonenumber-js/issues/90 (a number with a zero after the country passed for valid).
    """
    api.post("/v1/fields", {"key": "phone", "label": "Phone", "group": "business", "type": "phone"})
    register(api, "F1")
    for wrong in ("+44 (0)1632 960961", "+44 (01632) 960961"):
        with api.storing_nothing():
            assert fields(api.patch("/v1/customers/F1/fields", {"fields": {"phone": wrong}})) == {"fields.phone"}
    assert value(api, "F1", "phone", "+44 (1632) 960961") == "+441632960961"


def test_an_instant_without_a_zone_is_in_that_of_the_company(api: Api) -> None:  # rules 0.3, 3.9
    """Kind: an instant without a zone is taken for UTC, or for the zone of whatever machine reads it.

    Public report: github.com/delta-io/delta-rs/pull/4734 (a time without a zone was that of the machine).
    """
    api.post("/v1/fields", {"key": "call_at", "label": "Call at", "group": "business", "type": "datetime"})
    assert api.put("/v1/controls/TZ", {"value": "Asia/Tokyo", "effective_from": "2020-01-01"}).status_code == 200
    register(api, "Z1")
    assert value(api, "Z1", "call_at", "2026-07-01T12:00") == "2026-07-01T03:00:00Z"


def value(api: Api, number: str, key: str, given: str) -> str:
    """Saves a value of a field; gives what is read."""
    assert api.patch(f"/v1/customers/{number}/fields", {"fields": {key: given}}).status_code == 200
    shown = api.seen(f"/v1/customers/{number}/fields").json()["business"]["fields"]
    return str(next(field["value"] for field in shown if field["key"] == key))


def test_every_body_is_bounded_in_depth_before_anything_looks_at_it(api: Api) -> None:  # rule 0.11
    """Kind: a deeply nested body crashes the parser, and the answer is an error of the server.

    Public report: github.com/flop-labs/technocore-chat/issues/130 (nested brackets gave 500, which the documents did not know).
    """
    routes = writes(api)
    assert len(routes) > 25
    deep = b'{"a": ' * 600 + b"1" + b"}" * 600
    statuses = {(method, path): write(api, path, deep, method).status_code for method, path in routes}
    assert {key: status for key, status in statuses.items() if status != 400} == {}


def test_a_body_of_many_members_is_refused_in_few_words(api: Api) -> None:  # rule 0.11
    """Kind: every wrong member of a large body is told, so that a small request makes a huge answer.

    Public report: github.com/vllm-project/vllm/issues/49239 (a malformed request had an answer of a hundred megabytes).
    """
    body = json.dumps({"responses": {str(number): "A" for number in range(50_000)}}).encode()
    answer = write(api, "/v1/customers/M1/drawer", body, "PUT")
    assert_problem(answer, 400, "malformed")
    assert len(answer.content) < 100_000
    few = {f"member{number}": 1 for number in range(999)}
    answer = api.post("/v1/customers", few)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)


def test_answers_about_people_are_kept_by_no_cache(api: Api) -> None:  # rule 5.1
    """Kind: personal data stays in a cache on the way, or on the disk of whoever asked.

    Public report: github.com/keygen-sh/keygen-api/issues/558 (clients kept answers on disk, as a test of security found).
    """
    register(api, "P1")
    for path in ("/v1/customers/P1", "/v1/customers/P1/fields", "/v1/customers/nobody", "/v1/events"):
        assert "no-store" in api.seen(path).headers["Cache-Control"], path


def test_every_answer_of_a_route_is_documented(api: Api) -> None:
    """Kind: a route gives an answer that its document does not know.

    Public report: github.com/phodal/routa/issues/577 (201 was answered where the document had 200 only).
    """
    paths = api.get("/openapi.json", None).json()["paths"]
    register(api, "S1")
    register(api, "S2")
    api.post("/v1/customers/S1/merge", {"other": "S2"})
    mapping = {"columns": {"Nr": "customer_number"}}
    given = {
        ("get", "/v1/customers/{number}"): api.seen("/v1/customers/S2", follow_redirects=False),
        ("put", "/v1/upload-mappings/{name}"): api.put("/v1/upload-mappings/feed", mapping),
        ("post", "/v1/customers"): api.post("/v1/customers", {"number": "S1", "name": "Ada Byron"}),
    }
    again = {("put", "/v1/upload-mappings/{name}"): api.put("/v1/upload-mappings/feed", mapping)}
    assert [answer.status_code for answer in given.values()] == [308, 201, 409]
    for answers in (given, again):
        for (method, path), answer in answers.items():
            documented = paths[path][method]["responses"].keys()
            assert {str(answer.status_code), f"{answer.status_code // 100}XX"} & documented, (method, path)
