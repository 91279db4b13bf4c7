"""Notices that a client which waits for messages has no brokers to get them from: the client itself waits in silence.

A consumer that was made is kept while brokers are away: it connects again by itself, and its group still knows it. A successor would have
to wait until the group has given it up.
"""

import time
from typing import Final

from consumers.brokers import Brokers
from consumers.kafka_client import KafkaConnectionError
from consumers.reaching import AWAY, KAFKA, PROBE_S, NoAnswerError, NotLetInError, check_reachable
from store.heartbeats import PATIENCE_S, Progress

SILENCE_S: Final = 2.0
"""Seconds without a message after which it is asked whether there is a broker at all."""
AWAY_EVERY_S: Final = 0.5
"""Seconds between two such questions while there is none."""


class Contact:
    """Contact of one client with its brokers. Not to be shared between threads."""

    def __init__(self, brokers: Brokers, progress: Progress) -> None:
        self._brokers = brokers
        self._progress = progress
        self._patience_s = PROBE_S * len(brokers.servers.split(",")) + PATIENCE_S
        self._look_at = time.monotonic() + SILENCE_S
        self.obstacle: str | None = None
        """Why nothing comes; `None` while a broker answers."""

    def note_activity(self) -> None:
        """Notes that the broker gave something to do."""
        if self.obstacle is None:
            self._look_at = time.monotonic() + SILENCE_S

    def watch(self) -> None:
        """Looks for a broker when it is time to. Raises `NotLetInError`."""
        if time.monotonic() >= self._look_at:
            self.look()

    def look(self) -> None:
        """Looks for a broker now.

        Raises:
            NotLetInError: a broker refuses us. One that does not answer counts as away: it is starting.
        """
        self._progress.extend(self._patience_s)
        try:
            check_reachable(self._brokers)
        except KafkaConnectionError as error:
            if isinstance(error, NotLetInError) and not isinstance(error, NoAnswerError):
                raise
            KAFKA.began(str(error))
            self.obstacle = AWAY
        else:
            KAFKA.over()
            self.obstacle = None
        self._look_at = time.monotonic() + (SILENCE_S if self.obstacle is None else AWAY_EVERY_S)
