"""`dossier project`: runs projections, one runner for all of them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cli.errors import CliError
from cli.processes.process import run_threads, running
from cli.settings import Settings
from cli.wiring import expected_of, open_dossier
from projections import catalogue
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from projections.health.judgement import Expected, judge, unusable
from projections.health.metrics import families
from projections.health.vitals import VitalsReader
from store.application import Dossier
from store.database import Database
from store.heartbeats import Progress, beating


class UnknownProjectionError(CliError):
    """There is no projection of this name."""


class ProjectionEndedError(CliError):
    """A projection ended without being told to."""


def project(settings: Settings, names: Sequence[str], *, metrics_port: int | None) -> None:
    """Runs the named projections, or all, until it is told to stop. Raises `UnknownProjectionError`, `ProjectionEndedError`."""
    with running("project", settings, metrics_port) as stop, open_dossier(settings) as dossier:
        selected = chosen_projections(dossier, names)
        progress = {projection.name: Progress() for projection in selected}
        collector = _HealthCollector(dossier.database, expected_of(settings))
        REGISTRY.register(collector)
        try:
            with beating(dossier.database, "project", progress):
                runner = Runner(dossier, *selected, progress=progress)
                failed = run_threads({"projections": partial(runner.run, stop)}, stop)
        finally:
            REGISTRY.unregister(collector)
    if failed:
        raise ProjectionEndedError(f"Stopped because of an error: {', '.join(failed)}.")


def chosen_projections(dossier: Dossier, names: Sequence[str]) -> list[Projection]:
    """Returns the projections of these names, all without any. Raises `UnknownProjectionError`."""
    by_name = {projection.name: projection for projection in catalogue.projections(dossier)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise UnknownProjectionError(f"There is no projection {', '.join(unknown)}. There are: {', '.join(by_name)}.")
    return [by_name[name] for name in dict.fromkeys(names)] if names else list(by_name.values())


class _HealthCollector(Collector):
    """The health of the installation, checked at each scrape."""

    def __init__(self, database: Database, expected: Expected) -> None:
        self._database = database
        self._expected = expected

    def describe(self) -> Iterator[Metric]:
        """Yields nothing: registering must not need the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yields the metric families; only the first few while the database cannot be used."""
        with closing(VitalsReader(self._database, catalogue.classes())) as reader:
            try:
                health = judge(reader.read(), self._expected)
            except Exception as error:  # noqa: BLE001  (any error is the answer)
                health = unusable(error)
        yield from families(health)
