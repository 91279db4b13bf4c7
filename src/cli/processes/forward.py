"""`dossier forward`: sends changes to Customer Engagement, fed by Kafka if there is one, else by the log."""

from functools import partial

import structlog

from cli.errors import CliError
from cli.processes.process import run_threads, running
from cli.settings import Settings
from cli.wiring import open_dossier
from consumers.bus import Topics
from consumers.forwarding import TASKS, forwarding
from store.heartbeats import Progress, beating


class NoReceiverError(CliError):
    """There is no Customer Engagement to forward to."""


class ForwarderEndedError(CliError):
    """The forwarder ended without being told to."""


def forward(settings: Settings, *, metrics_port: int | None) -> None:
    """Forwards and resends until it is told to stop. Raises `NoReceiverError`, `ForwarderEndedError`."""
    url, brokers = settings.customer_engagement_url, settings.brokers
    if url is None:
        raise NoReceiverError("CUSTOMER_ENGAGEMENT_URL is not set: there is nothing to forward to.")
    topics = Topics.of(settings.company, settings.topic_shape)
    progress = {name: Progress() for name in TASKS}
    with (
        running("forward", settings, metrics_port) as stop,
        open_dossier(settings) as dossier,
        beating(dossier.database, "forward", progress),
        forwarding(
            dossier, url=url, token=settings.engagement_token, brokers=brokers, topics=topics, progress=progress
        ) as tasks,
    ):
        structlog.get_logger().info("forwarding", feed="log" if brokers is None else "Kafka", to=url)
        failed = run_threads({name: partial(task, stop) for name, task in tasks.items()}, stop)
    if failed:
        raise ForwarderEndedError(f"Stopped because of an error: {', '.join(failed)}.")
