"""`AttributeMappings`: which category or field goes to which Customer Engagement attribute (rule 4.2).

A mapping has no effective dates: what counts is whether it stood when a change was recorded.
"""

import re
from typing import ClassVar, Final
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.setup.events import AttributeMapped, AttributeUnmapped

_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")


class AttributeNameError(InvalidError):
    """An attribute name that Customer Engagement cannot have."""


class MappingNotFoundError(NotFoundError):
    """The category or field is not mapped."""


class AttributeTakenError(ConflictError):
    """Two sources mapped to one attribute would overwrite each other."""


class AttributeMappings(Aggregate):
    """The mappings of one company: `category:<code>` or `field:<key>` to an attribute name. One aggregate a company."""

    KIND: ClassVar[str] = "mappings"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.attributes: dict[str, str] = {}

    def map_attribute(self, origin: Origin, mapped: str, attribute: str) -> None:
        """Maps a source to an attribute; records nothing when it is mapped so already."""
        attribute = attribute.strip()
        if not _ATTRIBUTE.fullmatch(attribute):
            raise AttributeNameError(
                "The attribute must have 1 to 60 letters, digits, dots, hyphens or underscores, and start with a letter.",
                field="attribute",
            )
        for other, other_attribute in self.attributes.items():
            if other_attribute == attribute and other != mapped:
                raise AttributeTakenError(f"{attribute} is already mapped from {other}.", field="attribute")
        if self.attributes.get(mapped) != attribute:
            self.record(AttributeMapped, origin, mapped=mapped, attribute=attribute)

    def unmap_attribute(self, origin: Origin, mapped: str) -> None:
        """Takes a mapping away. Raises `MappingNotFoundError`."""
        if mapped not in self.attributes:
            raise MappingNotFoundError(f"{mapped} is not mapped.")
        self.record(AttributeUnmapped, origin, mapped=mapped, attribute=self.attributes[mapped])

    @applies(AttributeMapped)
    def _attribute_mapped(self, event: AttributeMapped) -> None:
        self.attributes[event.mapped] = event.attribute

    @applies(AttributeUnmapped)
    def _attribute_unmapped(self, event: AttributeUnmapped) -> None:
        del self.attributes[event.mapped]


def category_source(code: int) -> str:
    """The name under which a category is mapped."""
    return f"category:{code}"


def field_source(key: str) -> str:
    """The name under which a business field is mapped."""
    return f"field:{key}"
