"""Counters of the forwarder, for Prometheus. Loaded by the forwarder only, so that no other process shows it."""

from typing import Final

from prometheus_client import Counter

SENT: Final = Counter("dossier_deliveries_sent", "Values that Customer Engagement accepted")
NOT_SENT: Final = Counter("dossier_deliveries_not_sent", "Changes that rule 4.2 keeps here", ["reason"])
RETRIED: Final = Counter("dossier_deliveries_retried", "Sends that are tried again")
DEAD: Final = Counter("dossier_deliveries_dead", "Changes that became dead letters")
UNREADABLE: Final = Counter("dossier_messages_unreadable", "Messages that could not be read and were put aside")
FOREIGN: Final = Counter("dossier_messages_foreign", "Messages of another company, which are refused")
