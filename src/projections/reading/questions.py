"""Questions at two clocks that one statement answers, of one thing in a view, or of many things at once (see `asking`).

A question is asked in two ways and answered in one: `ask_view` runs its statement for one thing in a view; `asking` runs the same text
for all things that are asked about in the same moment. What a query function makes of `Answered` does not depend on the way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import orjson

from projections.reading.places import PLACE
from projections.reading.view import Seen, View
from store.database import Row
from store.events import SETUP_EVENTS

S = TypeVar("S")
Values = Mapping[str, Any]
"""Parameters of a question, by name."""
OWN_COLUMNS: Final = 4
"""Columns before those of the question: see `Question.of_many`."""
_NOTHING: Final = "timestamptz '1970-01-01Z'"
_SETUP: Final = f"""
    (SELECT event.position FROM events AS event WHERE {SETUP_EVENTS} AND event.position <= model.least ORDER BY event.position DESC LIMIT 1)
"""


@dataclass(frozen=True, eq=False)
class Setup(Generic[S]):
    """What an answer needs of the set-up, which is kept in memory between the instants at which it may change."""

    read: Callable[[View], S]
    """Reads it at the clocks of a view; it must not depend on the business day."""
    changes: Sequence[str]
    """SQL queries of one column each, those instants."""

    @property
    def all_changes(self) -> str:
        """SQL query: all of them, in order."""
        return f"SELECT instant FROM ({' UNION '.join(self.changes)}) AS change (instant) ORDER BY instant"


@dataclass(frozen=True, eq=False)
class Question(Generic[S]):
    """A question to the read models of these names.

    `select` is SQL with the parameters `%(valid_at)s`, `%(known_at)s` and those of `parameters`, names and PostgreSQL types. It may give
    several rows; none where there is no such thing. `needs` are parameters that depend on the set-up.
    """

    names: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    select: str
    setup: Setup[S] | None = None
    needs: Callable[[S], Values] = field(default=lambda _: {})

    @cached_property
    def of_many(self) -> str:
        """The statement for many things, which are its one parameter, a JSON array of objects.

        Columns: the number of the thing; with the first, its read models in `projections` and the position of the last event of the set-up
        in them; whether anything was answered; then those of the question. OFFSET 0 keeps what is asked from being computed once a mention.
        """
        names = [name for name, _ in self.parameters]
        select = self.select % {name: f"asked.{name}" for name in ("valid_at", "known_at", *names)}
        given = ", ".join(f"{name} {kind}" for name, kind in self.parameters)
        models = ", ".join(f"'{name}'" for name in self.names)
        setup = _SETUP if self.setup is not None else "NULL::bigint"
        return f"""
            WITH model AS MATERIALIZED (
                SELECT coalesce(min(coalesce(recorded_at, {_NOTHING})), {_NOTHING}) AS until, min(position) AS least,
                       json_agg(json_build_array({_json_place()}))::text AS places
                FROM projections WHERE name IN ({models})
            ), place AS MATERIALIZED (SELECT model.until, model.places, {setup} AS setup FROM model)
            SELECT asked.nth, CASE WHEN asked.nth = 0 THEN asked.places END, asked.setup, answer.*
            FROM (
                SELECT given.nth, given.valid_at, coalesce(given.known_at, place.until) AS known_at,
                       {"".join(f"given.{name}, " for name in names)} place.places, place.setup
                FROM place CROSS JOIN json_to_recordset($1::json)
                    AS given (nth integer, valid_at date, known_at timestamptz, {given})
                OFFSET 0
            ) AS asked
            LEFT JOIN LATERAL (SELECT true AS is_there, of_thing.* FROM ({select}) AS of_thing) AS answer ON true
            ORDER BY asked.nth
        """


@dataclass(frozen=True, slots=True)
class Answered(Generic[S]):
    """The rows about one thing, and what there is of the set-up."""

    seen: Seen
    values: Values
    """What was asked about."""
    rows: Sequence[Row]
    setup: S


def ask_view(view: View, question: Question[S], values: Values) -> Answered[S]:
    """Returns what a view answers."""
    setup: Any = None if question.setup is None else question.setup.read(view)
    parameters = {"valid_at": view.valid_at, "known_at": view.known_at, **values, **question.needs(setup)}
    rows = view.connection.execute(question.select, parameters, binary=True).fetchall()
    return Answered(view, values, rows, setup)


def json_of(content: Any) -> bytes:
    """Returns the JSON of an answer that was made of rows, as that of its model."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _json_place() -> str:
    """The columns of `PLACE` as JSON takes them."""
    return PLACE.replace("shape", "encode(shape, 'hex')")
