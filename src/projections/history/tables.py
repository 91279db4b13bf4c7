"""Tables of the read model `history`: entries, the days of what they say, their marks, the time zone and masks as they were known.

Personal values of an entry are sealed with the customer's key, for their own place, so that a row moved elsewhere does not open.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Erased, Fact
from projections.tables.bitemporal import Rectangles
from projections.tables.controls import controls_table
from projections.tables.plain import json_text
from store.keys import KeyRing, seal, unseal

MEMBERS: Final = (
    "position",
    "event_id",
    "kind",
    "key",
    "topic",
    "version",
    "recorded_at",
    "actor",
    "role",
    "source",
    "reason",
    "correlation_id",
    "causation_id",
    "effective_from",
    "effective_to",
    "back_dated",
)
"""Columns of `history` that are members of an entry."""
ZONE: Final = controls_table("history_controls")
"""The time zone of the company, by which back-dating is judged."""
MASKS: Final = Rectangles("history_masks", (("field", "text"),), (("masked", "boolean"), ("personal", "boolean")))
"""Which fields are masked, and which are personal, which they are for life."""
DAYS: Final = "history_days"
_DAYS_DDL: Final = f"""
    CREATE TABLE {DAYS} (
        position bigint NOT NULL,
        holder uuid NOT NULL,
        family text COLLATE "C" NOT NULL,
        subjects text NOT NULL,
        first date NOT NULL,
        last date,
        superseded_by bigint CHECK (superseded_by > position),
        CHECK (last >= first)
    );
    CREATE INDEX {DAYS}_of ON {DAYS} (position);
    CREATE INDEX {DAYS}_superseding ON {DAYS} (superseded_by) WHERE superseded_by IS NOT NULL;
    CREATE INDEX {DAYS}_in_force ON {DAYS} (holder, family, coalesce(last, 'infinity'), first) WHERE superseded_by IS NULL;
"""
"""`holder`: the aggregate's id. `subjects` are separated by spaces. `superseded_by`: the position of the later event; null if in force."""
MARKS: Final = "history_marks"
_MARKS_DDL: Final = f"""
    CREATE TABLE {MARKS} (
        mark text COLLATE "C",
        block integer,
        places bytea NOT NULL,
        PRIMARY KEY (mark, block)
    ) WITH (fillfactor = 70);
"""
"""Of each block of positions, which of its events have a mark; see `marks`."""
TABLES: Final = ("history", DAYS, MARKS, ZONE.table, MASKS.table)
DDL: Final = f"""
    CREATE TABLE history (
        position bigint PRIMARY KEY,
        event_id uuid NOT NULL,
        kind text NOT NULL,
        key text COLLATE "C" NOT NULL,
        topic text NOT NULL,
        version integer NOT NULL,
        recorded_at timestamptz NOT NULL,
        actor text NOT NULL,
        role text NOT NULL,
        source text NOT NULL,
        reason text,
        correlation_id uuid NOT NULL,
        causation_id uuid NOT NULL,
        effective_from date,
        effective_to date,
        back_dated boolean NOT NULL,
        data text NOT NULL,
        personal bytea
    );
    CREATE INDEX history_key ON history (key, kind, position);
    CREATE INDEX history_event ON history (event_id);
    CREATE INDEX history_correlation ON history (correlation_id, position);
    CREATE INDEX history_causation ON history (causation_id, position);
    CREATE INDEX history_recorded ON history (recorded_at, position);
    {_DAYS_DDL}
    {_MARKS_DDL}
    {ZONE.ddl}
    {MASKS.ddl}
"""


def seal_personal(keys: KeyRing, fact: Fact, personal: dict[str, Any]) -> bytes | None:
    """The personal values of a fact for its row; `None` when there are none, or the customer is erased."""
    if not personal or any(isinstance(value, Erased) for value in personal.values()):
        return None
    key = keys.find(fact.originator_id)[1]
    return None if key is None else seal(key, json_text(personal).encode(), _context(fact.event_id))


def open_personal(key: bytes, event_id: UUID, sealed: bytes) -> dict[str, Any]:
    """The personal values in the row of an event."""
    opened: dict[str, Any] = orjson.loads(unseal(key, sealed, _context(event_id)))
    return opened


def opened_rows(keys: KeyRing, company: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns rows of `history` with what is sealed in them opened; nothing where the key is destroyed."""
    subjects = {row["key"]: CustomerProfile.id_of(company, row["key"]) for row in rows if row["personal"] is not None}
    keys.preload(subjects.values())
    secrets = {number: keys.find(subject)[1] for number, subject in subjects.items()}
    return [row if row["personal"] is None else {**row, "personal": _text_of(secrets[row["key"]], row)} for row in rows]


def _text_of(key: bytes | None, row: Mapping[str, Any]) -> str | None:
    return None if key is None else json_text(open_personal(key, UUID(row["event_id"]), row["personal"]))


def _context(event_id: UUID) -> bytes:
    return f"history/{event_id}".encode()
