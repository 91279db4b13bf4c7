"""Generates contact files of any size, as irregular as real ones."""

import random
from collections.abc import Iterator
from typing import Final

COLUMNS: Final = {
    "rec_id": "customer_number",
    "given_name": "first_name",
    "surname": "last_name",
    "address_1": "address",
    "suburb": "city",
    "date_of_birth": "date_of_birth",
    "loan": "loan_type",
    "soc_sec_id": "loan_number",
}
"""Its eight columns and their fields."""
_GIVEN: Final = ("lachlan", "deakin", "mia", "", "isabelle", "o'brien", "zoë", "jürgen", "李", "kirra", "joshua")
_SURNAMES: Final = ("waller", "berry", "sondergeld", "", "mccarthy", "nguyen", "van der berg", "white", "reid")
_STREETS: Final = ("tullaroop street", "giblin street", "wallaby place", "pridhamstreet", "officer crescent")
_TOWNS: Final = ("st james", "bittern", "cleveland", "marsden", "port noarlunga", "", "woodend")
_LOANS: Final = ("home", "car", "", "student")


def lines(rows: int) -> Iterator[str]:
    """The header, and as many rows, each another customer."""
    yield ", ".join(COLUMNS) + "\n"
    for number in range(rows):
        yield f"rec-{number}-org, {', '.join(person(number))}\n"


def person(number: int) -> tuple[str, ...]:
    """The cells of one row after its number; the same number gives the same person."""
    chance = random.Random(number)
    born = f"{chance.randint(1905, 2005)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    return (
        chance.choice(_GIVEN),
        chance.choice(_SURNAMES),
        f"{chance.randint(1, 300)} {chance.choice(_STREETS)}",
        chance.choice(_TOWNS),
        born if chance.random() > 0.05 else "",
        chance.choice(_LOANS),
        str(chance.randint(1_000_000, 9_999_999)),
    )
