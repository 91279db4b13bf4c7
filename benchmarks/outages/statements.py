"""The reports of `/health/ready`, `dossier status` and `/metrics`, as sets of short statements that can be compared every second.

Values that rise continuously are omitted or rounded, so that a statement changes only when something has happened.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

FEW: Final = 25
"""Of what waits, as much as may wait at any moment."""
RISING: Final = re.compile(r"position|(^|\.)(log|relay|since|pid)$|_at$|_s$|_seconds|_created$|correlation_id")
"""Members, and names of metrics, that change with every event or every second."""
COUNTS: Final = re.compile(r"lag|waiting|unfinished")
"""Members, and names of metrics, that tell how much waits."""
STEPS: Final = (100_000, 10_000, 1_000, 100, FEW)
_DIGITS: Final = re.compile(r"\d+(\.\d+)?")
_GAUGE: Final = re.compile(r"# TYPE (dossier_\w+) gauge")
_SAMPLE: Final = re.compile(r"^(dossier_\w+)(\{[^}]*\})? (\S+)", re.MULTILINE)

Statements = frozenset[str]


def of_http(status: int, body: str) -> Statements:
    """An answer of `/health/ready`: its status, and the leaves of its JSON."""
    return frozenset({f"HTTP {status}", *of_json(body)})


def of_command(exit_status: int, output: str, errors: str) -> Statements:
    """What `dossier status --json` has printed."""
    complaints = {_without_digits(line) for line in errors.splitlines() if line.strip()}
    return frozenset({f"exit status {exit_status}", *of_json(output), *complaints})


def of_metrics(process: str, text: str) -> Statements:
    """The gauges that one process offers, without those that only rise."""
    gauges = set(_GAUGE.findall(text))
    return frozenset(
        f"{process}: {name}{labels}={_step(name, float(value))}"
        for name, labels, value in _SAMPLE.findall(text)
        if name in gauges and not RISING.search(name)
    )


def of_json(text: str) -> Iterator[str]:
    """Every leaf of a JSON document as `path=value`; a member of a list has its name as its place, if it has one."""
    try:
        document = json.loads(text)
    except ValueError:
        yield from (_without_digits(line) for line in text.splitlines() if line.strip())
        return
    yield from _leaves("", document)


def _leaves(path: str, value: Any) -> Iterator[str]:
    if path and RISING.search(path):
        return
    match value:
        case dict():
            for name, member in value.items():
                yield from _leaves(f"{path}.{name}" if path else name, member)
        case list():
            for member in value:
                name = f"[{member['name']}]" if isinstance(member, dict) and "name" in member else "[]"
                yield from _leaves(f"{path}{name}", member)
        case bool() | None:
            yield f"{path}={json.dumps(value)}"
        case int() | float():
            yield f"{path}={_step(path, value)}"
        case _:
            yield f"{path}={_without_digits(str(value))}"


def _step(name: str, value: float) -> str:
    """A number by its size: of what waits, how many there are roughly; else 0 and 1 as they are, more as `1+`."""
    if COUNTS.search(name):
        return next((f"{step}+" for step in STEPS if value >= step), "few")
    return f"{value:g}" if value in {0, 1} else f"{min(value, 1):g}+"


def _without_digits(text: str) -> str:
    return _DIGITS.sub("#", text.strip())
