"""`deliveries`: what is forwarded to Customer Engagement and what is not, and why (rules 4.2, 4.5).

One row for each change of a response or business field that goes out, decided when it is folded by the controls and mappings as they
stood in the log at that event; what one event changes and does not go out for the same reason is one row. The forwarder asks
`decisions`, users see `deliveries`, which adds what became of the sending. Personal values are not in it: `value_of` looks them up in the
log (rule 5.1). Facts only: it can be rebuilt (`dossier rebuild deliveries`) and decides the same again; outcomes live in the store's
`delivery_outcomes`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, get_args
from uuid import UUID, uuid5

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.errors import InvalidError
from aggregates.fact import Erased, Fact
from aggregates.setup.controls import L37, L51, YES
from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from projections.deliveries.outgoing import CHANGING, Outgoing, changes_of, delivery_id
from projections.engine.projection import Projection, Seen
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.read_models import View
from projections.tables.bitemporal import instant_of
from projections.tables.controls import ControlsThen, MappingsThen, controls_table, mappings_table
from store.database import Row
from store.log import read
from store.mapper import FactMapper

INTERACT: Final = "INTERACT"
NOT_INTERACT: Final = "L37 is not INTERACT"
NOT_YES: Final = "L51 is No"
NOT_MAPPED: Final = "not mapped"

_CONTROLS: Final = controls_table("delivery_controls")
_MAPPINGS: Final = mappings_table("delivery_mappings")
_COLUMNS: Final = {
    "delivery_id": "uuid",
    "event_id": "uuid",
    "position": "bigint",
    "place": "integer",
    "number": "text",
    "mapped": "text",
    "attribute": "text",
    "value": "text",
    "personal": "boolean",
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
    SELECT change.delivery_id, change.event_id, change.position, change.number, change.mapped, change.attribute,
           change.value, change.personal, change.effective_from, {_STATUS},
           coalesce(change.not_sent_reason, outcome.reason), coalesce(outcome.attempts, 0),
           coalesce(outcome.at, change.recorded_at), change.place
    FROM deliveries AS change LEFT JOIN delivery_outcomes AS outcome ON outcome.event_id = change.delivery_id
    WHERE change.recorded_at <= %(known_at)s {{conditions}}
    ORDER BY change.position DESC, change.place DESC LIMIT %(rows)s
"""

Status = Literal["waiting", "sent", "not_sent", "dead"]


class StatusError(InvalidError):
    """There is no such delivery status."""


class ValueGoneError(Exception):
    """The personal value of a change cannot be read any more: the customer was erased (rule 5.1)."""


class Decision(BaseModel):
    """Whether and as what one change is forwarded. `value` is `None` when there is none any more, or it is `personal`.

    `delivery_id` is its idempotency key; `place` its place among those of the event. `not_sent_reason` is `None` exactly when it is
    to be sent; then there is an `attribute`. What is not sent may be several changes of one event, parted by blanks in `mapped`.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: UUID
    event_id: UUID
    position: int
    place: int
    number: str
    mapped: str
    attribute: str | None
    value: str | None
    personal: bool
    effective_from: date
    effective_to: date | None
    not_sent_reason: str | None
    recorded_at: datetime


class Delivery(BaseModel):
    """What became of one change. `reason` says why it was not sent, or why it is dead; `at`: when it came to this status.

    `delivery_id` names its dead letter, too; it is the event's id, unless one event may bring several changes. `mapped` is what was
    changed: `category:<code>` or `field:<key>`. The value of a `personal` field is not shown here.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: UUID
    event_id: UUID
    position: int
    number: str
    mapped: list[str]
    attribute: str | None
    value: str | None
    personal: bool
    effective_from: date
    status: Status
    reason: str | None
    attempts: int
    at: datetime


class DeliveriesProjection(Projection):
    """What is forwarded, decided at each change."""

    name: ClassVar[str] = "deliveries"
    topics: ClassVar[frozenset[str]] = CHANGING | {
        ControlValueSet.TOPIC,
        AttributeMapped.TOPIC,
        AttributeUnmapped.TOPIC,
    }
    tables: ClassVar[tuple[str, ...]] = ("deliveries", _CONTROLS.table, _MAPPINGS.table)
    ddl: ClassVar[str] = f"""
        CREATE TABLE deliveries (
            delivery_id uuid PRIMARY KEY,
            event_id uuid NOT NULL,
            position bigint NOT NULL,
            place integer NOT NULL,
            number text COLLATE "C" NOT NULL,
            mapped text NOT NULL,
            attribute text,
            value text,
            personal boolean NOT NULL,
            effective_from date NOT NULL,
            effective_to date,
            not_sent_reason text,
            recorded_at timestamptz NOT NULL,
            UNIQUE (position, place),
            CHECK (not_sent_reason IS NOT NULL OR attribute IS NOT NULL),
            CHECK (NOT personal OR value IS NULL)
        );
        CREATE INDEX deliveries_number ON deliveries (number, position, place);
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
                case fact:
                    rows.extend(_decided(seen.position, fact, controls, mappings))
        controls.write()
        mappings.write()
        if rows:
            connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def _decided(position: int, fact: Fact, controls: ControlsThen, mappings: MappingsThen) -> Iterator[Row]:
    """Rows of `_COLUMNS`. The controls in force on the day of recording decide (rule 4.2)."""
    changes = changes_of(fact)
    if not changes:
        return
    recorded_at = instant_of(fact.recorded_at)
    day = controls.day_of(recorded_at)
    off = NOT_INTERACT if controls.value(L37, day) != INTERACT else NOT_YES if controls.value(L51, day) != YES else None
    groups: dict[str | None, list[tuple[Outgoing, str | None]]] = {}
    for change in changes:
        attribute = mappings.attribute(change.mapped)
        groups.setdefault(off or (NOT_MAPPED if attribute is None else None), []).append((change, attribute))
    place = 0
    for reason, group in groups.items():
        for told in [[one] for one in group] if reason is None else [group]:
            yield _row(fact, position, place, told, reason)
            place += 1


def _row(fact: Any, position: int, place: int, told: Sequence[tuple[Outgoing, str | None]], reason: str | None) -> Row:
    """One change, or several that are not sent for the same reason."""
    change, attribute = told[0]
    alone = len(told) == 1
    mapped = " ".join(dict.fromkeys(one.mapped for one, _ in told))
    return (
        delivery_id(fact, mapped, change.effective_from) if alone else uuid5(fact.event_id, mapped),
        fact.event_id,
        position,
        place,
        fact.number,
        mapped,
        attribute if alone else None,
        change.value if alone and not change.personal else None,
        any(one.personal for one, _ in told),
        change.effective_from,
        change.effective_to if alone else None,
        reason,
        fact.recorded_at,
    )


def decisions(connection: Connection[Row], event_id: UUID, position: int) -> list[Decision]:
    """What was decided on one event, in order; nothing when it changes nothing that goes out, or is not folded yet."""
    rows = connection.execute(
        f"SELECT {_NAMES} FROM deliveries WHERE event_id = %s AND position = %s ORDER BY place", [event_id, position]
    )
    return [_decision(row) for row in rows]


def decision(connection: Connection[Row], delivery: UUID) -> Decision | None:
    """What was decided on one change; `None` when there is none of this id, or it is not folded yet."""
    row = connection.execute(f"SELECT {_NAMES} FROM deliveries WHERE delivery_id = %s", [delivery]).fetchone()
    return None if row is None else _decision(row)


def value_of(connection: Connection[Row], mapper: FactMapper, decided: Decision) -> str | None:
    """The value to be sent: that of a personal field from the log, where it is sealed. Raises `ValueGoneError`."""
    if not decided.personal:
        return decided.value
    found = [
        change.value
        for event in read(connection, decided.position - 1, 1)
        if event.event_id == decided.event_id
        for change in changes_of(mapper.to_domain_event(event))
        if (change.mapped, change.effective_from) == (decided.mapped, decided.effective_from)
    ]
    if not found or isinstance(found[0], Erased):
        raise ValueGoneError("The customer was erased before the value was sent.")
    return found[0]


def _decision(row: Row) -> Decision:
    return Decision(**dict(zip(_COLUMNS, row, strict=True)))


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
    before, place = keys_of(cursor, int, int) or (None, None)
    given: dict[str, tuple[str, Any]] = {
        "before": ("(change.position, change.place) < (%(before)s::bigint, %(place)s::integer)", before),
        "number": ("change.number = %(number)s", number),
        "status": (f"{_STATUS} = %(status)s", status),
    }
    conditions = "".join(f" AND {condition}" for condition, value in given.values() if value is not None)
    values = {name: value for name, (_, value) in given.items()}
    asked = {**values, "place": place, "known_at": view.known_at, "rows": bounded(limit) + 1}
    rows = view.connection.execute(_LIST.format(conditions=conditions), asked).fetchall()
    return page(rows, limit, lambda row: (row[2], row[-1]), _delivery)


def _delivery(row: Row) -> Delivery:
    given = dict(zip(Delivery.model_fields, row[:-1], strict=True))
    return Delivery(**{**given, "mapped": given["mapped"].split()})
