"""What the read model `interactions` answers with."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

StateWord = Literal["open", "on_call", "wrap_up", "closed"]
"""`open`: on call or in wrap-up."""


class InteractionRead(BaseModel):
    """An interaction. It is open, and its agent may edit, while `state` is `on_call` or `wrap_up`."""

    model_config = ConfigDict(frozen=True)

    interaction: str
    customer: str
    agent: str
    state: str
    version: int
    known_at: datetime
    started_at: datetime
    ended_at: datetime | None
    closed_at: datetime | None
