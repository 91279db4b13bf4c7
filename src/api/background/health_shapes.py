"""What `/health/ready` answers, for the OpenAPI document; `projections.health.judgement.document` makes it."""

from typing import Literal

from pydantic import BaseModel


class FaultShape(BaseModel):
    """What is wrong, why, and what to do. `blocks`: answers cannot be given or trusted."""

    what: str
    why: str
    todo: str
    blocks: bool


class ReadModelShape(BaseModel):
    """A read model. `lag` counts events, `lag_s` is the age of the oldest of them in seconds."""

    name: str
    position: int
    lag: int
    lag_s: float
    state: Literal["running", "stopped", "outdated", "missing", "unattended"]


class ProcessShape(BaseModel):
    """A task of a process. `silent_s`: seconds since it was seen to make progress; `why` it waits."""

    process: str
    task: str
    runs: bool
    state: Literal["starting", "standby", "active", "waiting", "ended"] | None
    why: str | None
    silent_s: float | None


class RelayShape(BaseModel):
    """How far the relay is."""

    position: int
    lag: int
    lag_s: float


class DeliveriesShape(BaseModel):
    """Changes that wait to be sent to Customer Engagement; `null` while the read model cannot be asked."""

    waiting: int | None
    oldest_s: float | None


class HealthDocument(BaseModel):
    """The health of the installation."""

    status: Literal["ready", "degraded"]
    faults: list[FaultShape]
    warnings: list[str]
    log_position: int
    projections: list[ReadModelShape]
    processes: list[ProcessShape]
    relaying: RelayShape | None
    refused_messages: int
    deliveries: DeliveriesShape
    dead_letters: int
    failed_uploads: int
    failed_propagations: int
    relay_refused: int
    """The same as `refused_messages`."""
