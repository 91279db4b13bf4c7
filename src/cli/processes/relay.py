"""`dossier relay`: sends the log, and the states of profiles, to Kafka."""

from functools import partial

from cli.errors import CliError
from cli.processes.process import run_threads, running
from cli.settings import Settings
from cli.wiring import open_dossier
from consumers.bus import Topics
from consumers.profile_relay import LOCK as PROFILES
from consumers.profile_relay import ProfileRelay
from consumers.relay import LOCK as EVENTS
from consumers.relay import Relay
from store.heartbeats import Progress, beating


class NoBrokerError(CliError):
    """There is no Kafka to relay to."""


class RelayEndedError(CliError):
    """The relay ended without being told to."""


def relay(settings: Settings, *, metrics_port: int | None) -> None:
    """Relays events and the states of profiles until it is told to stop. Raises `NoBrokerError`, `RelayEndedError`."""
    brokers = settings.brokers
    if brokers is None:
        raise NoBrokerError("KAFKA_BOOTSTRAP_SERVERS is not set: there is nothing to relay to.")
    topics = Topics.of(settings.company, settings.topic_shape)
    progress = {name: Progress() for name in (EVENTS, PROFILES)}
    with (
        running("relay", settings, metrics_port) as stop,
        open_dossier(settings) as dossier,
        beating(dossier.database, "relay", progress),
    ):
        loops = {
            EVENTS: Relay(dossier, brokers, topics, progress=progress[EVENTS]).run,
            PROFILES: ProfileRelay(dossier, brokers, topics, progress=progress[PROFILES]).run,
        }
        failed = run_threads({name: partial(run, stop) for name, run in loops.items()}, stop)
    if failed:
        raise RelayEndedError(f"Stopped because of an error: {', '.join(failed)}.")
