"""What the relay and the forwarder count, for Prometheus. Whoever runs the process exposes it."""

from typing import Final

from prometheus_client import Counter, Gauge

RELAYED: Final = Counter("dossier_relay_messages", "Messages that the bus has acknowledged")
RELAY_POSITION: Final = Gauge("dossier_relay_position", "Log position up to which everything is on the bus")
RELAY_LAG: Final = Gauge("dossier_relay_lag_events", "Events in the log that are not on the bus yet")
RELAY_REFUSED: Final = Gauge("dossier_relay_refused", "Keys that wait because the brokers refused a message of theirs")
SENT: Final = Counter("dossier_deliveries_sent", "Values that Customer Engagement accepted")
NOT_SENT: Final = Counter("dossier_deliveries_not_sent", "Changes that rule 4.2 keeps here", ["reason"])
RETRIED: Final = Counter("dossier_deliveries_retried", "Sends that are tried again")
DEAD: Final = Counter("dossier_deliveries_dead", "Changes that became dead letters")
UNREADABLE: Final = Counter("dossier_messages_unreadable", "Messages that could not be read and were put aside")
FOREIGN: Final = Counter("dossier_messages_foreign", "Messages of another company, which are refused")
FAULTS: Final = Counter("dossier_serving_faults", "Faults after which a loop was started again", ["name"])
