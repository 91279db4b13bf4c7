"""Every refusal has the same shape, whether the domain, the framework or the database refuses."""

import json

import pytest
from eventsourcing.persistence import OperationalError

from aggregates.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
    StaleVersionError,
)
from aggregates.use_case import BusyError, KeyReusedError
from api.http.middleware import MOST_BODY_BYTES
from api.http.problems import KINDS, kind_of
from api.routers.resolutions import MOST_BYTES
from api_client import CORRELATION, Api, assert_problem, fields
from projections.reading.view import BehindError
from store import mapper
from store.command import Command
from store.committer import OutcomeUnknownError

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidError("x"), 422),
        (NotFoundError("x"), 404),
        (ConflictError("x"), 409),
        (BusyError("x"), 409),
        (ForbiddenError("x"), 403),
        (KeyReusedError("x"), 422),
        (StaleVersionError({1}, 2, "ann", None), 412),
        (RefusedError([ConflictError("x"), BusyError("y")]), 409),
        (RefusedError([ConflictError("x"), InvalidError("y")]), 422),
        (RefusedError([RefusedError([ForbiddenError("x")]), ForbiddenError("y")]), 403),
        (OperationalError("x"), 503),
        (OutcomeUnknownError("x"), 503),
        (BehindError("x"), 503),
        (KeyError("x"), 500),
    ],
)
def test_each_error_has_its_status(error: Exception, status: int) -> None:
    assert kind_of(error).status == status


def test_paths_and_methods_that_do_not_exist_are_problems_too(api: Api) -> None:
    for path in ("/", "/v1", "/v1/", "/v1/nothing", "/v1/customers/", "/v1/customers/1/2/3", "/V1/customers"):
        assert_problem(api.get(path), 404, "not-found")
    answer = api.call("PATCH", "/v1/customers/1001/drawer", json={})
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, PUT"
    assert_problem(api.call("BREW", "/v1/customers"), 405, "method-not-allowed")


UNREADABLE = [
    (b"{", 400, "malformed"),
    (b"\xff\xfe", 400, "malformed"),
    (b"[" * 100_000, 400, "malformed"),
    (b'{"number": ' + b"9" * 5_000 + b"}", 400, "malformed"),
    (b"", 422, "invalid"),
    (b" ", 400, "malformed"),
    (b"\xef\xbb\xbf{}", 400, "malformed"),
    ('{"number": "1", "name": "A"}'.encode("utf-16"), 400, "malformed"),
    ('{"number": "1", "name": "A"}'.encode("utf-16-le"), 400, "malformed"),
    ('{"number": "1", "name": "Zo\xeb"}'.encode("latin-1"), 400, "malformed"),
    (b'{"number": "1", "name": "A", "number": "2"}', 400, "malformed"),
    (b'{"number": 1e400, "name": "A"}', 400, "malformed"),
    (b"null", 422, "invalid"),
    (b"[]", 422, "invalid"),
    (b'"x"', 422, "invalid"),
    (b'{"number": NaN, "name": Infinity}', 400, "malformed"),
    (b'{"number": "1", "name": "A", "__proto__": {}}', 422, "invalid"),
]


def test_a_body_that_cannot_be_read_is_refused_and_nothing_is_stored(api: Api, subtests: pytest.Subtests) -> None:
    for body, status, slug in UNREADABLE:
        with subtests.test(repr(body[:40])), api.storing_nothing():
            assert_problem(api.call("POST", "/v1/customers", content=body, headers=JSON), status, slug)


def test_a_body_that_is_not_json_by_its_type_is_refused(api: Api) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application"):
        answer = api.call("POST", "/v1/customers", content=b'{"number":"1","name":"A"}', headers={"Content-Type": kind})
        assert_problem(answer, 415, "media-type")
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"):
        content = json.dumps({"number": f"1{len(kind)}", "name": "A"}).encode()
        assert api.call("POST", "/v1/customers", content=content, headers={"Content-Type": kind}).status_code == 201


def test_a_body_beyond_one_mebibyte_is_refused_by_its_length_and_by_its_bytes(api: Api) -> None:
    def parts() -> object:
        for _ in range(20):
            yield b" " * 100_000

    assert_problem(api.call("POST", "/v1/customers", content=b" " * 1_048_577, headers=JSON), 413, "too-large")
    assert_problem(api.call("POST", "/v1/customers", content=parts(), headers=JSON), 413, "too-large")


def test_the_page_of_the_problem_names_the_limit_of_every_route(api: Api) -> None:
    refused = assert_problem(
        api.call("POST", "/v1/customers", content=b" " * 1_048_577, headers=JSON), 413, "too-large"
    )
    assert f"{MOST_BODY_BYTES:,} bytes" in refused["detail"]
    page = api.get(refused["type"], None).text
    for path, limit in (
        ("/v1/resolutions", f"{MOST_BYTES // 1024**2} MiB"),
        ("/v1/uploads", "the operator allows"),
        ("every other body", f"{MOST_BODY_BYTES // 1024**2} MiB"),
    ):
        assert limit in page.partition(path)[2]


def test_many_wrong_fields_give_a_bounded_answer(api: Api) -> None:
    body = {f"field {number}{'x' * 150}": 1 for number in range(1_000)}
    answer = api.post("/v1/customers", body)
    assert_problem(answer, 422, "invalid")
    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"].startswith("Only the first 100 faults are named.")
    assert len(answer.content) < 40_000


def test_nothing_of_the_input_can_break_the_answer(api: Api) -> None:
    answers = ({"\ud800": "A"}, {"7": "\ud800\u0000"}, {"7": "A" * 31}, {"7" * 200: "A"})
    for body in ({"\ud800": 1}, *({"responses": answer} for answer in answers)):
        assert_problem(api.put("/v1/customers/1001/drawer", body), 422, "invalid")


BAD_PATHS = [
    "/v1/customers/%00",
    "/v1/customers/%ff%fe",
    "/v1/customers/" + "9" * 31,
    "/v1/customers/a%20b",
    "/v1/categories/0",
    "/v1/categories/1000",
    "/v1/categories/99999999999999999999999999",
    "/v1/categories/" + "9" * 5_000,
    "/v1/categories/7/responses/%00",
    "/v1/attribute-mappings/category:0",
    "/v1/attribute-mappings/category:99999",
    "/v1/dead-letters/7",
    "/v1/events?after=-1",
    "/v1/events?after=9223372036854775808",
    "/v1/events?limit=0",
    "/v1/events?limit=99999999999999999999",
    "/v1/customers?limit=501",
    "/v1/customers?cursor=%00",
    "/v1/customers?cursor=abc",
    "/v1/categories?cursor=abc",
    "/v1/dead-letters?cursor=abc",
    "/v1/customers?name=%00",
    "/v1/customers?name=",
    "/v1/customers?response=%00:A",
    "/v1/customers?response=AGE",
    "/v1/customers?alternate_number=a%20b",
    "/v1/customers?name=a&response=b:c",
    "/v1/customers/1001/drawer?valid_at=0000-00-00",
    "/v1/customers/1001/drawer?valid_at=9999-01-01",
    "/v1/customers/1001/drawer?valid_at=20260101",
    "/v1/customers/1001/drawer?valid_at=1764000000",
    "/v1/customers/1001/drawer?known_at=2026-01-01",
    "/v1/customers/1001/drawer?known_at=2026-01-01T00:00:00",
    "/v1/customers/1001/drawer?known_at=0001-01-01T00:00:00%2b14:00",
    "/v1/customers/1001/drawer?known_at=9999-12-31T23:59:59-14:00",
    "/v1/customers/1001/drawer?known_at=2500-01-01T00:00:00Z",
    "/v1/customers/1001/diff?from=today",
    "/v1/customers/1001/diff",
]


def test_what_cannot_be_in_a_path_or_a_query_is_refused(api: Api, subtests: pytest.Subtests) -> None:
    for path in BAD_PATHS:
        with subtests.test(path[:80]):
            answer = api.get(path)
            assert_problem(answer, 422, "invalid")
            assert fields(answer)


def test_a_position_that_the_log_never_gave_is_refused_at_once(api: Api, subtests: pytest.Subtests) -> None:
    for position in ("-1", "x", "9223372036854775808", "7"):
        with subtests.test(position):
            answer = api.get("/v1/categories", headers={"Dossier-Position": position})
            assert_problem(answer, 422, "invalid")
            assert fields(answer) == {"Dossier-Position"}


def test_a_fault_of_ours_is_a_problem_with_a_correlation_id_and_is_logged(
    api: Api, monkeypatch: pytest.MonkeyPatch, log_lines: object
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Command, "load", broken)
    answer = api.post("/v1/customers", {"number": "1", "name": "Ada"})
    problem = assert_problem(answer, 500, "broken")
    assert "secret" not in answer.text
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]  # type: ignore[attr-defined]
    fault = next(line for line in lines if line["event"] == "fault")
    assert fault["correlation_id"] == problem["correlation_id"]
    assert "ZeroDivisionError" in fault["exception"]


def test_a_lost_database_answers_503_and_says_when_to_come_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise OperationalError("connection to 10.0.0.1 refused")

    monkeypatch.setattr(Command, "load", lost)
    answer = api.post("/v1/customers", {"number": "1", "name": "Ada"})
    problem = assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert "10.0.0.1" not in problem["detail"]


def test_an_unknown_outcome_asks_to_repeat_with_the_same_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise OutcomeUnknownError("?")

    monkeypatch.setattr(Command, "load", lost)
    problem = assert_problem(api.post("/v1/customers", {"number": "1", "name": "Ada"}), 503, "unavailable")
    assert "same Idempotency-Key" in problem["detail"]


def test_every_answer_carries_a_correlation_id(api: Api) -> None:
    given = "6f0c9a52-8d0e-4c7c-9a58-0d5f1f2f8a11"
    assert api.get("/v1/nothing", headers={CORRELATION: given}).headers[CORRELATION] == given
    assert len(api.get("/health/live", None, headers={CORRELATION: "x"}).headers[CORRELATION]) == 36


def test_every_kind_of_problem_has_a_page(api: Api) -> None:
    for kind in KINDS:
        assert kind.title in api.get(f"/problems/{kind.slug}", None).text
    assert_problem(api.get("/problems/nothing", None), 404, "not-found")


def test_a_change_that_is_more_than_an_event_may_be_is_refused_in_words(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.11
    monkeypatch.setattr(mapper, "MOST_EVENT_BYTES", 600)
    with api.storing_nothing():
        answer = api.post("/v1/customers", {"number": "1001", "name": "Ada", "reason": "😀" * 200})
        assert "too much for one change" in assert_problem(answer, 422, "invalid")["detail"]
    assert api.post("/v1/customers", {"number": "1001", "name": "Ada"}).status_code == 201
