"""What the read model `fields` answers with."""

from pydantic import BaseModel, ConfigDict


class FieldRead(BaseModel):
    """A definition as known then (rule 3.1). `group`: where the widget shows it; `policy`: what an upload does to an edit."""

    model_config = ConfigDict(frozen=True)

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
    version: int
