"""What a preview answers, and the reasons of a run: the shapes that readers of propagations need without the code that decides."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from aggregates.account.propagating import Became


class Reason(BaseModel):
    """A reason for which profiles were left as they are, and how many they are."""

    model_config = ConfigDict(frozen=True)

    outcome: Became
    reason: str
    profiles: int


class Preview(BaseModel):
    """What a propagation would do if it was started now with this run date; nothing is stored (rule 2.17).

    Until it is `complete`, it counts the profiles that were examined so far; the next request continues it. The profiles concerned are
    those of `known_at`.
    """

    model_config = ConfigDict(frozen=True)

    run_date: date
    include_later: bool
    profiles: int
    changed: int
    unchanged: int
    skipped: int
    reasons: list[Reason]
    later_dated: int
    """Profiles with a later-dated version of the class."""
    overwritten: int
    """Profiles of which a value that was set here would be overwritten with another (rule 2.16)."""
    overwritten_since: int
    """Of these, profiles on which such a value was set here after the class was changed."""
    complete: bool
    known_at: datetime


def reasons_of(rows: Iterable[tuple[str, str, int]]) -> Iterator[Reason]:
    """Yields rows of outcome, reason and number of profiles as `Reason`."""
    for outcome, reason, profiles in rows:
        yield Reason(outcome=Became(outcome), reason=reason, profiles=profiles)
