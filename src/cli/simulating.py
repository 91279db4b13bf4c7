"""`dossier simulator`: Customer Engagement's simulator as a process."""

from pathlib import Path

import structlog
import uvicorn

from cli.http_server import configuration
from cli.process import running
from cli.settings import Settings
from cli.simulator import create_app
from cli.sockets import address, inherited_or_listening


def simulate(settings: Settings, journal: Path, *, fd: int | None) -> None:
    """Receives until it is told to stop. Raises `PortTakenError`."""
    bound = inherited_or_listening(fd, settings.host, settings.port)
    with bound as listener, running("simulator", settings, None):
        structlog.get_logger().info("listening", address=address(listener), journal=str(journal))
        uvicorn.Server(configuration(create_app(settings.engagement_token, journal))).run([listener])
