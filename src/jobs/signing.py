"""The part of `dossier work` that keeps the tree over the log up to date and signs a head of it from time to time.

Several processes may do this at once. The tree grows once a second, not with every event, so that writers do not notice it. An outage of
the database is waited for; nothing has to be done to recover.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Final

import structlog

from jobs import metrics
from store.heartbeats import Progress
from store.proof.notary import Notary
from store.retrying import Retrying
from store.serving import Faults, keep_serving
from store.stopping import Stop

GROW_EVERY_S: Final = 1.0
"""Seconds for which what was recorded may not be in the tree."""
SIGN_EVERY: Final = timedelta(seconds=60)
"""How old the newest head becomes while the log grows."""

RETRYING: Final = Retrying(first_s=1.0, longest_s=60.0)
"""The pauses between two attempts after a fault."""

_log = structlog.get_logger(__name__)


class HeadSigner:
    """Grows the tree of one company and signs its heads."""

    def __init__(self, notary: Notary, progress: Progress | None = None) -> None:
        self._notary = notary
        self._progress = progress or Progress()

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. Raises nothing."""
        term = nullcontext(self.step)
        keep_serving("heads of the log", lambda: term, stop, self._progress, faults=Faults(RETRYING))

    def step(self, _payloads: Sequence[str] = ()) -> float:
        """Adds what is new, and signs if it is time; returns the seconds until there is something to do again."""
        lag = self._notary.grow()
        metrics.TREE_LAG.set(max(lag, 0))
        if lag > 0:
            return 0.0
        head = self._notary.sign_if_due(SIGN_EVERY)
        if head is not None:
            metrics.SIGNED_POSITION.set(head.size)
            _log.info("head.signed", events=head.size, key=head.key_id)
        return GROW_EVERY_S
