"""What the read model `controls` answers with."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class ControlValue(BaseModel):
    """A system control and its value. `default`: none was set for the day, so it has the one it starts with, and no dates.

    `version` is the one of all controls together.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    label: str
    value: str
    default: bool
    effective_from: date | None
    effective_to: date | None
    version: int


class MappingRow(BaseModel):
    """What is mapped (`category:<code>`, `field:<key>`) to which Customer Engagement attribute."""

    model_config = ConfigDict(frozen=True)

    mapped: str
    attribute: str
