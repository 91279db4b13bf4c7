"""Facts of profile classes (rules 2.1-2.4, 2.15), and of propagations (2.16, 2.17)."""

from datetime import date
from typing import ClassVar

from aggregates.fact import Fact
from aggregates.profile_class.terms import Terms


class ProfileClassDefined(Fact):
    """A profile class was set up: its version 1."""

    TOPIC: ClassVar[str] = "profile_class.defined"
    name: str
    description: str
    active: bool
    terms: Terms


class ProfileClassChanged(Fact):
    """A profile class was changed into a further version, told whole; `changed` are the paths that differ, `apply_to` whom it is for."""

    TOPIC: ClassVar[str] = "profile_class.changed"
    name: str
    description: str
    active: bool
    terms: Terms
    changed: list[str]
    apply_to: str | None = None


class PropagationStarted(Fact):
    """The change that made a class version began to be applied to the profiles in force on the run date; `run` from the second on."""

    TOPIC: ClassVar[str] = "propagation.started"
    profile_class: str
    applied_version: int
    apply_to: str
    run_date: date
    include_later: bool
    run: int | None = None


class PropagationFinished(Fact):
    """Every profile that was concerned has its outcome; how many of each there are, in which `run` from the second on."""

    TOPIC: ClassVar[str] = "propagation.finished"
    profile_class: str
    applied_version: int
    changed: int
    unchanged: int
    skipped: int
    run: int | None = None
