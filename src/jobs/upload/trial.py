"""Facts of a dry run, which are not recorded: what it knows in addition to the log (rule 3.2).

They are kept in temporary tables of one connection, so that memory does not depend on their number, sealed with a key that is stored
nowhere. They are gone with the connection, however it ends.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.utils import resolve_topic

from aggregates.fact import Fact
from aggregates.use_case import Claim
from store.database import Database
from store.keys import KEY_BYTES, seal, unseal

_TABLES: Final = """
    CREATE TEMPORARY TABLE tried_facts (
        place bigint PRIMARY KEY, originator uuid NOT NULL, topic text NOT NULL, sealed bytea NOT NULL
    );
    CREATE INDEX tried_facts_of ON tried_facts (originator);
    CREATE TEMPORARY TABLE tried_claims (key text PRIMARY KEY, owner uuid NOT NULL)
"""
_PUT: Final = "INSERT INTO tried_facts SELECT * FROM unnest(%b::bigint[], %b::uuid[], %b::text[], %b::bytea[])"
_CLAIM: Final = "INSERT INTO tried_claims SELECT * FROM unnest(%b::text[], %b::uuid[]) ON CONFLICT DO NOTHING"
_FACTS: Final = "SELECT place, topic, sealed FROM tried_facts WHERE originator = ANY(%b) ORDER BY place"
_OWNERS: Final = "SELECT key, owner FROM tried_claims WHERE key = ANY(%b)"


class Trial:
    """Facts and claims of one dry run. To be closed."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connect()
        self._connection.execute(_TABLES)
        self._key = os.urandom(KEY_BYTES)
        self._facts = 0

    def close(self) -> None:
        """Forgets everything."""
        self._connection.close()

    def put(self, facts: Sequence[Fact], claims: Iterable[tuple[Claim, UUID]]) -> None:
        """Keeps facts, in order, and claims of alternate numbers."""
        first, self._facts = self._facts, self._facts + len(facts)
        places = list(range(first, self._facts))
        sealed = [self._sealed(place, fact) for place, fact in zip(places, facts, strict=True)]
        topics = [fact.TOPIC for fact in facts]
        self._connection.execute(_PUT, [places, [fact.originator_id for fact in facts], topics, sealed])
        owners = {claim.key: owner for claim, owner in claims}
        self._connection.execute(_CLAIM, [list(owners), list(owners.values())])

    def facts_of(self, originators: Collection[UUID]) -> Iterator[Fact]:
        """Yields the facts of these aggregates, in order."""
        for place, topic, sealed in self._connection.execute(_FACTS, [list(originators)], binary=True):
            kind: type[Fact] = resolve_topic(topic)
            yield kind.model_validate_json(unseal(self._key, sealed, b"%d" % place))

    def owners(self, numbers: Collection[str]) -> dict[str, UUID]:
        """Returns the customer that each of these alternate numbers would have."""
        return dict(self._connection.execute(_OWNERS, [list(numbers)], binary=True).fetchall())

    def _sealed(self, place: int, fact: Fact) -> bytes:
        return seal(self._key, fact.model_dump_json().encode(), b"%d" % place)
