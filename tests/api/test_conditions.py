"""If-Match and If-None-Match as specified by RFC 9110: lists, weak tags, `*` (rule 0.7)."""

import pytest

from aggregates.fact import Role
from api.http.etags import tags
from api_client import Api, assert_problem, define_age, register

ADA = "/v1/customers/1001"
AGE = "/v1/categories/7"


@pytest.fixture
def ada(api: Api) -> Api:
    """A customer at version 2."""
    register(api)
    assert api.patch(ADA, {"name": "Ada Lovelace"}, Role.AGENT).json()["version"] == 2
    return api


@pytest.mark.parametrize(
    "lines",
    [
        ['"2"'],
        ["2"],
        ['"1", "2"'],
        ['"1","2"'],
        ['"1"', '"2"'],
        [', "2" ,, "a,b"'],
        ['W/"1", "2"'],
        ['"x"', 'W/"2"', '"2"'],
        [" * "],
    ],
)
def test_any_matching_tag_of_a_list_will_do(ada: Api, lines: list[str]) -> None:  # rule 0.7
    answer = ada.patch(ADA, {"name": "Ada King"}, headers=[("If-Match", line) for line in lines])
    assert (answer.status_code, answer.json().get("version")) == (200, 3), answer.text


@pytest.mark.parametrize(
    ("lines", "expected", "words"),
    [
        (['"1", "3"'], 3, "version 2, not 1 or 3."),
        (['"1"', '"3"'], 3, "version 2, not 1 or 3."),
        (['W/"2"'], None, "version 2, not one that was named. A weak tag never matches in If-Match."),
        (['"1", W/"2"'], 1, "version 2, not 1. A weak tag never matches in If-Match."),
        (['"02"'], None, "version 2, not one that was named."),
        (['"x"'], None, "version 2, not one that was named."),
        (['"99999999999999999999"'], None, "version 2, not one that was named."),
    ],
)
def test_a_list_without_a_matching_tag_is_stale(
    ada: Api, lines: list[str], expected: int | None, words: str
) -> None:  # rule 0.7
    with ada.storing_nothing():
        answer = ada.patch(ADA, {"name": "Ada King"}, headers=[("If-Match", line) for line in lines])
    problem = assert_problem(answer, 412, "stale-version")
    assert problem["detail"].endswith(words)
    assert (problem["expected"], problem["actual"], problem["by"]) == (expected, 2, "agent")


@pytest.mark.parametrize("lines", [["*", '"2"'], ["02"], ['"2'], ['w/"2"'], ['"2" "3"'], ["2, 3"], [""], [","]])
def test_what_is_no_list_of_tags_is_refused_by_name(ada: Api, lines: list[str]) -> None:
    with ada.storing_nothing():
        answer = ada.patch(ADA, {"name": "Ada King"}, headers=[("If-Match", line) for line in lines])
    assert assert_problem(answer, 422, "invalid")["errors"][0]["field"] == "If-Match"


def test_fields_are_compared_with_the_latest_version_that_was_seen(ada: Api) -> None:  # rule 3.7
    ada.post("/v1/fields", {"key": "town", "label": "Town", "group": "business", "type": "string"})
    ada.patch(f"{ADA}/fields", {"fields": {"town": "Hull"}}, headers={"If-Match": '"2"'})
    for seen, status in (('"2"', 412), ('"2", W/"3"', 412), ('"2", "3"', 200), ('"99"', 412)):
        answer = ada.patch(f"{ADA}/fields", {"fields": {"town": "York"}}, headers={"If-Match": seen})
        assert answer.status_code == status, (seen, answer.text)


@pytest.mark.parametrize("seen", ['"1"', 'W/"1"', '"0", "1"', '"0", W/"1"', "*"])
def test_what_one_has_is_not_sent_again(api: Api, runners: None, seen: str) -> None:
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    answer = api.seen(AGE, headers={"If-None-Match": seen})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("seen", ['"11"', '"1x"', 'W/"11", "x"'])
def test_a_tag_that_only_contains_the_present_one_is_another(api: Api, runners: None, seen: str) -> None:
    define_age(api)
    assert api.seen(AGE, headers={"If-None-Match": seen.replace("1", "3")}).status_code == 200


def test_an_if_none_match_that_cannot_be_read_is_refused_by_name(api: Api) -> None:
    problem = assert_problem(api.get(AGE, headers={"If-None-Match": '"1'}), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["If-None-Match"]


def test_a_long_list_is_read_in_good_time() -> None:
    assert len(tags(",".join(['"1"'] * 20_000)).tags) == 20_000
    for broken in ('"1",' * 20_000 + "x", "," * 60_000, '"' * 60_001, " " * 60_000 + "x"):
        with pytest.raises(ValueError, match="tags such as"):
            tags(broken)
