"""Counters of both relay and forwarder, for Prometheus. The process that runs them exposes them."""

from typing import Final

from prometheus_client import Counter

FAULTS: Final = Counter("dossier_serving_faults", "Faults after which a loop was started again", ["name"])
