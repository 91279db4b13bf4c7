"""Entity tags of RFC 9110 (8.8.3, 13.1.1, 13.1.2): `*`, or a list such as `"4", "5"`, in one header line or in several.

The tags that this API gives are strong: a version in digits, `"5"`.
"""

import re
from dataclasses import dataclass
from typing import Final

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\uffff]*"'
_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_EACH: Final = re.compile(_TAG)
_WEAK: Final = "W/"


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags that a condition names, as they were written; `any_version` stands for `*`."""

    tags: tuple[str, ...]
    any_version: bool = False

    @property
    def strong(self) -> tuple[str, ...]:
        """The tags that can match in a strong comparison, that of If-Match, without their quotation marks."""
        return tuple(tag[1:-1] for tag in self.tags if not tag.startswith(_WEAK))

    def match_weakly(self, tag: str) -> bool:
        """Returns whether one of them matches this tag in a weak comparison, that of If-None-Match."""
        return self.any_version or tag in (own_tag.removeprefix(_WEAK) for own_tag in self.tags)


def tags(text: str) -> Tags:
    """Parses the tags of a header. Raises `ValueError` where it is not a list of tags."""
    stripped = text.strip(" \t")
    if stripped == "*":
        return Tags((), any_version=True)
    if not _LIST.fullmatch(stripped):
        raise ValueError('Must be *, or entity tags such as "5".')
    return Tags(tuple(_EACH.findall(stripped)))


def tag(version: int) -> str:
    """Returns the tag of a version."""
    return f'"{version}"'
