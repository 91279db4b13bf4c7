"""The payload of an event in a few words for a table: profiles and terms by their paths, the rest as it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.output.show import words


def payload_words(data: Mapping[str, Any]) -> str:
    """Returns the payload of an event on one line. Of options and amounts it has what the event changed, or all that it set up."""
    return ", ".join(_parts(data))


def value_words(value: object) -> str:
    """Returns a value of an option, amount or attribute; interest as `1.5 %` or `5`."""
    if isinstance(value, Mapping):
        amount, rate = value.get("amount"), value.get("rate")
        return f"{rate} %" if amount is None else str(amount)
    return words(value)


def _parts(data: Mapping[str, Any]) -> Iterator[str]:
    changed = data.get("changed")
    profile = data.get("profile")
    for name, value in data.items():
        if name in {"terms", "set_by"} or value is None or (name == "changed" and isinstance(value, list)):
            continue
        if name == "profile":
            set_here = sorted(path for path, mark in value["marks"].items() if mark["origin"] == "here")
            yield f"{value['profile_class']} class version {value['class_version']}"
            if set_here:
                yield f"set here: {' '.join(set_here)}"
        else:
            yield f"{name}={words(value)}"
    terms = data.get("terms") or (profile or {}).get("terms") or {}
    values = dict(_values(terms))
    paths = changed if isinstance(changed, list) else values if profile is None else ()
    for path in paths:
        yield f"{path}={value_words(values[path])}" if path in values else f"{path} taken away"


def _values(terms: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields the values that are set, by path."""
    for kind in ("options", "attributes"):
        for name, value in terms.get(kind, {}).items():
            if value is not None:
                yield f"{kind}.{name}", value
    for currency, row in terms.get("amounts", {}).items():
        for name, value in row.items():
            if value is not None:
                yield f"amounts.{currency}.{name}", value
