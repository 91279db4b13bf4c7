"""Profile classes and their versions, as known then (rules 2.1, 2.15). Called with a view of the read model `accounts`."""

from typing import Any, Final

import orjson

from projections.accounts.models import ClassRead, ClassVersion
from projections.accounts.tables import CLASS_COLUMNS, class_key
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.view import View
from store.database import Row

_DEFINED_AT: Final = """(
    SELECT definition.recorded_at FROM profile_class_versions AS definition
    WHERE definition.class = profile_class_versions.class AND definition.version = 1
)"""
_COLUMNS: Final = f"{', '.join(CLASS_COLUMNS)}, {_DEFINED_AT}"
_CLASS: Final = f"""
    SELECT {_COLUMNS} FROM profile_class_versions
    WHERE class = %(class)s AND recorded_at <= %(known_at)s ORDER BY version DESC LIMIT 1
"""
_CLASSES: Final = f"""
    SELECT DISTINCT ON (class) {_COLUMNS} FROM profile_class_versions
    WHERE class > %(after)s AND recorded_at <= %(known_at)s ORDER BY class, version DESC LIMIT %(rows)s
"""
_VERSIONS: Final = f"""
    SELECT {_COLUMNS} FROM profile_class_versions
    WHERE class = %(class)s AND recorded_at <= %(known_at)s AND version > %(after)s ORDER BY version LIMIT %(rows)s
"""


def profile_class(view: View, name: str) -> ClassRead | None:
    """A class, whatever the case of its name; `None` when there is none, as known then."""
    if "\0" in name:
        return None
    row = view.connection.execute(_CLASS, {"class": class_key(name), "known_at": view.known_at}).fetchone()
    return None if row is None else _class(row)


def profile_classes(view: View, limit: int = 100, cursor: str | None = None) -> Page[ClassRead]:
    """All classes, by name whatever its case. Raises `InvalidError` for a bad limit or cursor."""
    after = keys_of(cursor, str) or ("",)
    parameters = {"known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    rows = view.connection.execute(_CLASSES, parameters).fetchall()
    return page(rows, limit, lambda row: (row[0],), _class)


def class_versions(view: View, name: str, limit: int = 100, cursor: str | None = None) -> Page[ClassVersion]:
    """The versions of a class known then, from the first; none when there is no such class.

    Raises `InvalidError` for a bad limit or cursor.
    """
    after = keys_of(cursor, int) or (0,)
    parameters = {"class": class_key(name), "known_at": view.known_at, "after": after[0], "rows": bounded(limit) + 1}
    rows = [] if "\0" in name else view.connection.execute(_VERSIONS, parameters).fetchall()
    return page(rows, limit, lambda row: (row[1],), _version)


def _members(row: Row) -> dict[str, Any]:
    columns = dict(zip((*CLASS_COLUMNS, "defined_at"), row, strict=True))
    return {**columns, **orjson.loads(columns["terms"]), "changed": orjson.loads(columns["changed"])}


def _class(row: Row) -> ClassRead:
    members = _members(row)
    return ClassRead(**{name: members[name] for name in ClassRead.model_fields if name in members})


def _version(row: Row) -> ClassVersion:
    members = _members(row)
    return ClassVersion(**{name: members[name] for name in ClassVersion.model_fields if name in members})
