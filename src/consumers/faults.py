"""How a loop that serves Kafka tells its faults: that the brokers are away once for all who wait, and why they refuse us."""

from typing import Final

from consumers import metrics
from consumers.kafka_client import is_bus_away
from consumers.reaching import AWAY, KAFKA, NoAnswerError, NotLetInError
from consumers.topics import WeakTopicError
from store.serving import Faults

CONNECT_PATIENCE_S: Final = 15.0
"""Seconds that it may take to connect to the brokers, or to be told that they are away."""


class BusFaults(Faults):
    """Faults of the brokers, counted, besides those of the database."""

    patience_s = CONNECT_PATIENCE_S

    def tell(self, name: str, error: Exception, delay_s: float) -> str | None:
        """See `Faults`."""
        metrics.FAULTS.labels(name).inc()
        if not is_bus_away(error):
            return super().tell(name, error, delay_s)
        KAFKA.began(str(error), kind=str(error) if isinstance(error, NotLetInError | WeakTopicError) else "")
        return reason(error)


def reason(error: Exception) -> str:
    """Returns why the process waits for the brokers, without internal details."""
    if isinstance(error, NoAnswerError):
        return f"Kafka is starting, or is not one: {error.args[0]}"
    if isinstance(error, NotLetInError):
        return f"Kafka does not let us in: {error.args[0]}"
    if isinstance(error, WeakTopicError):
        return f"Kafka would keep too few copies: {error}"
    return AWAY
