"""Customers' names in the read models: sealed with the customer's key, found by blind-index tokens, never in clear (rule 5.1).

`seal_name` is called when a fact is folded, `open_names` when rows are read. The name of an erased customer reads as `ERASED`, and a
search does not show it. A token stands for the beginning of one word of a name, without case and accents; an erasure takes them away.
"""

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from aggregates.customer.numbers import customer_number
from aggregates.customer.profile import CustomerNotFoundError, CustomerProfile
from aggregates.errors import InvalidError
from aggregates.fact import ERASED, Erased
from projections.reading.paging import Page, cursor_of
from projections.reading.view import View
from projections.tables.explanation import Explainable
from store.database import Row
from store.keys import KeyRing, seal, unseal

MOST_WORDS: Final = 10
"""Words of a name that one search may ask for."""
WRAPPED_KEY: Final = "(SELECT wrapped FROM personal_keys WHERE personal_keys.subject = %(subject)s::uuid)"
"""SQL expression: the customer's key as it is stored."""
OF_CUSTOMER: Final = (("number", "text"), ("subject", "uuid"))
"""The parameters of a question about a customer: see `customer_asked`."""
_WORD: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = str.maketrans("", "", "'’ʼ`´")


class NameSearchError(InvalidError):
    """The words to search a name by cannot be used."""


class CustomerSummary(Explainable):
    """A customer in a list. `version` is the one of the customer as known then."""

    number: str
    name: str
    version: int


def storable(number: str) -> bool:
    """Returns whether a customer could have this number at all."""
    try:
        return customer_number(number) == number
    except InvalidError:
        return False


def no_customer(number: str) -> CustomerNotFoundError:
    """Returns the refusal of a customer that there is not."""
    return CustomerNotFoundError(f"Customer {number} does not exist.")


def customer_asked(company: str, number: str) -> dict[str, Any]:
    """Returns the values of `OF_CUSTOMER`."""
    return {"number": number, "subject": CustomerProfile.id_of(company, number)}


def seal_name(keys: KeyRing, table: str, subject: UUID, name: str) -> bytes | None:
    """The name for a row of `table`; `None` when the customer is erased."""
    key = None if isinstance(name, Erased) else keys.find(subject)[1]
    return None if key is None else seal(key, name.encode(), _context(table, subject))


def open_names(view: View, table: str, numbers: Sequence[str], sealed: Iterable[bytes | None]) -> list[str]:
    """The names in rows of `table` of these customers; `ERASED` where the key is destroyed."""
    subjects = [CustomerProfile.id_of(view.company, number) for number in numbers]
    view.keys.preload(subjects, view.connection)
    return [_opened(view.keys, table, subject, name) for subject, name in zip(subjects, sealed, strict=True)]


def _opened(keys: KeyRing, table: str, subject: UUID, sealed: bytes | None) -> str:
    return open_name(None if sealed is None else keys.find(subject)[1], table, subject, sealed)


def open_name(key: bytes | None, table: str, subject: UUID, sealed: bytes | None) -> str:
    """The name in a row of `table` by the customer's key; `ERASED` where there is none any more."""
    if key is None or sealed is None:
        return ERASED
    return unseal(key, sealed, _context(table, subject)).decode()


def opened_names(keys: KeyRing, company: str, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns rows of `table`, each with its `number`, with their `name` opened; of an erased name no `tokens` are left."""
    subjects = [CustomerProfile.id_of(company, row["number"]) for row in rows]
    keys.preload(subjects)
    names = [_opened(keys, table, subject, row["name"]) for subject, row in zip(subjects, rows, strict=True)]
    return [
        {**row, "name": name} | ({"tokens": ""} if "tokens" in row and isinstance(name, Erased) else {})
        for row, name in zip(rows, names, strict=True)
    ]


def summary_page(
    view: View, table: str, rows: Sequence[Row], limit: int, *, erased: bool = True
) -> Page[CustomerSummary]:
    """A page of customers, sorted by number, from rows of number, sealed name (of `table`), version.

    Without the `erased` ones the page may be shorter than `limit` although another follows.
    """
    page_rows = rows[:limit]
    names = open_names(view, table, [row[0] for row in page_rows], [row[1] for row in page_rows])
    items = [
        CustomerSummary(number=row[0], name=str.__str__(name), version=row[2])
        for row, name in zip(page_rows, names, strict=True)
        if erased or not isinstance(name, Erased)
    ]
    return Page(items=items, next_cursor=cursor_of(page_rows[-1][0]) if len(rows) > limit else None)


def tokens_of(keys: KeyRing, name: str) -> str:
    """Tokens of every beginning of every word of a name, in order, separated by spaces; none for an erased one."""
    if isinstance(name, Erased):
        return ""
    beginnings = {word[:end] for word in words_of(name) for end in range(1, len(word) + 1)}
    return " ".join(_token(keys, beginning) for beginning in sorted(beginnings))


def search_tokens(keys: KeyRing, words: str) -> list[str]:
    """Tokens that a name must have for each of these words to begin one of its own. Raises `NameSearchError`."""
    searched = sorted(set(words_of(words)))
    if not 1 <= len(searched) <= MOST_WORDS:
        raise NameSearchError(f"Search by 1 to {MOST_WORDS} words of the name.", field="name")
    return [_token(keys, searched_word) for searched_word in searched]


def words_of(text: str) -> list[str]:
    """The words of a text, without case, accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_APOSTROPHES)
    return _WORD.findall("".join(letter for letter in folded if not unicodedata.combining(letter)))


def _token(keys: KeyRing, beginning: str) -> str:
    return b64encode(keys.blind(f"name/{beginning}")).decode()


def _context(table: str, subject: UUID) -> bytes:
    return f"{table}/name/{subject}".encode()
