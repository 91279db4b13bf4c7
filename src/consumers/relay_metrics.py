"""Counters of the relay, for Prometheus. Loaded by the relay only, so that no other process shows it."""

from typing import Final

from prometheus_client import Counter, Gauge

RELAYED: Final = Counter("dossier_relay_messages", "Messages that the bus has acknowledged")
RELAY_POSITION: Final = Gauge("dossier_relay_position", "Log position up to which everything is on the bus")
RELAY_LAG: Final = Gauge("dossier_relay_lag_events", "Events in the log that are not on the bus yet")
PROFILES_LAG: Final = Gauge(
    "dossier_relay_profiles_lag_events", "Events in the log that are not in the states of profiles yet"
)
RELAY_REFUSED: Final = Gauge("dossier_relay_refused", "Keys that wait because the brokers refused a message of theirs")
