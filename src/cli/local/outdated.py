"""Makes the read models anew whose tables another version made, before the processes of `dossier up` start: until then they cannot be read.

Called by the first process of `dossier up`, which tells on the terminal how far it is. If it is interrupted, the next `dossier up` begins
anew, as `dossier rebuild` does.
"""

import time
from collections.abc import Callable
from typing import Final

from projections import catalogue
from projections.engine import positions
from projections.engine.projection import Projection
from projections.engine.rebuilding_all import rebuild_all
from store.application import Dossier

TELL_EVERY_S: Final = 2.0

Say = Callable[[str], None]


def rebuild_outdated(dossier: Dossier, say: Say, tell_every_s: float = TELL_EVERY_S) -> None:
    """Rebuilds every read model whose tables another version made, all from one reading of the log. `say` takes lines of words, for the
    progress at most one in `tell_every_s` seconds.

    Raises:
        RebuildUnderWayError, RebuildFailedError, OperationalError: see `rebuild_all`.
    """
    outdated = _outdated(dossier)
    if not outdated:
        return
    names = ", ".join(projection.name for projection in outdated)
    say(f"rebuilding read models that another version made: {names}")
    for report in rebuild_all(dossier, outdated, _Progress(say, tell_every_s)):
        say(f"read model {report.name} was rebuilt in {report.duration_s:.1f} s")


def _outdated(dossier: Dossier) -> list[Projection]:
    with dossier.database.connection() as connection:
        return [
            projection
            for projection in catalogue.projections(dossier)
            if positions.place(connection, projection.name).definition != projection.definition()
        ]


class _Progress:
    """Says how far a rebuild has come, now and then."""

    def __init__(self, say: Say, every_s: float) -> None:
        self._say = say
        self._every_s = every_s
        self._said_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Is called after every batch."""
        if time.monotonic() - self._said_at >= self._every_s:
            self._said_at = time.monotonic()
            self._say(f"rebuilding read models: {done:,} of {total:,} events")
