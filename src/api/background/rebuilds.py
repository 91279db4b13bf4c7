"""Rebuilds of read models that were asked for over HTTP: each in a thread of its own, one a read model at a time.

Progress is in the database, where `projections.engine.rebuild` keeps it; only the last failure is kept here. When the process ends
in the middle, nothing is lost: the read model that is served stays as it is, and the rebuild can be asked for again.
"""

import threading

from aggregates.errors import ConflictError
from api.http.logs import FAULTS
from projections.engine.projection import Projection
from projections.engine.rebuild import rebuild
from store.application import Dossier


class RebuildRunningError(ConflictError):
    """The read model is being rebuilt already."""


class Rebuilds:
    """The rebuilds that run in this process."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._failed: dict[str, str] = {}

    def start(self, projection: Projection) -> None:
        """Starts a rebuild and returns at once. Raises `RebuildRunningError`."""
        name = projection.name
        with self._lock:
            if name in self._running:
                raise RebuildRunningError(f"{name} is being rebuilt already.")
            self._failed.pop(name, None)
            self._running.add(name)
        threading.Thread(target=self._run, args=(projection,), name=f"rebuild-{name}", daemon=True).start()

    def failure(self, name: str) -> str | None:
        """Returns why the last rebuild here failed, `None` when it did not."""
        return self._failed.get(name)

    def _run(self, projection: Projection) -> None:
        try:
            rebuild(self._dossier, projection, lambda _done, _target: None)
        except Exception as error:  # noqa: BLE001  (whatever it was, it is shown at the read model and logged)
            self._failed[projection.name] = str(error)
            FAULTS.error("rebuild failed", projection=projection.name, exc_info=error)
        finally:
            with self._lock:
                self._running.remove(projection.name)
