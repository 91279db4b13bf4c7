"""Reads over HTTP: recorded changes are visible at both clocks, by number, name, alternate number and response."""

import pytest

from aggregates.fact import Role
from api.routers.customers import NO_NUMBERS
from api_client import Api, assert_problem, fields

pytestmark = pytest.mark.usefixtures("runners")


@pytest.fixture
def company(api: Api) -> Api:
    """Two customers, a required category Age (7) with default A, a category Hobby (9) that offers a blank choice."""
    api.post("/v1/categories", {"code": 7, "description": "Age", "required": True, "position": 1})
    api.post("/v1/categories/7/responses", {"code": "A", "description": "Under 30", "default": True, "position": 1})
    api.post("/v1/categories/7/responses", {"code": "B", "description": "30-39", "position": 2})
    api.post("/v1/categories", {"code": 9, "description": "Hobby", "position": 2})
    api.post("/v1/categories/9/responses", {"code": "X", "description": "Chess"})
    api.post("/v1/customers", {"number": "1001", "name": "Ada Byron", "alternate_number": "A1"})
    api.post("/v1/customers", {"number": "1002", "name": "Bob Béla Byron", "alternate_number": "B1"})
    return api


def test_the_drawer_says_what_is_shown_and_whether_it_is_displayed_by_itself(company: Api) -> None:
    drawer = company.seen("/v1/customers/1001/drawer", Role.AGENT).json()
    assert drawer["title"] == "Ada Byron 1001"  # rule 1.10
    age, hobby = drawer["categories"]
    assert (age["value"], age["shown"], age["blank_offered"]) == ("A", "defaulted", False)  # rules 1.6, 1.7
    assert (hobby["value"], hobby["shown"], hobby["blank_offered"]) == (None, "blank", True)
    assert [condition["holds"] for condition in drawer["display"]["conditions"]] == [
        True,
        True,
        False,
        True,
    ]  # rule 1.12
    assert drawer["display"]["displayed"] is False
    company.put("/v1/controls/K87", {"value": "Yes"})
    assert company.seen("/v1/customers/1001/drawer").json()["display"]["displayed"] is True


def test_a_user_always_sees_their_own_write(company: Api) -> None:
    for response in "BABA":
        written = company.put("/v1/customers/1001/drawer", {"responses": {"7": response}})
        headers = {"Dossier-Position": written.headers["Dossier-Position"]}
        read = company.get("/v1/customers/1001/drawer", headers=headers)
        assert read.json()["categories"][0]["value"] == response
        assert read.headers["ETag"] == written.headers["ETag"]


def test_the_same_two_clocks_give_the_same_bytes_after_later_changes(company: Api) -> None:
    company.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}})
    first = company.seen("/v1/customers/1001/drawer", params={"valid_at": "2030-01-01"})
    clocks = {"valid_at": "2030-01-01", "known_at": first.headers["Dossier-Known-At"]}
    company.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}, "effective_from": "2020-01-01"})
    company.patch("/v1/categories/7", {"description": "Age group"})
    company.patch("/v1/customers/1001", {"name": "Ada Lovelace"})
    again = company.seen("/v1/customers/1001/drawer", params=clocks)  # rule 0.3
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Dossier-Known-At"] == first.headers["Dossier-Known-At"]
    assert (
        company.seen("/v1/customers/1001/drawer", params={"valid_at": "2030-01-01"}).json()["title"]
        == "Ada Lovelace 1001"
    )


def test_a_plus_that_became_a_blank_in_the_query_is_understood(company: Api) -> None:
    known_at = company.seen("/v1/customers/1001").headers["Dossier-Known-At"].replace("Z", "+00:00")
    assert company.get(f"/v1/customers/1001?known_at={known_at}").status_code == 200


def test_categories_and_responses_are_listed_and_read(company: Api) -> None:
    listed = company.seen("/v1/categories").json()
    assert [one["code"] for one in listed["items"]] == [7, 9]
    one = company.get("/v1/categories/7")
    assert (one.json()["description"], one.headers["ETag"]) == ("Age", '"4"')
    assert [each["code"] for each in company.get("/v1/categories/7/responses").json()["items"]] == ["A", "B"]
    assert company.get("/v1/categories/7/responses/b").json()["description"] == "30-39"
    assert_problem(company.get("/v1/categories/8"), 404, "not-found")
    assert_problem(company.get("/v1/categories/8/responses"), 404, "not-found")
    assert_problem(company.get("/v1/categories/7/responses/Z"), 404, "not-found")


def test_a_category_that_did_not_change_is_not_sent_again(company: Api) -> None:
    one = company.seen("/v1/categories/7")
    same = company.get("/v1/categories/7", headers={"If-None-Match": one.headers["ETag"]})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", one.headers["ETag"])
    company.patch("/v1/categories/7", {"description": "Years"})
    assert company.seen("/v1/categories/7", headers={"If-None-Match": one.headers["ETag"]}).status_code == 200


def test_lists_come_in_pages(company: Api) -> None:
    for path, key, expected in (
        ("/v1/categories", "code", [7, 9]),
        ("/v1/categories/7/responses", "code", ["A", "B"]),
        ("/v1/customers", "number", ["1001", "1002"]),
        ("/v1/customers?name=byron", "number", ["1001", "1002"]),
        ("/v1/controls", "code", ["K87", "L37", "L51", "H95", "TZ"]),
    ):
        found, cursor = [], None
        while True:
            page = company.seen(path, params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
            assert len(page["items"]) == 1
            found.append(page["items"][0][key])
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == expected


def test_a_customer_is_found_by_name_in_any_case_and_without_accents(company: Api) -> None:
    assert [one["number"] for one in company.seen("/v1/customers?name=BELA%20b").json()["items"]] == ["1002"]
    assert company.get("/v1/customers?name=Cecil").json()["items"] == []


def test_a_customer_is_found_by_a_present_and_by_a_former_alternate_number(company: Api) -> None:
    company.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "A2", "primary": True})
    (old,) = company.seen("/v1/customers?alternate_number=a1").json()["items"]
    (new,) = company.seen("/v1/customers?alternate_number=a2").json()["items"]
    assert (old["customer"]["number"], old["out_of_date"]) == ("1001", True)  # rule 1.14
    assert (new["customer"]["number"], new["out_of_date"]) == ("1001", False)
    assert company.get("/v1/customers?alternate_number=zz").json()["items"] == []


def test_customers_are_found_by_category_and_response_each_by_code_or_description(company: Api) -> None:
    company.put("/v1/customers/1002/drawer", {"responses": {"7": "B"}})
    for asked in ("7:B", "AGE:30-39", "age:b", "7:30-39"):
        found = company.seen("/v1/customers", params={"response": asked}).json()["items"]
        assert [one["number"] for one in found] == ["1002"]
    answer = company.get("/v1/customers", params={"response": "AGE:never"})
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"response"}


def test_alternate_numbers_are_listed_and_an_empty_list_says_so(company: Api) -> None:
    company.delete("/v1/customers/1002/alternate-numbers/B1")
    listed = company.seen("/v1/customers/1001/alternate-numbers").json()
    assert [(one["number"], one["primary"]) for one in listed["items"]] == [("A1", True)]
    assert listed["message"] is None
    company.post("/v1/customers", {"number": "1003", "name": "Cy"})
    assert company.seen("/v1/customers/1003/alternate-numbers").json() == {
        "items": [],
        "next_cursor": None,
        "message": NO_NUMBERS,
    }
    assert company.get("/v1/customers/1001/alternate-numbers/a1").json()["primary"] is True
    assert_problem(company.get("/v1/customers/1001/alternate-numbers/B1"), 404, "not-found")


def test_controls_say_whether_a_value_was_set_and_for_which_days(company: Api) -> None:
    company.put("/v1/controls/L37", {"value": "interact", "effective_from": "2030-01-01"})
    now = company.seen("/v1/controls/l37")
    later = company.get("/v1/controls/L37?valid_at=2030-06-01")
    assert (now.json()["value"], now.json()["default"]) == ("", True)
    assert (later.json()["value"], later.json()["effective_from"]) == ("INTERACT", "2030-01-01")
    assert now.headers["ETag"] == '"1"'
    assert_problem(company.get("/v1/controls/X1"), 404, "not-found")


def test_mappings_are_listed_and_read(company: Api) -> None:
    company.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    listed = company.seen("/v1/attribute-mappings")
    assert listed.json()["items"] == [{"mapped": "category:7", "attribute": "age"}]
    assert company.get("/v1/attribute-mappings/category:7").headers["ETag"] == '"1"'
    assert_problem(company.get("/v1/attribute-mappings/category:9"), 404, "not-found")


def test_the_history_says_who_when_and_why_of_one_customer_only(company: Api) -> None:
    body = {"responses": {"7": "B"}, "effective_from": "2020-01-01", "reason": "told us"}
    company.put("/v1/customers/1001/drawer", body, Role.AGENT)
    company.put("/v1/customers/1002/drawer", {"responses": {"7": "A"}})
    entries = company.seen("/v1/customers/1001/history").json()["items"]
    assert {entry["topic"] for entry in entries} == {
        "customer.registered",
        "customer.alternate_number_added",
        "customer.response_selected",
    }
    chosen = next(entry for entry in entries if entry["topic"] == "customer.response_selected")
    assert (chosen["actor"], chosen["role"], chosen["source"], chosen["reason"]) == ("agent", "agent", "api", "told us")
    assert (chosen["effective_from"], chosen["back_dated"]) == ("2020-01-01", True)  # rule 0.4
    assert_problem(company.get("/v1/customers/9999/history"), 404, "not-found")


def test_the_history_of_a_category_keeps_the_descriptions_of_the_time(company: Api) -> None:
    company.patch("/v1/categories/9", {"description": "Pastime", "reason": "clearer"})
    entries = company.seen("/v1/categories/9/history").json()["items"]
    assert {entry["data"].get("description") for entry in entries} == {"Hobby", "Chess", "Pastime"}  # rule 1.13
    assert_problem(company.get("/v1/categories/8/history"), 404, "not-found")


def test_the_history_decrypts_names_and_comes_in_pages(company: Api) -> None:
    company.patch("/v1/customers/1001", {"name": "Ada Lovelace"})
    path, names = "/v1/customers/1001/history?limit=1", []
    page = company.seen(path).json()
    while True:
        names += [entry["data"]["name"] for entry in page["items"] if "name" in entry["data"]]
        if page["next_cursor"] is None:
            break
        page = company.seen(f"{path}&cursor={page['next_cursor']}").json()
    assert sorted(names) == ["Ada Byron", "Ada Lovelace"]


def test_a_diff_says_what_differs_between_two_points(company: Api) -> None:
    before = company.seen("/v1/customers/1001").headers["Dossier-Known-At"]
    company.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}})
    changed = company.seen("/v1/customers/1001/diff", params={"from": f"@{before}", "to": "@"})
    assert changed.status_code == 200, changed.text
    assert "B" in changed.text
    same = company.get("/v1/customers/1001/diff", params={"from": f"2030-01-01@{before}", "to": f"2030-01-02@{before}"})
    assert same.status_code == 200
    assert_problem(company.get("/v1/customers/9999/diff?from=@"), 404, "not-found")


def test_a_read_model_that_does_not_come_far_enough_is_said_to_be_behind(
    company: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.seen("/v1/customers/1001")
    monkeypatch.setattr("projections.reading.read_models.WAIT_S", 0.2)
    with company.dossier.database.connection() as connection, connection.transaction():
        connection.execute("LOCK TABLE projections IN SHARE ROW EXCLUSIVE MODE")
        company.post("/v1/customers", {"number": "1003", "name": "Cy"})
        answer = company.get("/v1/customers/1003", headers={"Dossier-Position": str(company.end())})
    assert_problem(answer, 503, "behind")
    assert answer.headers["Retry-After"] == "1"
