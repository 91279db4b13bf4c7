"""`dossier relay`: sends the log to Kafka."""

from cli.errors import CliError
from cli.processes.process import running
from cli.settings import Settings
from cli.wiring import open_dossier
from consumers.bus import Topics
from consumers.relay import Relay
from store.heartbeats import Progress, beating


class NoBrokerError(CliError):
    """There is no Kafka to relay to."""


def relay(settings: Settings, *, metrics_port: int | None) -> None:
    """Relays until it is told to stop. Raises `NoBrokerError`."""
    brokers = settings.brokers
    if brokers is None:
        raise NoBrokerError("KAFKA_BOOTSTRAP_SERVERS is not set: there is nothing to relay to.")
    topics, progress = Topics.of(settings.company, settings.topic_shape), Progress()
    with (
        running("relay", settings, metrics_port) as stop,
        open_dossier(settings) as dossier,
        beating(dossier.database, "relay", {"relay": progress}),
    ):
        Relay(dossier, brokers, topics, progress=progress).run(stop)
