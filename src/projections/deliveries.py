"""`deliveries`: what is forwarded to Customer Engagement and what is not, and why (rules 4.2, 4.5).

One row for each change of a response, decided when it is folded by the controls and mappings as they stood in the log at that event:
the forwarder asks `decision`, users see `deliveries`, which adds what became of the sending. Facts only: it can be rebuilt
(`dossier rebuild deliveries`) and decides the same again; outcomes live in the store's `delivery_outcomes`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, get_args
from uuid import UUID

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.customer.events import ResponseCleared, ResponseSelected
from aggregates.errors import InvalidError
from aggregates.setup.controls import L37, L51, YES
from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from aggregates.setup.mappings import category_source
from projections.bitemporal import instant_of
from projections.paging import Page, bounded, keys_of, page
from projections.projection import Projection, Seen
from projections.reading import View
from projections.settings import ControlsThen, MappingsThen, controls_table, mappings_table
from store.database import Row

INTERACT: Final = "INTERACT"
NOT_INTERACT: Final = "L37 is not INTERACT"
NOT_YES: Final = "L51 is No"
NOT_MAPPED: Final = "not mapped"

_CONTROLS: Final = controls_table("delivery_controls")
_MAPPINGS: Final = mappings_table("delivery_mappings")
_COLUMNS: Final = {
    "event_id": "uuid",
    "position": "bigint",
    "number": "text",
    "mapped": "text",
    "attribute": "text",
    "value": "text",
    "effective_from": "date",
    "effective_to": "date",
    "not_sent_reason": "text",
    "recorded_at": "timestamptz",
}
_NAMES: Final = ", ".join(_COLUMNS)
_INSERT: Final = f"INSERT INTO deliveries ({_NAMES}) SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in _COLUMNS.values())})"
_STATUS: Final = (
    "CASE WHEN change.not_sent_reason IS NOT NULL THEN 'not_sent' ELSE coalesce(outcome.status, 'waiting') END"
)
_LIST: Final = f"""
    SELECT change.event_id, change.position, change.number, change.attribute, change.value, change.effective_from,
           {_STATUS}, coalesce(change.not_sent_reason, outcome.reason), coalesce(outcome.attempts, 0),
           coalesce(outcome.at, change.recorded_at)
    FROM deliveries AS change LEFT JOIN delivery_outcomes AS outcome USING (event_id)
    WHERE change.recorded_at <= %(known_at)s {{conditions}}
    ORDER BY change.position DESC LIMIT %(rows)s
"""

Status = Literal["waiting", "sent", "not_sent", "dead"]


class StatusError(InvalidError):
    """There is no such delivery status."""


class Decision(BaseModel):
    """Whether and as what one change is forwarded. `value` is `None` when the response was cleared.

    `not_sent_reason` is `None` exactly when it is to be sent; then there is an `attribute`.
    """

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    position: int
    number: str
    mapped: str
    attribute: str | None
    value: str | None
    effective_from: date
    effective_to: date | None
    not_sent_reason: str | None
    recorded_at: datetime


class Delivery(BaseModel):
    """What became of one change. `reason` says why it was not sent, or why it is dead; `at`: when it came to this status."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    position: int
    number: str
    attribute: str | None
    value: str | None
    effective_from: date
    status: Status
    reason: str | None
    attempts: int
    at: datetime


class DeliveriesProjection(Projection):
    """What is forwarded, decided at each change."""

    name: ClassVar[str] = "deliveries"
    topics: ClassVar[frozenset[str]] = frozenset(
        fact.TOPIC for fact in (ControlValueSet, AttributeMapped, AttributeUnmapped, ResponseSelected, ResponseCleared)
    )
    tables: ClassVar[tuple[str, ...]] = ("deliveries", _CONTROLS.table, _MAPPINGS.table)
    ddl: ClassVar[str] = f"""
        CREATE TABLE deliveries (
            event_id uuid PRIMARY KEY,
            position bigint NOT NULL UNIQUE,
            number text COLLATE "C" NOT NULL,
            mapped text NOT NULL,
            attribute text,
            value text,
            effective_from date NOT NULL,
            effective_to date,
            not_sent_reason text,
            recorded_at timestamptz NOT NULL,
            CHECK (not_sent_reason IS NOT NULL OR attribute IS NOT NULL)
        );
        CREATE INDEX deliveries_number ON deliveries (number, position);
        {_CONTROLS.ddl}
        {_MAPPINGS.ddl}
    """

    def fold(self, connection: Connection[Row], facts: Sequence[Seen]) -> None:
        """See `Projection`."""
        controls, mappings = ControlsThen(connection, _CONTROLS), MappingsThen(connection, _MAPPINGS)
        rows: list[Row] = []
        for seen in facts:
            match seen.fact:
                case ControlValueSet() as fact:
                    controls.see(fact)
                case AttributeMapped() | AttributeUnmapped() as fact:
                    mappings.see(fact)
                case ResponseSelected() | ResponseCleared() as fact:
                    rows.append(_decided(seen.position, fact, controls, mappings))
        controls.write()
        mappings.write()
        if rows:
            connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def _decided(
    position: int, fact: ResponseSelected | ResponseCleared, controls: ControlsThen, mappings: MappingsThen
) -> Row:
    """A row of `_COLUMNS`. The controls in force on the day of recording decide (rule 4.2)."""
    recorded_at = instant_of(fact.recorded_at)
    day = controls.day_of(recorded_at)
    mapped = category_source(fact.category)
    attribute = mappings.attribute(mapped)
    reason = None
    if controls.value(L37, day) != INTERACT:
        reason = NOT_INTERACT
    elif controls.value(L51, day) != YES:
        reason = NOT_YES
    elif attribute is None:
        reason = NOT_MAPPED
    value = fact.response if isinstance(fact, ResponseSelected) else None
    days = (fact.effective_from, fact.effective_to)
    return fact.event_id, position, fact.number, mapped, attribute, value, *days, reason, recorded_at


def decision(connection: Connection[Row], event_id: UUID) -> Decision | None:
    """What was decided on one event; `None` when it is no change of a response, or not folded yet."""
    row = connection.execute(f"SELECT {_NAMES} FROM deliveries WHERE event_id = %s", [event_id]).fetchone()
    return None if row is None else Decision(**dict(zip(_COLUMNS, row, strict=True)))


def deliveries(
    view: View,
    number: str | None = None,
    status: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[Delivery]:
    """What became of the changes known then, the latest first; of one customer, in one status, where given.

    Outcomes are not facts: they are those of now, whatever `known_at`. Raises `InvalidError` for a bad status, limit or cursor.
    """
    if status is not None and status not in get_args(Status):
        raise StatusError(f"A delivery is {', '.join(get_args(Status))}.", field="status")
    before = keys_of(cursor, int)
    given: dict[str, tuple[str, Any]] = {
        "before": ("change.position < %(before)s", before[0] if before else None),
        "number": ("change.number = %(number)s", number),
        "status": (f"{_STATUS} = %(status)s", status),
    }
    conditions = "".join(f" AND {condition}" for condition, value in given.values() if value is not None)
    values = {name: value for name, (_, value) in given.items()}
    asked = {**values, "known_at": view.known_at, "rows": bounded(limit) + 1}
    rows = view.connection.execute(_LIST.format(conditions=conditions), asked).fetchall()
    names = list(Delivery.model_fields)
    return page(rows, limit, lambda row: (row[1],), lambda row: Delivery(**dict(zip(names, row, strict=True))))
