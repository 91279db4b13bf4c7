"""`Profile`: what an account or a site has on some days: a copy of a class, and what was set here (rules 2.7-2.9, 2.16).

Every value has an origin. Where `marks` says nothing, it is the class version that was assigned; a mark tells what came later: set
here, or written by a propagated change of the class.
"""

from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.profile_class.terms import MOST_ATTRIBUTES, MOST_CURRENCIES, Patch, Terms, differing

HERE: Final = "here"
CLASS: Final = "class"


class Mark(BaseModel):
    """What made a value so: the event, the class version that the profile then had, and whether it came from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Literal["class", "here"]
    class_version: int
    event_id: UUID


class Profile(BaseModel):
    """One content of a profile. `class_version` is the highest class version in it; `assigned_*` tell of the copy it began as."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile_class: str
    class_version: int
    assigned_version: int
    assigned_by: UUID
    terms: Terms
    marks: dict[str, Mark] = {}

    @staticmethod
    def copied(source: ProfileClass, event_id: UUID) -> "Profile":
        """A class as it is now, assigned by this event (rule 2.7)."""
        return Profile.model_construct(
            profile_class=source.name,
            class_version=source.version,
            assigned_version=source.version,
            assigned_by=event_id,
            terms=source.terms,
            marks={},
        )

    def mark(self, path: str) -> Mark:
        """Returns the mark of the value at this path: what set it."""
        mark = self.marks.get(path)
        return mark or Mark.model_construct(
            origin="class", class_version=self.assigned_version, event_id=self.assigned_by
        )

    def set_here(self) -> dict[str, Mark]:
        """The marks of what was set here, by path; a value that was taken away here counts."""
        return {path: mark for path, mark in self.marks.items() if mark.origin == HERE}

    def paths(self) -> set[str]:
        """Returns the paths at which it has a value, or at which one was taken away."""
        return {*self.terms.values(), *self.marks}

    def is_surely_bounded(self) -> bool:
        """Returns whether it cannot name more than `check_bounds` allows, so that no event about it is too large (rule 0.11).

        Each mark counts as a currency and as an attribute of its own, which is quickly told; false says nothing.
        """
        marks = len(self.marks)
        currencies, attributes = len(self.terms.amounts) + marks, len(self.terms.attributes) + marks
        return currencies <= MOST_CURRENCIES and attributes <= MOST_ATTRIBUTES

    def updated(self, patch: Patch, event_id: UUID) -> Self:
        """With details changed here (rule 2.8); the same profile when nothing differs."""
        terms = self.terms.changed(patch)
        changed = differing(self.terms, terms)
        if not changed:
            return self
        mark = Mark.model_construct(origin="here", class_version=self.class_version, event_id=event_id)
        marks = dict(sorted((self.marks | dict.fromkeys(changed, mark)).items()))
        return self.model_copy(update={"terms": terms, "marks": marks})

    def keeping(self, before: "Profile") -> Self:
        """Returns this newly assigned profile with the values that were set here on the one before (`keep_overrides`, rule 2.9)."""
        marks_here = before.set_here()
        values = before.terms.values()
        terms = self.terms.changed({path: values.get(path) for path in marks_here})
        marks = {
            path: mark.model_copy(update={"class_version": self.class_version}) for path, mark in marks_here.items()
        }
        return self.model_copy(update={"terms": terms, "marks": marks})

    def lacks(self, change: ClassChange) -> list[str]:
        """Returns the paths, in order, whose value is of an older class version than the change; others are never overwritten.

        See rule 2.16.
        """
        marks = self.marks
        return sorted(
            path
            for path in change.patch
            if (marks[path].class_version if path in marks else self.assigned_version) < change.version
        )

    def propagated(self, change: ClassChange, event_id: UUID) -> "Profile":
        """With a change of its class written (rule 2.16): only what the change is about, and only over older class versions.

        The same profile when the change, or a later one, is in it already: so none is applied twice, nor an older one over a newer. A
        value that is the same is written too, so that it is known to be of this version.
        """
        older = self.lacks(change)
        if not older:
            return self
        mark = Mark(origin="class", class_version=change.version, event_id=event_id)
        return Profile(
            profile_class=self.profile_class,
            class_version=max(self.class_version, change.version),
            assigned_version=self.assigned_version,
            assigned_by=self.assigned_by,
            terms=change.applied_to(self.terms, older).after,
            marks=dict(sorted((self.marks | dict.fromkeys(older, mark)).items())),
        )

    def same_as(self, other: "Profile") -> bool:
        """Returns whether both have the same values, whichever events set them."""
        return (
            (self.profile_class, self.class_version) == (other.profile_class, other.class_version)
            and self.terms == other.terms
            and self.set_here().keys() == other.set_here().keys()
        )
