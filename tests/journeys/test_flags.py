"""The integration flags, with real processes on the embedded feed: while off, nothing is sent, and each delivery says why."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from installation import Installation, eventually

from aggregates.fact import Role


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Everything, without Kafka."""
    with TemporaryDirectory(prefix="dossier-flags-") as directory:
        Path(directory).chmod(0o755)
        with Installation(Path(directory), kafka=False) as installation:
            yield installation


def put(client: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    """A write that must succeed."""
    answer = client.put(path, json=body)
    assert answer.status_code == 200, answer.text


def deliveries(client: httpx2.Client) -> list[tuple[str, str | None]]:
    """Status and reason of every change, oldest first."""
    found = client.get("/v1/deliveries", params={"number": "1001"}).json()["items"]
    return [(one["status"], one["reason"]) for one in reversed(found)]


def test_only_changes_recorded_while_the_flags_are_on_are_sent(installation: Installation) -> None:  # rules 4.2, 4.5
    with installation.caller(Role.ADMINISTRATOR) as admin, installation.engagement() as engagement:
        assert admin.post("/v1/categories", json={"code": 1, "description": "Age"}).status_code == 201
        for code in ("A1", "A2", "A3", "A4"):
            body = {"code": code, "description": f"Band {code}"}
            assert admin.post("/v1/categories/1/responses", json=body).status_code == 201
        assert admin.post("/v1/customers", json={"number": "1001", "name": "Ada"}).status_code == 201
        drawer = "/v1/customers/1001/drawer"
        put(admin, drawer, {"responses": {"1": "A1"}})
        put(admin, "/v1/controls/L37", {"value": "INTERACT"})
        put(admin, drawer, {"responses": {"1": "A2"}})
        put(admin, "/v1/controls/L51", {"value": "Yes"})
        put(admin, drawer, {"responses": {"1": "A3"}})
        put(admin, "/v1/attribute-mappings/category:1", {"attribute": "age_band"})
        put(admin, drawer, {"responses": {"1": "A4"}})
        eventually(lambda: deliveries(admin)[-1:] == [("sent", None)], "the last change is sent")
        assert [reason for _, reason in deliveries(admin)] == [
            "L37 is not INTERACT",
            "L51 is No",
            "not mapped",
            None,
        ]
        held = engagement.get("/customers/1001/attributes").json()
        assert {name: one["value"] for name, one in held.items()} == {"age_band": "A4"}
        assert len(engagement.get("/received").json()["order"]["1001"]) == 1
