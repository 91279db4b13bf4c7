"""The forwarder: profile changes out to Customer Engagement (rules 4.2-4.5). A handler; any feed may feed it.

Whether a change is to be sent, to which attribute and with which value, is in the deliveries read model, folded from the log: the
forwarder waits until that model has come to the message's position. Only a personal value is in neither: it is read from the log, where
it is sealed, and no dead letter holds it (rule 5.1). One event may bring several changes, each with an outcome of its own; they are sent
one after the other. The outcome is stored before the message is done with; the id of the change, derived from the event's, is
the idempotency key, so that a repetition has no effect. What is refused, or still fails after the last try, becomes a dead
letter, and the customer's next changes go on. To recover: nothing; it can be killed at any point.
"""

import time
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from aggregates.customer.events import CustomerRegistered
from consumers import delivery_metrics
from consumers.answers import Answers
from consumers.customer_engagement import Answer, CustomerEngagement, Verdict
from consumers.dead_letters import DeadLetters, Death
from consumers.feeds import Later
from consumers.kafka_client import is_bus_away
from consumers.messages import Received
from consumers.reading import Incoming
from projections.deliveries.fold import DeliveriesProjection
from projections.deliveries.models import Decision
from projections.deliveries.outgoing import CHANGING
from projections.deliveries.queries import ValueGoneError, decisions, value_of
from store.database import Database
from store.deliveries import Sending, outcome, outcomes
from store.mapper import FactMapper
from store.outages import is_outage
from store.outcomes import lock_customer, record_dead, record_sent
from store.retrying import Retrying

GROUP: Final = "forwarder"
"""Name of its consumer group; the company comes before it."""
CONSUMER: Final = "dossier-forwarder"
"""Name of its progress where the log is the feed; it is kept in the company's own schema."""
TYPES: Final = CHANGING
FOLD_PAUSES_S: Final = (0.005, 0.01, 0.02)
"""Seconds before each further look at whether the deliveries read model has come to a message: it usually will have in a moment."""
FOLD_WAIT_S: Final = 0.05
"""Seconds until the message is taken up again when it has not."""
SENDING: Final = Retrying(first_s=0.5, factor=2.0, longest_s=1.0, most_attempts=320)
"""How a send that fails is tried again (rule 4.4): within 1 s of the end of an outage, some four minutes in all."""

_FOLDED: Final = "SELECT position, (SELECT coalesce(max(position), 0) FROM events) FROM projections WHERE name = %s"
_RECORDED: Final = "SELECT FROM events WHERE position = %s AND event_id = %s"

_log = structlog.get_logger(__name__)


class Forwarder:
    """Sends what is to be sent, once. Safe to share between threads; `database` should be its own, since it holds one connection a
    request that is under way."""

    types = TYPES

    def __init__(
        self,
        database: Database,
        mapper: FactMapper,
        engagement: CustomerEngagement,
        letters: DeadLetters,
        retrying: Retrying = SENDING,
        *,
        answers: Answers | None = None,
    ) -> None:
        self._database = database
        self._mapper = mapper
        self._engagement = engagement
        self._letters = letters
        self._retrying = retrying
        self._answers = answers or Answers()

    def handle(self, incoming: Incoming, attempt: int) -> Later | None:
        """See `Handler`."""
        event = incoming.event
        if event.type == CustomerRegistered.TOPIC and event.data.get("upload") is None:
            return None  # no values came with it
        planned = self._planned(event.event_id, event.position)
        if isinstance(planned, Later):
            return planned
        if planned is None:
            reason = f"The log has no event {event.event_id} at position {event.position}."
            self.put_aside(incoming.received, reason)
            return None
        return self._send_all(planned, incoming, attempt)

    def put_aside(self, received: Received, reason: str) -> None:
        """See `Handler`."""
        self._letters.put_aside(received, reason)

    def give_up(self, incoming: Incoming, reason: str) -> None:
        """See `Handler`. What is known well enough to be sent again becomes dead letters of its customer."""
        try:
            unsettled = self._unsettled(incoming)
            if unsettled:
                self._letters.announce(incoming.received, Death(reason))
                with self._database.connection() as connection, connection.transaction():
                    for decision in unsettled:
                        record_dead(connection, _sending(decision), 0, reason, None)
                        delivery_metrics.DEAD.inc()
                return
        except Exception as error:
            if is_outage(error) or is_bus_away(error):
                raise
            _log.exception("delivery.not_given_up", source=incoming.received.source)
        self.put_aside(incoming.received, reason)

    def _unsettled(self, incoming: Incoming) -> list[Decision]:
        """The changes in a message that are to be sent and have no outcome yet."""
        event = incoming.event
        with self._database.connection() as connection:
            to_send = [
                change
                for change in decisions(connection, event.event_id, event.position)
                if change.not_sent_reason is None
            ]
            return [change for change in to_send if outcome(connection, change.delivery_id) is None]

    def _planned(self, event_id: UUID, position: int) -> list[Decision] | Later | None:
        """Returns the decisions of the read model about an event: `Later` if it is not folded soon, `None` when there is no such event."""
        planned = self._look_up(event_id, position)
        for pause_s in FOLD_PAUSES_S:
            if not isinstance(planned, Later):
                break
            time.sleep(pause_s)
            planned = self._look_up(event_id, position)
        return planned

    def _look_up(self, event_id: UUID, position: int) -> list[Decision] | Later | None:
        with self._database.connection() as connection:
            planned = decisions(connection, event_id, position)
            if planned:
                return planned
            row = connection.execute(_FOLDED, [DeliveriesProjection.name]).fetchone()
            if row is None or row[0] < position <= row[1]:
                return Later(FOLD_WAIT_S, attempted=False)
            if connection.execute(_RECORDED, [position, event_id]).fetchone() is None:
                return None
            return decisions(connection, event_id, position)

    def _send_all(self, planned: list[Decision], incoming: Incoming, attempt: int) -> Later | None:
        """Sends the changes of one event, in order; every one of them has all the attempts there are."""
        to_send = [change for change in planned if change.not_sent_reason is None]
        if len(to_send) > 1:
            with self._database.connection() as connection:
                settled = outcomes(connection, [change.delivery_id for change in to_send])
            to_send = [change for change in to_send if change.delivery_id not in settled]
        for change in to_send:
            later = self._send(change, incoming, attempt)
            if later is not None:
                return later
            if attempt > 1 and change is not to_send[-1]:
                return Later(0.0, afresh=True)
        for change in planned:
            if change.not_sent_reason is not None:
                delivery_metrics.NOT_SENT.labels(change.not_sent_reason).inc()
        return None

    def _send(self, decision: Decision, incoming: Incoming, attempt: int) -> Later | None:
        sending = _sending(decision)
        with self._database.connection() as connection, connection.transaction():
            lock_customer(connection, sending.number)
            if outcome(connection, sending.event_id) is not None:
                return None
            try:
                sending = replace(sending, value=value_of(connection, self._mapper, decision))
            except ValueGoneError as error:
                answer = Answer(Verdict.REFUSED, str(error))
            else:
                answer = self._put(sending)
            if answer.verdict is Verdict.ACCEPTED:
                record_sent(connection, sending, attempt)
                delivery_metrics.SENT.inc()
                return None
            reason = answer.unquoted if sending.personal else answer.reason
            if answer.verdict is Verdict.TRY_AGAIN and attempt < self._retrying.most_attempts:
                return self._again(sending, attempt, reason, answer.retry_after_s)
            self._answers.forget(sending.number)
            death = Death(reason, attempt, answer.status_code)
            self._letters.announce(incoming.received, death)
            record_dead(connection, sending, attempt, death.reason, death.status_code)
        delivery_metrics.DEAD.inc()
        _log.warning("delivery.dead", event_id=str(sending.event_id), attempts=attempt, reason=reason)
        return None

    def _put(self, sending: Sending) -> Answer:
        return self._answers.noted(sending.number, lambda: self._engagement.put(sending, sending.event_id))

    def _again(self, sending: Sending, attempt: int, reason: str, asked_s: float | None) -> Later:
        delay_s = self._retrying.delay(attempt, asked_s)
        delivery_metrics.RETRIED.inc()
        _log.info(
            "delivery.again",
            event_id=str(sending.event_id),
            attempt=attempt,
            reason=reason,
            again_in_s=round(delay_s, 2),
        )
        return Later(delay_s)


def _sending(decision: Decision) -> Sending:
    """The change as it is to be sent, without the value of a personal field."""
    return Sending(
        decision.delivery_id,
        decision.number,
        decision.attribute or "",
        decision.value,
        decision.effective_from,
        decision.effective_to,
        decision.position,
        decision.personal,
    )
