"""On which days what an event says is in force, and which later event superseded it on the others: kept while `history` folds (rule 2.22).

A part is what one event says about some subjects on some days. It is in force until a later event says something about the same
subjects and days; what of it is left goes on as parts of its own. So the parts of an event are always all that it says, and what was
in force at an instant are those that no event known then superseded: nothing is searched for on reading. An event touches the parts
in force on its own days and no others, and the same events give the same rows in whatever batches they come.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from psycopg import Connection

from aggregates.effective import LAST_DAY
from aggregates.fact import Fact
from projections.engine.projection import LoggedFact
from projections.history.statements import Statement
from projections.history.tables import DAYS
from projections.tables.adding import NULL, add_lines, text_of
from projections.tables.superseding import DAY, NEVER, last_of, past_of
from store.database import Row

_SELECT: Final = f"""
    SELECT wanted.place, part.* FROM
        unnest(%b::text[]::uuid[], %b::text[], %b::date[], %b::date[])
            WITH ORDINALITY AS wanted (holder, family, first, past, place)
    CROSS JOIN LATERAL (
        SELECT position, subjects, first, last, ctid::text FROM {DAYS} AS one
        WHERE one.holder = wanted.holder AND one.family = wanted.family AND one.superseded_by IS NULL
          AND coalesce(one.last, 'infinity') >= wanted.first AND one.first < wanted.past OFFSET 0
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
_COLUMNS: Final = ("position", "holder", "family", "subjects", "first", "last", "superseded_by")

FamilyKey = tuple[str, str]
"""An aggregate's id, as its 32 digits, whose hash is known after the first look, and a family of subjects."""


@dataclass(slots=True, eq=False)
class Part:
    """What the event at `position` says about `subjects` from `first` to the day before `past`, which is `NEVER` where it is open-ended.

    `place` is the row that is to hold it; `None`: a new one.
    """

    position: int
    subjects: tuple[str, ...]
    first: date
    past: date
    place: str | None = None
    superseded_by: int | None = None


Lines = dict[str, list[Part]]
"""What is in force, by subject: in the order of days, no two parts on the same day."""


@dataclass(slots=True)
class Folding:
    """The parts in force that a batch may touch, and what becomes of them.

    Days are superseded as by `Timeline`, in a fraction of its time; a test holds both together.
    """

    lines: dict[FamilyKey, Lines]
    begun: dict[Part, FamilyKey] = field(default_factory=dict)
    """Parts in force that are not written as they are."""
    ended: list[tuple[FamilyKey, Part]] = field(default_factory=list)

    def apply(self, family_key: FamilyKey, statement: Statement, position: int) -> None:
        """Supersedes earlier statements about the same subjects on the days of this one."""
        lines = self.lines.setdefault(family_key, {})
        new = Part(position, statement.subjects, statement.days.first, past_of(statement.days))
        if lines:
            for part in _overlapping(lines, new):
                self._supersede(family_key, lines, part, new)
        self._begin(family_key, lines, new)

    def _supersede(self, family_key: FamilyKey, lines: Lines, part: Part, new: Part) -> None:
        """Ends the piece of a part that the new one is about; each remaining piece is a part again, the first in the old row."""
        place = part.place
        self.begun.pop(part, None)
        for subject in part.subjects:
            lines[subject].remove(part)
        rests, superseded = _cut(part, new)
        for rest in rests:
            rest.place, place = place, None
            self._begin(family_key, lines, rest)
        superseded.place = place
        self.ended.append((family_key, superseded))

    def _begin(self, family_key: FamilyKey, lines: Lines, part: Part) -> None:
        self.begun[part] = family_key
        for subject in part.subjects:
            line = lines.get(subject)
            if line is None:
                lines[subject] = [part]
            else:
                line.insert(bisect_right(line, part.first, key=_first), part)

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
        (family_key, statement, logged.position)
        for logged, fact_statements in stated_facts
        for family_key, statement in _keyed(logged.fact, fact_statements)
    ]
    if not keyed_statements:
        return {}
    new = {logged.fact.originator_id.hex for logged, _ in stated_facts if logged.fact.originator_version == 1}
    state = Folding(_in_force(connection, _reach(keyed_statements, new)))
    for family_key, statement, position in keyed_statements:
        state.apply(family_key, statement, position)
    _write(connection, state)
    superseded: dict[int, set[int]] = {}
    for _, part in state.ended:
        if part.superseded_by is not None:
            superseded.setdefault(part.superseded_by, set()).add(part.position)
    return superseded


def _keyed(fact: Fact, fact_statements: Sequence[Statement]) -> Iterator[tuple[FamilyKey, Statement]]:
    """The statements of a fact, each with the aggregate and family of subjects that it is about."""
    if fact_statements:
        holder = fact.originator_id.hex
        for statement in fact_statements:
            yield (holder, statement.family), statement


def _reach(
    keyed_statements: Iterable[tuple[FamilyKey, Statement, int]], new: Collection[str]
) -> dict[FamilyKey, tuple[date, date]]:
    """For each family, the first day and the day after the last that statements are about. Of what is new nothing is in force."""
    reach: dict[FamilyKey, tuple[date, date]] = {}
    for family_key, statement, _ in keyed_statements:
        if family_key[0] not in new:
            first, past = statement.days.first, past_of(statement.days)
            so_far = reach.get(family_key)
            reach[family_key] = (first, past) if so_far is None else (min(first, so_far[0]), max(past, so_far[1]))
    return reach


def _overlapping(lines: Lines, new: Part) -> Iterable[Part]:
    """The parts in force that are about one of the subjects of a new one on one of its days, each once."""
    parts: dict[Part, None] = {}
    for subject in new.subjects:
        line = lines.get(subject)
        if line:
            low = bisect_right(line, new.first, key=_first)
            if low and line[low - 1].past > new.first:
                low -= 1
            for part in line[low : bisect_left(line, new.past, lo=low, key=_first)]:
                parts[part] = None
    return parts


def _cut(part: Part, new: Part) -> tuple[list[Part], Part]:
    """The rests of a part, and the piece that a new one supersedes.

    The rests: other subjects on all of its days, then those of the new one before and after the days of that.
    """
    rests, subjects = [], part.subjects
    if subjects != new.subjects:
        others = tuple(subject for subject in subjects if subject not in new.subjects)
        if others:
            rests.append(Part(part.position, others, part.first, part.past))
            subjects = tuple(subject for subject in subjects if subject in new.subjects)
    first, past = part.first, part.past
    if first < new.first:
        rests.append(Part(part.position, subjects, first, new.first))
        first = new.first
    if past > new.past:
        if new.past <= LAST_DAY:
            rests.append(Part(part.position, subjects, new.past, past))
        past = new.past
    return rests, Part(part.position, subjects, first, past, superseded_by=new.position)


def _first(part: Part) -> date:
    return part.first


def _in_force(connection: Connection[Row], reach: Mapping[FamilyKey, tuple[date, date]]) -> dict[FamilyKey, Lines]:
    """The parts in force on the days within reach, however long the history, by subject."""
    lines: dict[FamilyKey, Lines] = {}
    if reach:
        family_keys = list(reach)
        reached = [(*family_key, *days) for family_key, days in reach.items()]
        columns = [list(column) for column in zip(*reached, strict=True)]
        for place, position, subjects, first, last, row in connection.execute(_SELECT, columns, binary=True):
            part = Part(position, tuple(subjects.split(" ")), first, NEVER if last is None else last + DAY, row)
            of_family = lines.setdefault(family_keys[place - 1], {})
            for subject in part.subjects:
                of_family.setdefault(subject, []).append(part)
    return lines


def _write(connection: Connection[Row], state: Folding) -> None:
    parts = list(state.parts())
    changed = [_row(part) for _, part in parts if part.place is not None]
    if changed:
        connection.execute(_UPDATE, [list(column) for column in zip(*changed, strict=True)])
    lines = [_line(family_key, part) for family_key, part in parts if part.place is None]
    add_lines(connection, DAYS, _COLUMNS, lines)


def _row(part: Part) -> Row:
    return (part.place, " ".join(part.subjects), part.first, last_of(part.past), part.superseded_by)


def _line(family_key: FamilyKey, part: Part) -> str:
    """A new row in the text format of COPY; families and subjects have no characters that it escapes."""
    last = NULL if part.past == NEVER else text_of(part.past - DAY)
    return (
        f"{part.position}\t{family_key[0]}\t{family_key[1]}\t{' '.join(part.subjects)}"
        f"\t{text_of(part.first)}\t{last}\t{part.superseded_by or NULL}\n"
    )
