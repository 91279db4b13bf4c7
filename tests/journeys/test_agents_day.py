"""An agent's day, with real processes: a contact file is uploaded, calls start and end, and two agents edit one field (rules 3.2-3.8)."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx2
import pytest
from installation import COMPANY, DOSSIER, PATIENCE_S, TOKEN_SECRET, Installation, eventually

from aggregates.fact import Role
from api.http.tokens import issue_token

CONTACTS = """\
customer,given name,surname,town,loan,due
1001,Ada,Byron,London,Car,20270131
1002,Grace,Hopper,New York,,
"""
MAP = {
    "customer": "customer_number",
    "given name": "first_name",
    "surname": "last_name",
    "town": "city",
    "loan": "loan_type",
    "due": "due_date",
}
WIDGET = "/v1/customers/1001/fields"
SAVED = "Customer profile changed successfully"
NOT_NOW = "Editing is allowed only during a call or its wrap-up."


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Everything, without Kafka."""
    with TemporaryDirectory(prefix="dossier-agents-") as directory:
        Path(directory).chmod(0o755)
        with Installation(Path(directory), kafka=False) as installation:
            yield installation


class Agent:
    """An agent at a desk: reads the widget, and saves what was typed, on the version that was read."""

    def __init__(self, installation: Installation, name: str, call: str) -> None:
        token = issue_token(TOKEN_SECRET, name, Role.AGENT, COMPANY, timedelta(hours=1))
        self._http = httpx2.Client(base_url=installation.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self._call = call
        self.position = "0"
        self.seen: dict[str, Any] = {}

    def finds(self) -> bool:
        """Whether the customer is there."""
        return self._http.get(WIDGET, headers={"Dossier-Position": self.position}).status_code == 200

    def reads(self, **asked: str) -> dict[str, Any]:
        """What the widget shows, with everything that was saved here."""
        answer = self._http.get(WIDGET, params=asked, headers={"Dossier-Position": self.position})
        assert answer.status_code == 200, answer.text
        self.seen = answer.json()
        return self.seen

    def value(self, key: str) -> Any:
        """A value as it is read now."""
        found = self.reads()
        fields = [*found["business"]["fields"], *found.get("optional", {"fields": []})["fields"]]
        return next(one["value"] for one in fields if one["key"] == key)

    def saves(self, **values: str | None) -> httpx2.Response:
        """Save, on the version that was read last."""
        body = {"fields": values, "interaction": self._call}
        answer = self._http.patch(WIDGET, json=body, headers={"If-Match": f'"{self.seen["version"]}"'})
        self.position = answer.headers.get("Dossier-Position", self.position)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()


def upload(installation: Installation) -> dict[str, Any]:
    """The contact file, by the command that an operator uses."""
    file = installation.directory / "contacts.csv"
    file.write_text(CONTACTS)
    mapped = [part for column, field in MAP.items() for part in ("--map", f"{column}={field}")]
    done = subprocess.run(
        [DOSSIER, "upload", str(file), *mapped, "--json"],
        env=installation.environment,
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def telephony(client: httpx2.Client, method: str, path: str, body: dict[str, str], status: int = 200) -> str:
    """The telephony side tells something; returns the position that a read can wait for."""
    answer = client.request(method, f"/v1/interactions{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.headers.get("Dossier-Position", "0")


def refused(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The answer says no, with this status."""
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_an_agents_day(installation: Installation) -> None:  # rules 3.2-3.8
    counts = upload(installation)
    assert (counts["new"], counts["failed"]) == (2, 0)
    with (
        Agent(installation, "bob", "I-1") as bob,
        Agent(installation, "carol", "I-2") as carol,
        installation.caller(Role.INTEGRATOR) as calls,
        installation.caller(Role.AUDITOR) as auditor,
    ):
        call = {"interaction": "I-1", "customer": "1001", "agent": "bob"}
        bob.position = telephony(calls, "POST", "", call, 201)
        eventually(bob.finds, "the uploaded customer is in the read model")
        first = bob.reads()
        assert [one["label"] for one in first["business"]["fields"]] == [
            "First Name",
            "Last Name",
            "Address",
            "Date of Birth",
            "City",
        ]
        assert [one["value"] for one in first["optional"]["fields"]] == ["Car", "2027-01-31", None]
        by_label = bob.reads(sort="label")
        assert [one["label"] for one in by_label["business"]["fields"]][:2] == ["Address", "City"]
        assert bob.reads() == first | {"known_at": bob.seen["known_at"], "version": bob.seen["version"]}

        assert bob.saves(due_date="2027-02-28", city="Bristol").json()["message"] == SAVED
        assert (bob.value("due_date"), bob.value("city")) == ("2027-02-28", "Bristol")
        denied = refused(bob.saves(loan_type="House"), 403)
        assert denied["detail"] == "Loan Type is not agent editable."
        telephony(calls, "POST", "", {"interaction": "I-3", "customer": "1002", "agent": "bob"}, 409)

        telephony(calls, "PATCH", "/I-1", {"state": "wrap_up"})
        assert bob.saves(city="Bath").json()["message"] == SAVED
        assert bob.value("city") == "Bath"

        call = {"interaction": "I-2", "customer": "1001", "agent": "carol"}
        carol.position = telephony(calls, "POST", "", call, 201)
        carol.reads()
        bob.reads()
        assert bob.saves(city="Wells").json()["message"] == SAVED
        conflict = refused(carol.saves(city="Exeter", due_date="2027-03-31"), 412)
        [city] = conflict["conflicts"]
        assert (city["field"], city["by"], city["theirs"], city["yours"]) == ("city", "bob", "Wells", "Exeter")
        assert carol.saves(due_date="2027-03-31").json()["message"] == SAVED

        telephony(calls, "PATCH", "/I-1", {"state": "closed"})
        assert refused(bob.saves(city="Deal"), 403)["detail"] == NOT_NOW
        assert (carol.value("city"), carol.value("due_date")) == ("Wells", "2027-03-31")

        told = auditor.get("/v1/customers/1001/history", headers={"Dossier-Position": carol.position}).json()["items"]
        assert [(one["actor"], one["data"].get("field"), one["data"].get("interaction")) for one in told[1:]] == [
            ("bob", "due_date", "I-1"),
            ("bob", "city", "I-1"),
            ("bob", "city", "I-1"),
            ("bob", "city", "I-1"),
            ("carol", "due_date", "I-2"),
        ]
        assert told[0]["data"]["upload"] == counts["upload"]
        second = auditor.get("/v1/customers/1002/fields", headers={"Dossier-Position": carol.position})
        assert second.status_code == 200
        assert "optional" not in second.json()
