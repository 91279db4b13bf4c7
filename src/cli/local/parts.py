"""The processes of `dossier up`. Importing this module imports all that they need, before they are forked."""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Final

from cli.local.demo.set_up import set_up
from cli.local.outdated import rebuild_outdated
from cli.local.supervisor import Part
from cli.processes.api import serve
from cli.processes.forward import forward
from cli.processes.project import project
from cli.processes.relay import relay
from cli.processes.simulate import journal_of, simulate
from cli.processes.work import work
from cli.settings import Settings
from cli.wiring import migrate, open_dossier

API: Final = "api"
SIMULATOR: Final = "simulator"


def parts(settings: Settings, api: socket.socket, simulator: socket.socket | None) -> Iterator[Part]:
    """Yields the long-running processes in the order in which they are started. `settings` are complete."""
    yield Part(API, partial(serve, settings, fd=api.fileno()), api.fileno())
    yield Part("project", partial(project, settings, (), metrics_port=None))
    yield Part("forward", partial(forward, settings, metrics_port=None))
    yield Part("work", partial(work, settings, metrics_port=None))
    if simulator is not None:
        receive = partial(simulate, settings, journal_of(settings), fd=simulator.fileno())
        yield Part(SIMULATOR, receive, simulator.fileno())
    if settings.kafka_bootstrap_servers is not None:
        yield Part("relay", partial(relay, settings, metrics_port=None))


def migration(settings: Settings, terminal: int) -> Part:
    """Returns the process that brings the database and its read models up to date and ends. `terminal` is the file on which it says so."""
    return Part("migrate", partial(_bring_up_to_date, settings, terminal), terminal)


def demo(settings: Settings) -> Part:
    """Returns the process that sets the demo company up and ends."""
    return Part("demo", partial(_set_up, settings))


def _bring_up_to_date(settings: Settings, terminal: int) -> None:
    migrate(settings)
    with open_dossier(settings) as dossier, open(terminal, "w", buffering=1, encoding="utf-8") as lines:
        rebuild_outdated(dossier, lambda line: print(f"dossier: {line}", file=lines))


def _set_up(settings: Settings) -> None:
    with open_dossier(settings) as dossier:
        set_up(dossier)
