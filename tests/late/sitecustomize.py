"""Makes read models late in every Python process that has this folder on its PYTHONPATH; see `--late` in `conftest.py`."""

import os
import time
from collections.abc import Sequence

from psycopg import Connection

from projections.engine.runner import Runner
from store.database import Row
from store.stopping import Stop

LATE_S = float(os.environ["LATE_S"])
step = Runner._step


def late(self: Runner, stop: Stop, connection: Connection[Row], ends: Sequence[str]) -> float:
    """Folds what is new some time after it was recorded."""
    if ends:
        time.sleep(LATE_S)
    return step(self, stop, connection, ends)


Runner._step = late  # type: ignore[method-assign]
