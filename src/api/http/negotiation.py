"""Content negotiation (RFC 9110, 12.5): which of the forms on offer a client takes, by an Accept or Accept-Encoding header."""

import re
from collections.abc import Iterable
from typing import Final

_REFUSED: Final = re.compile(r"(?:^|;)\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)")
_ANYTHING: Final = "*"


def taken(header: str | None, offered: Iterable[str]) -> str | None:
    """Returns the first form on offer that the header names and gives a weight above 0, or `None`. `*` names every form."""
    if not header:
        return None
    accepted: dict[str, bool] = {}
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        accepted[name.strip()] = _REFUSED.search(parameters) is None
    others = accepted.get(_ANYTHING, False)
    return next((form for form in offered if accepted.get(form, others)), None)
