"""The lines of a contact file that comes in chunks of any size, in bounded memory (rule 3.2).

UTF-8 with or without byte order marks; a line ends with LF, CR LF or CR. What is no text is refused after the last
good line.
"""

import codecs
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from aggregates.upload.mapping import BYTE_ORDER_MARK
from jobs.upload.contact_file.rows import LONGEST_LINE, NO_CSV, FileRefusedError

SAMPLE_LINES: Final = 20
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAGIC: Final = {
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old workbook or document",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}


class Lines:
    """The lines from the first that is not blank, counted as in the file, and bounded by the row: an open quotation mark must not
    swallow a file into memory. Raises `FileRefusedError` where there is no such line.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.number = 0
        """How many lines have been given or skipped."""
        self.after_cr = False
        """Whether the last of them ended with CR alone."""
        self._lines = read_lines(chunks)
        self._ahead: deque[str] = deque()
        self._refusal: FileRefusedError | None = None
        self._row, self._read = 1, 0
        self._text: list[str] = []
        self._look_ahead()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next()
        self._read += len(line)
        if self._read > LONGEST_LINE:
            raise FileRefusedError(
                f"A quotation mark opened in the row of line {self._row} is never closed, or that row is longer than"
                f" {LONGEST_LINE:,} characters."
            )
        self.number += 1
        self.after_cr = line.endswith("\r")
        self._text.append(line)
        return line

    def begin_row(self) -> int:
        """Says that the next line begins a row; gives its number."""
        self._row, self._read = self.number + 1, 0
        self._text.clear()
        return self._row

    def row_text(self) -> str:
        """The row that was begun last, as far as it has been given."""
        return "".join(self._text).rstrip("\r\n")

    def sample(self) -> list[str]:
        """The first lines that are not blank, at least one."""
        return [line for line in self._ahead if line.strip()]

    def _look_ahead(self) -> None:
        """Reads the first lines. A refusal is met again after the last good one."""
        try:
            for line in self._lines:
                if self._ahead or line.strip():
                    self._ahead.append(line)
                else:
                    self.number += 1
                if len(self._ahead) == SAMPLE_LINES:
                    return
        except FileRefusedError as refusal:
            self._refusal = refusal
        if not self._ahead:
            raise self._refusal or FileRefusedError("The file is empty.")

    def _next(self) -> str:
        if self._ahead:
            return self._ahead.popleft()
        if self._refusal is not None:
            raise self._refusal
        return next(self._lines)


def read_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Each line with its end as it is in the file. Raises `FileRefusedError`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest, number = "", 0
    for place, chunk in enumerate(chain(chunks, [b""])):
        _check(chunk, first=place == 0)
        text, broken = _decoded(decoder, chunk)
        *whole, rest = _parted(rest + text, final=not chunk and not broken)
        for line in whole:
            number += 1
            _check_length(line, number)
            yield line if number > 1 else line.lstrip(BYTE_ORDER_MARK)
        if broken:
            raise FileRefusedError(f"Line {number + 1} is not UTF-8. {NO_CSV}")
        _check_length(rest, number + 1)


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes) -> tuple[str, bool]:
    """The text of a chunk, and whether it ends before what is no UTF-8."""
    try:
        return decoder.decode(chunk, final=not chunk), False
    except UnicodeDecodeError as error:
        return error.object[: error.start].decode(), True


def _parted(text: str, *, final: bool) -> list[str]:
    """The lines in `text`, and last what does not end yet: after CR, LF may be to come."""
    lines = list(io.StringIO(text, newline=""))
    if lines and (final or lines[-1].endswith("\n")):
        lines.append("")
    return lines or [""]


def _check(chunk: bytes, *, first: bool) -> None:
    if first and chunk.startswith(_UTF_16):
        raise FileRefusedError(f"The file is written in UTF-16. {NO_CSV}")
    for magic, kind in _MAGIC.items() if first else ():
        if chunk.startswith(magic):
            raise FileRefusedError(f"The file is {kind}. {NO_CSV}")
    if b"\0" in chunk:
        raise FileRefusedError(f"The file is binary, or written in UTF-16. {NO_CSV}")


def _check_length(line: str, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise FileRefusedError(
            f"Line {number} is longer than {LONGEST_LINE:,} characters; this is no contact file. {NO_CSV}"
        )
