"""The resender: sends dead letters again when somebody asked for it (rule 4.4). One is active in a company, a standby waits.

It works through the letters in state `resending`, oldest first. A later value of the same attribute that was sent meanwhile makes it
put the letter back, unless the resend was forced. A corrected value is another effect and gets another idempotency key. A letter holds
no personal value: that is read from the log again (rule 5.1).
To recover: nothing; what was asked for stays asked for until it has an outcome.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import structlog

from consumers import delivery_metrics
from consumers.answers import Answers
from consumers.customer_engagement import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, Answer, CustomerEngagement, Verdict
from consumers.faults import BusFaults
from consumers.forwarder import SENDING
from projections.deliveries.queries import ValueGoneError, decision, value_of
from store.database import Database
from store.deliveries import DeadLetter, Sending, superseded_by
from store.heartbeats import PATIENCE_S, Progress
from store.leadership import Leader
from store.mapper import FactMapper
from store.outcomes import lock_customer, record_dead, record_resent, take_resend
from store.retrying import RESTARTING, Retrying
from store.serving import Step, keep_serving
from store.stopping import Stop

LOCK: Final = "resend"
POLL_S: Final = 1.0
"""Seconds after which it looks even without a signal."""
ANSWER_PATIENCE_S: Final = CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S + PATIENCE_S
"""Seconds that one letter may take."""

_log = structlog.get_logger(__name__)


class Resender:
    """Sends dead letters again."""

    def __init__(
        self,
        database: Database,
        mapper: FactMapper,
        engagement: CustomerEngagement,
        retrying: Retrying = SENDING,
        *,
        restarting: Retrying = RESTARTING,
        progress: Progress | None = None,
    ) -> None:
        self._database = database
        self._mapper = mapper
        self._engagement = engagement
        self._retrying = retrying
        self._restarting = restarting
        self._progress = progress or Progress()
        self._answers = Answers()
        self._progress.watch(self._answers.obstacle)
        self._tried: dict[UUID, tuple[int, float]] = {}

    def run(self, stop: Stop) -> None:
        """Resends until `stop` is set. Raises nothing."""
        keep_serving(
            "resender",
            self._term,
            stop,
            self._progress,
            database=self._database,
            lock=LOCK,
            channels=("resend",),
            faults=BusFaults(self._restarting),
        )

    @contextmanager
    def _term(self, leader: Leader) -> Iterator[Step]:
        self._tried.clear()  # another process may have led, and sent, meanwhile
        yield partial(self._step, leader)

    def _step(self, leader: Leader, _payloads: Sequence[str]) -> float:
        """Sends a letter that is due again."""
        self._progress.mark(patience_s=ANSWER_PATIENCE_S)
        now = time.monotonic()
        waiting = [event_id for event_id, (_, due) in self._tried.items() if due > now]
        letter = take_resend(leader.connection, waiting)
        if letter is None:
            return self._until_due_s()
        self._resend(leader, letter)
        return 0.0

    def _until_due_s(self) -> float:
        now = time.monotonic()
        return min(max(min((due - now for _, due in self._tried.values()), default=POLL_S), 0.01), POLL_S)

    def _resend(self, leader: Leader, letter: DeadLetter) -> None:
        sending = letter.sending
        if sending is None:
            return
        attempt = self._tried.pop(letter.event_id, (0, 0.0))[0] + 1
        with leader.connection.transaction():
            lock_customer(leader.connection, sending.number)
            later = None if letter.forced else superseded_by(leader.connection, sending)
            if later is not None:
                reason = f"Not sent again: a later value was sent meanwhile (event {later})."
                record_dead(leader.connection, sending, attempt - 1, reason, letter.status_code)
                return
            self._put(leader, letter, sending, attempt)

    def _put(self, leader: Leader, letter: DeadLetter, sending: Sending, attempt: int) -> None:
        answer = self._answer(leader, letter, sending)
        reason = answer.unquoted if letter.personal else answer.reason
        if answer.verdict is Verdict.ACCEPTED:
            record_resent(leader.connection, sending, attempt)
            delivery_metrics.SENT.inc()
        elif answer.verdict is Verdict.TRY_AGAIN and attempt < self._retrying.most_attempts:
            due = time.monotonic() + self._retrying.delay(attempt, answer.retry_after_s)
            self._tried[letter.event_id] = (attempt, due)
            delivery_metrics.RETRIED.inc()
        else:
            self._answers.forget(sending.number)
            record_dead(leader.connection, sending, attempt, reason, answer.status_code)
            delivery_metrics.DEAD.inc()
            _log.warning("resend.dead", event_id=str(letter.event_id), attempts=attempt, reason=reason)

    def _answer(self, leader: Leader, letter: DeadLetter, sending: Sending) -> Answer:
        if letter.personal and not letter.corrected:
            planned = decision(leader.connection, letter.event_id)
            if planned is None:
                return Answer(Verdict.TRY_AGAIN, "The read model `deliveries` has not come so far.")
            try:
                sending = replace(sending, value=value_of(leader.connection, self._mapper, planned))
            except ValueGoneError as error:
                return Answer(Verdict.REFUSED, str(error))
        return self._answers.noted(sending.number, lambda: self._engagement.put(sending, resend_key(letter)))


def resend_key(letter: DeadLetter) -> UUID:
    """The idempotency key of a resend: the event id, or one derived from it and the corrected value."""
    return uuid5(letter.event_id, letter.corrected_value or "") if letter.corrected else letter.event_id
