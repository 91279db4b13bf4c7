"""Two connections at once: while PostgreSQL writes for one read model, Python folds another."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from psycopg import Connection

from projections.engine.single import folding_connection
from store.database import Database, Row

Job = Callable[[Connection[Row]], None]


class Spreading:
    """A second connection, and the thread that works on it; both are made when they are needed first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._second: Connection[Row] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def run(self, connection: Connection[Row], jobs: Iterable[Job]) -> None:
        """Does these jobs, each on one of both connections; the first that raises ends it once the other thread has done its own."""
        self._second = self._second or folding_connection(self._database)
        self._thread = self._thread or ThreadPoolExecutor(1, "fold")
        queue = deque(jobs)
        helping = self._thread.submit(_work, self._second, queue)
        try:
            _work(connection, queue)
        finally:
            queue.clear()
            wait([helping])
        helping.result()

    def close(self) -> None:
        """Ends the thread and closes the second connection."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None
        if self._second is not None:
            self._second.close()
            self._second = None


def _work(connection: Connection[Row], queue: deque[Job]) -> None:
    """Does the jobs of a queue that others take from as well."""
    while True:
        try:
            job = queue.popleft()
        except IndexError:
            return
        job(connection)
