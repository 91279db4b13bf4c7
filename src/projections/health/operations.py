"""What operators watch: the state of an installation as one document, made from its health and its traffic. Pure: no clock, no I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from projections.engine.states import ProjectionState
from projections.health.judgement import Fault, Health, ModelState, Status
from projections.health.vitals import Vitals
from store.heartbeats import Task, TaskState

At = Annotated[datetime, Field(description="The instant of reading.")]
Position = Annotated[int, Field(description="A position of the log.")]
Lag = Annotated[int, Field(description="Events of the log that come after the position.")]
LagSeconds = Annotated[float, Field(description="Seconds that the oldest of them has waited.")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class FaultRead(_Model):
    """What is wrong, why, and what to do."""

    what: str = Field(description="What is wrong, one of a bounded set of names.")
    why: str = Field(description="Why, in words.")
    todo: str = Field(description="What to do.")
    blocks: bool = Field(description="Whether answers cannot be given or trusted.")


class LogRead(_Model):
    """The end of the log."""

    position: int = Field(description="Position of the last event.")
    events_per_s: float | None = Field(description="Events a second of late; `null` where it was not read.")


class RelayRead(_Model):
    """The relay from the log to Kafka."""

    position: Position
    lag: Lag
    lag_s: LagSeconds
    moved_at: datetime = Field(description="When it last made progress.")


class FailureRead(_Model):
    """Why a read model has stopped."""

    position: int | None = Field(description="Position of the event before which it stopped, if it was an event.")
    event_id: UUID | None = Field(description="Id of that event.")
    topic: str | None = Field(description="Topic of that event.")
    error: str | None = Field(description="The error.")
    since: datetime | None = Field(description="Since when it has stood still for this reason.")


class RunnerRead(_Model):
    """The process that folds events into a read model, or stands by for the one that does."""

    host: str = Field(description="Name of the machine.")
    pid: int = Field(description="Id of the process.")
    state: TaskState = Field(description="What it does.")
    since: datetime = Field(description="Since when it has done so.")


class RebuildRead(_Model):
    """A rebuild beside the tables that are served."""

    position: int = Field(description="Position that the new tables have reached.")
    target: int | None = Field(description="The end of the log when it was last looked at.")
    started_at: datetime | None = Field(description="When it began.")
    active: bool = Field(description="Whether it is at work; a killed one may be started again.")


class ReadModelRead(_Model):
    """How a read model is doing."""

    name: str = Field(description="Its name.")
    state: ModelState = Field(description="`running`, or why its answers are not to be trusted.")
    position: Position
    lag: Lag
    lag_s: LagSeconds
    generation: int = Field(description="Number of its set of tables: one more with every rebuild.")
    failure: FailureRead | None = Field(description="Why it has stopped; `null` unless it has.")
    runner: RunnerRead | None = Field(description="Who works on it; `null` where nobody does.")
    rebuild: RebuildRead | None = Field(description="Its rebuild; `null` where there is none.")


class FeedRead(_Model):
    """A consumer that is fed from the log itself. The progress of one that is fed from Kafka is in Kafka."""

    consumer: str = Field(description="Its name.")
    partitions: int = Field(description="Number of its partitions.")
    position: int = Field(description="Position that all of them have reached.")
    lag: Lag
    moved_at: datetime = Field(description="When one of them last made progress.")


class OldestRead(_Model):
    """The delivery that has waited longest."""

    position: int = Field(description="Position of its event.")
    age_s: float = Field(description="Seconds since it was recorded.")


class DeliveryCountsRead(_Model):
    """Deliveries to Customer Engagement by status. Some are `null` for some seconds after a start, until they are counted."""

    waiting: int | None = Field(description="Those without an outcome; not counted beyond 10,000.")
    sent: int | None = Field(description="Those that were accepted; `null` where more wait than are counted.")
    not_sent: int | None = Field(description="Those that are not meant to be sent.")
    dead: int | None = Field(description="Those that were refused, or failed to the last try.")
    oldest: OldestRead | None = Field(description="The one that has waited longest; `null` where none waits.")


class LetterCountsRead(_Model):
    """Dead letters by state, messages that could not be read included."""

    dead: int = Field(description="Those that nobody asked to send again.")
    resending: int = Field(description="Those that are on their way again.")
    resent: int = Field(description="Those that were sent again.")


class ProcessRead(_Model):
    """A task of a process, whether it is expected or was seen."""

    process: str = Field(description="Name of the process.")
    task: str = Field(description="Name of the task.")
    runs: bool = Field(description="Whether it runs, or somebody stands by for it.")


_EXAMPLE: Final[dict[str, Any]] = {
    "at": "2026-06-20T10:42:00.000000Z",
    "status": "degraded",
    "faults": [
        {
            "what": "deliveries",
            "why": "2 changes wait to be sent, the oldest for 41 s.",
            "todo": "Runbook: Customer Engagement rejects changes, or is down.",
            "blocks": False,
        }
    ],
    "warnings": [],
    "log": {"position": 88412, "events_per_s": 12.5},
    "relay": {"position": 88412, "lag": 0, "lag_s": 0.0, "moved_at": "2026-06-20T10:41:59.000000Z"},
    "read_models": [
        {
            "name": "drawer",
            "state": "running",
            "position": 88412,
            "lag": 0,
            "lag_s": 0.0,
            "generation": 1,
            "failure": None,
            "runner": {"host": "app-1", "pid": 4711, "state": "active", "since": "2026-06-20T08:00:00.000000Z"},
            "rebuild": None,
        }
    ],
    "feeds": [],
    "processes": [{"process": "relay", "task": "relay", "runs": True}],
    "deliveries": {
        "waiting": 2,
        "sent": 5120,
        "not_sent": 17,
        "dead": 1,
        "oldest": {"position": 88401, "age_s": 41.3},
    },
    "dead_letters": {"dead": 1, "resending": 0, "resent": 12},
    "refused_messages": 0,
    "failed_uploads": 0,
    "failed_propagations": 0,
}


class Operations(_Model):
    """How an installation is doing: positions, lag, counts, and what is wrong."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    at: At
    status: Status = Field(description="`unready` when a fault blocks, `degraded` when there are others.")
    faults: list[FaultRead] = Field(description="What is wrong, the gravest first.")
    warnings: list[str] = Field(description="Words for operators about what stops nothing.")
    log: LogRead = Field(description="The log.")
    relay: RelayRead | None = Field(description="The relay; `null` where it never ran.")
    read_models: list[ReadModelRead] = Field(description="Every read model, by name.")
    feeds: list[FeedRead] = Field(description="Every consumer that is fed from the log itself.")
    processes: list[ProcessRead] = Field(description="Every task that is expected or was seen.")
    deliveries: DeliveryCountsRead = Field(description="Deliveries to Customer Engagement by status.")
    dead_letters: LetterCountsRead | None = Field(description="Dead letters by state; `null` where they were not read.")
    refused_messages: int = Field(description="Keys that wait because Kafka refused a message.")
    failed_uploads: int = Field(description="Contact files that are stuck.")
    failed_propagations: int = Field(description="Propagations that are stuck.")


def operations(health: Health, vitals: Vitals, warnings: Sequence[str], at: datetime) -> Operations:
    """Returns the document of a health and the vitals that it was judged by."""
    traffic = vitals.traffic
    states = {state.name: state for state in vitals.states}
    return Operations(
        at=at,
        status=health.status,
        faults=[_fault(fault) for fault in health.faults],
        warnings=list(warnings),
        log=LogRead(position=vitals.log_position, events_per_s=None if traffic is None else traffic.events_per_s),
        relay=None if vitals.relay is None else RelayRead.model_validate(vitals.relay),
        read_models=[_read_model(name, kind, states.get(name), vitals) for name, kind in sorted(health.models.items())],
        feeds=[FeedRead.model_validate(feed) for feed in (traffic.feeds if traffic is not None else ())],
        processes=[
            ProcessRead(process=process, task=task, runs=runs) for (process, task), runs in health.tasks.items()
        ],
        deliveries=_deliveries(vitals),
        dead_letters=None if traffic is None else LetterCountsRead.model_validate(traffic.letters),
        refused_messages=vitals.refused_messages,
        failed_uploads=vitals.failed_uploads,
        failed_propagations=vitals.failed_propagations,
    )


def _fault(fault: Fault) -> FaultRead:
    return FaultRead.model_validate(fault)


def _read_model(name: str, kind: ModelState, state: ProjectionState | None, vitals: Vitals) -> ReadModelRead:
    return ReadModelRead(
        name=name,
        state=kind,
        position=0 if state is None else state.position,
        lag=vitals.log_position if state is None else state.lag,
        lag_s=0.0 if state is None else round(state.lag_s, 1),
        generation=0 if state is None else state.generation,
        failure=None if state is None or state.state != "stopped" else _failure(state),
        runner=_runner(name, vitals.tasks),
        rebuild=None if state is None or state.rebuild_position is None else _rebuild(state, state.rebuild_position),
    )


def _failure(state: ProjectionState) -> FailureRead:
    return FailureRead(
        position=state.failed_position,
        event_id=state.failed_event,
        topic=state.failed_topic,
        error=state.error,
        since=state.failed_at,
    )


def _rebuild(state: ProjectionState, position: int) -> RebuildRead:
    return RebuildRead(
        position=position,
        target=state.rebuild_target,
        started_at=state.rebuild_started_at,
        active=state.rebuild_active,
    )


def _runner(name: str, tasks: Sequence[Task]) -> RunnerRead | None:
    """Returns the one that does a task rather than one that stands by for it."""
    running = [task for task in tasks if (task.process, task.task) == ("project", name) and task.runs]
    running.sort(key=lambda task: (task.state == "standby", task.silent_s))
    return RunnerRead.model_validate(running[0]) if running else None


def _deliveries(vitals: Vitals) -> DeliveryCountsRead:
    """Returns the counts of one snapshot, or what waits alone where the others are not counted yet."""
    counts = None if vitals.traffic is None else vitals.traffic.deliveries
    waiting = vitals.waiting if counts is None else counts.waiting
    oldest = (
        None
        if waiting is None or waiting.first is None
        else OldestRead(position=waiting.first, age_s=round(waiting.oldest_s, 1))
    )
    return DeliveryCountsRead(
        waiting=None if waiting is None else waiting.waiting,
        sent=None if counts is None else counts.sent,
        not_sent=None if counts is None else counts.not_sent,
        dead=None if counts is None else counts.dead,
        oldest=oldest,
    )
