"""A client that somebody else's generator makes from the OpenAPI document works against the served API.

The console's own client is made from the same document by openapi-typescript, and its type check is part of `make check`.
"""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import orjson
import pytest
from fastapi import FastAPI

from aggregates.fact import Role
from api_client import Api

CONFIGURATION = """
package_name_override: generated_dossier
content_type_overrides:
  application/yaml: text/plain
  application/jsonl: application/octet-stream
  application/x-ndjson: application/octet-stream
  text/csv: application/octet-stream
  text/event-stream: application/octet-stream
"""
"""The generator knows neither files nor streams by these names: it hands them over as bytes."""


@pytest.fixture
def generated(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generated package. A warning of the generator is a failure."""
    document, configuration, package = (
        tmp_path / "openapi.json",
        tmp_path / "config.yml",
        tmp_path / "generated_dossier",
    )
    document.write_bytes(orjson.dumps(app.openapi()))
    configuration.write_text(CONFIGURATION)
    binaries = Path(sys.executable).parent
    run = subprocess.run(
        [
            *(binaries / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", document, "--output-path", package, "--config", configuration),
        ],
        env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    monkeypatch.syspath_prepend(tmp_path)
    return import_module("generated_dossier")


def test_a_generated_client_writes_reads_and_understands_refusals(
    generated: ModuleType, api: Api, address: tuple[str, int], runners: None
) -> None:
    def part(name: str) -> ModuleType:
        return import_module(f"generated_dossier.{name}")

    url = f"http://{address[0]}:{address[1]}"
    models = part("models")
    with generated.AuthenticatedClient(base_url=url, token=api.token(Role.ADMINISTRATOR)) as client:
        register = part("api.customers.register_customer")
        body = models.NewCustomer(number="1001", name="Ada Byron")
        done = register.sync_detailed(client=client, body=body, idempotency_key="first")
        assert (done.status_code, done.parsed.changed, done.parsed.version) == (201, True, 1)

        read = part("api.customers.read_customer").sync_detailed
        answer = read("1001", client=client, dossier_position=done.parsed.position)
        assert (answer.status_code, answer.parsed.name, answer.parsed.alternate_numbers) == (200, "Ada Byron", [])

        refused = register.sync_detailed(client=client, body=body, idempotency_key="second")
        assert isinstance(refused.parsed, models.Problem)
        assert (refused.status_code, refused.parsed.type_) == (409, models.ProblemType.CONFLICT)

        me = part("api.session.read_me").sync(client=client)
        assert me.roles == [models.Role.ADMINISTRATOR]
    with generated.Client(base_url=url) as client:
        assert part("api.operations.live").sync_detailed(client=client).status_code == 200
