"""Contact files for tests and benchmarks: real ones if `DOSSIER_DATA` has them, otherwise generated ones of any size, as irregular."""

import csv
import os
import re
from pathlib import Path
from typing import Final

from benchmarks.contacts import lines, person

DATA: Final = Path(os.environ.get("DOSSIER_DATA", Path(__file__).parents[2] / "shared" / "data"))
_FEBRL_HEADER: Final = "rec_id, given_name, surname, address_1, suburb, date_of_birth\n"


def febrl(name: str, directory: Path) -> tuple[str, Path, int, int]:
    """Where a file comes from, the file, how many rows it has, and in how many the date of birth cannot be one."""
    path, source = DATA / name, str(DATA / name)
    if not path.exists():
        path, source = directory / name, "generated"
        rows = {"febrl1.csv": 1_000}.get(name, 5_000)
        with path.open("w", encoding="utf-8") as file:
            file.write(_FEBRL_HEADER)
            file.writelines(f"rec-{number}-org, {', '.join(person(number)[:5])}\n" for number in range(rows))
    with path.open(newline="", encoding="utf-8") as file:
        born = [row["date_of_birth"].strip() for row in csv.DictReader(file, skipinitialspace=True)]
    return source, path, len(born), sum(1 for one in born if one and not _is_day(one))


def generated(path: Path, rows: int) -> int:
    """Writes a file of this many contacts, each another customer; gives its size in bytes."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(rows))
    return path.stat().st_size


def _is_day(text: str) -> bool:
    """Whether YYYYMMDD is a day of the calendar, said without the code that is tested."""
    if not re.fullmatch(r"\d{8}", text):
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year > 0 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]
