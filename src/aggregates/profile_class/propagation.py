"""`Propagation`: the change of one class version on its way into existing profiles, from its start to its counts (rules 2.16, 2.17).

Which profiles are concerned and what becomes of each is decided by the profiles themselves (`ProfileHolder.propagate`); `jobs` runs
it. A class version may be run again, one run after the other, for what a run left out: nothing is written twice into a profile's version.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.effective import Days
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import Origin
from aggregates.profile_class.events import PropagationFinished, PropagationStarted
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.texts import Faults

FIRST_RUN: Final = 1
MOST_RUNS: Final = 100
"""Runs of one class version."""


class PropagationNotFoundError(NotFoundError):
    """The class has no version of this number that is meant for existing profiles, or the version no such run."""


class PropagationStartedError(ConflictError):
    """A run of this change is under way (rule 2.17)."""


class TooManyRunsError(ConflictError):
    """A change was run as often as it may be."""


class Propagation(Aggregate):
    """One run of one. `origin` is whose it is: the events of all profiles share its correlation id."""

    KIND: ClassVar[str] = "propagation"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.profile_class = ""
        self.applied_version = 0
        self.run = FIRST_RUN
        self.run_date: date | None = None
        self.include_later = False
        self.origin: Origin | None = None
        self.finished = False

    @staticmethod
    def key(profile_class: str, version: int, run: int | None = None) -> str:
        """The natural key: a class, whatever its case, its version, and from the second run on the number of the run."""
        key = f"{profile_class.casefold()}/{version}"
        return key if run in {None, FIRST_RUN} else f"{key}/{run}"

    def start(
        self, origin: Origin, change: ClassChange, run_date: date, *, include_later: bool, run: int = FIRST_RUN
    ) -> None:
        """Begins to apply a change to the profiles in force on the run date."""
        faults = Faults()
        with faults.at("run_date"):
            Days(run_date)
        faults.raise_any()
        if self.version:
            raise under_way(change)
        self.record(
            PropagationStarted,
            origin,
            profile_class=change.name,
            applied_version=change.version,
            apply_to=change.apply_to.value,
            run_date=run_date,
            include_later=include_later,
            run=_stored_run(run),
        )

    def finish(self, origin: Origin, *, changed: int, unchanged: int, skipped: int) -> None:
        """Every profile has its outcome. Records nothing when it was finished before."""
        if not self.finished:
            self.record(
                PropagationFinished,
                origin,
                profile_class=self.profile_class,
                applied_version=self.applied_version,
                changed=changed,
                unchanged=unchanged,
                skipped=skipped,
                run=_stored_run(self.run),
            )

    @applies(PropagationStarted)
    def _started(self, event: PropagationStarted) -> None:
        self.profile_class, self.applied_version = event.profile_class, event.applied_version
        self.run_date, self.include_later = event.run_date, event.include_later
        self.origin, self.run = event.origin, event.run or FIRST_RUN

    @applies(PropagationFinished)
    def _finished(self, event: PropagationFinished) -> None:
        del event
        self.finished = True


def runs_of(load: Callable[[str], Propagation | None], change: ClassChange) -> list[Propagation]:
    """Returns the runs of a change so far, in order; `load` returns the run of a key, if there is one."""
    runs: list[Propagation] = []
    while (run := load(Propagation.key(change.name, change.version, len(runs) + 1))) is not None:
        runs.append(run)
    return runs


def next_run(runs: Sequence[Propagation], change: ClassChange) -> int:
    """The number of a further run. Raises `PropagationStartedError` while one is under way, `TooManyRunsError`."""
    if runs and not runs[-1].finished:
        raise under_way(change)
    if len(runs) >= MOST_RUNS:
        raise TooManyRunsError(f"Version {change.version} of {change.name} was applied {MOST_RUNS} times.")
    return len(runs) + 1


def under_way(change: ClassChange) -> PropagationStartedError:
    """The refusal of a run while one is under way."""
    return PropagationStartedError(f"Version {change.version} of {change.name} is being applied already.")


def _stored_run(run: int) -> int | None:
    """The number that an event has of the run; `None` for the first."""
    return None if run == FIRST_RUN else run


def change_of(profile_class: ProfileClass | None, name: str, version: int) -> ClassChange:
    """Returns what a version of a class changed, for existing profiles. Raises `PropagationNotFoundError`."""
    change = None if profile_class is None else profile_class.changes.get(version)
    if change is None or not change.apply_to.propagates:
        raise PropagationNotFoundError(f"Version {version} of {name} changes no existing profiles.")
    return change
