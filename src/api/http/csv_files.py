"""Lines of CSV files (RFC 4180) that a spreadsheet opens without evaluating anything in them."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Final

from aggregates.upload.mapping import trimmed

CSV: Final = "text/csv"
MEDIA_TYPE: Final = f"{CSV}; charset=utf-8"
FORMULA: Final = "=+-@"
"""The first characters of values that a spreadsheet evaluates, in any width."""


def csv_line(cells: Iterable[object]) -> str:
    """Returns a line of a file."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def harmless(text: str | None) -> str:
    """Returns the text such that no spreadsheet evaluates it, even behind invisible characters, or with signs of another width."""
    if not text:
        return ""
    first = unicodedata.normalize("NFKC", trimmed(text)[:1])
    begins = text[0] in "\t\r\n" or (first != "" and first in FORMULA)
    return f"'{text}" if begins else text
