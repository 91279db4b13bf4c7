"""What is forwarded, and what became of the sending: `decisions` for the forwarder, `deliveries` for users (rules 4.2, 4.5).

Personal values are not in the read model: `value_of` looks them up in the log (rule 5.1).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args
from uuid import UUID

from psycopg import Connection

from aggregates.effective import Days
from aggregates.errors import InvalidError
from aggregates.fact import Erased
from projections.deliveries.models import Decision, Delivery, Status
from projections.deliveries.outgoing import changes_of
from projections.deliveries.tables import COLUMNS
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.view import View
from store.database import Row
from store.log import read
from store.mapper import FactMapper

_NAMES: Final = ", ".join(COLUMNS)
_STATUS: Final = (
    "CASE WHEN change.not_sent_reason IS NOT NULL THEN 'not_sent' ELSE coalesce(outcome.status, 'waiting') END"
)
_LIST: Final = f"""
    SELECT change.delivery_id, change.event_id, change.position, change.number, change.mapped, change.attribute,
           change.value, change.personal, coalesce(letter.corrected, false), letter.corrected_value,
           change.effective_from, {_STATUS},
           coalesce(change.not_sent_reason, outcome.reason), coalesce(outcome.attempts, 0),
           coalesce(outcome.at, change.recorded_at), change.place
    FROM deliveries AS change
    LEFT JOIN delivery_outcomes AS outcome ON outcome.event_id = change.delivery_id
    LEFT JOIN dead_letters AS letter ON letter.event_id = change.delivery_id
    WHERE change.recorded_at <= %(known_at)s {{conditions}}
    ORDER BY change.position DESC, change.place DESC LIMIT %(rows)s
"""


_SENT: Final = """
    SELECT change.delivery_id, change.position, change.mapped, change.attribute, change.effective_from, change.effective_to, outcome.at
    FROM deliveries AS change JOIN delivery_outcomes AS outcome ON outcome.event_id = change.delivery_id
    WHERE change.number = %(number)s AND change.recorded_at <= %(known_at)s
      AND change.not_sent_reason IS NULL AND outcome.status = 'sent'
    ORDER BY change.position, change.place
"""


@dataclass(frozen=True, slots=True)
class SentChange:
    """A change that Customer Engagement has accepted, and the days that it is about."""

    delivery_id: UUID
    position: int
    mapped: str
    attribute: str
    days: Days
    sent_at: datetime


class StatusError(InvalidError):
    """There is no such delivery status."""


class ValueGoneError(Exception):
    """The personal value of a change cannot be read any more: the customer was erased (rule 5.1)."""


def decisions(connection: Connection[Row], event_id: UUID, position: int) -> list[Decision]:
    """Returns the decisions on the changes of one event, in order; none when it changes nothing that is sent, or is not folded yet."""
    rows = connection.execute(
        f"SELECT {_NAMES} FROM deliveries WHERE event_id = %s AND position = %s ORDER BY place", [event_id, position]
    )
    return [_decision(row) for row in rows]


def decision(connection: Connection[Row], delivery: UUID) -> Decision | None:
    """Returns the decision on one change; `None` when no change has this id, or it is not folded yet."""
    row = connection.execute(f"SELECT {_NAMES} FROM deliveries WHERE delivery_id = %s", [delivery]).fetchone()
    return None if row is None else _decision(row)


def value_of(connection: Connection[Row], mapper: FactMapper, decision: Decision) -> str | None:
    """The value to be sent: that of a personal field from the log, where it is sealed. Raises `ValueGoneError`."""
    if not decision.personal:
        return decision.value
    values = [
        change.value
        for event in read(connection, decision.position - 1, 1)
        if event.event_id == decision.event_id
        for change in changes_of(mapper.to_domain_event(event))
        if (change.mapped, change.effective_from) == (decision.mapped, decision.effective_from)
    ]
    if not values or isinstance(values[0], Erased):
        raise ValueGoneError("The customer was erased before the value was sent.")
    return values[0]


def sent_changes(view: View, number: str) -> list[SentChange]:
    """Returns every change of a customer that was sent, as known then, the oldest first."""
    rows = view.connection.execute(_SENT, {"number": number, "known_at": view.known_at}).fetchall()
    return [
        SentChange(delivery, position, mapped, attribute, Days(first, last), sent_at)
        for delivery, position, mapped, attribute, first, last, sent_at in rows
    ]


def _decision(row: Row) -> Decision:
    return Decision(**dict(zip(COLUMNS, row, strict=True)))


def deliveries(
    view: View,
    number: str | None = None,
    status: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[Delivery]:
    """Returns the deliveries of the changes known then, the latest first; of one customer, in one status, where given.

    Outcomes are not facts: they are those of now, whatever `known_at`. Raises `InvalidError` for a bad status, limit or cursor.
    """
    if status is not None and status not in get_args(Status):
        raise StatusError(f"A delivery is {', '.join(get_args(Status))}.", field="status")
    before, place = keys_of(cursor, int, int) or (None, None)
    filters: dict[str, tuple[str, Any]] = {
        "before": ("(change.position, change.place) < (%(before)s::bigint, %(place)s::integer)", before),
        "number": ("change.number = %(number)s", number),
        "status": (f"{_STATUS} = %(status)s", status),
    }
    conditions = "".join(f" AND {condition}" for condition, value in filters.values() if value is not None)
    values = {name: value for name, (_, value) in filters.items()}
    parameters = {**values, "place": place, "known_at": view.known_at, "rows": bounded(limit) + 1}
    rows = view.connection.execute(_LIST.format(conditions=conditions), parameters).fetchall()
    return page(rows, limit, lambda row: (row[2], row[-1]), _delivery)


def _delivery(row: Row) -> Delivery:
    members = dict(zip(Delivery.model_fields, row[:-1], strict=True))
    return Delivery(**{**members, "mapped": members["mapped"].split()})
