"""On which days what an event says is in force, and which later event superseded it on the others: kept while `history` folds (rule 2.22).

A part is what one event says about some subjects on some days. It is in force until a later event says something about the same
subjects and days; what of it is left goes on as parts of its own. So the parts of an event are always all that it says, and what was
in force at an instant are those that no event known then superseded: nothing is searched for on reading. An event touches the parts
in force on its own days and no others, and the same events give the same rows in whatever batches they come.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from psycopg import Connection

from aggregates.effective import Days, Timeline, Version
from aggregates.fact import Fact
from projections.engine.projection import LoggedFact
from projections.history.statements import Statement
from projections.history.tables import DAYS
from projections.tables.superseding import reach_of
from store.database import Row

_SELECT: Final = f"""
    SELECT wanted.holder, wanted.family, part.* FROM
        unnest(%b::uuid[], %b::text[], %b::date[], %b::date[]) AS wanted (holder, family, first, last)
    CROSS JOIN LATERAL (
        SELECT position, subjects, first, last, ctid::text FROM {DAYS} AS one
        WHERE one.holder = wanted.holder AND one.family = wanted.family AND one.superseded_by IS NULL
          AND coalesce(one.last, 'infinity') >= wanted.first AND one.first <= coalesce(wanted.last, 'infinity') OFFSET 0
    ) AS part
    ORDER BY part.first
"""
"""OFFSET 0 keeps it one index probe a family."""
_UPDATE: Final = f"""
    UPDATE {DAYS} AS one SET subjects = part.subjects, first = part.first, last = part.last, superseded_by = part.later
    FROM unnest(%b::text[]::tid[], %b::text[], %b::date[], %b::date[], %b::bigint[]) AS part (place, subjects, first, last, later)
    WHERE one.ctid = part.place
"""
"""A row's place (ctid) holds until the end of the transaction that read it: nobody else writes to a read model's tables."""
_COPY: Final = f"COPY {DAYS} (position, holder, family, subjects, first, last, superseded_by) FROM STDIN"

FamilyKey = tuple[UUID, str]
"""An aggregate's id and a family of subjects."""
Lines = dict[str, Timeline["Part"]]
"""What is in force, by subject."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What the event at `position` says about `subjects` on `days`. `place` is the row that is to hold it; `None`: a new one."""

    position: int
    subjects: tuple[str, ...]
    days: Days
    place: str | None = None
    superseded_by: int | None = None


@dataclass(slots=True)
class Folding:
    """The parts in force that a batch may touch, and what becomes of them."""

    lines: dict[FamilyKey, Lines]
    begun: dict[Part, FamilyKey] = field(default_factory=dict)
    """Parts in force that are not written as they are."""
    ended: list[tuple[FamilyKey, Part]] = field(default_factory=list)

    def apply(self, family_key: FamilyKey, statement: Statement, position: int) -> None:
        """Supersedes earlier statements about the same subjects on the days of this one."""
        lines = self.lines.setdefault(family_key, {})
        for part in self._overlapping(lines, statement):
            self._supersede(family_key, lines, part, statement, position)
        self._begin(family_key, lines, Part(position, statement.subjects, statement.days))

    def _overlapping(self, lines: Lines, statement: Statement) -> Iterable[Part]:
        """The parts in force that are about one of the subjects on one of the days, each once."""
        return dict.fromkeys(
            version.content
            for subject in statement.subjects
            if subject in lines
            for version in lines[subject].within(statement.days)
        )

    def _supersede(self, family_key: FamilyKey, lines: Lines, part: Part, statement: Statement, position: int) -> None:
        """Ends the piece of a part that the statement is about; each remaining piece is a part again, the first in the old row."""
        place = part.place
        self.begun.pop(part, None)
        for subjects, days in _rests(part, statement):
            self._begin(family_key, lines, Part(part.position, subjects, days, place))
            place = None
        ended = Part(part.position, _common(part, statement), part.days.within(statement.days), place, position)
        self.ended.append((family_key, ended))

    def _begin(self, family_key: FamilyKey, lines: Lines, part: Part) -> None:
        self.begun[part] = family_key
        for subject in part.subjects:
            lines[subject] = lines.get(subject, Timeline()).supersede(part.days, part)

    def parts(self) -> Iterator[tuple[FamilyKey, Part]]:
        """Everything that is to be written."""
        yield from self.ended
        for part, family_key in self.begun.items():
            yield family_key, part


def fold_days(
    connection: Connection[Row], stated_facts: Sequence[tuple[LoggedFact, Sequence[Statement]]]
) -> Mapping[int, Collection[int]]:
    """Writes what these facts and their statements, in log order, make of the table.

    Returns, for each of them that superseded parts of others, the positions of those, by its own position.
    """
    keyed_statements = [
        (family_key_of(logged.fact, statement), statement, logged.position)
        for logged, fact_statements in stated_facts
        for statement in fact_statements
    ]
    if not keyed_statements:
        return {}
    new = {logged.fact.originator_id for logged, _ in stated_facts if logged.fact.originator_version == 1}
    reach = reach_of(
        (family_key, statement.days) for family_key, statement, _ in keyed_statements if family_key[0] not in new
    )
    state = Folding(_in_force(connection, reach))
    for family_key, statement, position in keyed_statements:
        state.apply(family_key, statement, position)
    _write(connection, state)
    superseded: dict[int, set[int]] = {}
    for _, part in state.ended:
        if part.superseded_by is not None:
            superseded.setdefault(part.superseded_by, set()).add(part.position)
    return superseded


def family_key_of(fact: Fact, statement: Statement) -> FamilyKey:
    """The aggregate and family of subjects that a statement of a fact is about."""
    return fact.originator_id, statement.family


def _rests(part: Part, statement: Statement) -> Iterator[tuple[tuple[str, ...], Days]]:
    """The rests of a part: other subjects on all of its days, then its own before and after the statement's days."""
    others = tuple(subject for subject in part.subjects if subject not in statement.subjects)
    if others:
        yield others, part.days
    subjects = _common(part, statement)
    for days in (part.days.before(statement.days.first), part.days.after(statement.days.last)):
        if days is not None:
            yield subjects, days


def _common(part: Part, statement: Statement) -> tuple[str, ...]:
    return tuple(subject for subject in part.subjects if subject in statement.subjects)


def _in_force(connection: Connection[Row], reach: Mapping[FamilyKey, Days]) -> dict[FamilyKey, Lines]:
    """The parts in force on the days within reach, however long the history, by subject."""
    versions: dict[FamilyKey, dict[str, list[Version[Part]]]] = {}
    if reach:
        reached = [(*family_key, days.first, days.last) for family_key, days in reach.items()]
        columns = [list(column) for column in zip(*reached, strict=True)]
        for holder, family, position, subjects, first, last, place in connection.execute(_SELECT, columns, binary=True):
            part = Part(position, tuple(subjects.split(" ")), Days(first, last), place)
            lines = versions.setdefault((holder, family), {})
            for subject in part.subjects:
                lines.setdefault(subject, []).append(Version(part.days, part))
    return {
        family_key: {subject: Timeline(tuple(line)) for subject, line in lines.items()}
        for family_key, lines in versions.items()
    }


def _write(connection: Connection[Row], state: Folding) -> None:
    parts = list(state.parts())
    changed = [_row(part) for _, part in parts if part.place is not None]
    if changed:
        connection.execute(_UPDATE, [list(column) for column in zip(*changed, strict=True)])
    lines = "".join(_line(family_key, part) for family_key, part in parts if part.place is None)
    if lines:
        with connection.cursor().copy(_COPY) as copy:
            copy.write(lines)


def _row(part: Part) -> Row:
    return (part.place, " ".join(part.subjects), part.days.first, part.days.last, part.superseded_by)


def _line(family_key: FamilyKey, part: Part) -> str:
    """A new row in the text format of COPY; families and subjects have no characters that it escapes."""
    last, later = part.days.last or r"\N", part.superseded_by or r"\N"
    subjects = " ".join(part.subjects)
    return f"{part.position}\t{family_key[0].hex}\t{family_key[1]}\t{subjects}\t{part.days.first}\t{last}\t{later}\n"
