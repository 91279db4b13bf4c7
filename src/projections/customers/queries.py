"""Queries for customers at two clocks: by number, name, present or former alternate number (rules 1.14, 6.1).

Called by the API and the command line with a view of the read model `customers`. A customer that was merged into another, as known
then, is never an answer: its number leads to the survivor's, lists leave it out, and its alternate numbers find the survivor.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from orjson import Fragment

from aggregates.customer.merging import MergedAwayError
from aggregates.customer.numbers import alternate_number_text
from aggregates.errors import InvalidError
from projections.customers.models import AlternateNumber, Customer, FoundByAlternate
from projections.customers.tables import FORMER, MERGES, NAMES, PRIMARY, VERSIONS
from projections.reading.paging import MOST_COUNTED, Page, bounded, keys_of
from projections.reading.questions import Answered, Question, ask_view, json_of
from projections.reading.view import View
from projections.tables.beginnings import begins
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.names import (
    OF_CUSTOMER,
    WRAPPED_KEY,
    CustomerSummary,
    customer_asked,
    open_name,
    open_names,
    search_tokens,
    storable,
    summary_page,
)
from store.database import Row

_NAME: Final = f"""
    (SELECT name FROM customer_names AS one
     WHERE one.number = customer.number AND {known_then("one")}
     ORDER BY one.valid @> %(valid_at)s::date DESC, one.valid LIMIT 1)
"""
"""The name in force, or before the first name's first day that first name: a customer registered ahead has a name at once."""
OWNER: Final = f"""
    SELECT {_NAME} AS name, {WRAPPED_KEY} AS wrapped, {VERSIONS.at_known("customer.number")} AS version,
           {MERGES.survivor("customer.number")} AS survivor
    FROM customers AS customer WHERE customer.number = %(number)s AND customer.registered_at <= %(known_at)s
"""
"""What other answers about a customer show of it."""
CUSTOMER: Final[Question[None]] = Question(
    ("customers",),
    OF_CUSTOMER,
    f"""
        SELECT owner.*, one.alternate_number, one.standing, lower(one.known),
               CASE WHEN upper(one.known) <= %(known_at)s THEN upper(one.known) END
        FROM (
            SELECT {_NAME} AS name, {WRAPPED_KEY} AS wrapped, {VERSIONS.at_known("customer.number")} AS version,
                   {MERGES.survivor("customer.number")} AS survivor, customer.registered_at,
                   {MERGES.aliases("customer.number")} AS aliases
            FROM customers AS customer
            WHERE customer.number = %(number)s AND customer.registered_at <= %(known_at)s OFFSET 0
        ) AS owner
        LEFT JOIN customer_numbers AS one ON one.number = %(number)s AND lower(one.known) <= %(known_at)s
    """,
)
_SPELL: Final = 6
"""Where the columns of an alternate number begin."""
_KNOWN: Final = "SELECT FROM customers WHERE number = %(number)s AND registered_at <= %(known_at)s"
_HOLDER: Final = """
    SELECT number, standing = 'former' OR upper(known) <= %(known_at)s
    FROM customer_numbers WHERE alternate_number = %(alternate_number)s AND lower(known) <= %(known_at)s
    ORDER BY lower(known) DESC LIMIT 1
"""
_ALL: Final = f"""
    SELECT customer.number, {_NAME}, {VERSIONS.at_known("customer.number")} FROM customers AS customer
    WHERE customer.registered_at <= %(known_at)s AND customer.number > %(after)s
      AND {MERGES.stands("customer.number")}
    ORDER BY customer.number LIMIT %(rows)s
"""
_COUNT: Final = f"""
    SELECT count(*) FROM (
        SELECT FROM customers AS customer
        WHERE customer.registered_at <= %(known_at)s AND {MERGES.stands("customer.number")} LIMIT {MOST_COUNTED + 1}
    ) AS counted
"""
_STANDING: Final = f"""
    SELECT customer.number, {_NAME}, {VERSIONS.at_known("customer.number")}
    FROM unnest(%(numbers)s::text[]) AS wanted (number) JOIN customers AS customer USING (number)
    WHERE customer.registered_at <= %(known_at)s AND {MERGES.stands("customer.number")}
    ORDER BY customer.number
"""
_BEGINNING: Final = f"""
    SELECT customer.number, {_NAME}, {MERGES.survivor("customer.number")}
    FROM unnest(%(beginnings)s::text[]) AS wanted (beginning)
    CROSS JOIN LATERAL (
        SELECT one.number FROM customers AS one
        WHERE {begins("one.number", "wanted.beginning")} AND one.registered_at <= %(known_at)s
        ORDER BY one.number LIMIT %(rows)s
    ) AS customer
    ORDER BY customer.number LIMIT %(rows)s
"""
_HOLDERS: Final = f"""
    SELECT DISTINCT ON (one.alternate_number) one.alternate_number, one.number,
           CASE WHEN one.standing = 'former' THEN lower(one.known) WHEN upper(one.known) <= %(known_at)s THEN upper(one.known) END
    FROM customer_numbers AS one
    WHERE {begins("one.alternate_number", "%(beginning)s::text")} AND lower(one.known) <= %(known_at)s
    ORDER BY one.alternate_number, lower(one.known) DESC LIMIT %(rows)s
"""
_BY_NAME: Final = f"""
    SELECT named.number, named.name, {VERSIONS.at_known("named.number")}
    FROM customer_names AS named
    WHERE string_to_array(named.tokens, ' ') @> %(tokens)s::text[] AND {in_force("named")}
      AND named.number > %(after)s AND {MERGES.stands("named.number")}
    ORDER BY named.number LIMIT %(rows)s
"""


def customer(view: View, number: str) -> Customer | None:
    """A customer; `None` when there is none with this number, as known then.

    Raises:
        MergedAwayError: it had been merged into another one, as known then (rule 6.1).
    """
    if not storable(number):
        return None
    content = customer_content(ask_view(view, CUSTOMER, customer_asked(view.company, number)))
    return None if content is None else Customer.model_validate_json(json_of(content))


def customer_content(answered: Answered[None]) -> dict[str, Any] | None:
    """Returns the members of a `Customer`; see `customer`."""
    if not answered.rows:
        return None
    seen, number, subject = answered.seen, answered.values["number"], answered.values["subject"]
    sealed, wrapped, version, survivor, registered_at, aliases, *_ = answered.rows[0]
    if survivor is not None:
        raise MergedAwayError(number, survivor)
    spells = [row[_SPELL:] for row in answered.rows if row[_SPELL] is not None]
    return {
        "number": number,
        "name": str.__str__(open_name(seen.keys.unwrapped(subject, wrapped), NAMES.table, subject, sealed)),
        "version": version,
        "registered_at": registered_at,
        "valid_at": seen.valid_at,
        "known_at": seen.known_at,
        "alternate_numbers": [Fragment(listed.model_dump_json()) for listed in _alternate_numbers(spells)],
        "aliases": aliases,
    }


def is_known(view: View, number: str) -> bool:
    """Returns whether a customer with this number existed, as known then, merged into another one or not."""
    parameters = {**clocks(view), "number": number}
    return storable(number) and view.connection.execute(_KNOWN, parameters).fetchone() is not None


def customer_or_survivor(view: View, number: str) -> Customer | None:
    """Returns the customer with this number, or the survivor of the merges it went into (rule 6.1)."""
    try:
        return customer(view, number)
    except MergedAwayError as merged:
        return customer_or_survivor(view, merged.survivor)


def by_alternate_number(view: View, alternate_number: str) -> FoundByAlternate | None:
    """Returns the customer with this alternate number, else the last one who had it (rule 1.14), or that one's survivor (rule 6.1).

    `None` when nobody ever had it.
    """
    try:
        cleaned = alternate_number_text(alternate_number)
    except InvalidError:
        return None
    row = view.connection.execute(_HOLDER, {"alternate_number": cleaned, "known_at": view.known_at}).fetchone()
    holder = None if row is None else customer_or_survivor(view, row[0])
    if row is None or holder is None:
        return None
    merged_from = None if holder.number == row[0] else row[0]
    return FoundByAlternate(customer=holder, alternate_number=cleaned, out_of_date=row[1], merged_from=merged_from)


def by_name(view: View, name: str, limit: int = 100, cursor: str | None = None) -> Page[CustomerSummary]:
    """Customers, by number, of whose name in force each of these words begins a word, whatever case and accents.

    Raises:
        InvalidError: there are no words or too many, or the limit or cursor is none.
    """
    tokens = search_tokens(view.keys, name)
    return _page(view, _BY_NAME, {"tokens": tokens}, limit, cursor)


def by_beginning(view: View, beginnings: Sequence[str], limit: int) -> list[tuple[str, str, str | None]]:
    """Up to `limit` customers whose number begins so, by number: number, name, and the survivor of one that was merged away (rule 6.1)."""
    parameters = {**clocks(view), "beginnings": list(beginnings), "rows": limit}
    rows = view.connection.execute(_BEGINNING, parameters).fetchall()
    names = open_names(view, NAMES.table, [row[0] for row in rows], [row[1] for row in rows])
    return [
        (number, str.__str__(name), None if survivor is None else _survivor(view, survivor))
        for (number, _, survivor), name in zip(rows, names, strict=True)
    ]


def holders(view: View, beginning: str, limit: int) -> list[tuple[str, str, datetime | None]]:
    """Up to `limit` alternate numbers that begin so, in order, each with the last customer who had it (rule 1.14).

    Number, customer, and since when the customer goes by another number, or by none; `None` where the number is up to date.
    """
    parameters = {"beginning": beginning, "known_at": view.known_at, "rows": limit}
    return view.connection.execute(_HOLDERS, parameters).fetchall()


def _survivor(view: View, number: str) -> str:
    """The number of the customer that stands for this one."""
    customer = customer_or_survivor(view, number)
    return number if customer is None else customer.number


def all_customers(view: View, limit: int = 100, cursor: str | None = None) -> Page[CustomerSummary]:
    """Returns all customers that are not merged into another, by number. Raises `InvalidError` for a bad limit or cursor."""
    return _page(view, _ALL, {}, limit, cursor)


def count_customers(view: View) -> int:
    """Returns how many customers there are that are not merged into another, at most one more than `MOST_COUNTED`."""
    [(count,)] = view.connection.execute(_COUNT, clocks(view)).fetchall()
    return int(count)


def standing(view: View, numbers: Sequence[str]) -> list[Row]:
    """Those of these customers that are not merged into another, by number: number, sealed name, version, for `summary_page`."""
    return view.connection.execute(_STANDING, {**clocks(view), "numbers": list(numbers)}).fetchall()


def _page(view: View, query: str, parameters: dict[str, Any], limit: int, cursor: str | None) -> Page[CustomerSummary]:
    """A page of customers; a search by name does not find the erased."""
    after = keys_of(cursor, str) or ("",)
    parameters |= {**clocks(view), "after": after[0], "rows": bounded(limit) + 1}
    rows = view.connection.execute(query, parameters).fetchall()
    return summary_page(view, NAMES.table, rows, limit, erased=query is not _BY_NAME)


def _alternate_numbers(rows: Sequence[Row]) -> list[AlternateNumber]:
    """Alternate numbers of rows of number, standing, since when it was known, and until when."""
    in_order = sorted(rows, key=lambda row: (row[0], row[2]))
    spells = [
        spell
        for number, rectangles in groupby(in_order, lambda row: row[0])
        for spell in _spells(number, list(rectangles))
    ]
    return sorted(spells, key=lambda spell: (not spell.current, not spell.primary, spell.number, spell.known_from))


def _spells(number: str, rows: list[tuple[Any, ...]]) -> list[AlternateNumber]:
    """The spells of one number on the list: rectangles that follow each other without a gap are one spell."""
    spells: list[AlternateNumber] = []
    for _, status, since, until in rows:
        begun = spells.pop().known_from if spells and spells[-1].known_to == since else since
        spells.append(
            AlternateNumber(
                number=number,
                primary=status == PRIMARY and until is None,
                current=until is None,
                known_from=begun,
                known_to=until,
                out_of_date_since=since if status == FORMER else until,
            )
        )
    return spells
