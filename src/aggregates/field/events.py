"""Facts of business field definitions (rule 3.1).

`searchable` is written while it holds. What was recorded before there were searchable fields says nothing of it, and reads as it did then.
"""

from typing import ClassVar

from aggregates.fact import Fact


class FieldDefined(Fact):
    """A business field was defined."""

    TOPIC: ClassVar[str] = "field.defined"
    key: str
    label: str
    group: str
    type: str
    agent_editable: bool
    position: int
    required: bool
    personal: bool
    masked: bool
    choices: list[str]
    policy: str
    validators: list[str]
    active: bool
    searchable: bool | None = None


class FieldChanged(Fact):
    """The definition of a business field was changed; it is given whole."""

    TOPIC: ClassVar[str] = "field.changed"
    key: str
    label: str
    group: str
    type: str
    agent_editable: bool
    position: int
    required: bool
    personal: bool
    masked: bool
    choices: list[str]
    policy: str
    validators: list[str]
    active: bool
    searchable: bool | None = None
