"""One judgement of how an installation is doing: from what was read (`vitals`) to named faults in words, each with what to do.

`/health/ready`, `/metrics` and `dossier status` all show this and nothing else, so they never contradict each other. A fault `blocks`
when answers of the API cannot be given or trusted; what only delays what is sent does not. Pure: no clock, no I/O.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from projections.engine.states import ProjectionState
from projections.health.vitals import NotMigratedError, Vitals
from store import outages
from store.heartbeats import Task

BEHIND_S: Final = 5.0
"""Seconds that an event may wait to be folded or relayed before that is a fault."""
WAITING_S: Final = 15.0
"""The same of a change on its way to Customer Engagement, which may be asked several times."""

Status = Literal["ready", "degraded", "unready"]
ModelState = Literal["running", "stopped", "outdated", "missing", "unattended"]
TASKS: Final = {
    "project": (),
    "relay": ("relay", "profiles"),
    "forward": ("forward", "resend"),
    "work": ("propagations", "uploads", "heads of the log", "idempotency keys"),
}
"""The tasks of each process; those of `project` are the read models."""
_DOES: Final = {
    "relay": "Events are not sent to Kafka.",
    "profiles": "The states of profiles are not sent to Kafka.",
    "forward": "Changes are not sent to Customer Engagement.",
    "resend": "Dead letters are not sent again.",
    "propagations": "Propagations wait.",
    "uploads": "Contact files wait.",
    "heads of the log": "Heads of the log are signed only on demand.",
    "idempotency keys": "Old idempotency keys stay.",
    "api": "Nobody can read or write over HTTP.",
}
_DATABASE_TODO: Final = {
    outages.DISK_FULL: "Make room on its disk; nothing has to be restarted. Runbook: The disk is full.",
    outages.READ_ONLY: "Point DATABASE_URL at the primary, or end its read-only mode.",
    outages.TOO_MANY_CONNECTIONS: "Raise max_connections of PostgreSQL, or lower the pool sizes.",
}
_BRING_BACK: Final = "Restore PostgreSQL; nothing has to be restarted. Runbook: PostgreSQL is down."


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, why, and what to do. `what` is one of a bounded set of names."""

    what: str
    why: str
    todo: str
    blocks: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Expected:
    """The processes that this installation is meant to have besides `project` and `work`."""

    relay: bool = False
    forward: bool = False
    api: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement. `vitals` is `None` when they could not be read; `models` has the state of every read model by name."""

    faults: Sequence[Fault]
    vitals: Vitals | None = None
    models: dict[str, ModelState] = field(default_factory=dict)
    tasks: dict[tuple[str, str], bool] = field(default_factory=dict)
    """By process and task: whether it runs, or somebody stands by for it."""

    @property
    def status(self) -> Status:
        """`unready` when a fault blocks, `degraded` when there are others."""
        if any(fault.blocks for fault in self.faults):
            return "unready"
        return "degraded" if self.faults else "ready"


def document(health: Health) -> dict[str, Any]:
    """Returns the health as JSON. When the vitals could not be read, it has the status and the faults only."""
    summary: dict[str, Any] = {"status": health.status, "faults": [asdict(fault) for fault in health.faults]}
    vitals = health.vitals
    if vitals is None:
        return summary
    waiting = vitals.waiting
    return summary | {
        "log_position": vitals.log_position,
        "projections": [
            {
                "name": state.name,
                "position": state.position,
                "lag": state.lag,
                "lag_s": round(state.lag_s, 1),
                "state": health.models[state.name],
            }
            for state in vitals.states
        ],
        "processes": [
            {"process": process, "task": task, "runs": runs, **_doing(vitals.tasks, process, task)}
            for (process, task), runs in health.tasks.items()
        ],
        "relaying": None
        if vitals.relay is None
        else {
            "position": vitals.relay.position,
            "lag": vitals.relay.lag,
            "lag_s": round(vitals.relay.lag_s, 1),
        },
        "refused_messages": vitals.refused_messages,
        "relay_refused": vitals.refused_messages,
        "deliveries": {
            "waiting": waiting and waiting.waiting,
            "oldest_s": waiting and round(waiting.oldest_s, 1),
        },
        "dead_letters": vitals.dead_letters,
        "failed_uploads": vitals.failed_uploads,
        "failed_propagations": vitals.failed_propagations,
    }


def _doing(tasks: Sequence[Task], process: str, task: str) -> dict[str, Any]:
    """Returns state, reason and silence of the process that does a task, or did it last."""
    rows = [row for row in tasks if (row.process, row.task) == (process, task)]
    rows.sort(key=lambda row: (not row.runs, row.state == "standby", row.silent_s))
    if not rows:
        return {"state": None, "why": None, "silent_s": None}
    return {"state": rows[0].state, "why": rows[0].reason, "silent_s": round(rows[0].silent_s, 1)}


def unusable(error: Exception) -> Health:
    """The judgement when the vitals cannot be read."""
    if isinstance(error, NotMigratedError) or outages.is_not_migrated(error):
        why = str(error) if isinstance(error, NotMigratedError) else "A table of this version is missing."
        return Health([Fault("database", why, "Run `dossier migrate`.", blocks=True)])
    if outages.is_outage(error):
        why = outages.reason(error)
        return Health([Fault("database", why, _DATABASE_TODO.get(why, _BRING_BACK), blocks=True)])
    why = f"It cannot be asked: {type(error).__name__}."
    return Health([Fault("database", why, "Look into the log of the API; report it.", blocks=True)])


def judge(vitals: Vitals, expected: Expected) -> Health:
    """Yields the faults, the gravest first."""
    tasks = _running(vitals, expected)
    models = _models(vitals, tasks)
    faults = [
        *_of_database(vitals),
        *_of_models(vitals, models),
        *_of_processes(vitals, tasks),
        *_of_sending(vitals, {process for process, _ in tasks}),
        *_of_jobs(vitals),
    ]
    return Health(sorted(faults, key=lambda fault: not fault.blocks), vitals, models, tasks)


def _running(vitals: Vitals, expected: Expected) -> dict[tuple[str, str], bool]:
    """Every task that is expected, or that was seen and has not ended of its own will: whether one runs."""
    expected_tasks = [("project", state.name) for state in vitals.states]
    expected_tasks += [("work", task) for task in TASKS["work"]]
    expected_tasks += [("relay", task) for task in TASKS["relay"] if expected.relay]
    expected_tasks += [("forward", task) for task in TASKS["forward"] if expected.forward]
    expected_tasks += [("api", "api")] if expected.api else []
    seen = [(task.process, task.task) for task in vitals.tasks if task.state != "ended"]
    alive = {(task.process, task.task) for task in vitals.tasks if task.runs}
    return {key: key in alive for key in dict.fromkeys([*expected_tasks, *seen])}


def _models(vitals: Vitals, tasks: dict[tuple[str, str], bool]) -> dict[str, ModelState]:
    models: dict[str, ModelState] = dict.fromkeys(sorted(vitals.missing), "missing")
    for state in vitals.states:
        if state.name in vitals.missing:
            continue
        if state.name in vitals.outdated:
            models[state.name] = "outdated"
        elif state.state == "stopped":
            models[state.name] = "stopped"
        else:
            models[state.name] = "running" if tasks.get(("project", state.name)) else "unattended"
    return models


def _of_database(vitals: Vitals) -> Iterator[Fault]:
    if vitals.read_only:
        yield Fault("database", outages.READ_ONLY, _DATABASE_TODO[outages.READ_ONLY], blocks=True)


def _of_models(vitals: Vitals, models: dict[str, ModelState]) -> Iterator[Fault]:
    by_state: dict[str, list[str]] = {}
    for name, kind in models.items():
        by_state.setdefault(kind, []).append(name)
    if names := by_state.get("missing"):
        todo = f"Run `dossier migrate`, then `dossier rebuild {_all_or(names, models)}`."
        yield Fault(_models_named(names, models), "There are no tables.", todo, blocks=True)
    if names := by_state.get("outdated"):
        why = "The tables were made by another version."
        yield Fault(_models_named(names, models), why, f"Run `dossier rebuild {_all_or(names, models)}`.", blocks=True)
    for state in vitals.states:
        if models.get(state.name) == "stopped":
            yield Fault(f"read model {state.name}", _stop(state), _STOPPED_TODO, blocks=True)
        elif models.get(state.name) == "running" and state.lag_s > BEHIND_S:
            why = f"It is {state.lag:,} events and {state.lag_s:,.0f} s behind."
            yield Fault(f"read model {state.name}", why, "Wait, if it catches up. Runbook: Lag rises.")
    if names := by_state.get("unattended"):
        last = _last_seen(vitals.tasks, "project", names[0])
        todo = "Start `dossier project`, or end the one that hangs and start it again."
        yield Fault(_models_named(names, models), f"Nobody folds events: {last}", todo, blocks=True)


_STOPPED_TODO: Final = "Mend the cause; it tries again by itself. Runbook: A read model has stopped at an event."


def _models_named(names: Sequence[str], models: dict[str, ModelState]) -> str:
    if len(names) == len(models) > 1:
        return "read models"
    return f"read model{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _all_or(names: Sequence[str], models: dict[str, ModelState]) -> str:
    return "--all" if len(names) == len(models) else " ".join(names)


def _stop(state: ProjectionState) -> str:
    if state.failed_position is None:
        return f"It has stopped at position {state.position}: {state.error}"
    event = f"event {state.failed_event} ({state.failed_topic}) at position {state.failed_position}"
    return f"It has stopped before {event}: {state.error}"


def _of_processes(vitals: Vitals, tasks: dict[tuple[str, str], bool]) -> Iterator[Fault]:
    for (process, task), runs in tasks.items():
        if process == "project":
            continue
        if not runs:
            last = _last_seen(vitals.tasks, process, task)
            does = _DOES.get(task, "")
            command = "serve" if process == "api" else process
            yield Fault(
                _task_name(process, task),
                f"It does not run: {last} {does}".strip(),
                f"Start `dossier {command}`, or end the one that hangs and start it again.",
            )
        elif reason := _waits(vitals.tasks, process, task):
            yield Fault(_task_name(process, task), f"It waits: {reason}", "Mend the cause; it goes on by itself.")


def _task_name(process: str, task: str) -> str:
    return process if process == task else f"{process} ({task})"


def _last_seen(tasks: Sequence[Task], process: str, task: str) -> str:
    last = next((row for row in tasks if (row.process, row.task) == (process, task)), None)
    if last is None:
        return f"no `dossier {'serve' if process == 'api' else process}` has been seen."
    return f"{'ended' if last.state == 'ended' else 'last made progress'} {last.silent_s:,.0f} s ago."


def _waits(tasks: Sequence[Task], process: str, task: str) -> str | None:
    """Why a task waits; `None` when one of those that run does not."""
    running = [row for row in tasks if (row.process, row.task) == (process, task) and row.runs]
    if any(row.state == "active" for row in running):
        return None
    return next((row.reason for row in running if row.state == "waiting"), None)


def _of_sending(vitals: Vitals, processes: Set[str]) -> Iterator[Fault]:
    """Yields the faults of what waits longer than usual, if a receiver is expected."""
    relay, waiting = vitals.relay, vitals.waiting
    if relay is not None and relay.lag_s > BEHIND_S and "relay" in processes:
        why = f"It is {_count_words(relay.lag, 'event', 'events')} and {relay.lag_s:,.0f} s behind."
        yield Fault("relay", why, "Wait, if it catches up. Runbook: The Kafka broker is down.")
    if vitals.refused_messages:
        keys = _count_words(vitals.refused_messages, "key waits", "keys wait")
        yield Fault("relay", f"Kafka refused messages, and {keys}.", "See `dossier refused-messages list`.")
    if waiting is not None and waiting.oldest_s > WAITING_S and "forward" in processes:
        changes = _count_words(waiting.waiting, "change waits", "changes wait")
        why = f"{changes} to be sent, the oldest for {waiting.oldest_s:,.0f} s."
        yield Fault("deliveries", why, "Runbook: Customer Engagement rejects changes, or is down.")


def _count_words(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"


def _of_jobs(vitals: Vitals) -> Iterator[Fault]:
    if vitals.failed_uploads:
        why = f"{_count_words(vitals.failed_uploads, 'contact file is', 'contact files are')} stuck."
        yield Fault("uploads", why, "`dossier status` lists them. Runbook: A contact upload is stuck.")
    if vitals.failed_propagations:
        why = f"{_count_words(vitals.failed_propagations, 'propagation is', 'propagations are')} stuck."
        yield Fault("propagations", why, "`dossier status` lists them. Runbook: A propagation is stuck.")
