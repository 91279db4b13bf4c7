"""Every event is bounded (rule 0.11): refused where its bytes are made, before anything is sent to PostgreSQL; never when it is read."""

from collections.abc import Callable
from typing import ClassVar, Final
from uuid import UUID

import pytest

from aggregates.fact import MOST_EVENT_BYTES, EventTooLargeError, Fact, event_id
from aggregates.use_case import Request
from store import mapper
from store.application import Dossier

Ask = Callable[..., Request]
AGGREGATE: Final = UUID(int=1)


class Noted(Fact):
    """A fact of any size."""

    TOPIC: ClassVar[str] = "test.noted"
    text: str


def noted(ask: Ask, text: str, version: int = 1) -> Noted:
    origin = ask(cause=AGGREGATE).origin
    return Noted(
        originator_id=AGGREGATE,
        originator_version=version,
        event_id=event_id(origin.causation_id, AGGREGATE, version),
        company="demo",
        origin=origin,
        text=text,
    )


def of_size(dossier: Dossier, ask: Ask, size: int, version: int = 1) -> Noted:
    """A fact whose stored state has so many bytes."""
    empty = len(dossier.fact_mapper.to_stored_event(noted(ask, "")).state)
    return noted(ask, "x" * (size - empty), version)


def test_an_event_may_have_256_kib_as_stored(dossier: Dossier, ask: Ask) -> None:  # rule 0.11
    dossier.put([of_size(dossier, ask, MOST_EVENT_BYTES)])
    [event] = dossier.log_of_facts.select_events(AGGREGATE)
    assert len(event.state) == MOST_EVENT_BYTES == 256 * 1024


def test_one_byte_more_is_refused_in_words_and_nothing_of_the_command_is_stored(
    dossier: Dossier, ask: Ask
) -> None:  # rules 0.6, 0.11
    with pytest.raises(EventTooLargeError, match="262,145 bytes, where 256 KiB is the most"):
        dossier.put([noted(ask, "small"), of_size(dossier, ask, MOST_EVENT_BYTES + 1, 2)])
    assert not dossier.log_of_facts.max_notification_id()


def test_characters_count_as_the_bytes_that_they_are_stored_as(dossier: Dossier, ask: Ask) -> None:  # rule 0.11
    with pytest.raises(EventTooLargeError):
        dossier.put([noted(ask, "😀" * (MOST_EVENT_BYTES // 4))])


def test_a_larger_event_of_former_times_is_read(
    dossier: Dossier, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.1
    large = of_size(dossier, ask, 3 * MOST_EVENT_BYTES)
    with monkeypatch.context() as former:
        former.setattr(mapper, "MOST_EVENT_BYTES", 10 * MOST_EVENT_BYTES)
        dossier.put([large])
    [event] = dossier.log_of_facts.select_events(AGGREGATE)
    assert dossier.fact_mapper.to_domain_event(event) == large.as_recorded(event.recorded_at)
