"""Heads of the log: how many events it has and the root over them, signed, as a checkpoint of the C2SP specification `tlog-checkpoint`.

Pure. The first line names the log, the second has the size, the third the root, the fourth the instant of signing. A head that somebody
keeps elsewhere proves what the log was then, whoever has access to the database.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.proof.merkle import HASH_BYTES
from store.proof.notes import NoteError, PublicKey, SigningKey, open_note

_SIGNED: Final = "signed "
_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: `size` events, and the root over them. `note` is the signed text."""

    size: int
    root: bytes
    signed_at: datetime
    key_id: str
    note: str


def sign_head(key: SigningKey, size: int, root: bytes, signed_at: datetime) -> Head:
    """Returns the signed head. `signed_at` is in UTC."""
    lines = (key.public.name, str(size), as_text(root), f"{_SIGNED}{write_instant(signed_at)}")
    note = key.sign("".join(f"{line}\n" for line in lines))
    return Head(size, root, signed_at, key.public.id, note)


def open_head(note: str, keys: Iterable[PublicKey]) -> Head:
    """Returns the head that one of these keys has signed. Raises `NoteError`."""
    signed = open_note(note, keys)
    lines = signed.text.splitlines()
    if len(lines) < _LINES or lines[0] != signed.key.name:
        raise NoteError("This is not a head of a log.")
    try:
        size, root = int(lines[1]), as_hash(lines[2])
        signed_at = parse_instant(lines[3].removeprefix(_SIGNED))
    except ValueError:
        raise NoteError("This is not a head of a log.") from None
    return Head(size, root, signed_at, signed.key.id, note)


def log_name(company: str) -> str:
    """Returns the name of a company's log, which its heads begin with and its keys have."""
    return f"dossier/{company}"


def as_text(hash_: bytes) -> str:
    """Returns a hash as it is written everywhere: in base64."""
    return b64encode(hash_).decode()


def as_hash(text: str) -> bytes:
    """Parses a hash. Raises `ValueError`."""
    hash_ = b64decode(text, validate=True)
    if len(hash_) != HASH_BYTES:
        raise ValueError(f"A hash has {HASH_BYTES} bytes.")
    return hash_


def write_instant(instant: datetime) -> str:
    """Returns an instant in UTC as it is written in notes."""
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Parses an instant as it is written in notes. Raises `ValueError`."""
    instant = datetime.fromisoformat(text)
    if write_instant(instant) != text:
        raise ValueError(text)
    return instant
