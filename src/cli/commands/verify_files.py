"""`dossier verify FILE`: checks what the API gave away, with nothing but the public keys: no database, no API.

A file is a history that was exported with its proofs, the proof of one event, a head, or a receipt, beside which the answer may be given.
Of a history, the first line that was altered is named by its position in the log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from store.proof.check import BrokenError
from store.proof.heads import Head, as_hash, as_text, open_head
from store.proof.merkle import ProofError, check_inclusion
from store.proof.notes import NoteError, PublicKey
from store.proof.receipts import Receipt, digest_of_answer, is_receipt, open_receipt
from store.proof.stored import StoredEvent

_SO_FAR: Final = b',"so_far":"'
_END_BYTES: Final = len(_SO_FAR) + 44 + len('"}\n')
_LONGEST_LINE: Final = 1 << 24
"""Bytes; a line has an event twice, as it is told and as it is stored."""
_STORED: Final = ("position", "event_id", "topic", "version", "recorded_at", "correlation_id")
_ORIGIN: Final = ("actor", "role", "source", "reason", "causation_id")
_ALL_OF_IT: Final = frozenset({"format", "proof", "order", "valid_at", "known_at"})
"""Query parameters of a history that leave no event out."""


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """What a file was found to be: `history`, `event`, `head` or `receipt`, and the head of the log that it belongs to.

    `broken_position` is the position of the first event at fault; `None` where there is none, or where it cannot be told.
    """

    file: str
    kind: str
    events: int
    size: int
    signed_at: datetime | None
    request: str | None = None
    broken_position: int | None = None
    fault: str | None = None


class EventProof(BaseModel):
    """The proof of one event: as it is stored, and its path."""

    event: StoredEvent
    path: list[str]

    def check(self, head: Head) -> None:
        """Raises `BrokenError` unless the event is under the head."""
        position = self.event.position
        try:
            check_inclusion(
                self.event.leaf(), position - 1, head.size, [as_hash(text) for text in self.path], head.root
            )
        except (ProofError, ValueError) as error:
            raise BrokenError(position, f"It is not the event that was recorded: {error}") from error


class HistoryFile:
    """A history with proofs, line by line."""

    def __init__(self, head: Head, keys: Sequence[PublicKey], first_line: bytes) -> None:
        self.head = head
        self.events = 0
        self.receipt: Receipt | None = None
        self._keys = keys
        self._file = sha256(first_line)
        self._positions: list[int] = []
        """The first two positions and the last one."""
        self._gap: int | None = None

    def take(self, line: bytes) -> None:
        """Checks the next line. Raises `BrokenError`, or `NoteError` where the receipt is not right."""
        if self.receipt is not None:
            raise NoteError("There are lines behind the receipt.")
        if line.startswith(b'{"receipt":'):
            self._end(line)
            return
        entry = orjson.loads(line)
        proof = EventProof.model_validate(entry["proof"])
        self._file.update(line[:-_END_BYTES])
        so_far = self._file.digest()
        self._file.update(line[-_END_BYTES:])
        proof.check(self.head)
        position = proof.event.position
        self._check_order(position)
        if line[-_END_BYTES:] != _SO_FAR + as_text(so_far).encode() + b'"}\n' or not _tells(entry, proof.event):
            raise BrokenError(position, "What this line tells was altered, or one before it was removed or inserted.")
        self.events += 1

    def _check_order(self, position: int) -> None:
        if self._positions and position == self._positions[-1]:
            raise BrokenError(position, "It is told twice.")
        if len(self._positions) > 1:
            first, second, last = self._positions[0], self._positions[1], self._positions[-1]
            if (second > first) != (position > last):
                raise BrokenError(position, "It is not in its place.")
        if self._positions and abs(position - self._positions[-1]) > 1 and self._gap is None:
            self._gap = self._positions[-1] + (1 if position > self._positions[-1] else -1)
        self._positions = [*self._positions[:2], position]

    def _end(self, line: bytes) -> None:
        receipt = open_receipt(orjson.loads(line)["receipt"], self._keys)
        if (receipt.head.size, receipt.head.root) != (self.head.size, self.head.root):
            raise NoteError("The receipt is for another head of the log.")
        if receipt.answer != self._file.digest():
            raise NoteError("Lines were altered, removed or inserted after the receipt was signed.")
        self.receipt = receipt
        names = {pair.partition("=")[0] for pair in receipt.question.request.partition("?")[2].split("&")}
        if self._gap is not None and names <= _ALL_OF_IT:
            raise BrokenError(self._gap, "It is missing.")


def _tells(entry: dict[str, Any], event: StoredEvent) -> bool:
    """Returns whether an entry tells who, when and why as the stored event does."""
    stored = event.model_dump(mode="json")
    origin = orjson.loads(event.content)["origin"]
    return all(entry[name] == stored[name] for name in _STORED) and all(
        entry[name] == origin.get(name) for name in _ORIGIN
    )


def verify_file(path: Path, keys: Sequence[PublicKey], answer: Path | None) -> VerifiedFile:
    """Checks a file. `answer` is the body that a receipt is for. Raises `NoteError` where it is no such file, `OSError`."""
    with path.open("rb") as file:
        first_line = file.readline(_LONGEST_LINE)
        if first_line.startswith(b'{"head":'):
            return _history(path.name, first_line, iter(lambda: file.readline(_LONGEST_LINE), b""), keys)
        content = first_line + file.read(_LONGEST_LINE)
    if content.lstrip().startswith(b"{"):
        return _event(path.name, content, keys)
    note = content.decode(errors="replace")
    if not is_receipt(note):
        head = open_head(note, keys)
        return VerifiedFile(path.name, "head", head.size, head.size, head.signed_at)
    receipt = open_receipt(note, keys)
    fault = None
    if answer is not None and digest_of_answer(answer.read_bytes()) != receipt.answer:
        fault = "This is not the answer that the receipt was given for."
    head, request = receipt.head, receipt.question.request
    return VerifiedFile(path.name, "receipt", 0, head.size, head.signed_at, request, fault=fault)


def _history(name: str, first_line: bytes, lines: Iterator[bytes], keys: Sequence[PublicKey]) -> VerifiedFile:
    head = open_head(_member(first_line, "head"), keys)
    history = HistoryFile(head, keys, first_line)
    broken, fault = None, None
    try:
        for line in lines:
            history.take(line)
        if history.receipt is None:
            fault = "The file ends before its receipt."
    except BrokenError as error:
        broken, fault = error.position, error.fault
    except NoteError as error:
        fault = str(error)
    except (ValueError, KeyError, TypeError, ValidationError):
        fault = f"Line {history.events + 2} is not a line of a history with proofs."
    request = history.receipt.question.request if history.receipt else None
    return VerifiedFile(name, "history", history.events, head.size, head.signed_at, request, broken, fault)


def _event(name: str, content: bytes, keys: Sequence[PublicKey]) -> VerifiedFile:
    try:
        proof = EventProof.model_validate_json(content)
        note = orjson.loads(content)["head"]["note"]
    except (ValueError, KeyError, TypeError):
        raise NoteError(
            "This is neither a history with proofs, nor the proof of an event, a head or a receipt."
        ) from None
    head = open_head(note, keys)
    try:
        proof.check(head)
    except BrokenError as error:
        return VerifiedFile(name, "event", 1, head.size, head.signed_at, None, error.position, error.fault)
    return VerifiedFile(name, "event", 1, head.size, head.signed_at)


def _member(line: bytes, name: str) -> str:
    try:
        return str(orjson.loads(line)[name])
    except (ValueError, KeyError, TypeError):
        raise NoteError("The first line of the file is not right.") from None
