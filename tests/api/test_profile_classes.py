"""Profile classes and system options over HTTP: defined, changed into versions, read as known then, refused in one answer."""

from urllib.parse import quote

import pytest

from aggregates.fact import Role
from aggregates.profile_class.profile_class import ApplyTo
from api_client import Api, assert_problem, fields
from payers import LATE, PROMPT, classes, found

CLASSES = "/v1/profile-classes"
PROMPT_PAYERS = f"{CLASSES}/Prompt%20payers"


def test_defining_a_class_answers_201_with_its_place_and_reads_back_typed(
    api: Api, runners: None
) -> None:  # rules 2.1, 2.3, 2.4
    answer = api.post(CLASSES, {**PROMPT, "reason": "as agreed"})
    assert (answer.status_code, answer.headers["Location"]) == (201, PROMPT_PAYERS)
    assert answer.json() == {"changed": True, "version": 1, "position": 1}
    read = api.seen(PROMPT_PAYERS, Role.AGENT)
    assert read.headers["ETag"] == '"1"'
    told = read.json()
    assert told.pop("recorded_at") == told.pop("defined_at")
    assert told == {
        "name": "Prompt payers",
        "description": "Pay on time",
        "active": True,
        "version": 1,
        "options": {**PROMPT["options"], "tolerance_percent": "0"},
        "amounts": {"USD": {"credit_limit": "10000", "interest": {"rate": "0.5"}}},
        "attributes": {"region": "north"},
    }


def test_default_exists_from_the_start_and_can_be_changed_but_not_deactivated(
    api: Api, runners: None
) -> None:  # rule 2.2
    found(api.dossier)
    assert api.seen(f"{CLASSES}/default").json()["name"] == "DEFAULT"
    with api.storing_nothing():
        assert_problem(api.delete(f"{CLASSES}/DEFAULT"), 409, "conflict")
        assert fields(api.patch(f"{CLASSES}/DEFAULT", {"active": False})) == {"active"}
        answer = api.patch(f"{CLASSES}/DEFAULT", {"name": "OTHER"})
    assert fields(answer) == {"name"}
    assert api.patch(f"{CLASSES}/DEFAULT", {"description": "Everybody"}).json()["changed"] is True


def test_a_name_is_unique_and_found_whatever_its_case(api: Api, runners: None) -> None:  # rule 2.1
    classes(api)
    with api.storing_nothing():
        answer = api.post(CLASSES, {**PROMPT, "name": "PROMPT PAYERS"})
    assert_problem(answer, 409, "conflict")
    assert fields(answer) == {"name"}
    assert api.seen(f"{CLASSES}/pROMPT%20payers").json()["name"] == "Prompt payers"
    assert [one["name"] for one in api.seen(CLASSES).json()["items"]] == ["DEFAULT", "Late payers", "Prompt payers"]


def test_any_printable_name_has_a_place_of_its_own(api: Api, runners: None) -> None:
    for name in ("100 % sure?", "Zahlt pünktlich #1", "a+b&c=d", "late;payers"):
        answer = api.post(CLASSES, {**LATE, "name": name})
        assert answer.headers["Location"] == f"{CLASSES}/{quote(name, safe='')}"
        assert api.seen(answer.headers["Location"]).json()["name"] == name


def test_a_change_needs_a_choice_and_answers_with_its_text(api: Api) -> None:  # rule 2.15
    classes(api)
    for version, choice in enumerate(ApplyTo, start=2):
        change = {"options": {"discount_grace_days": version}, "amounts": {"EUR": {"credit_limit": f"{version}.50"}}}
        with api.storing_nothing():
            answer = api.patch(PROMPT_PAYERS, change)
        problem = assert_problem(answer, 422, "invalid")
        assert fields(answer) == {"apply_to"}
        for one in ApplyTo:
            assert one.text in problem["detail"]
        changed = api.patch(PROMPT_PAYERS, {**change, "apply_to": choice.value}).json()
        assert (changed["changed"], changed["version"], changed["message"]) == (True, version, choice.text)
        place = f"{PROMPT_PAYERS}/propagations/{version}" if choice.propagates else None
        assert changed.get("propagation") == place


def test_a_change_of_the_description_alone_needs_no_choice(api: Api, runners: None) -> None:  # rule 2.15
    classes(api)
    changed = api.patch(PROMPT_PAYERS, {"description": "On time"}).json()
    assert (changed["version"], changed.get("message")) == (2, None)
    with api.storing_nothing():
        again = api.patch(PROMPT_PAYERS, {"description": "On time"}).json()  # rule 0.5
    assert (again["changed"], again["version"]) == (False, 2)


def test_every_version_is_kept_with_what_it_changed_and_whose_it_was(api: Api, runners: None) -> None:  # rule 2.1
    classes(api)
    change = {
        "options": {"payment_terms": None},
        "amounts": {"USD": None, "EUR": {"credit_limit": "7"}},
        "apply_to": "all",
    }
    assert api.patch(PROMPT_PAYERS, {**change, "reason": "new policy"}).json()["version"] == 2
    [first, second] = api.seen(f"{PROMPT_PAYERS}/versions").json()["items"]
    assert (first["version"], first["options"]["payment_terms"], first["apply_to"]) == (1, "2/10 NET 30", None)
    assert "payment_terms" not in second["options"]
    assert second["amounts"] == {"EUR": {"credit_limit": "7"}}
    assert set(second["changed"]) == {
        "options.payment_terms",
        "amounts.USD.credit_limit",
        "amounts.USD.interest",
        "amounts.EUR.credit_limit",
    }
    assert (second["apply_to"], second["actor"], second["reason"]) == ("all", "administrator", "new policy")
    assert first["recorded_at"] == first["defined_at"] == second["defined_at"] < second["recorded_at"]
    assert {each["name"]: each["defined_at"] for each in api.seen(CLASSES).json()["items"]}["Prompt payers"] == first[
        "recorded_at"
    ]
    assert api.seen(f"{PROMPT_PAYERS}/versions/1").json() == first
    assert api.seen(f"{PROMPT_PAYERS}/versions/2").json() == second
    assert_problem(api.seen(f"{PROMPT_PAYERS}/versions/3"), 404, "not-found")
    page = api.seen(f"{PROMPT_PAYERS}/versions?limit=1").json()
    assert api.seen(f"{PROMPT_PAYERS}/versions?limit=1&cursor={page['next_cursor']}").json()["items"] == [second]


def test_a_class_reads_as_it_was_known_then(api: Api, runners: None) -> None:  # rule 0.3
    classes(api)
    before = api.seen(PROMPT_PAYERS)
    api.patch(PROMPT_PAYERS, {"description": "On time"})
    assert api.seen(PROMPT_PAYERS).json()["version"] == 2
    then = api.get(PROMPT_PAYERS, params={"known_at": before.headers["Dossier-Known-At"]})
    assert then.content == before.content
    assert_problem(api.get(PROMPT_PAYERS, params={"known_at": "2020-01-01T00:00:00Z"}), 404, "not-found")


def test_a_deactivated_class_stays_readable_and_can_be_activated_again(api: Api, runners: None) -> None:  # rule 2.19
    classes(api)
    assert api.delete(PROMPT_PAYERS).json() == {"changed": True, "version": 2, "position": api.end()}
    assert api.seen(PROMPT_PAYERS).json()["active"] is False
    assert api.delete(PROMPT_PAYERS).json()["changed"] is False
    assert api.patch(PROMPT_PAYERS, {"active": True}).json()["version"] == 3


def test_a_stale_version_is_refused_and_a_known_one_is_not_sent_again(api: Api, runners: None) -> None:  # rule 0.7
    classes(api)
    with api.storing_nothing():
        answer = api.patch(PROMPT_PAYERS, {"description": "x"}, headers={"If-Match": '"7"'})
    assert assert_problem(answer, 412, "stale-version")["actual"] == 1
    assert api.seen(PROMPT_PAYERS, headers={"If-None-Match": '"1"'}).status_code == 304


WRONG_TERMS = {
    "options": {
        "collector": 5,
        "allow_discount": "yes",
        "discount_grace_days": 1.5,
        "payment_grace_days": -1,
        "tolerance_percent": "101",
        "percent_collectable": 12.5,
        "bill_level": "planet",
        "hold_start_date": "9999-01-01",
        "credit_rating": "x" * 31,
        "colour": "red",
    },
    "amounts": {
        "XXQ": {"credit_limit": "1"},
        "USD": {"credit_limit": "-1", "interest": {"rate": "1", "amount": "1"}, "minimum_receipt": 1.5, "fee": "1"},
        "EUR": {"interest": {"rate": "-1"}, "credit_limit": "1e3"},
        "JPY": 5,
    },
    "attributes": {"1st": "a", "region": 5, "note": ""},
}
WRONG_PATHS = {
    *(f"options.{name}" for name in WRONG_TERMS["options"]),
    "amounts.XXQ",
    "amounts.USD.credit_limit",
    "amounts.USD.interest",
    "amounts.USD.minimum_receipt",
    "amounts.USD.fee",
    "amounts.EUR.interest",
    "amounts.EUR.credit_limit",
    "amounts.JPY",
    "attributes.1st",
    "attributes.region",
    "attributes.note",
}


def test_every_value_of_the_wrong_shape_is_named_at_once_and_nothing_is_stored(
    api: Api, subtests: pytest.Subtests
) -> None:  # rule 0.12
    classes(api)
    for method, path, more, wrong in (
        (
            "POST",
            CLASSES,
            {"name": "a/b", "description": "", "active": "no", "reason": 5},
            {"name", "description", "active", "reason"},
        ),
        ("POST", CLASSES, {"name": "New", "description": "New"}, set()),
        ("PATCH", PROMPT_PAYERS, {"description": "x" * 241, "apply_to": 5}, {"description", "apply_to"}),
        ("PATCH", PROMPT_PAYERS, {"active": 1, "apply_to": "some"}, {"active"}),
        (
            "PATCH",
            "/v1/system-options",
            {"effective_from": "2026-02-02", "effective_to": "2026-02-01"},
            set(),
        ),
        (
            "PATCH",
            "/v1/system-options",
            {"effective_from": "9999-01-01", "keep_later": 1},
            {"effective_from", "keep_later"},
        ),
    ):
        with subtests.test(f"{method} {path} {more}"), api.storing_nothing():  # rule 0.6
            answer = api.call(method, path, json={**WRONG_TERMS, **more})
            assert_problem(answer, 422, "invalid")
            assert fields(answer) == WRONG_PATHS | wrong


def test_a_class_without_its_required_options_is_refused(api: Api) -> None:  # rule 2.3
    with api.storing_nothing():
        answer = api.post(CLASSES, {"name": "Bare", "description": "Nothing set"})
        nothing = api.post(CLASSES, {})
        wrong = api.post(CLASSES, {"name": "Bare", "description": 5, "options": {"collector": ""}})
    assert fields(answer) == {"options.collector", "options.allow_discount"}
    assert fields(nothing) == {"name", "description", "options.collector", "options.allow_discount"}
    assert fields(wrong) == {"description", "options.collector", "options.allow_discount"}
    classes(api)
    with api.storing_nothing():
        answer = api.patch(PROMPT_PAYERS, {"options": {"collector": None}, "apply_to": "new"})
    assert fields(answer) == {"options.collector"}


def test_objects_of_the_wrong_type_are_named_beside_the_rest(api: Api) -> None:
    with api.storing_nothing():
        answer = api.post(CLASSES, {"name": "New", "description": "x", "options": 5, "amounts": [], "attributes": "a"})
    assert fields(answer) == {"options", "amounts", "attributes"}


def test_unknown_classes_are_not_found(api: Api, runners: None) -> None:
    for method, path in (
        ("GET", f"{CLASSES}/Nobody"),
        ("PATCH", f"{CLASSES}/Nobody"),
        ("DELETE", f"{CLASSES}/Nobody"),
        ("GET", f"{CLASSES}/Nobody/versions"),
        ("GET", f"{CLASSES}/Nobody/versions/1"),
    ):
        body = {"json": {}} if method == "PATCH" else {}
        assert_problem(api.call(method, path, **body), 404, "not-found")


def test_system_options_are_effective_dated_and_read_at_two_clocks(api: Api, runners: None) -> None:  # rule 2.13
    nothing = api.get("/v1/system-options").json()
    assert (nothing["version"], nothing["options"], nothing["effective_from"]) == (0, {}, None)
    first = api.patch("/v1/system-options", {"options": {"clearing_days": 3}, "effective_from": "2026-01-01"})
    assert (first.json()["changed"], first.headers["ETag"]) == (True, '"1"')
    before = api.seen("/v1/system-options?valid_at=2026-03-01")
    later = {"options": {"clearing_days": 5}, "effective_from": "2026-02-01", "effective_to": "2026-12-31"}
    assert api.patch("/v1/system-options", later).json()["version"] == 2

    def told(day: str) -> tuple[object, object, object]:
        found = api.seen(f"/v1/system-options?valid_at={day}").json()
        return found["options"].get("clearing_days"), found["effective_from"], found["effective_to"]

    assert told("2025-12-31") == (None, None, None)
    assert told("2026-01-31") == (3, "2026-01-01", "2026-01-31")
    assert told("2026-03-01") == (5, "2026-02-01", "2026-12-31")
    assert told("2027-01-01") == (3, "2027-01-01", None)
    known = {"valid_at": "2026-03-01", "known_at": before.headers["Dossier-Known-At"]}
    assert api.get("/v1/system-options", params=known).content == before.content
