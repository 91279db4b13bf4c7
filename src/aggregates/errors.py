"""Why a command is refused, in words a user can read. The domain knows no HTTP: `api/http/problems.py` has the table of statuses.

Each kind of refusal is one base class here; each aggregate names its own below it. `field` is the path of the input
field at fault (`responses.7`), `None` where the whole command is. A command that finds several faults raises them together
as one `RefusedError`, so that one answer names every wrong field.
"""

from collections.abc import Collection, Sequence
from datetime import datetime


class DomainError(Exception):
    """Base of every refusal. `str(error)` is the text for the user."""

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class InvalidError(DomainError):
    """The input breaks a rule whatever the state of the system is, or names something that is not defined."""


class NotFoundError(DomainError):
    """The thing that the command is about does not exist."""


class ConflictError(DomainError):
    """The input is well-formed but the state of the system forbids it."""


class ForbiddenError(DomainError):
    """The caller may not do this."""


class RefusedError(DomainError):
    """Several faults at once."""

    def __init__(self, faults: Sequence[DomainError]) -> None:
        super().__init__(" ".join(fault.text for fault in faults))
        self.faults = tuple(faults)


class StaleVersionError(DomainError):
    """The aggregate was changed since the caller saw it (rule 0.7): it has none of the `expected` versions."""

    def __init__(self, expected: Collection[int], actual: int, by: str | None, at: datetime | None) -> None:
        time = at.isoformat() if at else "just now"
        changed = f"Changed by {by} at {time}" if actual else "Nothing is recorded yet"
        others = " or ".join(str(version) for version in sorted(expected)) or "one that was named"
        super().__init__(f"{changed}: version {actual}, not {others}.")
        self.expected, self.actual, self.by, self.at = expected, actual, by, at


def refuse(faults: Sequence[DomainError]) -> None:
    """Raises the faults, if any: one as it is, several as one `RefusedError`."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise RefusedError(faults)
