"""Whatever is written with effective dates takes all of them, and can leave later-dated values alone (rules 0.2, 2.11)."""

from typing import Any, Final

from api.app import describe_only

DATES: Final = {"effective_from", "effective_to", "keep_later"}
FEWER: Final = {
    "NewCustomer": {"effective_from"},  # a name that ends would leave nobody; nothing is later than the first one
    "ProfileEnd": {"effective_to", "keep_later"},  # an end has a last day only
}
"""Bodies that name fewer of them, and why."""


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
    dated = {name: DATES & members.keys() for name, members in bodies().items() if DATES & members.keys()}
    assert {name: members for name, members in dated.items() if members != DATES} == FEWER
    assert {"Rename", "NewControlValue", "Confirmation", "FieldEdits", "Assignment", "ProfileChange"} <= dated.keys()
