"""Rows as they came, for the list of what is wrong with rows: each can be written again with masked fields masked (rules 3.2, 5.2)."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from aggregates.field.field import MASK
from aggregates.strict_json import JsonError, Members, Number, read_members

REASON_COLUMN: Final = "Reason (Dossier)"
"""The last column of a file of refused rows: it says why, and is never taken by itself."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """A row of cells, each with its target, `None` for a cell that is not mapped."""

    cells: Sequence[str]
    targets: Sequence[str | None]
    delimiter: str

    def without(self, hidden: AbstractSet[str]) -> "Delimited":
        """Returns the row with the cells of these targets masked."""
        pairs = zip(self.cells, self.targets, strict=True)
        return replace(self, cells=[MASK if target in hidden else cell for cell, target in pairs])

    def written(self) -> str:
        """Returns the row as a line of its file."""
        line = io.StringIO()
        csv.writer(line, delimiter=self.delimiter, lineterminator="").writerow(self.cells)
        return line.getvalue()


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line with a JSON object; `targets` has the target of each member that is mapped, by name."""

    line: str
    targets: Mapping[str, str]

    def without(self, hidden: AbstractSet[str]) -> "JsonLine":
        """Returns the line with the members of these targets masked."""
        names = {name for name, target in self.targets.items() if target in hidden}
        if not names:
            return self
        try:
            members = read_members(self.line, label="The line", most=len(self.line))
        except JsonError:  # a line that was stored before lines were bounded
            return replace(self, line="")
        return replace(self, line=_json(Members((name, MASK if name in names else value) for name, value in members)))

    def with_reason(self, reason: str, hidden: AbstractSet[str]) -> str:
        """Returns the line without the members of these targets, and with a last member that says why it was refused.

        Raises `JsonError`.
        """
        left_out = {name for name, target in self.targets.items() if target in hidden} | {REASON_COLUMN}
        members = read_members(self.line, label="The line", most=len(self.line))
        kept = [(name, value) for name, value in members if name not in left_out]
        return _json(Members([*kept, (REASON_COLUMN, reason)]))

    def written(self) -> str:
        """Returns the line."""
        return self.line


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that could not be split; `targets` are those of the whole file, since any value may be anywhere in the row."""

    text: str
    targets: Sequence[str]

    def without(self, hidden: AbstractSet[str]) -> "Unread":
        """Returns the row, or an empty one if it may contain a value of these targets."""
        return self if hidden.isdisjoint(self.targets) else replace(self, text="")

    def written(self) -> str:
        """Returns the row."""
        return self.text


Original = Delimited | JsonLine | Unread


def stored(original: Original) -> dict[str, Any]:
    """Returns the row as plain values, for `restored`."""
    return asdict(original)


def restored(values: Mapping[str, Any]) -> Original:
    """Returns the row that was `stored`."""
    kind: Any = Delimited if "cells" in values else JsonLine if "line" in values else Unread
    original: Original = kind(**values)
    return original


def _json(value: Any) -> str:
    if isinstance(value, Members):
        return "{" + ", ".join(f"{_json(name)}: {_json(member)}" for name, member in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=not _whole(value))


def _whole(value: object) -> bool:
    """Returns true for a value without lone surrogates, which can be written only as an escape."""
    return not isinstance(value, str) or value.isprintable()
