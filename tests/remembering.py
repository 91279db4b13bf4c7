"""What the writer of a `Dossier` has in memory."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from aggregates.aggregate import Aggregate
from aggregates.use_case import Outcome, Request
from store.application import Dossier

A = TypeVar("A", bound=Aggregate)


class _EnoughError(Exception):
    """Ends a use case that only looks."""


def remembered_by(dossier: Dossier, ask: Callable[..., Request], kind: type[A], key: str) -> A | None:
    """The aggregate as a use case sees it first."""
    seen: list[A | None] = []

    def look(store: Any) -> Outcome:
        seen.append(store.load(kind, key))
        raise _EnoughError

    with suppress(_EnoughError):
        dossier.decide(ask(), look)
    return seen[0]


def is_remembered(dossier: Dossier, kind: type[Aggregate], key: str) -> bool:
    """Whether a use case would not have to read the aggregate."""
    return kind.id_of(dossier.company, key) in dossier.log_of_facts.writer._memory._aggregates
