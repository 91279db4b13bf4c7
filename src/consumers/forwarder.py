"""The forwarder: profile changes out to Customer Engagement (rules 4.2-4.5). A handler; any feed may feed it.

Whether a change is to be sent, to which attribute and with which value, is in the deliveries read model, folded from the log: the
forwarder waits until that model has come to the message's position. The outcome is stored before the message is done with; the event
id is the idempotency key, so that a repetition has no effect. What is refused, or still fails after the last try, becomes a dead
letter, and the customer's next changes go on. To recover: nothing; it can be killed at any point.
"""

from typing import Final
from uuid import UUID

import structlog

from aggregates.customer.events import ResponseCleared, ResponseSelected
from consumers import metrics
from consumers.customer_engagement import CustomerEngagement, Verdict
from consumers.dead_letters import DeadLetters, Death
from consumers.feeds import Later
from consumers.messages import Received, UnreadableMessageError, read_message
from consumers.retrying import Retrying
from projections.deliveries import Decision, DeliveriesProjection, decision
from store.database import Database
from store.deliveries import Sending, outcome
from store.outcomes import lock_customer, record_dead, record_sent

CONSUMER: Final = "dossier-forwarder"
"""Name of its consumer group, and of its progress in the log."""
TYPES: Final = frozenset({ResponseSelected.TOPIC, ResponseCleared.TOPIC})
FOLD_WAIT_S: Final = 0.05
"""Seconds between two looks at whether the deliveries read model has come far enough."""
SENDING: Final = Retrying(first_s=0.5, factor=2.0, longest_s=60.0, most_attempts=12)
"""How a send that fails is tried again: some five minutes in all."""

_FOLDED: Final = "SELECT position, (SELECT coalesce(max(position), 0) FROM events) FROM projections WHERE name = %s"

_log = structlog.get_logger(__name__)


class Forwarder:
    """Sends what is to be sent, once. Safe to share between threads; `database` should be its own, since it holds one connection a
    request that is under way."""

    types = TYPES

    def __init__(
        self,
        database: Database,
        engagement: CustomerEngagement,
        letters: DeadLetters,
        retrying: Retrying = SENDING,
    ) -> None:
        self._database = database
        self._engagement = engagement
        self._letters = letters
        self._retrying = retrying

    def handle(self, received: Received, attempt: int) -> Later | None:
        """See `Handler`."""
        if received.type is not None and received.type not in TYPES:
            return None
        try:
            event = read_message(received)
            event_id = UUID(event["event_id"])
        except (UnreadableMessageError, ValueError) as error:
            self._letters.put_aside(received, str(error))
            return None
        decided = self._decided(event_id, event["position"])
        if isinstance(decided, Later):
            return decided
        if decided is None:
            self._letters.put_aside(received, f"The log has no event {event_id} at position {event['position']}.")
            return None
        sending = _sending(decided)
        return None if sending is None else self._send(sending, received, attempt)

    def give_up(self, received: Received, reason: str) -> None:
        """See `Handler`. What is known well enough to be sent again becomes a dead letter of its customer."""
        sending = self._known(received)
        if sending is None:
            self._letters.put_aside(received, reason)
            return
        self._letters.announce(received, Death(reason))
        with self._database.connection() as connection, connection.transaction():
            record_dead(connection, sending, 0, reason, None)
        metrics.DEAD.inc()

    def _known(self, received: Received) -> Sending | None:
        try:
            event_id = UUID(read_message(received)["event_id"])
        except (UnreadableMessageError, ValueError):
            return None
        with self._database.connection() as connection:
            decided = decision(connection, event_id)
            settled = outcome(connection, event_id) is not None
        return None if decided is None or settled else _sending(decided)

    def _decided(self, event_id: UUID, position: int) -> Decision | Later | None:
        """What the read model says of an event: `Later` while it has not come so far, `None` when there is no such event."""
        with self._database.connection() as connection:
            found = decision(connection, event_id)
            if found is not None:
                return found
            row = connection.execute(_FOLDED, [DeliveriesProjection.name]).fetchone()
            if row is None or row[0] < position <= row[1]:
                return Later(FOLD_WAIT_S, attempted=False)
            return decision(connection, event_id)

    def _send(self, sending: Sending, received: Received, attempt: int) -> Later | None:
        with self._database.connection() as connection, connection.transaction():
            lock_customer(connection, sending.number)
            if outcome(connection, sending.event_id) is not None:
                return None
            answer = self._engagement.put(sending, sending.event_id)
            if answer.verdict is Verdict.ACCEPTED:
                record_sent(connection, sending, attempt)
                metrics.SENT.inc()
                return None
            if answer.verdict is Verdict.TRY_AGAIN and attempt < self._retrying.most_attempts:
                return self._again(sending, attempt, answer.reason, answer.retry_after_s)
            death = Death(answer.reason, attempt, answer.status_code)
            self._letters.announce(received, death)
            record_dead(connection, sending, attempt, death.reason, death.status_code)
        metrics.DEAD.inc()
        _log.warning("delivery.dead", event_id=str(sending.event_id), attempts=attempt, reason=answer.reason)
        return None

    def _again(self, sending: Sending, attempt: int, reason: str, asked_s: float | None) -> Later:
        delay_s = self._retrying.delay(attempt, asked_s)
        metrics.RETRIED.inc()
        _log.info(
            "delivery.again",
            event_id=str(sending.event_id),
            attempt=attempt,
            reason=reason,
            again_in_s=round(delay_s, 2),
        )
        return Later(delay_s)


def _sending(decided: Decision) -> Sending | None:
    """What is to be sent, `None` when rule 4.2 keeps the change here."""
    if decided.not_sent_reason is not None or decided.attribute is None:
        metrics.NOT_SENT.labels(decided.not_sent_reason).inc()
        return None
    return Sending(
        decided.event_id,
        decided.number,
        decided.attribute,
        decided.value,
        decided.effective_from,
        decided.effective_to,
        decided.position,
    )
