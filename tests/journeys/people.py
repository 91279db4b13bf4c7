"""People to register: from the real file if `DOSSIER_DATA` has it, otherwise generated and as irregular."""

import csv
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(os.environ.get("DOSSIER_DATA", Path(__file__).parents[3] / "shared" / "data"))
BANDS: Final = ((30, "A1"), (40, "A2"), (50, "A3"), (65, "A4"), (200, "A5"))
"""Upper bounds of age, exclusive, and the response of each band."""
_GIVEN: Final = ("lachlan", "deakin", "mia", "", "isabelle", "o'brien", "zoë", "jürgen")
_SURNAMES: Final = ("waller", "berry", "sondergeld", "", "mccarthy", "nguyen", "van der berg")


@dataclass(frozen=True, slots=True)
class Person:
    """One row: `record` is the file's own key, `born` is YYYYMMDD or empty."""

    record: str
    name: str
    born: str

    @property
    def number(self) -> str:
        """The customer number."""
        return self.record

    @property
    def age_band(self) -> str | None:
        """The response for the age on 2026-11-21, `None` where the date of birth is missing or cannot be one."""
        if len(self.born) != 8 or not self.born.isdigit():
            return None
        age = (20261121 - int(self.born)) // 10_000
        return next((band for bound, band in BANDS if 0 <= age < bound), None)


def people(file: str, most: int) -> tuple[str, list[Person]]:
    """Where the people come from, and up to `most` of them."""
    path = DATA / file
    if not path.exists():
        return "generated", [_made_up(number) for number in range(most)]
    with path.open(newline="", encoding="utf-8") as rows:
        found = [_person(row) for row in csv.DictReader(rows, skipinitialspace=True)]
    return str(path), found[:most]


def _person(row: dict[str, str]) -> Person:
    name = " ".join(part for part in (row["given_name"].strip(), row["surname"].strip()) if part)
    return Person(row["rec_id"].strip(), name or "(unknown)", row["date_of_birth"].strip())


def _made_up(number: int) -> Person:
    chance = random.Random(number)
    name = f"{chance.choice(_GIVEN)} {chance.choice(_SURNAMES)}".strip() or "(unknown)"
    born = f"{chance.randint(1905, 2005)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    return Person(f"rec-{number}-org", name, born if chance.random() > 0.05 else "")
