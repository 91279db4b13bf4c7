"""`ProfileClass`: a category of accounts with its options and amounts; every change makes a further version (rules 2.1-2.4, 2.15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Final, Self
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.profile_class.events import ProfileClassChanged, ProfileClassDefined
from aggregates.profile_class.terms import (
    NOTHING,
    Patch,
    Terms,
    Value,
    check_amounts,
    check_bounds,
    check_required,
    differing,
    read_patch,
)
from aggregates.texts import Faults, TextError

DEFAULT: Final = "DEFAULT"
"""The class that every account starts with (rules 2.2, 2.5)."""
LONGEST_NAME: Final = 30
LONGEST_DESCRIPTION: Final = 240
MOST_APPLIED: Final = 1_000
"""Different terms for which a change remembers what it makes of them."""
_TOLERANCE: Final = "tolerance_percent"
_NO_TOLERANCE: Final = "0"


class ClassExistsError(ConflictError):
    """The name is taken."""


class ClassNotFoundError(NotFoundError):
    """There is no profile class of this name."""


class ClassNotDefinedError(InvalidError):
    """A command names a profile class that there is not."""


class ClassInactiveError(ConflictError):
    """A deactivated class is not assigned any more (rule 2.19)."""


class DefaultClassError(ConflictError):
    """DEFAULT cannot be deactivated (rule 2.2)."""


class ApplyToError(InvalidError):
    """A changed class needs one of the three choices (rule 2.15)."""


class ApplyTo(StrEnum):
    """Which profiles a change of a class is for (rule 2.15)."""

    NEW = "new"
    UNMODIFIED = "unmodified"
    ALL = "all"

    @property
    def text(self) -> str:
        """Returns the words that a user reads."""
        return _TEXTS[self]

    @property
    def propagates(self) -> bool:
        """Returns whether existing profiles are changed."""
        return self is not ApplyTo.NEW

    @classmethod
    def of(cls, value: str) -> Self:
        """The choice of this word. Raises `ApplyToError`."""
        try:
            return cls(value)
        except ValueError:
            raise ApplyToError(_CHOOSE, field="apply_to") from None


_TEXTS: Final = {
    ApplyTo.NEW: "Apply changes to new profiles only.",
    ApplyTo.UNMODIFIED: "Apply changes to unmodified profiles and version existing unmodified profiles.",
    ApplyTo.ALL: "Apply changes to all profiles and version all existing profiles.",
}
_CHOOSE: Final = "Choose what the change applies to: " + " ".join(
    f"{choice}: “{text}”" for choice, text in _TEXTS.items()
)


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """What a change makes of some terms. `values` are those that it writes: path, before, after."""

    before: Terms
    after: Terms
    values: tuple[tuple[str, Value | None, Value | None], ...]


@dataclass(frozen=True, slots=True)
class ClassChange:
    """What one version of a class changed, to be applied to profiles: values by path."""

    name: str
    version: int
    apply_to: ApplyTo
    patch: Patch
    _applied: dict[tuple[int, tuple[str, ...]], AppliedChange] = field(default_factory=dict, repr=False, compare=False)

    def applied_to(self, terms: Terms, paths: Sequence[str]) -> AppliedChange:
        """Returns what the change makes of terms at these paths. Thousands of profiles share terms: it is worked out once."""
        key = (id(terms), tuple(paths))
        applied = self._applied.get(key)
        if applied is None:
            after = terms.with_patch({path: self.patch[path] for path in paths})
            applied = AppliedChange(terms, after, tuple((path, terms.value(path), after.value(path)) for path in paths))
            if len(self._applied) >= MOST_APPLIED:
                self._applied.clear()
            self._applied[key] = applied  # the terms are kept too, so that their id stays their own
        return applied


class ProfileClass(Aggregate):
    """A profile class. Its class version is the number of its facts. Names are unique whatever their case."""

    KIND: ClassVar[str] = "profile_class"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.name = ""
        self.description = ""
        self.active = False
        self.terms = NOTHING
        self.changes: dict[int, ClassChange] = {}
        """What each version changed, where it changed options or amounts."""

    @classmethod
    def id_of(cls, company: str, key: str | int) -> UUID:
        """The id of the class of this name, whatever its case, its outer blanks and how its letters are composed."""
        return super().id_of(company, texts.folded(str(key)))

    # Decisions

    def define(
        self,
        origin: Origin,
        *,
        name: str,
        description: str,
        active: bool,
        options: Mapping[str, Any] | None = None,
        amounts: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        today: date | None = None,
    ) -> None:
        """Sets the class up; the name is fixed for life. Tolerance is 0 where nothing is said (rule 2.3).

        `today` decides which currencies are in use, for a class has no days of its own.
        """
        faults = Faults()
        with faults:
            name = class_name(name)
        with faults:
            description = _description(description)
        options = {_TOLERANCE: _NO_TOLERANCE} | dict(options or {})
        patch = read_patch(faults, options=options, amounts=amounts, attributes=attributes)
        check_amounts(faults, patch, NOTHING, today)
        terms = NOTHING.changed(patch)
        wrong = {fault.field for fault in faults.errors}
        required = Faults()
        check_required(required, terms)
        check_bounds(required, terms.values())
        faults.errors.extend(fault for fault in required.errors if fault.field not in wrong)
        faults.raise_any()
        if self.version:
            raise ClassExistsError(f"Profile class {self.name} is already defined.", field="name")
        self.record(ProfileClassDefined, origin, name=name, description=description, active=active, terms=terms)

    def change(
        self,
        origin: Origin,
        *,
        description: str | None = None,
        active: bool | None = None,
        options: Mapping[str, Any] | None = None,
        amounts: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        apply_to: str | None = None,
        today: date | None = None,
    ) -> None:
        """Changes what is given. A change of options or amounts needs one of the three choices (rule 2.15). `today`: see `define`."""
        faults = Faults()
        if description is not None:
            with faults:
                description = _description(description)
        if active is False and self.name == DEFAULT:
            faults.errors.append(DefaultClassError("DEFAULT cannot be deactivated.", field="active"))
        patch = read_patch(faults, options=options, amounts=amounts, attributes=attributes)
        terms = self._changed_terms(faults, patch, today)
        changed = differing(self.terms, terms)
        choice = _choice(faults, apply_to, needed=bool(changed or options or amounts or attributes))
        faults.raise_any()
        description = self.description if description is None else description
        active = self.active if active is None else active
        if changed or (description, active) != (self.description, self.active):
            self.record(
                ProfileClassChanged,
                origin,
                name=self.name,
                description=description,
                active=active,
                terms=terms,
                changed=sorted(changed),
                apply_to=choice.value if choice and changed else None,
            )

    def _changed_terms(self, faults: Faults, patch: Patch, today: date | None) -> Terms:
        """The terms after the change; what is wrong with it goes into `faults`."""
        check_amounts(faults, patch, self.terms, today)
        terms = self.terms.changed(patch)
        check_required(faults, terms)
        check_bounds(faults, terms.values(), self.terms.values())
        return terms

    def check_assignable(self) -> None:
        """Raises `ClassInactiveError` for a deactivated class (rule 2.19)."""
        if not self.active:
            raise ClassInactiveError(f"Profile class {self.name} is not active.", field="profile_class")

    # What the facts say

    @applies(ProfileClassDefined)
    def _defined(self, event: ProfileClassDefined) -> None:
        self.name, self.description, self.active = event.name, event.description, event.active
        self.terms = event.terms

    @applies(ProfileClassChanged)
    def _changed(self, event: ProfileClassChanged) -> None:
        if event.apply_to is not None:
            patch, version = differing(self.terms, event.terms), event.originator_version
            self.changes[version] = ClassChange(event.name, version, ApplyTo(event.apply_to), patch)
        self.description, self.active, self.terms = event.description, event.active, event.terms


def class_name(value: str) -> str:
    """A class name: 1 to 30 characters that can stand in a path. Raises `TextError`."""
    name = texts.text(value, field="name", label="The name", longest=LONGEST_NAME)
    if "/" in name or name in {".", ".."}:
        raise TextError("The name must not hold a slash, nor be . or ..", field="name")
    return name


def _choice(faults: Faults, apply_to: str | None, *, needed: bool) -> ApplyTo | None:
    """The choice of this word, `None` where there is none; an unknown word, or none where one is needed, goes into `faults`."""
    with faults:
        if apply_to is not None:
            return ApplyTo.of(apply_to)
        if needed:
            raise ApplyToError(_CHOOSE, field="apply_to")
    return None


def _description(value: str) -> str:
    return texts.text(value, field="description", label="The description", longest=LONGEST_DESCRIPTION)
