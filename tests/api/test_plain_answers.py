"""Answers that are made of plain rows are, letter by letter, what their response model writes."""

from typing import Any

import pytest
from pydantic import BaseModel

from aggregates.fact import Role
from aggregates.field.field import MASK
from api_client import Api
from business_fields import standard_fields, upload_row
from payers import ACCOUNT, START, payers
from projections.accounts.models import AccountRead, ProfileRead
from projections.answers.widget import Widget
from projections.customers.models import Customer
from projections.drawer.models import Drawer

pytestmark = pytest.mark.usefixtures("runners")


def as_the_model_writes(api: Api, path: str, model: type[BaseModel], role: Role = Role.ADMINISTRATOR) -> Any:
    """Checks an answer, and that the same question has the same answer with explanations and from the log; gives it."""
    answer = api.seen(path, role)
    assert answer.status_code == 200
    assert model.model_validate_json(answer.content).model_dump_json().encode() == answer.content
    for more in ("explain=true", "source=log"):
        other = api.seen(
            f"{path}{'&' if '?' in path else '?'}{more}&known_at={answer.headers['Dossier-Known-At']}", role
        ).json()
        if other.pop("explanations", None) and "explain" in other:  # of a profile, by path
            other["explain"] = None
        if more == "source=log":  # which is not asked what may be done
            assert other == without_permissions(answer.json())
        else:
            assert other == answer.json()
    return answer.json()


def without_permissions(answer: Any) -> Any:
    """An answer without who may edit, and in which call."""
    match answer:
        case dict():
            names = answer.keys() - {"may_edit", "refusal", "interaction"}
            return {name: without_permissions(answer[name]) for name in names}
        case list():
            return [without_permissions(item) for item in answer]
    return answer


def test_an_account_is_written_as_its_model_writes_it(api: Api) -> None:
    payers(api)
    assert as_the_model_writes(api, ACCOUNT, AccountRead)["start"] == START
    assert as_the_model_writes(api, f"{ACCOUNT}/profile", ProfileRead)["effective_from"] == START


def test_a_drawer_is_written_as_its_model_writes_it(api: Api) -> None:
    """Every state of a category: stored, stored and inactive since, defaulted, blank, not shown."""
    assert api.post("/v1/customers", {"number": "1001", "name": "Ada Byron"}).status_code == 201
    for code in range(1, 6):
        api.post("/v1/categories", {"code": code, "description": f"Category {code}", "required": code == 3})
        for response in ("A", "B")[: 0 if code == 5 else 2]:
            body = {"code": response, "description": f'"{response}" é', "default": code == 3 and response == "B"}
            assert api.post(f"/v1/categories/{code}/responses", body).status_code == 201
    saved = api.put("/v1/customers/1001/drawer", {"responses": {"1": "A", "2": "B"}, "effective_from": "2026-01-01"})
    assert saved.status_code == 200
    assert api.patch("/v1/categories/2/responses/B", {"active": False}).status_code == 200
    drawer = as_the_model_writes(api, "/v1/customers/1001/drawer", Drawer)
    assert [(one["shown"], len(one["choices"])) for one in drawer["categories"]] == [
        ("stored", 2),
        ("stored", 2),
        ("stored", 2),
        ("blank", 2),
    ]
    early = as_the_model_writes(api, "/v1/customers/1001/drawer?valid_at=2020-01-01", Drawer)
    assert [one["shown"] for one in early["categories"]] == ["blank", "blank", "defaulted", "blank"]


def test_a_widget_is_written_as_its_model_writes_it(api: Api) -> None:
    """Every state of a field: with and without a value, masked, personal, not agent editable, in both groups."""
    standard_fields(api.dossier)
    upload_row(api.dossier, "1001", {"first_name": "Ada", "last_name": "Byron", "city": "London", "loan_type": "Car"})
    upload_row(api.dossier, "1002", {"first_name": "Bob", "last_name": "Ray"}, name="Bob Ray", row=2)
    edited = api.patch("/v1/customers/1001/fields", {"fields": {"city": "Wien"}, "effective_to": "2031-01-01"})
    assert edited.status_code == 200
    assert api.patch("/v1/fields/first_name", {"masked": True}).status_code == 200
    path = "/v1/customers/1001/fields"
    call = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
    for begun in (False, True):
        if begun:
            assert api.post("/v1/interactions", call, Role.INTEGRATOR).status_code == 201
        for role in (Role.ADMINISTRATOR, Role.AGENT, Role.AUDITOR):
            for query in ("", "?valid_at=2020-01-01", "?sort=label"):
                widget = as_the_model_writes(api, f"{path}{query}", Widget, role)
                assert ("interaction" in widget) == (begun and role is Role.AGENT)
    values = {field["key"]: field["value"] for field in widget["business"]["fields"]}
    assert (values["first_name"], values["city"]) == (MASK, "Wien")
    assert widget["optional"]["fields"]
    assert "optional" not in as_the_model_writes(api, "/v1/customers/1002/fields", Widget)


def test_a_customer_is_written_as_its_model_writes_it(api: Api) -> None:
    """Every state of an alternate number: primary, further, no longer primary, off the list and on it again; and an alias."""
    for number in ("1001", "1002"):
        assert api.post("/v1/customers", {"number": number, "name": "Zoë Byron"}).status_code == 201
    path = "/v1/customers/1001"
    assert as_the_model_writes(api, path, Customer)["alternate_numbers"] == []
    for alternate in ("X3", "X1", "X2", "X4"):
        assert api.post(f"{path}/alternate-numbers", {"alternate_number": alternate}).status_code == 201
    assert api.patch(f"{path}/alternate-numbers/X2", {"primary": True}).status_code == 200
    for alternate in ("X1", "X4"):
        assert api.delete(f"{path}/alternate-numbers/{alternate}").status_code == 200
    assert api.post(f"{path}/alternate-numbers", {"alternate_number": "X4"}).status_code == 201
    assert api.post(f"{path}/merge", {"other": "1002", "survivor": "1001"}).status_code == 200
    customer = as_the_model_writes(api, path, Customer)
    assert [one["number"] for one in customer["alternate_numbers"] if one["primary"]] == ["X2"]
    assert customer["aliases"] == ["1002"]
