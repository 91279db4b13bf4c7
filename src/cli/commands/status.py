"""`dossier status`: the health of the installation in words, within 80 columns, and the jobs that are under way."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from textwrap import wrap
from typing import Any, Final

from cli.commands.unfinished_jobs import Jobs, print_jobs, unfinished_jobs
from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.settings import Settings
from cli.wiring import expected_of, open_dossier
from projections import catalogue
from projections.engine.states import ProjectionState
from projections.health.judgement import Fault, Health, document, judge, unusable
from projections.health.vitals import NotMigratedError, VitalsReader
from store import outages
from store.application import Dossier
from store.heartbeats import Task

COLUMNS: Final = 80
_INDENT: Final = "  "


class UnhealthyError(CliError):
    """Something is wrong; the text names it."""


def status(settings: Settings, *, as_json: bool) -> None:
    """Prints the health. Raises `UnhealthyError` when something is wrong."""
    jobs, warnings = Jobs([], [], 0, 0), []
    try:
        with open_dossier(settings) as dossier:
            health, states = _judge(dossier, settings)
            jobs = unfinished_jobs(dossier)
            warnings = dossier.setup().controls.warnings(dossier.today())
    except Exception as error:
        if not outages.is_outage(error) and not outages.is_not_migrated(error):
            raise
        health, states = unusable(error), []
    if as_json:
        show.document(_document(health, states, jobs, warnings))
    else:
        _print(health, jobs, warnings)
    if health.faults:
        raise UnhealthyError("\n".join(map(_fault, health.faults)))


def _judge(dossier: Dossier, settings: Settings) -> tuple[Health, Sequence[ProjectionState]]:
    reader = VitalsReader(dossier.database, catalogue.classes())
    try:
        vitals = reader.read()
    except Exception as error:
        if isinstance(error, NotMigratedError) or outages.is_outage(error) or outages.is_not_migrated(error):
            return unusable(error), []
        raise
    finally:
        reader.close()
    return judge(vitals, replace(expected_of(settings), api=True)), vitals.states


def _document(health: Health, states: Sequence[ProjectionState], jobs: Jobs, warnings: Sequence[str]) -> dict[str, Any]:
    """Returns what `/health/ready` shows, and what only operators need: the whole state of each read model, every process, the jobs."""
    summary = document(health) | {"warnings": warnings} | asdict(jobs)
    if health.vitals is None:
        return summary
    return summary | {
        "log": health.vitals.log_position,
        "relay": health.vitals.relay and health.vitals.relay.position,
        "projections": [state.model_dump() | {"state": health.models[state.name]} for state in states],
        "instances": [asdict(task) for task in health.vitals.tasks],
    }


def _print(health: Health, jobs: Jobs, warnings: Sequence[str]) -> None:
    vitals = health.vitals
    if vitals is None:
        say(f"Status: {health.status}")
        return
    say(f"Status: {health.status}; log at position {vitals.log_position:,}")
    say("")
    _print_models(health, vitals.states)
    say("")
    _print_processes(health, vitals.tasks)
    say("")
    relay, waiting = vitals.relay, vitals.waiting
    place = "never ran" if relay is None else f"position {relay.position}, lag {relay.lag}, {_age(relay.lag_s)} behind"
    say(f"Relay: {place}")
    say(f"Messages that Kafka refused: {vitals.refused_messages}")
    if waiting is not None:
        say(f"Changes that wait to be sent: {waiting.waiting}, the oldest for {_age(waiting.oldest_s)}")
    say(f"Dead letters: {vitals.dead_letters}")
    print_jobs(jobs)
    for warning in warnings:
        say("\n".join(wrap(f"Warning: {warning}", COLUMNS, subsequent_indent=_INDENT)))


def _print_models(health: Health, states: Sequence[ProjectionState]) -> None:
    say(f"{'read model':<18} {'state':<11} {'position':>14} {'lag':>12} {'behind':>9}")
    for state in states:
        kind = health.models[state.name]
        say(f"{state.name:<18} {kind:<11} {state.position:>14,} {state.lag:>12,} {_age(state.lag_s):>9}")


def _print_processes(health: Health, tasks: Sequence[Task]) -> None:
    say(f"{'process':<9} {'task':<14} {'runs':<5} {'state':<9} {'seen':>7}  {'where':<30}")
    for process, task in health.tasks:
        instances = [item for item in tasks if (item.process, item.task) == (process, task)]
        if not instances:
            say(f"{process:<9} {task:<14} {'No':<5} {'never':<9}")
        for instance in instances:
            place = f"{instance.host[:20]}/{instance.pid}"
            runs_words = show.words(instance.runs)
            say(
                f"{process:<9} {task:<14} {runs_words:<5} {instance.state:<9} {_age(instance.silent_s):>7}  {place:<30}".rstrip()
            )


def _age(seconds: float) -> str:
    """Returns seconds in the largest unit of which there are two or more."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _fault(fault: Fault) -> str:
    """Returns the fault in one paragraph and what to do in another; commands to copy are broken only where they must be."""
    lines = wrap(f"{fault.what}: {fault.why}", COLUMNS - len("dossier: "), subsequent_indent=_INDENT)
    todo = wrap(fault.todo, COLUMNS, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    return "\n".join([*lines, *todo])
