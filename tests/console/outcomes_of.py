"""Outcomes of forwarding, which no other system gives here (rules 4.4, 4.5)."""

from datetime import date
from uuid import UUID, uuid4

from api_client import Api
from store import outcomes
from store.deliveries import Sending

REASON = "422: unknown value"


def died(api: Api, number: str = "1001", *, reason: str = REASON, position: int = 1, personal: bool = False) -> UUID:
    """A value of attribute `age` that the other side refused to take."""
    event_id = uuid4()
    value = None if personal else "30-39"
    sending = Sending(event_id, number, "age", value, date(2026, 1, 1), None, position, personal)
    with api.dossier.database.connection() as connection:
        outcomes.record_dead(connection, sending, 3, reason, 422)
    return event_id


def unreadable(api: Api) -> UUID:
    """A message that could not be read."""
    event_id = uuid4()
    with api.dossier.database.connection() as connection:
        outcomes.record_unreadable(connection, event_id, "dossier.demo/0/1", "no JSON", b"?")
    return event_id


def sent_later(api: Api, number: str = "1001") -> None:
    """A later value of the same attribute was sent."""
    with api.dossier.database.connection() as connection:
        outcomes.record_sent(connection, Sending(uuid4(), number, "age", "B", date(2026, 1, 2), None, 1_000), 1)


def settle(api: Api, number: str, attribute: str, *, dead: bool) -> UUID:
    """Gives the delivery of a customer's attribute, which waits, its outcome."""
    waiting = api.seen(f"/v1/deliveries?number={number}&status=waiting").json()["items"]
    [delivery] = [each for each in waiting if each["attribute"] == attribute]
    event_id = UUID(delivery["delivery_id"])
    starts = date.fromisoformat(delivery["effective_from"])
    sending = Sending(event_id, number, attribute, delivery["value"], starts, None, delivery["position"])
    with api.dossier.database.connection() as connection:
        if dead:
            outcomes.record_dead(connection, sending, 3, REASON, 422)
        else:
            outcomes.record_sent(connection, sending, 1)
    return event_id
