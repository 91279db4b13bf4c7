"""Time zones: those of the `tzdata` package, so that every machine has the same ones with the same days (rule 0.10).

What a zone was called when it was stored may be unknown here, or may never have been a zone (`localtime`): then the days of this machine's
file of that name, or of UTC, are used, and `unknown_zone` says so to operators. Nothing fails for it.
"""

from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

_NO_ZONES: Final = {"Factory"}
"""Listed, but stands for a zone that is not set."""
_UTC: Final = "UTC"


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split()) - _NO_ZONES


def is_zone(name: str) -> bool:
    """Returns whether the tz database has a zone of this name."""
    return name in _names()


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; where there is none, this machine's file of that name, else UTC."""
    if is_zone(name):
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return zone_of(_UTC)


def unknown_zone(name: str) -> str | None:
    """The warning for operators about a name that is no zone; `None` for one that is."""
    if is_zone(name):
        return None
    return f"{name} is not a time zone of the tz database; days are those of {zone_of(name).key}. Set the control TZ."
