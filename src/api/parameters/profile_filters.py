"""By which profile accounts and sites are listed, and whether they are counted: the parameters of both lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import AfterValidator, WithJsonSchema

from aggregates.errors import InvalidError, RefusedError
from aggregates.profile_class.terms import value_path
from api.parameters.shapes import ClassKey, ClassVersion, rule
from api.parameters.spellings import Flag
from projections.accounts.lists import ProfileFilters

_PATH: Final = r"^(options\.[a-z_]+|amounts\.[A-Z]{3}\.[a-z_]+|attributes\.[A-Za-z][A-Za-z0-9_-]*)$"
ValuePath = Annotated[
    str, AfterValidator(rule(value_path)), WithJsonSchema({"type": "string", "maxLength": 80, "pattern": _PATH})
]


@dataclass(frozen=True, slots=True)
class ListedBy:
    """Which profiles are wanted, and whether to count all of the list. `filters` is `None` where any profile will do, or none."""

    filters: ProfileFilters | None
    total: bool

    @property
    def paths(self) -> list[str]:
        """The values of the profile by which the list is made, as explanations name them."""
        filters = self.filters
        if filters is None:
            return []
        return ["profile_class", *([] if filters.set_here is None else [filters.set_here])]

    def check(self, *faults: InvalidError) -> None:
        """Raises `RefusedError` where these do not go together, or where there are other faults."""
        if errors := [*faults, *self._faults()]:
            raise RefusedError(errors)

    def _faults(self) -> Iterator[InvalidError]:
        filters = self.filters
        if filters is not None and filters.class_version_below is not None and filters.profile_class is None:
            yield InvalidError("Name the class, too.", field="profile_class")


async def _listed_by(
    *,
    profile_class: Annotated[
        ClassKey | None,
        Query(description="Only those whose profile in force is of this class, whatever the case of its name."),
    ] = None,
    class_version_below: Annotated[
        ClassVersion | None,
        Query(description="Only those whose profile is of an older version of the class than this one."),
    ] = None,
    set_here: Annotated[
        ValuePath | None,
        Query(
            description="Only those with a value of their own, set or taken away: `options.collector`, `amounts.EUR.credit_limit`."
        ),
    ] = None,
    total: Annotated[Flag, Query(description="Whether to count all of them.")] = False,
) -> ListedBy:
    filters = ProfileFilters(profile_class, class_version_below, set_here)
    return ListedBy(filters if filters != ProfileFilters() else None, total)


ByProfile = Annotated[ListedBy, Depends(_listed_by)]
