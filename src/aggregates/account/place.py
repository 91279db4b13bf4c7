"""`Place`: where a profile is held, named in commands and questions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An account, or a site of it."""

    account: str
    site: str | None = None
