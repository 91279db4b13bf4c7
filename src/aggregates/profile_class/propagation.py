"""`Propagation`: the change of one class version on its way into existing profiles, from its start to its counts (rules 2.16, 2.17).

Which profiles are concerned and what becomes of each is decided by the profiles themselves (`ProfileHolder.propagate`); `jobs` runs
it. A class version is propagated once.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.effective import Days
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import Origin
from aggregates.profile_class.events import PropagationFinished, PropagationStarted
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.texts import Faults


class PropagationNotFoundError(NotFoundError):
    """The class has no version of this number that is meant for existing profiles."""


class PropagationStartedError(ConflictError):
    """This change was started before; it is never applied twice (rule 2.17)."""


class Propagation(Aggregate):
    """One propagation. `origin` is whose it is: the events of all profiles share its correlation id."""

    KIND: ClassVar[str] = "propagation"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.profile_class = ""
        self.applied_version = 0
        self.run_date: date | None = None
        self.include_later = False
        self.origin: Origin | None = None
        self.finished = False

    @staticmethod
    def key(profile_class: str, version: int) -> str:
        """The natural key: a class, whatever its case, and its version."""
        return f"{profile_class.casefold()}/{version}"

    def start(self, origin: Origin, change: ClassChange, run_date: date, *, include_later: bool) -> None:
        """Begins to apply a change to the profiles in force on the run date."""
        faults = Faults()
        with faults.at("run_date"):
            Days(run_date)
        faults.raise_any()
        if self.version:
            raise PropagationStartedError(
                f"Version {change.version} of {change.name} is being applied, or was, already."
            )
        self.record(
            PropagationStarted,
            origin,
            profile_class=change.name,
            applied_version=change.version,
            apply_to=change.apply_to.value,
            run_date=run_date,
            include_later=include_later,
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
            )

    @applies(PropagationStarted)
    def _started(self, event: PropagationStarted) -> None:
        self.profile_class, self.applied_version = event.profile_class, event.applied_version
        self.run_date, self.include_later = event.run_date, event.include_later
        self.origin = event.origin

    @applies(PropagationFinished)
    def _finished(self, event: PropagationFinished) -> None:
        del event
        self.finished = True


def change_of(found: ProfileClass | None, name: str, version: int) -> ClassChange:
    """What a version of a class changed, for existing profiles. Raises `PropagationNotFoundError`."""
    change = None if found is None else found.changes.get(version)
    if change is None or not change.apply_to.propagates:
        raise PropagationNotFoundError(f"Version {version} of {name} changes no existing profiles.")
    return change
