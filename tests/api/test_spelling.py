"""What is stored is found over HTTP however it is written, and what comes in has one spelling (rule 0.10)."""

from typing import Final

import pytest

from aggregates.profile_class.events import ProfileClassDefined
from aggregates.profile_class.profile_class import ProfileClass
from api_client import Api, define_age, fields, register
from payers import found
from profile_facts import terms
from projections import catalogue
from projections.engine import Runner
from scenario import ORIGIN

COMPOSED: Final = "M\u00fcnchen"
DECOMPOSED: Final = "Mu\u0308nchen"
UNSEEN: Final = "\u3164"


def fold(api: Api) -> None:
    for projection in catalogue.projections(api.dossier):
        Runner(api.dossier, projection).catch_up()


def test_names_of_earlier_versions_are_read_whatever_is_refused_now(api: Api) -> None:  # rule 0.10
    found(api.dossier)
    for name in (UNSEEN, DECOMPOSED):
        stored = ProfileClass.new(api.dossier.company, name)
        stored.record(ProfileClassDefined, ORIGIN, name=name, description="A class", active=True, terms=terms())
        api.dossier.put(stored.collect_events())
    fold(api)
    for asked, name in ((UNSEEN, UNSEEN), (COMPOSED, DECOMPOSED), (DECOMPOSED.upper(), DECOMPOSED)):
        answer = api.get(f"/v1/profile-classes/{asked}")
        assert (answer.status_code, answer.json()["name"]) == (200, name)
        change = {"options": {"risk_code": "R2"}, "apply_to": "new"}
        assert api.patch(f"/v1/profile-classes/{asked}", change).status_code == 200


def test_a_new_name_that_cannot_be_seen_is_refused(api: Api) -> None:  # rule 0.10
    answer = api.post("/v1/customers", {"number": "1001", "name": UNSEEN, "reason": "\u2800"})
    assert (answer.status_code, fields(answer)) == (422, {"name", "reason"})


@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED.upper()])
def test_an_answer_is_looked_for_by_its_description(api: Api, asked: str) -> None:  # rule 0.10
    define_age(api)
    register(api)
    assert api.patch("/v1/categories/7", {"description": DECOMPOSED}).status_code == 200
    assert api.patch("/v1/categories/7/responses/A", {"description": DECOMPOSED}).status_code == 200
    assert api.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}}).status_code == 200
    fold(api)
    assert api.get("/v1/categories/7").json()["description"] == COMPOSED
    answer = api.get("/v1/customers", params={"response": f"{asked}:{asked}"})
    assert [one["number"] for one in answer.json()["items"]] == ["1001"]
