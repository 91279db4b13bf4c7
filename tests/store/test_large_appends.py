"""Appends larger than the kernel's buffer: a pipeline must send everything before it waits for an answer."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from store.application import Dossier
from store.events import NewEvent


def large_events(count: int, size: int) -> Sequence[NewEvent]:
    """First events of as many aggregates, each of this many bytes."""
    return [
        NewEvent(
            originator_id=uuid4(),
            originator_version=1,
            topic="category.defined",
            state=b'"' + b"x" * size + b'"',
            event_id=uuid4(),
            correlation_id=uuid4(),
        )
        for _ in range(count)
    ]


@pytest.mark.timeout(60)
def test_many_large_events_are_stored_in_one_transaction(dossier: Dossier) -> None:
    for _ in range(5):
        append = dossier.log_of_facts.append(large_events(2_500, 2_000))
        assert len(append.positions) == 2_500
    assert dossier.log_of_facts.max_notification_id() == 5 * 2_500


@pytest.mark.timeout(60)
def test_what_goes_along_with_events_is_stored_with_them_or_not_at_all(dossier: Dossier) -> None:
    log = dossier.log_of_facts
    statement = ("INSERT INTO claims VALUES (%s, %s, %s)", ["along", "1", uuid4()])
    log.append(large_events(1, 10), along=[statement])
    with pytest.raises(IntegrityError):
        log.append(large_events(1, 10), along=[statement])
    with pytest.raises(IntegrityError):
        log.append([large_events(1, 10)[0], *[large_events(1, 10)[0]] * 2], along=[("DELETE FROM claims", [])])
    assert log.max_notification_id() == 1
    with dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM claims WHERE scope = 'along'").fetchone() == (1,)
