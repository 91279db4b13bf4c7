"""`…/profile/preview`: each write of a profile has a preview that takes the same request, answers what it would do, and records nothing."""

from datetime import date, timedelta
from random import Random
from typing import Any, Final

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from payers import ACCOUNT, SITE, assign, payers, update

PROFILE: Final = f"{ACCOUNT}/profile"
SITE_PROFILE: Final = f"{SITE}/profile"
KEY: Final = {"Idempotency-Key": "k-1"}
START: Final = date(2026, 3, 1)


@pytest.fixture
def filled(api: Api, runners: None) -> Api:
    """Prompt and late payers, account A-7 from 2020 on, site S-1 without a profile."""
    payers(api)
    return api


def preview(api: Api, method: str, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a write would do."""
    headers = {"Dossier-Position": str(api.end()), **more.pop("headers", {})}
    with api.storing_nothing():
        answer = api.call(method, f"{path}/preview{more.pop('query', '')}", Role.AGENT, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    assert answer.headers["ETag"] == f'"{document["version"]}"'
    return document


def warnings(document: dict[str, Any]) -> dict[str, Any]:
    return {warning["code"]: warning for warning in document["warnings"]}


def test_an_assignment_is_shown_with_before_and_after_and_records_nothing(filled: Api) -> None:  # rules 2.7, 2.9, 2.11
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01")
    update(filled, ACCOUNT, options={"tolerance_percent": "7"}, effective_from="2026-02-01", effective_to="2026-02-28")
    body = {"profile_class": "Late payers", "effective_from": "2026-02-15", "effective_to": "2026-03-31"}
    shown = preview(filled, "POST", PROFILE, body, headers=KEY)
    assert (shown["changed"], shown["version"], shown["account"], shown["site"]) == (True, 4, "A-7", None)
    first, second = shown["periods"]
    assert (first["effective_from"], first["effective_to"]) == ("2026-02-15", "2026-02-28")
    assert (first["before"]["profile_class"], first["before"]["set_here"]) == (
        "Prompt payers",
        ["options.tolerance_percent"],
    )
    assert (first["after"]["profile_class"], first["after"]["set_here"]) == ("Late payers", [])
    differences = {one["field"]: one for one in first["differences"]}
    assert differences["options.tolerance_percent"] == {
        "field": "options.tolerance_percent",
        "label": "Tolerance %",
        "before": "7",
        "after": "0",
        "before_origin": "here",
        "after_origin": "class",
    }
    assert list(differences)[:2] == ["profile_class", "options.collector"]
    assert differences["amounts.USD.credit_limit"]["after"] == "500"
    assert first["dropped"] == ["options.tolerance_percent"]
    assert (second["effective_from"], second["dropped"]) == ("2026-03-01", [])
    assert [(one["version"], one["wholly"]) for one in shown["superseded"]] == [(4, False), (3, False)]
    [resumed] = shown["resumes"]
    assert (resumed["profile_class"], resumed["effective_from"], resumed["version"]) == (
        "Prompt payers",
        "2026-04-01",
        3,
    )
    assert shown["sites"] == {"total": 1, "following": 1}
    assert warnings(shown)["set_here_dropped"]["fields"] == ["options.tolerance_percent"]
    kept = filled.post(PROFILE, body, headers=KEY)  # the preview kept no key
    assert (kept.status_code, kept.json()["version"]) == (201, 5)


def test_an_update_keeps_other_classes_and_says_on_which_days(filled: Api) -> None:  # rule 2.21
    assign(filled, ACCOUNT, "Late payers", "2030-02-01", effective_to="2030-02-28")
    shown = preview(filled, "PATCH", PROFILE, {"options": {"collector": "X"}, "effective_from": "2030-01-01"})
    assert [period["after"]["profile_class"] for period in shown["periods"]] == ["DEFAULT", "Late payers", "DEFAULT"]
    assert warnings(shown)["other_class_changed"] == {
        "code": "other_class_changed",
        "text": "The days of another class would change, too, and keep their class: Late payers.",
        "days": [{"effective_from": "2030-02-01", "effective_to": "2030-02-28"}],
        "fields": [],
    }
    assert (shown["past"], "back_dated" in warnings(shown)) == (None, False)


def test_planned_versions_and_days_in_the_past_are_warned_of(filled: Api) -> None:  # rules 0.4, 2.11
    assign(filled, ACCOUNT, "Late payers", "2090-02-01")
    shown = preview(filled, "POST", PROFILE, {"profile_class": "Prompt payers", "effective_from": "2026-01-01"})
    past = shown["past"]
    assert (past["days"][0]["effective_from"], past["changes_answers"]) == ("2026-01-01", True)
    assert warnings(shown).keys() == {"back_dated", "planned_superseded"}
    assert warnings(shown)["back_dated"]["text"] == (
        f"The change concerns {past['count']} days in the past; what applies then changes."
    )


def test_a_sites_first_profile_its_update_and_its_end_are_shown(filled: Api) -> None:  # rules 2.6, 2.14
    create = {"profile_class": "Prompt payers", "effective_from": "2026-01-01", "create": True}
    shown = preview(filled, "POST", SITE_PROFILE, create)
    assert (shown["periods"][0]["before"], shown["superseded"], shown["sites"]) == (None, [], None)
    assert filled.post(SITE_PROFILE, create, Role.AGENT).status_code == 201
    again = filled.post(f"{SITE_PROFILE}/preview", create)
    assert_problem(again, 409, "conflict")
    changed = preview(filled, "PATCH", SITE_PROFILE, {"attributes": {"branch": "7"}, "effective_from": "2026-03-01"})
    assert [one["field"] for one in changed["periods"][0]["differences"]] == ["attributes.branch"]
    ended = preview(filled, "POST", f"{SITE_PROFILE}/end", {"effective_to": "2026-01-31"})
    assert (ended["periods"][0]["effective_from"], ended["periods"][0]["after"]) == ("2026-02-01", None)
    follows = {"profile_class": "Late payers", "effective_from": "2026-05-01", "effective_to": "2026-05-31"}
    assert preview(filled, "POST", PROFILE, follows)["sites"] == {"total": 1, "following": 0}


def test_what_would_change_nothing_says_so(filled: Api) -> None:  # rule 0.5
    shown = preview(filled, "POST", PROFILE, {"profile_class": "DEFAULT", "effective_from": "2020-01-01"})
    assert (shown["changed"], shown["periods"], shown["warnings"], shown["sites"]) == (False, [], [], None)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        (
            "POST",
            PROFILE,
            {"profile_class": "Nobody", "effective_from": "2026-02-01", "effective_to": "2026-01-01"},
            {},
        ),
        ("POST", PROFILE, {"profile_class": "DEFAULT", "effective_from": "2019-01-01"}, {}),
        ("POST", PROFILE, {"profile_class": "DEFAULT"}, {"If-Match": '"1"'}),
        (
            "POST",
            PROFILE,
            {"profil_class": "DEFAULT", "effective_from": "soon"},
            {"If-Match": "x", "Dossier-Source": "y"},
        ),
        ("PATCH", PROFILE, {"options": {"collector": None, "colour": "red"}, "amounts": {"XYZ": {}}}, {}),
        ("PATCH", SITE_PROFILE, {"options": {"collector": "X"}}, {}),
        ("POST", f"{SITE_PROFILE}/end", {"effective_to": "2026-01-01"}, {}),
        ("POST", "/v1/accounts/A-9/profile", {"profile_class": "DEFAULT"}, {}),
        ("POST", "/v1/accounts/A-7/sites/S-9/profile", {"profile_class": "DEFAULT"}, {}),
    ],
)
def test_a_preview_is_refused_as_the_write_is(
    filled: Api, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:  # rules 0.7, 0.9, 0.12
    answers = [filled.call(method, target, json=body, headers=headers) for target in (f"{path}/preview", path)]
    assert answers[0].status_code == answers[1].status_code >= 400
    assert fields(answers[0]) == fields(answers[1])
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_200_random_changes_come_to_what_their_preview_said(filled: Api) -> None:  # rules 2.11, 2.18, 2.22
    random = Random(20_261_128)
    for number in range(10):
        account = {"account": f"R-{number}", "customer": "1001", "start": "2020-01-01"}
        assert filled.post("/v1/accounts", account).status_code == 201
        places = [f"/v1/accounts/R-{number}", f"/v1/accounts/R-{number}/sites/S-1"]
        assert filled.post(f"{places[0]}/sites", {"site": "S-1"}).status_code == 201
        assign(filled, places[1], "Prompt payers", "2026-01-01")
        for _ in range(20):
            place = random.choice(places)
            method, path, body = random_change(random, is_site=place == places[1])
            assert_outcome_is_preview(filled, place, method, path, body)


def assert_outcome_is_preview(api: Api, place: str, method: str, path: str, body: dict[str, Any]) -> None:
    """Makes a change, and holds what its preview said against the history and the profile afterwards."""
    shown = api.call(method, f"{place}/{path}/preview", json=body)
    done = api.call(method, f"{place}/{path}", json=body, headers={"If-Match": shown.headers.get("ETag", "*")})
    assert (shown.status_code < 400) == (done.status_code < 400)
    if done.status_code >= 400:
        assert shown.json()["detail"] == done.json()["detail"]
        return
    document = shown.json()
    assert document["changed"] == done.json()["changed"]
    items = api.seen(f"{place}/history?limit=500").json()["items"]
    new = {one["event_id"] for one in items if one["version"] > document["version"]}
    superseded = {
        one["version"]: not one["in_force"] for one in items if new & {part["by"] for part in one["superseded"]}
    }
    assert {one["version"]: one["wholly"] for one in document["superseded"]} == superseded
    for period in document["periods"]:
        read = api.get(f"{place}/profile?valid_at={period['effective_from']}")
        if period["after"] is None:
            assert read.status_code == 404
        else:
            assert {name: read.json()[name] for name in period["after"]} == period["after"]


def random_change(random: Random, *, is_site: bool) -> tuple[str, str, dict[str, Any]]:
    """Returns method, path and body of a write."""
    first = START + timedelta(random.randrange(40))
    days: dict[str, Any] = {"effective_from": first.isoformat(), "keep_later": random.random() < 0.2}
    if random.random() < 0.7:
        days["effective_to"] = (first + timedelta(random.randrange(10))).isoformat()
    if is_site and random.random() < 0.2:
        return "POST", "profile/end", {"effective_to": first.isoformat()}
    if random.random() < 0.4:
        changes = ({"options": {"collector": random.choice("AB")}}, {"amounts": {"USD": {"credit_limit": None}}})
        return "PATCH", "profile", {**random.choice(changes), **days}
    classes = ["DEFAULT", "Late payers", "Prompt payers"]
    keep = random.random() < 0.3
    return "POST", "profile", {"profile_class": random.choice(classes), "keep_overrides": keep, **days}


def test_the_impact_is_told_where_it_is_asked_for_and_its_digest_is_kept_with_the_change(filled: Api) -> None:
    # rules 0.2, 2.13
    body = {"options": {"clearing_days": 4}, "effective_from": "2020-02-01", "effective_to": "2020-02-10"}
    assert preview(filled, "PATCH", PROFILE, body)["impact"] is None
    impact = preview(filled, "PATCH", PROFILE, body, query="?impact=true")["impact"]
    days = {"effective_from": "2020-02-01", "effective_to": "2020-02-10"}
    assert (impact["past_days"], impact["past_answers"]) == (10, [days])
    assert impact["ranges"] == [{**days, "fields": ["options.clearing_days"]}]
    assert [(one["site"], one["past_days"]) for one in impact["transactions"]] == [(None, 10), ("S-1", 10)]
    assert (impact["planned"], impact["deliveries"], impact["sites_left_off"]) == ([], [], 0)
    seen = {**body, "impact": impact["digest"]}
    assert preview(filled, "PATCH", PROFILE, seen, query="?impact=true")["impact"] == impact
    answer = filled.patch(PROFILE, seen, Role.AGENT)
    assert (answer.status_code, answer.json()["changed"]) == (200, True)
    entry = filled.seen("/v1/history?limit=1").json()["items"][0]
    assert (entry["topic"], entry["data"]["impact"]) == ("account.profile_updated", impact["digest"])
    assert "impact" not in filled.seen("/v1/history?limit=2").json()["items"][1]["data"]


def test_a_change_is_refused_where_it_would_have_another_effect_than_the_one_seen(filled: Api) -> None:  # rule 0.6
    bodies = {
        ("POST", PROFILE): {"profile_class": "Late payers", "effective_from": "2026-03-01"},
        ("PATCH", PROFILE): {"options": {"clearing_days": 4}, "effective_from": "2026-03-01"},
        ("POST", SITE_PROFILE): {"profile_class": "Late payers", "create": True, "effective_from": "2026-03-01"},
    }
    seen = {
        (method, path): preview(filled, method, path, body, query="?impact=true")["impact"]["digest"]
        for (method, path), body in bodies.items()
    }
    update(filled, ACCOUNT, options={"tolerance_percent": "7"}, effective_from="2026-03-05")
    for (method, path), body in bodies.items():
        stale = {**body, "impact": seen[method, path]}
        if path == SITE_PROFILE:
            assert filled.call(method, path, Role.AGENT, json=stale).status_code == 201
            continue
        with filled.storing_nothing():
            for target in (path, f"{path}/preview"):
                answer = filled.call(method, target, Role.AGENT, json=stale)
                assert_problem(answer, 409, "conflict")
                assert fields(answer) == {"impact"}
    end = {"effective_to": "2026-04-01", "impact": "0" * 64}
    assert fields(filled.post(f"{SITE_PROFILE}/end", end, Role.AGENT)) == {"impact"}
    assert_problem(filled.patch(PROFILE, {"impact": "seen"}, Role.AGENT), 422, "invalid")
