"""Profile classes and their versions, as known then (rules 2.1, 2.15). Called with a view of the read model `accounts`."""

from collections.abc import Iterable
from typing import Any, Final

import orjson
from psycopg import Connection

from aggregates.profile_class.events import ProfileClassChanged, ProfileClassDefined
from projections.accounts.models import ClassRead, ClassVersion
from projections.accounts.tables import class_key
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.read_models import View
from projections.tables.bitemporal import instant_of
from projections.tables.plain import written
from store.database import Row

ClassFact = ProfileClassDefined | ProfileClassChanged

_COLUMNS: Final = {
    "class": "text",
    "version": "integer",
    "recorded_at": "timestamptz",
    "name": "text",
    "description": "text",
    "active": "boolean",
    "terms": "text",
    "changed": "text",
    "apply_to": "text",
    "actor": "text",
    "reason": "text",
    "event_id": "uuid",
}
_NAMES: Final = ", ".join(_COLUMNS)
_INSERT: Final = (
    f"INSERT INTO profile_class_versions ({_NAMES})"
    f" SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in _COLUMNS.values())})"
)
_CLASS: Final = f"""
    SELECT {_NAMES} FROM profile_class_versions
    WHERE class = %(class)s AND recorded_at <= %(known_at)s ORDER BY version DESC LIMIT 1
"""
_CLASSES: Final = f"""
    SELECT DISTINCT ON (class) {_NAMES} FROM profile_class_versions
    WHERE class > %(after)s AND recorded_at <= %(known_at)s ORDER BY class, version DESC LIMIT %(rows)s
"""
_VERSIONS: Final = f"""
    SELECT {_NAMES} FROM profile_class_versions
    WHERE class = %(class)s AND recorded_at <= %(known_at)s AND version > %(after)s ORDER BY version LIMIT %(rows)s
"""


def fold_classes(connection: Connection[Row], facts: Iterable[ClassFact]) -> None:
    """Writes a row for each version of a class."""
    rows = [_row(fact) for fact in facts]
    if rows:
        connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def profile_class(view: View, name: str) -> ClassRead | None:
    """A class, whatever the case of its name; `None` when there is none, as known then."""
    if "\0" in name:
        return None
    row = view.connection.execute(_CLASS, {"class": class_key(name), "known_at": view.known_at}).fetchone()
    return None if row is None else _class(row)


def profile_classes(view: View, limit: int = 100, cursor: str | None = None) -> Page[ClassRead]:
    """All classes, by name whatever its case. Raises `InvalidError` for a bad limit or cursor."""
    after = keys_of(cursor, str) or ("",)
    asked = {"known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    rows = view.connection.execute(_CLASSES, asked).fetchall()
    return page(rows, limit, lambda row: (row[0],), _class)


def class_versions(view: View, name: str, limit: int = 100, cursor: str | None = None) -> Page[ClassVersion]:
    """The versions of a class known then, from the first; none when there is no such class.

    Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, int) or (0,)
    asked = {"class": class_key(name), "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    rows = [] if "\0" in name else view.connection.execute(_VERSIONS, asked).fetchall()
    return page(rows, limit, lambda row: (row[1],), _version)


def _row(fact: ClassFact) -> Row:
    """A row of `_COLUMNS`."""
    changed, apply_to = (fact.changed, fact.apply_to) if isinstance(fact, ProfileClassChanged) else ([], None)
    return (
        class_key(fact.name),
        fact.originator_version,
        instant_of(fact.recorded_at),
        fact.name,
        fact.description,
        fact.active,
        written(fact.terms),
        written(changed),
        apply_to,
        fact.origin.actor,
        fact.origin.reason,
        fact.event_id,
    )


def _said(row: Row) -> dict[str, Any]:
    found = dict(zip(_COLUMNS, row, strict=True))
    return {**found, **orjson.loads(found["terms"]), "changed": orjson.loads(found["changed"])}


def _class(row: Row) -> ClassRead:
    said = _said(row)
    return ClassRead(**{name: said[name] for name in ClassRead.model_fields})


def _version(row: Row) -> ClassVersion:
    said = _said(row)
    return ClassVersion(**{name: said[name] for name in ClassVersion.model_fields})
