"""The blind index: customers by the values of searchable fields, kept while `fields` folds, and of use while the values are sealed.

An entry is a keyed digest of a field and what a search compares of a value; the key is the company's alone, and derived from the master
key. It says that a customer had the value at some time: `by_value` looks up whether it holds at the two clocks. So an entry is added
once, and is of no use by itself.

An erasure removes the entries of personal values when it is folded, and neither a rebuild makes them again, nor is one answered until then
or after a restore: only customers whose key is there are (rule 5.1).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from aggregates.customer.events import PersonalDataErased
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Erased
from aggregates.field.events import FieldChanged, FieldDefined
from aggregates.field.types import FieldType, searched_form
from projections.fields.tables import DEFINITIONS, INDEX, VALUES, open_value
from projections.tables.superseding import Change
from store.database import Row
from store.keys import KeyRing

STEP: Final = 5_000
"""Values that are indexed together when a field becomes searchable."""
SEARCHABLE: Final = f"""
    SELECT field, definition::jsonb ->> 'type' AS type FROM {DEFINITIONS.table}
    WHERE upper(known) = 'infinity' AND (definition::jsonb ->> 'searchable')::boolean
"""
_OF_FIELD: Final = f"SELECT number, value, personal FROM {VALUES.table} WHERE field = %s"
_ADD: Final = f"""
    INSERT INTO {INDEX} (token, number, field, subject)
    SELECT * FROM unnest(%b::bytea[], %b::text[], %b::text[], %t::uuid[]) ON CONFLICT DO NOTHING
"""
_REMOVE: Final = f"DELETE FROM {INDEX} WHERE field = %b"
_FORGET: Final = f"DELETE FROM {INDEX} WHERE subject = ANY(%b)"

Entry = tuple[bytes, str, str, UUID | None]
"""Token, customer number, field, and of a personal value the customer's id."""


def token_of(keys: KeyRing, company: str, field: str, kind: FieldType, canonical: str) -> bytes:
    """The token of a value of a field, which is in its canonical form."""
    return keys.search_token(company, f"{field}/{searched_form(kind, canonical)}")


class BlindIndex:
    """The index while facts are folded of which only the last one may be a definition; made before any of them is."""

    def __init__(self, connection: Connection[Row], keys: KeyRing, company: str) -> None:
        self._connection, self._keys, self._company = connection, keys, company
        self._types: dict[str, str] = dict(connection.execute(SEARCHABLE).fetchall())

    def add(self, changes: Sequence[Change]) -> None:
        """Adds the values of these changes of `VALUES` that can be searched by."""
        rows = [
            (*change.key, *change.content[:2])
            for change in changes
            if change.content is not None and change.key[1] in self._types
        ]
        self._write(self._entries(rows, self._types))

    def forget(self, erasures: Sequence[PersonalDataErased]) -> None:
        """Removes the entries of the personal values of customers who were erased (rule 5.1)."""
        if erasures:
            self._connection.execute(_FORGET, [[fact.originator_id for fact in erasures]])

    def follow(self, fact: FieldDefined | FieldChanged) -> None:
        """Indexes every value of a field that has become searchable, and forgets those of one that is not any more."""
        if fact.searchable and fact.key not in self._types:
            with self._connection.cursor(name="values_of_field") as cursor:
                cursor.execute(_OF_FIELD, [fact.key])
                while rows := cursor.fetchmany(STEP):
                    named = [(number, fact.key, value, sealed) for number, value, sealed in rows]
                    self._write(self._entries(named, {fact.key: fact.type}))
        elif not fact.searchable and fact.key in self._types:
            self._connection.execute(_REMOVE, [fact.key])

    def _entries(self, rows: Sequence[tuple[Any, ...]], types: dict[str, str]) -> Iterator[Entry]:
        """Yields the entries of rows of number, field, open and sealed value; none of what is erased."""
        subjects = {number: CustomerProfile.id_of(self._company, number) for number, _, _, sealed in rows if sealed}
        self._keys.preload(subjects.values())
        for number, field, open_, sealed in rows:
            value = open_ if sealed is None else open_value(self._keys, subjects[number], field, sealed)
            if value is not None and not isinstance(value, Erased):
                token = token_of(self._keys, self._company, field, FieldType(types[field]), value)
                yield token, number, field, subjects[number] if sealed else None

    def _write(self, entries: Iterable[Entry]) -> None:
        if columns := [list(column) for column in zip(*dict.fromkeys(entries), strict=True)]:
            self._connection.execute(_ADD, columns)
