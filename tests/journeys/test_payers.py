"""The seed's example over HTTP: customers who pay promptly, late, and mostly on time; one account over two years."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from installation import Installation, eventually

from aggregates.fact import Role

ACCOUNT: Final = "/v1/accounts/A-7"
SITE: Final = "/v1/accounts/A-7/sites/S-1"
CLASSES: Final[dict[str, dict[str, Any]]] = {
    "Prompt payers": {
        "description": "Customers who pay promptly",
        "options": {"collector": "Team A", "payment_terms": "60 NET", "allow_discount": False, "late_charges": False},
        "amounts": {"USD": {"credit_limit": "50000"}},
    },
    "Late payers": {
        "description": "Customers who pay late, with high late charges",
        "options": {
            "collector": "Team B",
            "payment_terms": "10 NET",
            "allow_discount": False,
            "late_charges": True,
            "late_charge_calculation": "both",
            "late_charge_type": "interest_invoice",
        },
        "amounts": {"USD": {"credit_limit": "5000", "interest": {"rate": "9.5"}}},
    },
    "Mostly on time": {
        "description": "Customers who for the most part pay on time, with discounts for early payment",
        "options": {
            "collector": "Team A",
            "payment_terms": "30 NET",
            "allow_discount": True,
            "discount_grace_days": 5,
            "late_charges": True,
        },
        "amounts": {"USD": {"credit_limit": "20000", "interest": {"rate": "1.5"}}},
    },
}
COLUMNS: Final = ("options.payment_terms", "options.allow_discount", "amounts.CHF.interest", "amounts.USD.credit_limit")
Row = tuple[str, str, str, str]
"""Of one transaction date, per column: the value and why it applies."""

BY_COMPANY: Final = "14 NET (system)"
DISCOUNT: Final = "True (account DEFAULT v1, class)"
PROMPT: Final = ("60 NET (account Prompt payers v1, class)", "False (account Prompt payers v1, class)")
MOSTLY: Final = ("30 NET (account Mostly on time v1, class)", "True (account Mostly on time v1, class)")
SITE_LATE: Final = ("10 NET (site Late payers v1, class)", "False (site Late payers v1, class)")
PENALTY: Final = "rate 12.25 (site Late payers v1, here)"
MILDER: Final = "rate 8 (site Late payers v1, here)"
LIMIT_PROMPT: Final = "50000 (account Prompt payers v1, class)"
LIMIT_LATE: Final = "4000 (account Late payers v2, class)"
LIMIT_MOSTLY: Final = "20000 (account Mostly on time v1, class)"

BEFORE: Final[dict[str, Row]] = {
    "2024-02-15": (BY_COMPANY, DISCOUNT, "-", "-"),
    "2024-03-31": (BY_COMPANY, DISCOUNT, "-", "-"),
    "2024-04-01": (*PROMPT, "-", LIMIT_PROMPT),
    "2024-09-30": (*PROMPT, "-", LIMIT_PROMPT),
    "2024-10-01": (*SITE_LATE, PENALTY, LIMIT_PROMPT),
    "2024-12-31": (*SITE_LATE, PENALTY, LIMIT_PROMPT),
    "2025-01-01": (*SITE_LATE, PENALTY, LIMIT_LATE),
    "2025-03-15": (*SITE_LATE, PENALTY, LIMIT_LATE),
    "2025-06-30": (*SITE_LATE, PENALTY, LIMIT_LATE),
    "2025-07-01": (*SITE_LATE, PENALTY, LIMIT_MOSTLY),
    "2025-09-30": (*SITE_LATE, PENALTY, LIMIT_MOSTLY),
    "2025-10-01": (*MOSTLY, "-", LIMIT_MOSTLY),
}
AFTER: Final[dict[str, Row]] = BEFORE | {
    "2024-12-31": (*SITE_LATE, MILDER, LIMIT_PROMPT),
    "2025-01-01": (*SITE_LATE, MILDER, LIMIT_PROMPT),
    "2025-03-15": (*SITE_LATE, MILDER, LIMIT_PROMPT),
    "2025-09-30": (*MOSTLY, "-", LIMIT_MOSTLY),
}
"""The account was a prompt payer until May, the site's penalty was milder from December to March, and it ended in August."""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Every process, without Kafka, which has nothing to do with this."""
    with Installation(tmp_path, kafka=False) as installation:
        yield installation


class Caller:
    """A client that sees its own writes."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._position = 0

    def write(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """One write, which changes something."""
        answer = self._client.request(method, path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        told: dict[str, Any] = answer.json()
        assert told["changed"], (method, path, body)
        self._position = told["position"]
        return told

    def read(self, path: str, **params: Any) -> bytes:
        """One read, once the last write can be seen."""
        headers = {"Dossier-Position": str(self._position)} if params.get("source") != "log" else {}
        found: list[httpx2.Response] = []

        def answered() -> bool:
            found.append(self._client.get(path, params=params, headers=headers))
            return found[-1].status_code != 503

        eventually(answered, f"an answer of {path}")
        assert found[-1].status_code == 200, found[-1].text
        return found[-1].content


def set_up(admin: Caller) -> None:
    """The three classes, and what the company says where nobody else does."""
    for name, terms in CLASSES.items():
        admin.write("POST", "/v1/profile-classes", name=name, **terms)
    admin.write("PATCH", "/v1/system-options", options={"payment_terms": "14 NET"}, effective_from="2020-01-01")
    admin.write("POST", "/v1/customers", number="1001", name="Harbour Supplies")


def two_years(admin: Caller) -> None:
    """The account begins with DEFAULT and is moved three times; its site in Zürich has its own currency and penalty rate."""
    admin.write("POST", "/v1/accounts", account="A-7", customer="1001", start="2024-01-01")
    admin.write("POST", f"{ACCOUNT}/sites", site="S-1")
    admin.write("POST", f"{ACCOUNT}/profile", profile_class="Prompt payers", effective_from="2024-04-01")
    one_year = {"effective_from": "2024-10-01", "effective_to": "2025-09-30"}
    admin.write("POST", f"{SITE}/profile", profile_class="Late payers", create=True, **one_year)
    own = {"CHF": {"credit_limit": "8000", "interest": {"rate": "12.25"}}, "USD": None}
    admin.write("PATCH", f"{SITE}/profile", amounts=own, **one_year, reason="Zürich bills in francs")
    told = admin.write(
        "PATCH",
        "/v1/profile-classes/Late payers",
        amounts={"USD": {"credit_limit": "4000"}},
        apply_to="new",
    )
    assert told["message"] == "Apply changes to new profiles only."
    admin.write("POST", f"{ACCOUNT}/profile", profile_class="Late payers", effective_from="2025-01-01")
    admin.write("POST", f"{ACCOUNT}/profile", profile_class="Mostly on time", effective_from="2025-07-01")


def correct(admin: Caller) -> None:
    """Back-dated corrections of the account, of the site's penalty, and of the day on which its profile ended."""
    until_may = {"effective_from": "2025-01-01", "effective_to": "2025-05-31"}
    admin.write("POST", f"{ACCOUNT}/profile", profile_class="Prompt payers", **until_may, reason="The bank booked late")
    agreed = {"effective_from": "2024-12-01", "effective_to": "2025-03-31"}
    admin.write("PATCH", f"{SITE}/profile", amounts={"CHF": {"interest": {"rate": "8"}}}, **agreed)
    admin.write("POST", f"{SITE}/profile/end", effective_to="2025-08-31")


def resolve(caller: Caller, known_at: str | None = None, source: str = "read_model") -> dict[str, bytes]:
    """What applies to a transaction of site S-1 on each of the twelve dates: the whole answers."""
    clock = {"known_at": known_at} if known_at else {}
    return {date: caller.read(f"{ACCOUNT}/resolve", site="S-1", date=date, source=source, **clock) for date in BEFORE}


def rows(answers: dict[str, bytes]) -> dict[str, Row]:
    """The columns of each answer, in words."""
    found: dict[str, Row] = {}
    for date, answer in answers.items():
        body = httpx2.Response(200, content=answer).json()
        assert (body["account"], body["site"], body["date"]) == ("A-7", "S-1", date)
        values = [_value(body, path) for path in COLUMNS]
        found[date] = (values[0], values[1], values[2], values[3])
    return found


def _value(body: dict[str, Any], path: str) -> str:
    for part in path.split("."):
        body = body.get(part, {})
    if not body:
        return "-"
    assert body["event_id"]
    value = body["value"]
    shown = " ".join(f"{kind} {one}" for kind, one in value.items()) if isinstance(value, dict) else str(value)
    level = body["level"]
    return f"{shown} ({level}" + (
        ")" if level == "system" else f" {body['profile_class']} v{body['class_version']}, {body['origin']})"
    )


def table(title: str, told: dict[str, Row]) -> str:
    """The rows for a reader."""
    lines = [title, f"  {'':10}  " + " | ".join(COLUMNS)]
    return "\n".join([*lines, *(f"  {date}  " + " | ".join(row) for date, row in told.items())])


def known_at_of(answers: dict[str, bytes]) -> str:
    """The latest instant at which one of these answers was known."""
    return max(str(httpx2.Response(200, content=answer).json()["known_at"]) for answer in answers.values())


@pytest.mark.timeout(300)
def test_the_date_of_a_transaction_determines_what_applies_before_and_after_a_correction(
    installation: Installation, figures: Callable[[str], None]
) -> None:  # rules 0.3, 2.5, 2.6, 2.8, 2.11, 2.13, 2.14, 2.18, 2.20
    with installation.caller(Role.ADMINISTRATOR) as client:
        admin = Caller(client)
        set_up(admin)
        two_years(admin)
        known_then = known_at_of(resolve(admin))
        before = resolve(admin, known_then)
        correct(admin)
        after = resolve(admin)
        again = resolve(admin, known_then)
        figures("\n" + table(f"as known at {known_then}", rows(before)))
        figures("\n" + table("after the corrections", rows(after)))
        figures("\n" + table(f"again as known at {known_then}", rows(again)))
        assert rows(before) == BEFORE
        assert rows(after) == AFTER
        assert again == before
        known_now = known_at_of(after)
        for known_at in (known_then, known_now):
            assert resolve(admin, known_at, "log") == resolve(admin, known_at)
        check_history(admin, known_then)


def check_history(admin: Caller, known_then: str) -> None:
    """Every version of the account with its reason, and what superseded what (rule 2.18)."""
    history = httpx2.Response(200, content=admin.read(f"{ACCOUNT}/history")).json()["items"]
    by_version = {one["version"]: one for one in history}
    told = {
        version: (one["profile_class"], one["effective_from"], one["effective_to"], one["reason"])
        for version, one in sorted(by_version.items())
    }
    assert told == {
        2: ("DEFAULT", "2024-01-01", None, None),
        3: ("Prompt payers", "2024-04-01", None, None),
        4: ("Late payers", "2025-01-01", None, None),
        5: ("Mostly on time", "2025-07-01", None, None),
        6: ("Prompt payers", "2025-01-01", "2025-05-31", "The bank booked late"),
    }
    events = {version: one["event_id"] for version, one in by_version.items()}
    superseded = {version: one["superseded_by"] for version, one in sorted(by_version.items())}
    assert superseded == {2: events[3], 3: events[4], 4: events[5], 5: None, 6: None}
    assert all(one["back_dated"] for one in history)
    then = httpx2.Response(200, content=admin.read(f"{ACCOUNT}/history", known_at=known_then)).json()["items"]
    assert {one["version"] for one in then} == {2, 3, 4, 5}
