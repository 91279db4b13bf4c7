"""Every write with effective dates accepts all of them, and can keep later-dated values (rules 0.2, 2.11)."""

from typing import Any, Final

from api.app import describe_only

DATES: Final = {"effective_from", "effective_to", "keep_later"}
FEWER: Final = {
    "NewCustomer": {"effective_from"},  # a name that ends would leave nobody; nothing is later than the first one
    "ProfileEnd": {"effective_to", "keep_later"},  # an end has a last day only
    "/v1/uploads": {"effective_from", "effective_to"},  # each field's policy decides against what is later
    "/v1/uploads/preview": {"effective_from", "effective_to"},
}
"""Bodies and files that name fewer of them, and why."""


def files() -> dict[str, set[str]]:
    """What is said in the query of every write whose body is no JSON, by path."""
    return {
        path: {parameter["name"] for parameter in one["post"].get("parameters", ()) if parameter["in"] == "query"}
        for path, one in describe_only()["paths"].items()
        if "requestBody" in one.get("post", {}) and "application/json" not in one["post"]["requestBody"]["content"]
    }


def bodies() -> dict[str, dict[str, Any]]:
    """The schemas of every JSON body of a write, by name."""
    document = describe_only()
    operations = [one for path in document["paths"].values() for one in path.values()]
    contents = [one["requestBody"]["content"] for one in operations if "requestBody" in one]
    names = [
        content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for content in contents
        if "$ref" in content.get("application/json", {}).get("schema", {})
    ]
    return {name: document["components"]["schemas"][name]["properties"] for name in names}


def test_every_dated_write_takes_both_days_and_keeps_later_ones() -> None:
    named = {name: DATES & members.keys() for name, members in bodies().items()}
    named |= {path: DATES & members for path, members in files().items()}
    dated = {name: members for name, members in named.items() if members}
    assert {name: members for name, members in dated.items() if members != DATES} == FEWER
    assert {"Rename", "NewControlValue", "Confirmation", "FieldEdits", "Assignment", "ProfileChange"} <= dated.keys()
