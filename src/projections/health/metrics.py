"""The health of an installation as Prometheus metrics, for `/metrics` of the API and of the projector."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from projections.health.judgement import Health


def families(health: Health) -> Iterator[Metric]:
    """Yields the metrics of faults, database, read models, processes, relay and deliveries; only the first few without a database."""
    usable = health.vitals is not None
    yield _gauge("dossier_ready", "1 when answers can be given and trusted.", health.status != "unready")
    yield _gauge("dossier_database_up", "1 when the database can be used.", usable)
    faults = GaugeMetricFamily("dossier_fault", "1 for everything that is wrong; see /health/ready.", labels=["what"])
    for what in dict.fromkeys(fault.what for fault in health.faults):
        faults.add_metric([what], 1)
    yield faults
    if health.vitals is not None:
        yield from _of_models(health)
        yield from _of_processes(health)
        yield from _of_sending(health)


def _of_models(health: Health) -> Iterator[Metric]:
    vitals = health.vitals
    if vitals is None:
        return
    yield _gauge("dossier_log_position", "Position of the last event of the log.", vitals.log_position)
    position = GaugeMetricFamily("dossier_projection_position", "Position a read model has reached.", labels=["name"])
    lag = GaugeMetricFamily("dossier_projection_lag", "Events a read model is behind the log.", labels=["name"])
    lag_s = GaugeMetricFamily(
        "dossier_projection_lag_seconds", "Age of the oldest event that is not folded.", labels=["name"]
    )
    for state in vitals.states:
        position.add_metric([state.name], state.position)
        lag.add_metric([state.name], state.lag)
        lag_s.add_metric([state.name], state.lag_s)
    runs = GaugeMetricFamily("dossier_projection_running", "0 when nobody folds a read model.", labels=["name"])
    states = GaugeMetricFamily(
        "dossier_projection_state",
        "1: running, stopped, outdated, missing or unattended.",
        labels=["name", "state"],
    )
    for name, state_name in health.models.items():
        runs.add_metric([name], state_name == "running")
        states.add_metric([name, state_name], 1)
    yield from (position, lag, lag_s, runs, states)


def _of_processes(health: Health) -> Iterator[Metric]:
    up = GaugeMetricFamily("dossier_process_up", "0 when nobody does a task.", labels=["process", "task"])
    for (process, task), runs in health.tasks.items():
        up.add_metric([process, task], runs)
    yield up


def _of_sending(health: Health) -> Iterator[Metric]:
    vitals = health.vitals
    if vitals is None:
        return
    if vitals.relay is not None:
        yield _gauge("dossier_relay_lag_events", "Events that are not on the bus yet.", vitals.relay.lag)
        yield _gauge("dossier_relay_lag_seconds", "Age of the oldest event not on the bus.", vitals.relay.lag_s)
    yield _gauge("dossier_relay_refused", "Keys that wait for a message that Kafka refused.", vitals.refused_messages)
    if vitals.waiting is not None:
        yield _gauge("dossier_deliveries_waiting", "Changes that wait to be sent.", vitals.waiting.waiting)
        yield _gauge("dossier_deliveries_oldest_seconds", "Age of the oldest of them.", vitals.waiting.oldest_s)
    yield _gauge("dossier_dead_letters", "Changes that wait for an operator.", vitals.dead_letters)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, float(value))
