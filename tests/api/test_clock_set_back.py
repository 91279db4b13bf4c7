"""After the database's clock was ahead and has been set back, every kind of read still includes what is in the log (rule 0.3)."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from fastapi import FastAPI

from aggregates.fact import Role
from api_client import Api, define_age, fields
from clocks import AHEAD, let_the_clock_have_been_ahead
from payers import ACCOUNT, assign, payers
from projections import catalogue
from read_models import fold_log
from store.public import instant

KEYS: Final = {
    "number": "1001",
    "alternate_number": "N1",
    "account": "A-7",
    "site": "S-1",
    "mapped": "category:7",
    "code": "7",
    "response": "A",
    "key": "city",
    "interaction_id": "CALL-1",
    "version": "1",
}
NAMES: Final = {"/v1/profile-classes/{name}": "Late payers", "/v1/upload-mappings/{name}": "feed"}


@pytest.fixture
def filled(api: Api) -> Api:
    """One of everything, recorded after an event of an hour ahead, and folded."""
    define_age(api)
    let_the_clock_have_been_ahead(api.dossier)
    payers(api)
    assign(api, f"{ACCOUNT}/sites/S-1", "Late payers")
    created = [
        api.post("/v1/fields", {"key": "city", "label": "City", "group": "business", "type": "string"}),
        api.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "N1"}),
        api.put("/v1/attribute-mappings/category:7", {"attribute": "age"}),
        api.put("/v1/upload-mappings/feed", {"columns": {"Number": "customer_number", "Town": "city"}}),
        api.post("/v1/interactions", {"interaction": "CALL-1", "customer": "1001", "agent": "agent"}, Role.INTEGRATOR),
    ]
    assert [answer.text for answer in created if answer.status_code not in {200, 201}] == []
    for projection in catalogue.projections(api.dossier):
        fold_log(api.dossier, projection)
    return api


def dated_reads(app: FastAPI) -> list[str]:
    """Every path that is read at two clocks, from both sources where there are two."""
    document = app.openapi()
    found = []
    for path, operations in document["paths"].items():
        parameters = {one["name"]: str(one["schema"]) for one in operations.get("get", {}).get("parameters", ())}
        if "known_at" in parameters:
            found.append(path)
            found += [f"{path}?source=log"] if "'log'" in parameters.get("source", "") else []
    return found


def filled_in(path: str, event: str) -> str:
    """The path with its keys."""
    for beginning, name in NAMES.items():
        path = path.replace(beginning, beginning.format(name=name))
    code = "K87" if path.startswith("/v1/controls") else KEYS["code"]
    return path.format(**KEYS | {"code": code, "event_id": event})


def test_every_read_shows_what_was_recorded_ahead_of_the_clock(
    filled: Api, app: FastAPI, subtests: pytest.Subtests
) -> None:  # rule 0.3
    reads = dated_reads(app)
    event = filled.get("/v1/history?order=newest&limit=1").json()["items"][0]["event_id"]
    assert len([path for path in reads if path.endswith("source=log")]) >= 14
    for path in reads:
        with subtests.test(path):
            query = {"/diff": {"from": "@"}, "/search": {"q": "Ann"}}.get(path[path.rindex("/") :], {})
            asked = filled_in(path, event)
            url, _, source = asked.partition("?")
            params: dict[str, Any] = query | ({"source": "log"} if source else {})
            answer = filled.get(url, params=params)
            assert answer.status_code == 200, answer.text
            known_at = answer.headers["Dossier-Known-At"]
            assert known_at > instant(datetime.now(UTC) + AHEAD / 2)
            again = filled.get(url, params={**params, "known_at": known_at})
            assert (again.status_code, again.content) == (200, answer.content)


def test_what_is_after_the_clock_and_after_the_log_is_the_future(filled: Api) -> None:  # rule 0.3
    later = instant(datetime.now(UTC) + 2 * AHEAD)
    for path in (ACCOUNT, f"{ACCOUNT}/profile?source=log", "/v1/interactions/CALL-1"):
        answer = filled.get(path, params={"known_at": later, **({"source": "log"} if "?" in path else {})})
        assert (answer.status_code, fields(answer)) == (422, {"known_at"})
