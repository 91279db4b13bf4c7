"""Accounts, sites and what applies to a transaction, over HTTP (rules 2.5, 2.6, 2.12-2.14, 2.20)."""

from typing import Any

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from payers import ACCOUNT, SITE, START, assign, payers, update

RESOLVE = f"{ACCOUNT}/resolve"
COMPUTED = (f"{ACCOUNT}/profile", f"{SITE}/profile", RESOLVE)
"""What can be computed from the log as well (rule 2.20)."""


@pytest.fixture
def filled(api: Api, runners: None) -> Api:
    """Prompt and late payers, account A-7 from 2020 on, site S-1 without a profile."""
    payers(api)
    assert api.seen(ACCOUNT).status_code == 200  # so that every read of the tests finds it
    return api


def test_opening_an_account_assigns_default_from_its_start_in_the_same_write(filled: Api) -> None:  # rule 2.5
    before = filled.end()
    answer = filled.post("/v1/accounts", {"account": "B-1", "customer": "1001", "start": "2021-05-01"}, Role.AGENT)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/accounts/B-1")
    assert answer.json() == {"changed": True, "version": 2, "position": before + 2}
    account = filled.seen("/v1/accounts/B-1").json()
    assert account.pop("opened_at")
    assert account == {"account": "B-1", "customer": "1001", "start": "2021-05-01", "version": 2}
    profile = filled.seen("/v1/accounts/B-1/profile?valid_at=2021-05-01").json()
    assert (profile["profile_class"], profile["class_version"]) == ("DEFAULT", 1)
    assert (profile["effective_from"], profile["effective_to"]) == ("2021-05-01", None)


def test_an_account_without_a_start_date_starts_today(filled: Api) -> None:  # rule 2.5
    filled.post("/v1/accounts", {"account": "B-1", "customer": "1001"})
    today = filled.client.app.state.services.day.today()  # type: ignore[attr-defined]
    assert filled.seen("/v1/accounts/B-1").json()["start"] == today.isoformat()


def test_accounts_are_listed_in_pages_and_by_customer(filled: Api) -> None:
    filled.post("/v1/customers", {"number": "1002", "name": "Bob"})
    for number, customer in (("A-1", "1002"), ("A-8", "1001"), ("B-1", "1002")):
        assert filled.post("/v1/accounts", {"account": number, "customer": customer}).status_code == 201

    def numbers(query: str) -> list[str]:
        return [one["account"] for one in filled.seen(f"/v1/accounts{query}").json()["items"]]

    assert numbers("") == ["A-1", "A-7", "A-8", "B-1"]
    assert numbers("?customer=1002") == ["A-1", "B-1"]
    assert numbers("?customer=4711") == []
    page = filled.seen("/v1/accounts?limit=3").json()
    assert numbers(f"?limit=3&cursor={page['next_cursor']}") == ["B-1"]


def test_creating_a_site_assigns_nothing(filled: Api) -> None:  # rule 2.6
    before = filled.end()
    answer = filled.post(f"{ACCOUNT}/sites", {"site": "S-2"}, Role.AGENT)
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{ACCOUNT}/sites/S-2")
    assert (answer.json()["version"], answer.json()["position"]) == (1, before + 1)
    site = filled.seen(f"{ACCOUNT}/sites/S-2").json()
    assert site.pop("created_at")
    assert site == {"account": "A-7", "site": "S-2", "version": 1, "has_profile": False}
    assert [one["site"] for one in filled.seen(f"{ACCOUNT}/sites").json()["items"]] == ["S-1", "S-2"]
    problem = assert_problem(filled.seen(f"{ACCOUNT}/sites/S-2/profile"), 404, "not-found")
    assert "that of its account A-7 applies: DEFAULT, class version 1." in problem["detail"]


def test_what_is_there_already_is_a_conflict(filled: Api) -> None:
    with filled.storing_nothing():
        answer = filled.post("/v1/accounts", {"account": "A-7", "customer": "1001"})
        assert_problem(answer, 409, "conflict")
        assert fields(answer) == {"account"}
        answer = filled.post(f"{ACCOUNT}/sites", {"site": "S-1"})
        assert_problem(answer, 409, "conflict")
        assert fields(answer) == {"site"}


def test_the_same_key_opens_one_account(filled: Api) -> None:  # rule 0.7
    headers = {"Idempotency-Key": "k1"}
    body = {"account": "B-1", "customer": "1001"}
    first = filled.post("/v1/accounts", body, headers=headers)
    with filled.storing_nothing():
        again = filled.post("/v1/accounts", body, headers=headers)
        other = filled.post("/v1/accounts", {**body, "account": "B-2"}, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert_problem(other, 422, "key-reused")


def test_wrong_accounts_and_sites_name_every_field_and_store_nothing(
    filled: Api, subtests: pytest.Subtests
) -> None:  # rule 0.12
    for path, body, wrong in (
        ("/v1/accounts", {"account": "-1", "customer": "a b", "start": "0000-01-01"}, {"account", "customer", "start"}),
        ("/v1/accounts", {"account": "B-1", "customer": "4711", "start": "9999-01-01"}, {"start"}),
        ("/v1/accounts", {"account": "B-1", "customer": "4711"}, {"customer"}),
        ("/v1/accounts", {}, {"account", "customer"}),
        (f"{ACCOUNT}/sites", {"site": "x" * 31, "profile_class": "DEFAULT"}, {"site", "profile_class"}),
        (f"{ACCOUNT}/sites", {"site": 5, "reason": "x" * 201}, {"site", "reason"}),
    ):
        with subtests.test(str(body)), filled.storing_nothing():
            answer = filled.post(path, body)
            assert_problem(answer, 422, "invalid")
            assert fields(answer) == wrong


def test_accounts_and_sites_that_there_are_not_are_not_found(filled: Api) -> None:
    for method, path, body in (
        ("GET", "/v1/accounts/Z-1", None),
        ("GET", "/v1/accounts/Z-1/sites", None),
        ("POST", "/v1/accounts/Z-1/sites", {"site": "S-1"}),
        ("GET", f"{ACCOUNT}/sites/S-9", None),
        ("GET", "/v1/accounts/Z-1/profile", None),
        ("GET", "/v1/accounts/Z-1/profile?source=log", None),
        ("GET", f"{ACCOUNT}/sites/S-9/profile", None),
        ("GET", f"{ACCOUNT}/sites/S-9/profile?source=log", None),
        ("POST", "/v1/accounts/Z-1/profile", {"profile_class": "DEFAULT"}),
        ("POST", f"{ACCOUNT}/sites/S-9/profile", {"profile_class": "DEFAULT", "create": True}),
        ("PATCH", f"{ACCOUNT}/sites/S-9/profile", {"options": {"collector": "X"}}),
        ("POST", f"{ACCOUNT}/sites/S-9/profile/end", {}),
        ("GET", "/v1/accounts/Z-1/resolve", None),
        ("GET", f"{RESOLVE}?site=S-9", None),
        ("GET", "/v1/accounts/Z-1/resolve?source=log", None),
        ("GET", f"{RESOLVE}?site=S-9&source=log", None),
        ("GET", "/v1/accounts/Z-1/history", None),
        ("GET", f"{ACCOUNT}/sites/S-9/history", None),
        ("GET", "/v1/accounts/Z-1/diff?from=@", None),
        ("GET", f"{ACCOUNT}/sites/S-9/diff?from=@", None),
    ):
        kwargs: dict[str, Any] = {} if body is None else {"json": body}
        problem = assert_problem(filled.call(method, path, **kwargs), 404, "not-found")
        assert "Z-1" in problem["detail"] or "S-9" in problem["detail"], f"{method} {path}: {problem['detail']}"


def test_before_it_was_opened_an_account_was_not_known(filled: Api) -> None:  # rule 0.3
    for path in (ACCOUNT, f"{ACCOUNT}/profile", SITE, f"{SITE}/profile", RESOLVE):
        for source in ({"source": "read_model"}, {"source": "log"}) if path in COMPUTED else ({},):
            params = {"known_at": "2020-01-01T00:00:00Z", **source}
            assert_problem(filled.get(path, params=params), 404, "not-found")


def test_an_end_that_keeps_later_ones_leaves_the_next_profile_alone(filled: Api) -> None:  # rules 2.11, 2.14
    assign(filled, SITE, "Late payers", "2026-01-01", create=True)
    assign(filled, SITE, "Prompt payers", "2026-07-01")
    answer = filled.post(f"{SITE}/profile/end", {"effective_to": "2026-03-31", "keep_later": True})
    assert (answer.status_code, answer.json()["changed"]) == (200, True)
    for source in ("read_model", "log"):
        for day, status in (("2026-03-31", 200), ("2026-04-01", 404), ("2026-06-30", 404), ("2026-07-01", 200)):
            path = f"{SITE}/profile?valid_at={day}&source={source}"
            assert filled.seen(path).status_code == status, path
    ended = filled.seen(f"{SITE}/history").json()["items"][-1]
    assert (ended["effective_from"], ended["effective_to"]) == ("2026-04-01", "2026-06-30")


# Which profile applies


@pytest.fixture
def layered(filled: Api) -> Api:
    """The company sets clearing days, the account is a prompt payer, the site a late payer with an override, in 2026 only."""
    filled.patch("/v1/system-options", {"options": {"clearing_days": 9, "collector": "HQ"}, "effective_from": START})
    assign(filled, ACCOUNT, "Prompt payers")
    assign(filled, SITE, "Late payers", "2026-01-01", effective_to="2026-12-31", create=True)
    update(
        filled,
        SITE,
        amounts={"USD": {"credit_limit": "750.00"}, "EUR": {"minimum_receipt": "5"}},
        effective_from="2026-01-01",
        effective_to="2026-12-31",
    )
    return filled


def test_resolve_names_level_class_version_and_event_of_every_value(layered: Api) -> None:  # rule 2.13
    told = layered.seen(f"{RESOLVE}?site=S-1&date=2026-06-01").json()
    assert (told["account"], told["site"], told["date"]) == ("A-7", "S-1", "2026-06-01")
    assert told["applies"]["site"] == {
        "profile_class": "Late payers",
        "class_version": 1,
        "effective_from": "2026-01-01",
        "effective_to": "2026-12-31",
    }
    assert told["applies"]["account"]["profile_class"] == "Prompt payers"
    options, usd = told["options"], told["amounts"]["USD"]

    def of(one: dict[str, Any]) -> tuple[object, ...]:
        return one["value"], one["level"], one["origin"], one["profile_class"], one["class_version"]

    assert of(options["collector"]) == ("EU-2", "site", "class", "Late payers", 1)
    assert of(options["discount_grace_days"]) == (5, "account", "class", "Prompt payers", 1)
    assert of(options["clearing_days"]) == (9, "system", None, None, None)
    assert of(usd["credit_limit"]) == ("750", "site", "here", "Late payers", 1)
    assert of(usd["interest"]) == ({"rate": "2.5"}, "site", "class", "Late payers", 1)
    assert of(told["attributes"]["region"]) == ("north", "account", "class", "Prompt payers", 1)
    assert "tax_printing" not in options
    history = layered.seen(f"{SITE}/history").json()["items"]
    assert options["collector"]["event_id"] == history[0]["event_id"]
    assert usd["credit_limit"]["event_id"] == history[1]["event_id"]
    assert options["clearing_days"]["event_id"] is not None


def test_the_date_of_the_transaction_decides(layered: Api) -> None:  # rules 2.13, 2.14
    for day, collector, level in (
        ("2025-12-31", "EU-1", "account"),
        ("2026-01-01", "EU-2", "site"),
        ("2026-12-31", "EU-2", "site"),
        ("2027-01-01", "EU-1", "account"),
        ("2020-01-01", "EU-1", "account"),
        ("2019-12-31", None, None),
    ):
        for asked in (f"date={day}", f"valid_at={day}", f"date={day}&valid_at={day}"):
            found = layered.seen(f"{RESOLVE}?site=S-1&{asked}").json()["options"].get("collector", {})
            assert (found.get("value"), found.get("level")) == (collector, level), day


def test_only_the_currency_asked_for_is_told(layered: Api) -> None:
    told = layered.seen(f"{RESOLVE}?site=S-1&date=2026-06-01&currency=eur").json()
    assert (told["currency"], set(told["amounts"])) == ("EUR", {"EUR"})
    assert told["amounts"]["EUR"]["minimum_receipt"]["value"] == "5"
    for source in ("read_model", "log"):
        unknown = layered.seen(f"{RESOLVE}?date=2026-06-01&currency=ZZZ&source={source}")
        assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "currency")
    assert layered.seen(f"{RESOLVE}?date=2026-06-01&currency=JPY").json()["amounts"] in ({}, {"JPY": {}})


def test_the_log_resolves_to_the_same_bytes(layered: Api, subtests: pytest.Subtests) -> None:  # rule 2.20
    known = layered.seen(ACCOUNT).headers["Dossier-Known-At"]
    for day in ("2019-12-31", "2025-06-01", "2026-06-01", "2027-06-01"):
        for query in ("", "&site=S-1", "&site=S-1&currency=USD", "&currency=EUR"):
            with subtests.test(f"{day}{query}"):
                asked = f"{RESOLVE}?date={day}&known_at={known}{query}"
                read, replayed = layered.get(asked), layered.get(f"{asked}&source=log")
                assert read.status_code == 200
                assert replayed.content == read.content
                assert replayed.headers["Dossier-Known-At"] == read.headers["Dossier-Known-At"]


def test_an_earlier_answer_stays_the_same_after_a_correction(layered: Api) -> None:  # rule 0.3
    asked = f"{RESOLVE}?site=S-1&date=2026-06-01"
    before = layered.seen(asked)
    assign(layered, SITE, "Prompt payers", "2026-05-01", effective_to="2026-07-31", keep_overrides=False)
    assert layered.seen(asked).json()["options"]["collector"]["value"] == "EU-1"
    for source in ("read_model", "log"):
        then = layered.get(f"{asked}&known_at={before.headers['Dossier-Known-At']}&source={source}")
        assert then.content == before.content


def test_questions_that_cannot_be_understood_name_every_parameter(layered: Api) -> None:
    for query, wrong in (
        ("site=-&date=2026-02-30&currency=EURO&source=memory", {"site", "date", "currency", "source"}),
        ("date=2026-01-01&valid_at=2026-01-02", {"date"}),
        ("known_at=2999-01-01T00:00:00Z&source=log", {"known_at"}),
        ("known_at=2999-01-01T00:00:00Z", {"known_at"}),
        ("valid_at=9999-01-01", {"valid_at"}),
    ):
        answer = layered.get(f"{RESOLVE}?{query}")
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == wrong
    position = {"Dossier-Position": "999999"}
    answer = layered.get(f"{RESOLVE}?source=log", headers=position)
    assert fields(answer) == {"Dossier-Position"}


def test_a_read_from_the_log_has_the_write_before_it_without_waiting(filled: Api) -> None:
    assign(filled, ACCOUNT, "Late payers")
    answer = filled.get(f"{RESOLVE}?date=2026-01-01&source=log")
    assert answer.json()["options"]["collector"]["value"] == "EU-2"
