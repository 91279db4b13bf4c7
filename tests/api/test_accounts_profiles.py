"""Profiles of accounts and sites over HTTP: assigned, updated, ended, read at two clocks, and refused in one answer."""

from typing import Any

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from payers import ACCOUNT, LATE, PROMPT, SITE, assign, payers, update

PROFILE = f"{ACCOUNT}/profile"
SITE_PROFILE = f"{SITE}/profile"


@pytest.fixture
def filled(api: Api, runners: None) -> Api:
    """Prompt and late payers, account A-7 from 2020 on, site S-1 without a profile."""
    payers(api)
    assert api.seen(ACCOUNT).status_code == 200  # so that every read of the tests finds it
    return api


def told(api: Api, place: str, day: str, **query: Any) -> dict[str, Any]:
    """The profile in force on a day."""
    answer = api.seen(f"{place}/profile", params={"valid_at": day, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def versions(api: Api, place: str, *days: str) -> list[tuple[str, str, str | None]]:
    """Class and days of the profile in force on each of some days."""
    found = [told(api, place, day) for day in days]
    return [(one["profile_class"], one["effective_from"], one["effective_to"]) for one in found]


def test_an_assigned_profile_is_a_copy_of_the_class(filled: Api) -> None:  # rule 2.7
    body = {"profile_class": "prompt PAYERS", "effective_from": "2026-01-01", "reason": "pays well"}
    answer = filled.post(PROFILE, body, Role.AGENT)
    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (201, PROFILE, '"3"')
    read = filled.seen(f"{PROFILE}?valid_at=2026-06-01", Role.AUDITOR)
    assert read.headers["ETag"] == '"3"'
    profile = read.json()
    assert (profile["profile_class"], profile["class_version"]) == ("Prompt payers", 1)
    assert profile["options"] == {**PROMPT["options"], "tolerance_percent": "0"}  # type: ignore[dict-item]
    assert profile["amounts"] == PROMPT["amounts"]
    assert (profile["attributes"], profile["set_here"]) == (PROMPT["attributes"], [])
    assert (profile["version"], profile["explain"]) == (3, None)
    changed = {"options": {"collector": "EU-9"}, "apply_to": "new"}
    assert filled.patch("/v1/profile-classes/Prompt%20payers", changed).json()["version"] == 2
    assert told(filled, ACCOUNT, "2026-06-01")["options"]["collector"] == "EU-1"


def test_assigning_the_same_again_records_nothing(filled: Api) -> None:  # rule 0.5
    assign(filled, ACCOUNT, "Prompt payers")
    with filled.storing_nothing():
        again = filled.post(PROFILE, {"profile_class": "Prompt payers", "effective_from": "2026-01-01"})
    assert (again.status_code, again.json()["changed"]) == (200, False)


def test_details_are_changed_here_only_and_taken_away_by_null(filled: Api) -> None:  # rules 2.8, 2.14
    assign(filled, ACCOUNT, "Prompt payers")
    body = {
        "options": {"discount_grace_days": 9, "payment_terms": None},
        "amounts": {"usd": None, "EUR": {"credit_limit": "12.50", "interest": {"amount": "5"}}},
        "attributes": {"region": "south", "branch": "7"},
        "effective_from": "2026-01-01",
    }
    update(filled, ACCOUNT, **body)
    profile = told(filled, ACCOUNT, "2026-01-01")
    assert profile["options"]["discount_grace_days"] == 9
    assert "payment_terms" not in profile["options"]
    assert profile["amounts"] == {"EUR": {"credit_limit": "12.5", "interest": {"amount": "5"}}}
    assert profile["attributes"] == {"region": "south", "branch": "7"}
    assert set(profile["set_here"]) == {
        "options.discount_grace_days",
        "options.payment_terms",
        "amounts.USD.credit_limit",
        "amounts.USD.interest",
        "amounts.EUR.credit_limit",
        "amounts.EUR.interest",
        "attributes.region",
        "attributes.branch",
    }
    assert filled.seen("/v1/profile-classes/Prompt%20payers").json()["version"] == 1
    with filled.storing_nothing():
        again = filled.patch(PROFILE, body)
    assert again.json()["changed"] is False


def test_an_assignment_drops_what_was_set_here_unless_it_is_kept(filled: Api) -> None:  # rule 2.9
    assign(filled, ACCOUNT, "Prompt payers")
    update(filled, ACCOUNT, options={"collector": "ME"}, effective_from="2026-01-01")
    assign(filled, ACCOUNT, "Late payers", "2026-03-01", keep_overrides=True)
    kept = told(filled, ACCOUNT, "2026-03-01")
    assert (kept["options"]["collector"], kept["set_here"]) == ("ME", ["options.collector"])
    assign(filled, ACCOUNT, "Late payers", "2026-06-01")
    dropped = told(filled, ACCOUNT, "2026-06-01")
    assert (dropped["options"]["collector"], dropped["set_here"]) == (LATE["options"]["collector"], [])  # type: ignore[index]


def test_a_range_is_cut_out_and_the_rest_resumes(filled: Api) -> None:  # rule 2.11
    assign(filled, ACCOUNT, "Prompt payers")
    assign(filled, ACCOUNT, "Late payers", "2026-03-01", effective_to="2026-03-31")
    assert versions(filled, ACCOUNT, "2026-02-28", "2026-03-31", "2026-04-01") == [
        ("Prompt payers", "2020-01-01", "2026-02-28"),
        ("Late payers", "2026-03-01", "2026-03-31"),
        ("Prompt payers", "2026-04-01", None),
    ]


def test_open_ended_wins_over_later_versions_unless_they_are_kept(filled: Api) -> None:  # rule 2.11
    assign(filled, ACCOUNT, "Late payers", "2027-01-01")
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01", keep_later=True)
    assert versions(filled, ACCOUNT, "2026-12-31", "2027-01-01") == [
        ("Prompt payers", "2026-01-01", "2026-12-31"),
        ("Late payers", "2027-01-01", None),
    ]
    assign(filled, ACCOUNT, "DEFAULT", "2026-06-01")
    assert versions(filled, ACCOUNT, "2027-01-01") == [("DEFAULT", "2026-06-01", None)]


def test_details_leave_a_planned_class_and_answer_with_the_version_after_all_of_them(
    filled: Api,
) -> None:  # rules 0.5, 0.7, 2.21
    assign(filled, ACCOUNT, "Late payers", "2027-01-01")
    seen = filled.seen(PROFILE)
    change = {"options": {"risk_code": "R2"}, "effective_from": "2026-06-01"}
    answer = filled.patch(PROFILE, change, headers={"If-Match": seen.headers["ETag"]})
    done = answer.json()
    assert (done["changed"], done["version"]) == (True, seen.json()["version"] + 2)
    after = {day: told(filled, ACCOUNT, day) for day in ("2026-05-31", "2026-12-31", "2027-01-01")}
    assert [(one["profile_class"], one["options"].get("risk_code")) for one in after.values()] == [
        ("DEFAULT", None),
        ("DEFAULT", "R2"),
        ("Late payers", "R2"),
    ]
    entries = filled.seen("/v1/accounts/A-7/history").json()["items"]
    last = [entry for entry in entries if entry["version"] == done["version"]]
    assert (last[0]["effective_from"], last[0]["changed"]) == ("2027-01-01", ["options.risk_code"])
    assert_problem(filled.patch(PROFILE, change, headers={"If-Match": seen.headers["ETag"]}), 412, "stale-version")
    assert filled.patch(PROFILE, change).json() == {"changed": False, "version": done["version"], "position": None}


def test_a_back_dated_correction_leaves_what_was_known_before(filled: Api) -> None:  # rules 0.3, 0.4
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01")
    before = filled.seen(f"{PROFILE}?valid_at=2025-06-01&explain=true")
    assign(filled, ACCOUNT, "Late payers", "2025-01-01", effective_to="2025-12-31")
    assert told(filled, ACCOUNT, "2025-06-01")["profile_class"] == "Late payers"
    known = before.headers["Dossier-Known-At"]
    for source in ("read_model", "log"):
        then = filled.get(
            PROFILE, params={"valid_at": "2025-06-01", "known_at": known, "explain": True, "source": source}
        )
        assert (then.content, then.headers["ETag"]) == (before.content, before.headers["ETag"])


@pytest.mark.parametrize("place", [ACCOUNT, SITE])
def test_the_log_tells_the_same_profile_in_the_same_bytes(filled: Api, place: str) -> None:  # rule 2.20
    assign(filled, place, "Prompt payers")
    update(filled, place, options={"collector": "ME"}, effective_from="2026-01-01", effective_to="2026-06-30")
    assign(filled, place, "Late payers", "2026-04-01", keep_overrides=True)
    known = filled.seen(place).headers["Dossier-Known-At"]
    for day in ("2025-12-31", "2026-01-01", "2026-05-01", "2027-01-01"):
        for explain in ("true", "false"):
            asked = f"{place}/profile?valid_at={day}&known_at={known}&explain={explain}"
            read, replayed = filled.get(asked), filled.get(f"{asked}&source=log")
            assert read.status_code == 200
            assert (replayed.content, replayed.headers["ETag"]) == (read.content, read.headers["ETag"])


def test_explained_values_name_what_made_them_so(filled: Api) -> None:  # rules 2.7, 2.13
    assign(filled, ACCOUNT, "Prompt payers")
    update(filled, ACCOUNT, options={"collector": "ME"}, effective_from="2026-01-01")
    found = told(filled, ACCOUNT, "2026-01-01", explain="true")["explain"]
    history = filled.seen(f"{ACCOUNT}/history").json()["items"]
    assert found["options.collector"] == {
        "value": "ME",
        "level": "account",
        "origin": "here",
        "profile_class": "Prompt payers",
        "class_version": 1,
        "event_id": history[-1]["event_id"],
    }
    assert found["options.allow_discount"]["origin"] == "class"
    assert found["options.allow_discount"]["event_id"] == history[-2]["event_id"]


# Sites


def test_a_site_gets_its_first_profile_once(filled: Api) -> None:  # rule 2.6
    assign(filled, SITE, "Late payers", create=True)
    assert filled.seen(SITE).json()["has_profile"] is True
    with filled.storing_nothing():
        answer = filled.post(SITE_PROFILE, {"profile_class": "Prompt payers", "create": True})
        wrong = {
            "profile_class": "Nobody",
            "create": True,
            "effective_from": "2026-02-02",
            "effective_to": "2026-02-01",
        }
        together = filled.post(SITE_PROFILE, wrong)
    assert_problem(answer, 409, "conflict")
    assert fields(answer) == {"create"}
    assert_problem(together, 422, "invalid")
    assert fields(together) == {"create", "profile_class", "effective_to"}
    assign(filled, SITE, "Prompt payers", "2026-01-01")
    update(filled, SITE, options={"credit_hold": True}, effective_from="2026-01-01")
    assert told(filled, SITE, "2026-01-01")["options"]["credit_hold"] is True
    assert told(filled, ACCOUNT, "2026-01-01")["profile_class"] == "DEFAULT"


def test_a_site_without_a_profile_has_none_to_update_or_to_end(filled: Api) -> None:  # rules 2.6, 2.12
    with filled.storing_nothing():
        answer = filled.patch(SITE_PROFILE, {"options": {"credit_hold": True}})
        assert_problem(answer, 409, "conflict")
        assert fields(answer) == {"effective_from"}
        assert_problem(filled.post(f"{SITE_PROFILE}/end", {}), 409, "conflict")


def test_an_ended_site_falls_back_to_its_account(filled: Api) -> None:  # rule 2.14
    assign(filled, SITE, "Late payers", create=True)
    answer = filled.post(f"{SITE_PROFILE}/end", {"effective_to": "2026-03-31", "reason": "closed"}, Role.AGENT)
    assert (answer.status_code, answer.json()["changed"]) == (200, True)
    assert told(filled, SITE, "2026-03-31")["effective_to"] == "2026-03-31"
    for source in ("read_model", "log"):
        answer = filled.seen(SITE_PROFILE, params={"valid_at": "2026-04-01", "source": source})
        problem = assert_problem(answer, 404, "not-found")
        assert problem["detail"] == (
            "Site S-1 has no profile of its own on 2026-04-01; that of its account A-7 applies: DEFAULT, class version 1."
        )
    *_, last = filled.seen(f"{SITE}/history").json()["items"]
    assert (last["topic"], last["effective_from"], last["profile_class"]) == ("site.profile_ended", "2026-04-01", None)
    with filled.storing_nothing():
        assert filled.post(f"{SITE_PROFILE}/end", {"effective_to": "2026-03-31"}).json()["changed"] is False


def test_before_the_account_starts_the_company_applies(filled: Api) -> None:  # rule 2.12
    for place in (ACCOUNT, SITE):
        for source in ("read_model", "log"):
            answer = filled.seen(f"{place}/profile", params={"valid_at": "2019-12-31", "source": source})
            problem = assert_problem(answer, 404, "not-found")
            assert "the company's system options apply" in problem["detail"]


def test_a_deactivated_class_is_not_assigned_and_goes_on_where_it_is(filled: Api) -> None:  # rule 2.19
    assign(filled, ACCOUNT, "Late payers", "2026-01-01")
    filled.delete("/v1/profile-classes/Late%20payers")
    with filled.storing_nothing():
        answer = filled.post(SITE_PROFILE, {"profile_class": "Late payers", "create": True})
    assert_problem(answer, 409, "conflict")
    assert fields(answer) == {"profile_class"}
    assert told(filled, ACCOUNT, "2026-06-01")["profile_class"] == "Late payers"
    update(filled, ACCOUNT, options={"credit_hold": True}, effective_from="2026-06-01")


# History and differences


def test_an_account_and_its_sites_tell_their_versions_in_one_answer(filled: Api) -> None:  # rule 2.18
    assign(filled, ACCOUNT, "Prompt payers")
    assign(filled, SITE, "Late payers")
    assert filled.post(f"{ACCOUNT}/sites", {"site": "S-2"}).status_code == 201
    before = filled.seen(f"{ACCOUNT}/versions")
    told = before.json()
    assert (told["account"], [one["site"] for one in told["sites"]], told["next_cursor"]) == (
        "A-7",
        ["S-1", "S-2"],
        None,
    )
    assert told["versions"] == filled.seen(f"{ACCOUNT}/history").json()
    assert told["sites"][0]["versions"] == filled.seen(f"{SITE}/history").json()
    assert told["sites"][1]["versions"] == {"items": [], "next_cursor": None}
    first = filled.seen(f"{ACCOUNT}/versions?limit=1").json()
    rest = filled.seen(f"{ACCOUNT}/versions?cursor={first['next_cursor']}").json()
    assert [first["sites"], rest["sites"]] == [told["sites"][:1], told["sites"][1:]]
    assign(filled, ACCOUNT, "Late payers")
    then = {"known_at": before.headers["Dossier-Known-At"], "valid_at": "2026-01-01"}
    assert filled.seen(f"{ACCOUNT}/versions", params=then).json() == told  # rule 0.3
    assert_problem(filled.get("/v1/accounts/A-8/versions"), 404, "not-found")
    assert fields(filled.get(f"{ACCOUNT}/versions?limit=51")) == {"limit"}


def test_history_tells_days_class_who_when_why_and_what_superseded_it(filled: Api) -> None:  # rule 2.18
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01", reason="pays well")
    update(filled, ACCOUNT, options={"collector": "ME"}, effective_from="2025-06-01", effective_to="2025-06-30")
    answer = filled.seen(f"{ACCOUNT}/history", Role.AUDITOR).json()
    default, prompt, here = answer["items"]
    assert (default["profile_class"], default["effective_from"], default["effective_to"]) == (
        "DEFAULT",
        "2020-01-01",
        None,
    )
    assert default["superseded_by"] == prompt["event_id"]
    assert (prompt["topic"], prompt["reason"]) == ("account.profile_class_assigned", "pays well")
    assert (prompt["actor"], prompt["role"], prompt["source"], prompt["version"]) == ("agent", "agent", "api", 3)
    assert (here["set_here"], here["changed"]) == ({"options.collector": "ME"}, ["options.collector"])
    assert (here["effective_from"], here["effective_to"], here["back_dated"]) == ("2025-06-01", "2025-06-30", True)
    assert here["superseded_by"] is None
    page = filled.seen(f"{ACCOUNT}/history?limit=2").json()
    assert page["items"] == [default, prompt]
    assert filled.seen(f"{ACCOUNT}/history?limit=2&cursor={page['next_cursor']}").json()["items"] == [here]
    assert filled.seen(f"{SITE}/history").json()["items"] == []


def test_diff_tells_what_differs_between_two_points(filled: Api) -> None:
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01")
    known = filled.seen(ACCOUNT).headers["Dossier-Known-At"]
    update(filled, ACCOUNT, options={"collector": "ME"}, effective_from="2026-01-01")

    def differing(from_: str, to: str | None = None) -> dict[str, tuple[object, object]]:
        answer = filled.seen(f"{ACCOUNT}/diff", params={"from": from_, **({"to": to} if to else {})})
        assert answer.status_code == 200, answer.text
        return {one["field"]: (one["before"], one["after"]) for one in answer.json()["differences"]}

    assert differing(f"2026-06-01@{known}", "2026-06-01") == {"options.collector": ("EU-1", "ME")}
    years = differing("2025-06-01", "2026-06-01")
    assert years["options.collector"] == ("DEFAULT", "ME")
    assert years["options.discount_grace_days"][0] is None
    assert differing("2026-06-01", "2026-06-01") == {}
    assert_problem(filled.get(f"{ACCOUNT}/diff"), 422, "invalid")


def test_diff_takes_what_was_known_at_one_of_its_points_in_either_order(filled: Api) -> None:
    then = filled.seen(ACCOUNT).headers["Dossier-Known-At"]
    account, site = "/v1/accounts/A-9", "/v1/accounts/A-9/sites/S-9"
    assert filled.post("/v1/accounts", {"account": "A-9", "customer": "1001", "start": "2020-01-01"}).status_code == 201
    assert filled.post(f"{account}/sites", {"site": "S-9"}).status_code == 201
    assign(filled, site, "Late payers", create=True)
    for place in (account, site):
        ways = [("2026-06-01", f"2026-06-01@{then}"), (f"2026-06-01@{then}", "2026-06-01")]
        answers = [filled.seen(f"{place}/diff", params={"from": from_, "to": to}) for from_, to in ways]
        assert [answer.status_code for answer in answers] == [200, 200]
        gone, come = ({one["field"]: (one["before"], one["after"]) for one in a.json()["differences"]} for a in answers)
        assert come["profile_class"] == (None, "Late payers" if place == site else "DEFAULT")
        assert gone == {field: (after, before) for field, (before, after) in come.items()}
    for place in ("/v1/accounts/Z-9", f"{account}/sites/Z-9"):
        assert_problem(filled.get(f"{place}/diff", params={"from": f"@{then}"}), 404, "not-found")


def test_an_amount_in_another_spelling_is_the_same_everywhere(filled: Api) -> None:  # rules 0.5, 0.10
    assign(filled, ACCOUNT, "Prompt payers", "2026-01-01")
    amounts = {"USD": {"credit_limit": "10000.00", "interest": {"rate": "0.50"}}}
    update(filled, ACCOUNT, amounts=amounts, options={"risk_code": "R2"}, effective_from="2026-02-01")
    before, after = told(filled, ACCOUNT, "2026-01-15"), told(filled, ACCOUNT, "2026-02-15")
    assert before["amounts"] == after["amounts"] == {"USD": {"credit_limit": "10000", "interest": {"rate": "0.5"}}}
    assert after["set_here"] == ["options.risk_code"]
    diff = filled.seen(f"{ACCOUNT}/diff", params={"from": "2026-01-15", "to": "2026-02-15"}).json()
    assert [one["field"] for one in diff["differences"]] == ["options.risk_code"]
    assert filled.patch(PROFILE, {"amounts": amounts}, Role.AGENT).json()["changed"] is False


# What is refused


WRONG: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("POST", PROFILE, {"profile_class": "Nobody"}, {"profile_class"}),
    ("POST", PROFILE, {"profile_class": ""}, {"profile_class"}),
    ("POST", PROFILE, {}, {"profile_class"}),
    ("POST", PROFILE, {"profile_class": "DEFAULT", "create": True}, {"create"}),
    (
        "POST",
        PROFILE,
        {"profile_class": "Nobody", "effective_from": "2026-02-02", "effective_to": "2026-02-01"},
        {"profile_class", "effective_to"},
    ),
    (
        "POST",
        PROFILE,
        {"profile_class": "Nobody", "effective_from": "9999-01-01", "keep_later": "no", "keep_overrides": 1},
        {"effective_from", "keep_later", "keep_overrides"},
    ),
    ("POST", PROFILE, {"profile_class": "Nobody", "effective_from": "2019-12-31"}, {"profile_class", "effective_from"}),
    (
        "POST",
        SITE_PROFILE,
        {"profile_class": "Nobody", "effective_to": "0000-12-31", "create": "yes"},
        {"effective_to", "create"},
    ),
    (
        "PATCH",
        PROFILE,
        {
            "options": {"collector": None, "allow_discount": "no", "colour": "red", "clearing_days": 2**70},
            "amounts": {"XXQ": {}, "USD": {"credit_limit": "-1", "interest": {"rate": "1", "amount": "2"}}},
            "attributes": {"": "x"},
            "effective_from": "2026-02-02",
            "effective_to": "2026-02-01",
            "keep_later": None,
        },
        {
            "options.collector",
            "options.allow_discount",
            "options.colour",
            "options.clearing_days",
            "amounts.XXQ",
            "amounts.USD.credit_limit",
            "amounts.USD.interest",
            "attributes.",
            "keep_later",
        },
    ),
    (
        "PATCH",
        PROFILE,
        {"options": {"collector": None, "allow_discount": None}},
        {"options.collector", "options.allow_discount"},
    ),
    (
        "PATCH",
        PROFILE,
        {"options": {"collector": None}, "effective_from": "9999-12-31"},
        {"options.collector", "effective_from"},
    ),
    ("POST", f"{SITE_PROFILE}/end", {"effective_to": "9999-12-31", "reason": 5}, {"effective_to", "reason"}),
]


def test_every_wrong_field_is_named_at_once_and_nothing_is_stored(filled: Api, subtests: pytest.Subtests) -> None:
    for method, path, body, wrong in WRONG:
        with subtests.test(f"{method} {path} {body!r}"), filled.storing_nothing():  # rules 0.6, 0.12, 2.10
            answer = filled.call(method, path, json=body)
            assert_problem(answer, 422, "invalid")
            assert fields(answer) == wrong


def test_an_end_before_the_start_is_refused_in_these_words(filled: Api) -> None:  # rule 2.10
    body = {"profile_class": "DEFAULT", "effective_from": "2026-02-02", "effective_to": "2026-02-01"}
    problem = assert_problem(filled.post(PROFILE, body), 422, "invalid")
    assert problem["detail"] == "The end date must not be before the start date."


def test_an_inactive_class_beside_wrong_dates_is_named_with_them(filled: Api) -> None:  # rule 2.19
    filled.delete("/v1/profile-classes/Late%20payers")
    body = {"profile_class": "Late payers", "effective_from": "2026-02-02", "effective_to": "2026-02-01"}
    with filled.storing_nothing():
        answer = filled.post(PROFILE, body)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"profile_class", "effective_to"}


def test_a_stale_version_of_a_profile_is_refused(filled: Api) -> None:  # rule 0.7
    headers = {"If-Match": '"1"'}
    with filled.storing_nothing():
        for method, path, body in (
            ("POST", PROFILE, {"profile_class": "Late payers"}),
            ("PATCH", PROFILE, {"options": {"collector": "ME"}}),
        ):
            problem = assert_problem(filled.call(method, path, json=body, headers=headers), 412, "stale-version")
            assert (problem["expected"], problem["actual"]) == (1, 2)
