"""The long history of a benchmark has the rows that the fold makes of the same events, with the same indexes."""

from benchmarks.long_history.events import Shape, facts, field_definitions
from benchmarks.long_history.filling import LARGE, fill, fold
from benchmarks.servers import dossier
from psycopg import Connection

from projections.history.tables import MASKS
from store.application import Dossier
from store.database import Row

SHAPE = Shape(days=1, blocks_a_day=1, copies=3)
INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema AND tablename = ANY (%s) ORDER BY 1"
)


def rows_of(connection: Connection[Row]) -> dict[str, set[str]]:
    return {
        table: {str(row) for (row,) in connection.execute(f"SELECT one::text FROM {table} AS one".encode())}
        for table in (*LARGE, MASKS.table)
    }


def fold_all(application: Dossier, company: str) -> None:
    with application.database.connect() as connection:
        fold(application, connection, field_definitions(company))
        for copy in range(SHAPE.copies):
            fold(application, connection, facts(company, SHAPE, copy))


def test_copies_are_what_the_fold_makes_of_their_events(postgres_url: str) -> None:
    with dossier(postgres_url) as filled, dossier(postgres_url) as folded:
        fold_all(folded, filled.company)
        with folded.database.connection() as connection:
            indexes = connection.execute(INDEXES, [list(LARGE)]).fetchall()
            expected = rows_of(connection)
        fill(filled, SHAPE)
        with filled.database.connection() as connection:
            assert rows_of(connection) == expected
            schemas = filled.database.schema, folded.database.schema
            made = connection.execute(INDEXES, [list(LARGE)]).fetchall()
            assert [(name, text.replace(*schemas)) for name, text in made] == indexes
        assert len(expected["history"]) == len(list(field_definitions(""))) + SHAPE.events
