"""The lines of a contact file that arrives in pieces of any size, in bounded memory (rule 3.2).

The file is UTF-8 with or without byte order marks; a line ends with LF, CR LF or CR. A file that is not text is refused after the last
line that can be read.
"""

import codecs
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from aggregates.upload.mapping import BYTE_ORDER_MARK
from jobs.upload.contact_file.rows import LONGEST_LINE, WHAT_TO_DO, FileRefusedError

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
    """Iterates over the lines, from the first that is not blank. Raises `FileRefusedError` if there is no such line.

    The length of a row is bounded, so that an open quotation mark does not read the whole file into memory.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.number = 0
        """Number of the last line: how many have been returned or skipped."""
        self.after_cr = False
        """True if that line ended with CR alone."""
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
        """Begins a row with the next line; returns the number of that line."""
        self._row, self._read = self.number + 1, 0
        self._text.clear()
        return self._row

    def row_text(self) -> str:
        """Returns the current row, as far as it has been read."""
        return "".join(self._text).rstrip("\r\n")

    def sample(self) -> list[str]:
        """Returns the first lines that are not blank, at least one."""
        return [line for line in self._ahead if line.strip()]

    def _look_ahead(self) -> None:
        """Reads the first lines. A refusal is raised after the last line that can be read."""
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
    """Yields each line with its end as it is in the file. Raises `FileRefusedError`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest, number = "", 0
    for place, chunk in enumerate(chain(chunks, [b""])):
        _check(chunk, first=place == 0)
        text, broken = _decoded(decoder, chunk)
        *whole, rest = _split(rest + text, final=not chunk and not broken)
        for line in whole:
            number += 1
            _check_length(line, number)
            yield line if number > 1 else line.lstrip(BYTE_ORDER_MARK)
        if broken:
            raise FileRefusedError(f"Line {number + 1} is not UTF-8. {WHAT_TO_DO}")
        _check_length(rest, number + 1)


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes) -> tuple[str, bool]:
    """Returns the text of a chunk, and true if it ends before bytes that are not UTF-8."""
    try:
        return decoder.decode(chunk, final=not chunk), False
    except UnicodeDecodeError as error:
        return error.object[: error.start].decode(), True


def _split(text: str, *, final: bool) -> list[str]:
    """Returns the lines in `text`, and last the text after them, whose end is still to come; LF may follow a CR."""
    lines = list(io.StringIO(text, newline=""))
    if lines and (final or lines[-1].endswith("\n")):
        lines.append("")
    return lines or [""]


def _check(chunk: bytes, *, first: bool) -> None:
    if first and chunk.startswith(_UTF_16):
        raise FileRefusedError(f"The file is written in UTF-16. {WHAT_TO_DO}")
    for magic, kind in _MAGIC.items() if first else ():
        if chunk.startswith(magic):
            raise FileRefusedError(f"The file is {kind}. {WHAT_TO_DO}")
    if b"\0" in chunk:
        raise FileRefusedError(f"The file is binary, or written in UTF-16. {WHAT_TO_DO}")


def _check_length(line: str, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise FileRefusedError(
            f"Line {number} is longer than {LONGEST_LINE:,} characters; this is not a contact file. {WHAT_TO_DO}"
        )
