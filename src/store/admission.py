"""Who may be stored: decided one append at a time, under the append lock, from what the log says there.

Pure: `Head` is the truth that was read under the lock, `admit` moves it on. A refused append leaves no trace in it, so that it
fails only its own command.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.setup.catalogue import FAMILIES
from aggregates.use_case import Claim, ClaimTakenError, IdempotencyKey, StaleDecisionError
from store.events import NO_DIGEST, NewEvent, digest

Statement = tuple[str, Sequence[Any]]
"""SQL and its parameters."""


@dataclass(slots=True)
class Append:
    """One command's events and rows: all of them are stored, or none (rule 0.6). `positions` once it is admitted."""

    events: Sequence[NewEvent]
    claims: Sequence[Claim] = ()
    releases: Sequence[Claim] = ()
    owner: UUID | None = None
    owned: Sequence[tuple[Claim, UUID]] = ()
    """Further claims, each with its own owner."""
    key: IdempotencyKey | None = None
    decided_on: int | None = None
    """Position of the setup that was consulted; refused when the setup has gone on."""
    relied_on: Mapping[UUID, int] = field(default_factory=dict)
    """Versions of aggregates that were consulted and get no event; refused when one of them has gone on."""
    along: Sequence[Statement] = ()
    """Statements that are executed in the transaction of the events."""
    changed: bool = True
    version: int = 0
    positions: Sequence[int] = ()
    digests: Sequence[bytes] = ()
    recorded_at: datetime | None = None
    error: Exception | None = None
    done: Any = field(default_factory=threading.Lock)

    def claimed(self) -> Iterator[tuple[Claim, UUID | None]]:
        """All claims and their owners."""
        yield from ((claim, self.owner) for claim in self.claims)
        yield from self.owned


@dataclass(slots=True)
class Head:
    """The state of the log under the lock, for the aggregates, claims and keys of one group."""

    position: int
    recorded_at: datetime
    last: dict[UUID, tuple[int, bytes]]
    claims: dict[Claim, UUID]
    keys: set[tuple[str, str]]
    setup: int = 0


def admit(append: Append, head: Head) -> bool:
    """Gives the append its positions and moves the head on, or sets its error. Earlier ones of the group count."""
    try:
        _check_key(append, head)
        _check_setup(append, head)
        _check_relied_on(append, head)
        _check_claims(append, head)
        last = _check_versions(append, head)
    except IntegrityError as error:
        append.error = error
        return False
    append.recorded_at = head.recorded_at
    append.positions = range(head.position + 1, head.position + 1 + len(append.events))
    _move_on(append, head, last)
    return True


def _check_key(append: Append, head: Head) -> None:
    if append.key is not None and (append.key.actor, append.key.key) in head.keys:
        raise IntegrityError("The idempotency key was used meanwhile.")


def _check_setup(append: Append, head: Head) -> None:
    if append.decided_on is not None and append.decided_on < head.setup:
        raise StaleDecisionError("The setup was changed meanwhile.")


def _check_relied_on(append: Append, head: Head) -> None:
    for aggregate_id, version in append.relied_on.items():
        if head.last.get(aggregate_id, (0, NO_DIGEST))[0] != version:
            raise StaleDecisionError(
                f"{aggregate_id}, which was consulted at version {version}, was changed meanwhile."
            )


def _check_claims(append: Append, head: Head) -> None:
    for claim, owner in append.claimed():
        if head.claims.get(claim, owner) != owner:
            raise ClaimTakenError(claim, head.claims[claim])


def _check_versions(append: Append, head: Head) -> dict[UUID, tuple[int, bytes]]:
    """Each event is the next of its aggregate; gives the new last version and digest of each."""
    last: dict[UUID, tuple[int, bytes]] = {}
    digests = []
    for event in append.events:
        originator_id = event.uuid
        version, previous = last.get(originator_id) or head.last.get(originator_id) or (0, NO_DIGEST)
        if event.originator_version != version + 1:
            raise IntegrityError(f"Version {event.originator_version} of {originator_id} does not follow {version}.")
        digests.append(previous)
        last[originator_id] = (version + 1, digest(previous, event, head.recorded_at))
    append.digests = digests
    return last


def _move_on(append: Append, head: Head, last: dict[UUID, tuple[int, bytes]]) -> None:
    for event, position in zip(append.events, append.positions, strict=True):
        if event.topic.partition(".")[0] in FAMILIES:
            head.setup = position
    head.position += len(append.events)
    head.last.update(last)
    for claim in append.releases:
        if head.claims.get(claim) == append.owner:
            del head.claims[claim]
    head.claims.update((claim, owner) for claim, owner in append.claimed() if owner is not None)
    if append.key is not None:
        head.keys.add((append.key.actor, append.key.key))
