"""Makes the read models anew whose tables another version made, before the processes of `dossier up` start: until then they cannot be read.

Called by the first process of `dossier up`, which tells on the terminal how far it is. If it is interrupted, the next `dossier up` begins
the read model anew, as `dossier rebuild` does.
"""

import time
from collections.abc import Callable
from typing import Final

from projections import catalogue
from projections.engine import positions
from projections.engine.projection import Projection
from projections.engine.rebuild import rebuild
from store.application import Dossier

TELL_EVERY_S: Final = 2.0

Say = Callable[[str], None]


def rebuild_outdated(dossier: Dossier, say: Say, tell_every_s: float = TELL_EVERY_S) -> None:
    """Rebuilds every read model whose tables another version made. `say` takes a line of words, at most one in `tell_every_s` seconds for
    the progress of each.

    Raises:
        RebuildUnderWayError, RebuildFailedError, OperationalError: see `rebuild`.
    """
    outdated = _outdated(dossier)
    for number, projection in enumerate(outdated, start=1):
        say(f"read model {projection.name} was made by another version; rebuilding it ({number} of {len(outdated)})")
        report = rebuild(dossier, projection, _Progress(projection.name, say, tell_every_s))
        say(f"read model {projection.name} was rebuilt in {report.duration_s:.1f} s")


def _outdated(dossier: Dossier) -> list[Projection]:
    with dossier.database.connection() as connection:
        return [
            projection
            for projection in catalogue.projections(dossier)
            if positions.place(connection, projection.name).definition != projection.definition()
        ]


class _Progress:
    """Says how far a rebuild has come, now and then."""

    def __init__(self, name: str, say: Say, every_s: float) -> None:
        self._name = name
        self._say = say
        self._every_s = every_s
        self._said_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Is called after every batch."""
        if time.monotonic() - self._said_at >= self._every_s:
            self._said_at = time.monotonic()
            self._say(f"read model {self._name}: {done:,} of {total:,} events")
