"""Folds the log into a read model as its runner does, once and in the thread of the test."""

from contextlib import closing

from psycopg import sql

from projections.engine import positions
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from projections.engine.single import folding_connection
from store.application import Dossier
from store.stopping import Stop


def fold_log(dossier: Dossier, projection: Projection) -> int:
    """Folds everything there is and gives the position it reached; waits for the runner that is active, if one is."""
    database = dossier.database
    with closing(folding_connection(database)) as connection:
        lock = database.lock_key(positions.runner(projection.name))
        connection.execute(sql.SQL("SELECT pg_advisory_lock({})").format(lock))
        return Runner(dossier, projection).catch_up(connection, Stop())
