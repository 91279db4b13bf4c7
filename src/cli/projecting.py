"""`dossier project`: runs projections, each in a thread of its own."""

from collections.abc import Iterator, Sequence
from functools import partial

from eventsourcing.persistence import OperationalError
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cli.errors import CliError
from cli.process import run_threads, running
from cli.settings import Settings
from cli.wiring import open_dossier
from projections import catalogue
from projections.engine import Projection, Runner
from projections.states import states
from store.application import Dossier
from store.database import Database


class UnknownProjectionError(CliError):
    """There is no projection of this name."""


class ProjectionEndedError(CliError):
    """A projection ended although nobody asked it to."""


def project(settings: Settings, names: Sequence[str], *, metrics_port: int | None) -> None:
    """Runs the named projections, or all, until it is told to stop. Raises `UnknownProjectionError`, `ProjectionEndedError`."""
    with running("project", settings, metrics_port) as stop, open_dossier(settings) as dossier:
        chosen = chosen_projections(dossier, names)
        collector = _States(dossier.database)
        REGISTRY.register(collector)
        try:
            failed = run_threads(
                {one.name: partial(Runner(dossier, one).run, stop) for one in chosen},
                stop,
            )
        finally:
            REGISTRY.unregister(collector)
    if failed:
        raise ProjectionEndedError(f"Ended by a fault of their own: {', '.join(failed)}.")


def chosen_projections(dossier: Dossier, names: Sequence[str]) -> list[Projection]:
    """The projections of these names, all when there are none. Raises `UnknownProjectionError`."""
    known = {projection.name: projection for projection in catalogue.projections(dossier)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownProjectionError(f"There is no projection {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] if names else list(known.values())


class _States(Collector):
    """Position, lag and state of each read model, asked for at the scrape."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing beforehand: registering must not need the database."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families; none of them while the database is away."""
        position = GaugeMetricFamily(
            "dossier_projection_position", "Position a read model has reached.", labels=["name"]
        )
        lag = GaugeMetricFamily("dossier_projection_lag", "Events a read model is behind the log.", labels=["name"])
        runs = GaugeMetricFamily("dossier_projection_running", "0 when a read model has stopped.", labels=["name"])
        try:
            found = states(self._database)
        except OperationalError:
            return
        for state in found:
            position.add_metric([state.name], state.position)
            lag.add_metric([state.name], state.lag)
            runs.add_metric([state.name], state.state == "running")
        yield from (position, lag, runs)
