"""`dossier simulator`: the simulator of Customer Engagement as a process."""

from pathlib import Path
from typing import Final

import structlog

from cli.data_directory.private_files import make_directory
from cli.errors import CliError
from cli.http_server.server import serve
from cli.processes.process import running
from cli.processes.simulator import create_app
from cli.processes.sockets import address, inherited_or_listening
from cli.settings import Settings


class NoTokenError(CliError):
    """The simulator would be open to everybody."""


FORMER_JOURNAL: Final = "customer_engagement.jsonl"


def journal_of(settings: Settings) -> Path:
    """Returns the file of the data directory in which the simulator keeps what it received from this company.

    A file of former releases, which had one company only, becomes that of the company that is started first.
    """
    journal = settings.data_dir / f"customer_engagement.{settings.company}.jsonl"
    former = settings.data_dir / FORMER_JOURNAL
    if former.exists() and not journal.exists():
        former.rename(journal)
    return journal


def simulate(settings: Settings, journal: Path, *, fd: int | None) -> None:
    """Receives until it is told to stop. Raises `PortTakenError`, `NoTokenError`."""
    if not settings.engagement_token:
        raise NoTokenError("CUSTOMER_ENGAGEMENT_TOKEN is not set: anybody could read what the simulator receives.")
    bound = inherited_or_listening(fd, settings.host, settings.port)
    with bound as listener, running("simulator", settings, None) as stop:
        structlog.get_logger().info("listening", address=address(listener), journal=str(journal))
        make_directory(journal.parent)
        serve(create_app(settings.engagement_token, journal), listener, stop)
