"""Views that are folded from the log for one question alone: no table of a read model that is kept is touched (rule 2.20).

The read models that are asked are made anew as temporary tables, from the facts of the setup and of the things that the question is
about, and are gone with the transaction. So the same queries answer as on the read models that are kept, whatever has become of those.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from psycopg import Connection, sql

from aggregates.aggregate import Aggregate
from aggregates.catalogue import FACTS
from aggregates.clocks import Clocks
from aggregates.interaction.interaction import Interaction
from aggregates.upload.upload import Upload
from projections.engine.faults import is_private
from projections.engine.projection import LoggedFact, Projection
from projections.engine.single import PROBES_ONLY
from projections.reading.view import View
from store.application import Dossier
from store.database import Row
from store.events import COLUMNS, SETUP_EVENTS, recorded_event

FACTS_AT_A_TIME: Final = 2_000
_EVENTS: Final = f"""
    SELECT {COLUMNS} FROM events WHERE {SETUP_EVENTS}
    UNION ALL
    SELECT {COLUMNS} FROM events WHERE originator_id = ANY(%b::uuid[]) AND NOT ({SETUP_EVENTS})
    ORDER BY position
"""
_NAMED: Final = """
    SELECT DISTINCT named.name, named.key FROM events
    CROSS JOIN LATERAL (
        VALUES ('upload', convert_from(state, 'UTF8')::jsonb ->> 'upload'),
               ('interaction', convert_from(state, 'UTF8')::jsonb ->> 'interaction')
    ) AS named (name, key)
    WHERE originator_id = ANY(%s::uuid[]) AND named.key IS NOT NULL
"""


@contextmanager
def view_of_log(
    dossier: Dossier, projections: Sequence[Projection], clocks: Clocks, things: Collection[UUID]
) -> Iterator[View]:
    """Opens a view of these read models, folded from the facts of the setup and of these aggregates.

    Raises:
        UnsettledError: what was recorded until `known_at` is not certain yet; ask again.
        OperationalError: the database cannot be reached.
    """
    position = dossier.log_of_facts.settled(clocks.known_at)
    with dossier.database.connection() as connection, connection.transaction(force_rollback=True):
        facts = _facts(dossier, connection, [*things, *_related(dossier, connection, things)])
        path = sql.SQL("SET LOCAL search_path = pg_temp, {}, public").format(sql.Identifier(dossier.database.schema))
        connection.execute(path)
        connection.execute(PROBES_ONLY)
        for projection in projections:
            connection.execute(projection.ddl.encode())
            wanted = [logged for logged in facts if logged.fact.TOPIC in projection.topics]
            for start in range(0, len(wanted), FACTS_AT_A_TIME):
                projection.fold(connection, wanted[start : start + FACTS_AT_A_TIME])
        yield View(dossier.fact_mapper.keys, dossier.company, clocks, position, connection)


def _related(dossier: Dossier, connection: Connection[Row], things: Collection[UUID]) -> set[UUID]:
    """Returns the uploads and interactions that facts of these aggregates name: they tell of the way by which a value came."""
    kinds: dict[str, type[Aggregate]] = {"upload": Upload, "interaction": Interaction}
    return {kinds[name].id_of(dossier.company, key) for name, key in connection.execute(_NAMED, [list(things)])}


def _facts(dossier: Dossier, connection: Connection[Row], things: Collection[UUID]) -> list[LoggedFact]:
    """Returns the facts in the order of the log, also those recorded later: whether a field is masked is asked of today, too."""
    events = [recorded_event(row) for row in connection.execute(_EVENTS, [list(things)], binary=True)]
    mapper = dossier.fact_mapper
    mapper.keys.preload((event.uuid for event in events if is_private(FACTS[event.topic])), connection)
    return [LoggedFact(event.id, mapper.to_domain_event(event)) for event in events]
