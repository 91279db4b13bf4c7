"""Receipts: a signed note that says what was answered to which question, at which clocks, and what the log was then.

Pure. A receipt has the digest of an answer and not the answer. Its head binds it to the log: who alters what an answer was made from
cannot make a log with this head again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from store.proof.heads import Head, as_hash, as_text, parse_instant, write_instant
from store.proof.notes import NoteError, PublicKey, SigningKey, open_note

_RECEIPT: Final = "/receipt"
_NAMES: Final = ("as", "valid at", "known at", "answer", "events", "root", "signed")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: method, path and query as they came, and the role of the caller, which decides what is masked."""

    request: str
    role: str
    valid_at: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt: the question, the SHA-256 digest of the answer, and the head of the log."""

    question: Question
    answer: bytes
    head: Head


def sign_receipt(key: SigningKey, question: Question, answer: bytes, head: Head, signed_at: datetime) -> str:
    """Returns the receipt as a note. `answer` is the digest of the answer."""
    values = (
        question.role,
        question.valid_at.isoformat(),
        write_instant(question.known_at),
        as_text(answer),
        str(head.size),
        as_text(head.root),
        write_instant(signed_at),
    )
    lines = [
        _title(key.public),
        question.request,
        *(f"{name} {value}" for name, value in zip(_NAMES, values, strict=True)),
    ]
    return key.sign("".join(f"{line}\n" for line in lines))


def open_receipt(note: str, keys: Iterable[PublicKey]) -> Receipt:
    """Returns the receipt that one of these keys has signed. Raises `NoteError`."""
    signed = open_note(note, keys)
    lines = signed.text.splitlines()
    if len(lines) != len(_NAMES) + 2 or lines[0] != _title(signed.key):
        raise NoteError("This is not a receipt.")
    try:
        role, valid_at, known_at, answer, size, root, signed_at = (
            _value(name, line) for name, line in zip(_NAMES, lines[2:], strict=True)
        )
        question = Question(lines[1], role, date.fromisoformat(valid_at), parse_instant(known_at))
        head = Head(int(size), as_hash(root), parse_instant(signed_at), signed.key.id, note)
        return Receipt(question, as_hash(answer), head)
    except ValueError:
        raise NoteError("This is not a receipt.") from None


def is_receipt(note: str) -> bool:
    """Returns whether a text has the title of a receipt."""
    return note.partition("\n")[0].endswith(_RECEIPT)


def digest_of_answer(answer: bytes) -> bytes:
    """Returns the digest of an answer: of its bytes, before any compression."""
    return sha256(answer).digest()


def _title(key: PublicKey) -> str:
    return f"{key.name}{_RECEIPT}"


def _value(name: str, line: str) -> str:
    if not line.startswith(f"{name} "):
        raise ValueError(line)
    return line.removeprefix(f"{name} ")
