"""The current version opens a database of an earlier version and gives the same answers, byte for byte (rule 0.3).

`record.py` recorded them. The comparison ignores members that answers have gained since, but only those listed in `GAINED`; everything
else must be the same.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from conftest import environment
from projections import catalogue
from projections.engine.rebuild import rebuild
from projections.engine.runner import install
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.database import Database
from store.schema import migrate
from upgrade.record import BIN, SCHEMA

FOLDER: Final = Path(__file__).parent
STATES: Final = sorted(file.name.removesuffix(".sql.gz") for file in FOLDER.glob("*.sql.gz"))
GAINED: Final = ("/history", "/fields", "/drawer", "/profile-classes", "/deliveries", "/controls", "explain=true")
"""Parts of the paths whose answers have gained members since. The order of members there hung on the process, too."""
MERGES: Final = ("customer.merged", "customer.unmerged")
"""Around these, `superseded_by` was wrong: it went by dates, which they have none of."""
SHOWN: Final = 8
"""Answers that a failure shows."""


DOCUMENTS: Final = [
    ("GET", path, None) for path in ("/v1/events?after=0&limit=1000", "/openapi.json", "/asyncapi.yaml", "/v1/uploads")
]
_WRONG: Final = {
    "options": {"collector": 1, "nope": 2, "credit_hold": "x"},
    "amounts": {"EUR": {"nope": "1"}, "XX": {}},
}
REFUSED: Final = [
    ("POST", "/v1/profile-classes", {"name": "", "description": "", "colour": 1, **_WRONG}),
    ("PATCH", "/v1/customers/C-1/fields", {"fields": {"nope": "1", "city": ["x"], "plan": 1.5}}),
    ("PUT", "/v1/customers/C-1/drawer", {"responses": {"1": "Z", "2": "Z", "9": "A"}}),
    ("POST", "/v1/fields", {"key": "Bad Key", "label": "", "group": "x", "type": "y", "size": 1}),
    ("PATCH", "/v1/accounts/A-1/profile", _WRONG),
]
"""Writes with many faults each: the order in which they are named is part of the answer."""


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    """The name of a recorded state."""
    return str(request.param)


@pytest.fixture
def restored(state: str, postgres_url: str, schema: str) -> dict[str, str]:
    """The environment of the recorded database, migrated."""
    dump = gzip.decompress((FOLDER / f"{state}.sql.gz").read_bytes())
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public")
    subprocess.run(
        [BIN / "psql", "--quiet", "--set=ON_ERROR_STOP=1", postgres_url],
        input=dump.replace(SCHEMA.encode(), schema.encode()),
        check=True,
        capture_output=True,
    )
    with closing(Database(postgres_url, schema)) as database:
        migrate(database, partial(install, classes=catalogue.classes()))
    return environment(postgres_url, schema)


@pytest.fixture
def opened(restored: dict[str, str]) -> Iterator[Api]:
    """The recorded database, rebuilt as the changelog says."""
    with Dossier(restored) as dossier:
        for projection in catalogue.projections(dossier):
            rebuild(dossier, projection, lambda _position, _target: None)
        with closing(ReadModels(dossier, catalogue.projections(dossier))) as reads:
            reads.start()
            settings = ApiSettings(token_secret=SECRET, asyncapi=lambda: "")
            with TestClient(create_app(dossier, reads, settings), raise_server_exceptions=False) as client:
                yield Api(client, dossier)


def test_a_database_of_an_earlier_version_gives_the_answers_of_then(
    opened: Api, state: str, figures: Callable[[str], None]
) -> None:  # rule 0.3
    answers = json.loads(gzip.decompress((FOLDER / f"{state}.answers.json.gz").read_bytes()))
    assert answers
    different = [line for path, recorded in answers for line in compared(opened, path, *recorded)]
    assert not different, "\n".join([f"{len(different)} answers differ:", *different[:SHOWN]])
    figures(f"{len(answers):,} answers of {state} are the same")


@pytest.mark.parametrize("state", STATES[-1:])
def test_no_answer_hangs_on_the_process(restored: dict[str, str], state: str) -> None:  # rule 0.3
    """Two processes with other hash seeds rebuild every read model and answer the same, byte for byte; refusals and documents, too."""
    recorded = json.loads(gzip.decompress((FOLDER / f"{state}.answers.json.gz").read_bytes()))
    last = max(path.partition("known_at=")[2] for path, _ in recorded)
    requests = [*(("GET", path, None) for path, _ in recorded if path.endswith(last)), *DOCUMENTS, *REFUSED]
    one, other = (answers_of(restored, requests, seed) for seed in ("1", "4"))
    assert [status for status, _ in one[-len(REFUSED) :]] == [422] * len(REFUSED)
    different = [asked for asked, *both in zip(requests, one, other, strict=True) if both[0] != both[1]]
    assert different == []


def answers_of(restored: dict[str, str], requests: list[Any], seed: str) -> list[tuple[int, str]]:
    """What a process of its own answers after it has rebuilt everything."""
    told = subprocess.run(
        [sys.executable, FOLDER / "answering.py"],
        input=json.dumps(requests).encode(),
        env={**os.environ, **restored, "PYTHONHASHSEED": seed, "PYTHONPATH": str(FOLDER.parent)},
        check=True,
        stdout=subprocess.PIPE,
    )
    answers: list[tuple[int, str]] = json.loads(told.stdout)
    return answers


def compared(api: Api, path: str, status: int, text: str) -> Iterator[str]:
    """A line where the answer to a request is not the recorded one. A refusal has a correlation id of its own."""
    if "/diff" in path and "to=" not in path and status == 200:
        path += f"&to={json.loads(text)['after']['valid_at']}"  # which was the day of the recording
    answer = api.get(path)
    now = answer.text
    if status < 400 and any(part in path for part in GAINED):
        recorded = without_wrong(json.loads(text))
        now = json.dumps(members_of(recorded, answer.json()), sort_keys=True)
        text = json.dumps(recorded, sort_keys=True)
    if answer.status_code != status or (status < 400 and now != text):
        place = next((n for n, (old, new) in enumerate(zip(text, now, strict=False)) if old != new), 0)
        context = slice(max(0, place - 80), place + 120)
        yield f"{path}: {status} …{text[context]}… is {answer.status_code} …{now[context]}…"


def without_wrong(recorded: Any) -> Any:
    """A recorded history without what was wrong then."""
    items = recorded.get("items", [])
    if any(item.get("topic") in MERGES for item in items):
        return recorded | {"items": [{name: item[name] for name in item if name != "superseded_by"} for item in items]}
    return recorded


def members_of(recorded: Any, present: Any) -> Any:
    """The present answer without the members that the recorded one had not."""
    if isinstance(recorded, dict) and isinstance(present, dict):
        return {name: members_of(recorded.get(name), value) for name, value in present.items() if name in recorded}
    if isinstance(recorded, list) and isinstance(present, list) and len(recorded) == len(present):
        return [members_of(one, other) for one, other in zip(recorded, present, strict=True)]
    return present
