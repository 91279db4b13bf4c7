"""Accounts and sites by the profile in force equal what reading each profile tells, in pages of any length (rules 0.3, 2.7, 2.8, 2.14)."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from payers import START, assign, payers, update
from projections.accounts import lists
from projections.reading import paging

pytestmark = pytest.mark.usefixtures("runners")
CLASSES: Final = ("DEFAULT", "Prompt payers", "Late payers")
CHANGES: Final = (
    {"options": {"tolerance_percent": "5"}},
    {"options": {"payment_terms": None}},
    {"amounts": {"USD": {"credit_limit": "77"}}},
    {"attributes": {"region": "south"}},
)
MANY: Final = 100
"""More than there are accounts and sites."""
PATHS: Final = ("options.tolerance_percent", "options.payment_terms", "amounts.USD.credit_limit", "attributes.region")
DAYS: Final = [date(2026, 1, 1) + timedelta(days=31 * month) for month in range(6)]


class Life:
    """Accounts and sites whose profiles change at random."""

    def __init__(self, api: Api) -> None:
        self.api, self.chance = api, random.Random(3)
        self.places: dict[tuple[str, str], str] = {}
        for number in range(8):
            account = f"B-{number}"
            api.post("/v1/accounts", {"account": account, "customer": "1001", "start": START})
            self.places[account, ""] = f"/v1/accounts/{account}"
            for site in ("S-1", "S-2")[: number % 3]:
                api.post(f"/v1/accounts/{account}/sites", {"site": site})
                self.places[account, site] = f"/v1/accounts/{account}/sites/{site}"
        self.places["A-7", ""], self.places["A-7", "S-1"] = "/v1/accounts/A-7", "/v1/accounts/A-7/sites/S-1"

    def change(self) -> None:
        """One change of one profile; some are refused."""
        chance, path = self.chance, self.chance.choice([*self.places.values()])
        first, last = sorted(chance.sample(DAYS, 2))
        body: dict[str, Any] = {"effective_from": str(first)} | chance.choice([{}, {"effective_to": str(last)}])
        match chance.randrange(5):
            case 0 | 1:
                body |= {"profile_class": chance.choice(CLASSES), "keep_overrides": chance.random() < 0.5}
                self.api.post(f"{path}/profile", body)
            case 2 | 3:
                self.api.patch(f"{path}/profile", body | chance.choice(CHANGES))
            case _:
                options = {"discount_grace_days": chance.randrange(99)}
                self.api.patch(f"/v1/profile-classes/{chance.choice(CLASSES)}", {"options": options, "apply_to": "new"})

    def by_hand(self, clocks: Mapping[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
        """The profile in force of each account and site that has one of its own, by account, then site."""
        answers = {key: self.api.seen(f"{path}/profile", params=clocks) for key, path in self.places.items()}
        return {key: answer.json() for key, answer in sorted(answers.items()) if answer.status_code == 200}


@pytest.fixture
def life(api: Api) -> Life:
    payers(api)
    return Life(api)


def pages(api: Api, path: str, limit: int, **params: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        answer = api.seen(path, Role.AGENT, params={**params, **cursor, "limit": str(limit)})
        assert answer.status_code == 200, answer.text
        yield (document := answer.json())
        if document["next_cursor"] is None:
            return
        cursor = {"cursor": document["next_cursor"]}


def passes(profile: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    return (
        profile["profile_class"].casefold() == filters.get("profile_class", profile["profile_class"]).casefold()
        and profile["class_version"] < int(filters.get("class_version_below", "99"))
        and (filters.get("set_here") is None or filters["set_here"] in profile["set_here"])
    )


def some_filters(chance: random.Random) -> dict[str, str]:
    """Filters of which the class version needs the class."""
    by_class = {"profile_class": chance.choice([*CLASSES, "LATE payers"])}
    by_value = {"set_here": chance.choice(PATHS)}
    older = {"class_version_below": str(chance.randrange(1, 6))}
    return chance.choice([by_class, by_value, by_class | older, by_class | by_value, by_class | by_value | older])


@pytest.mark.parametrize("examined", [lists.MOST_EXAMINED, 3])
def test_a_list_by_profile_is_what_every_profile_tells(
    life: Life, examined: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 0.3, 2.7, 2.8
    monkeypatch.setattr(lists, "MOST_EXAMINED", examined)
    monkeypatch.setattr(lists, "_FIRST_STEP", 2)
    instants = []
    for _ in range(4):
        for _ in range(25):
            life.change()
        instants.append(life.api.seen("/v1/accounts?limit=1").headers["Dossier-Known-At"])
    found = 0
    for instant in instants:
        clocks = {"known_at": instant, "valid_at": str(life.chance.choice(DAYS))}
        profiles = life.by_hand(clocks)
        for _ in range(6):
            filters = some_filters(life.chance)
            expected = {key: profile for key, profile in profiles.items() if passes(profile, filters)}
            found += check(life.api, expected, examined, {**filters, **clocks})
    assert found > 20


def check(api: Api, expected: Mapping[tuple[str, str], Any], examined: int, query: Mapping[str, str]) -> int:
    """Both lists are what is expected, in pages of two; so is the total, where it is exact."""
    for path, is_site in (("/v1/accounts", False), ("/v1/sites", True)):
        wanted = {key: profile for key, profile in expected.items() if bool(key[1]) == is_site}
        parts = list(pages(api, path, 2, **query, total="true"))
        items = [item for part in parts for item in part["items"]]
        assert [(item["account"], item.get("site", "")) for item in items] == list(wanted), query
        for item, profile in zip(items, wanted.values(), strict=True):
            names = ("profile_class", "class_version", "effective_from", "effective_to")
            assert item["profile"] == {name: profile[name] for name in names}
        assert all(part["total"] <= len(wanted) for part in parts)
        if examined > MANY:
            assert {(part["total"], part["total_is_exact"]) for part in parts} == {(len(wanted), True)}
    return len(expected)


def test_what_was_set_here_leaves_the_list_with_the_next_class(life: Life) -> None:  # rule 2.9
    place = "/v1/accounts/A-7"
    update(life.api, place, effective_from="2026-01-01", options={"tolerance_percent": "5"})
    query = "/v1/accounts?set_here=options.tolerance_percent&valid_at=2026-02-01"
    [account] = life.api.seen(query).json()["items"]
    assert (account["account"], account["profile"]["profile_class"]) == ("A-7", "DEFAULT")
    assign(life.api, place, "Late payers", "2026-01-01")
    assert life.api.seen(query).json()["items"] == []


def test_all_sites_are_listed_and_counted(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = list(pages(life.api, "/v1/sites", 4, total="true"))
    sites = [(item["account"], item["site"]) for part in parts for item in part["items"]]
    assert sites == sorted(key for key in life.places if key[1])
    assert {part["total"] for part in parts} == {len(sites)}
    assert all(item["has_profile"] is False and "profile" not in item for part in parts for item in part["items"])
    accounts = life.api.seen("/v1/accounts?limit=1&total=true").json()
    assert (accounts["total"], accounts["total_is_exact"]) == (9, True)
    assert life.api.seen("/v1/accounts?customer=1001&total=true").json()["total"] == 9
    assert life.api.seen("/v1/accounts?customer=1002&total=true").json()["total"] == 0
    assert "total" not in life.api.seen("/v1/accounts").json()
    monkeypatch.setattr(paging, "MOST_COUNTED", 5)
    accounts = life.api.seen("/v1/accounts?limit=1&total=true").json()
    assert (accounts["total"], accounts["total_is_exact"]) == (5, False)


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/sites"])
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("class_version_below=2", {"profile_class"}),
        ("set_here=options.nope", {"set_here"}),
        ("set_here=collector&class_version_below=0", {"set_here", "class_version_below"}),
        ("set_here=amounts.USD&total=yes", {"set_here", "total"}),
        ("profile_class=Late%20payers&cursor=x", {"cursor"}),
        ("older=2", {"older"}),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(api: Api, path: str, query: str, wrong: set[str]) -> None:
    # rules 0.9, 0.12
    answer = api.seen(f"{path}?{query}")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == wrong


def test_a_list_is_by_customer_or_by_profile(api: Api) -> None:
    answer = api.seen("/v1/accounts?customer=1001&profile_class=DEFAULT")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"customer"}
    assert api.seen("/v1/accounts?profile_class=none").json()["items"] == []
