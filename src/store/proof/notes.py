"""Signed notes: short texts with an Ed25519 signature, in the format of the C2SP specification `signed-note`.

Pure. A key has the name of the log whose heads and receipts it signs. Its public half is written as that specification has it, in one
line: `name+key id+base64`. Any tool that reads signed notes can check ours.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES: Final = 32
_ED25519: Final = b"\1"
_KEY_ID_BYTES: Final = 4
_PUBLIC_KEY: Final = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")


class NoteError(Exception):
    """A note, or a public key, is not what it should be."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures. `name` is the log that it belongs to."""

    name: str
    raw: bytes

    @property
    def id(self) -> str:
        """The first bytes of the hash of name and key, in hexadecimal."""
        return sha256(f"{self.name}\n".encode() + _ED25519 + self.raw).hexdigest()[: 2 * _KEY_ID_BYTES]

    def __str__(self) -> str:
        """Returns the key in one line."""
        return f"{self.name}+{self.id}+{b64encode(_ED25519 + self.raw).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was signed: its text, and the key that signed it."""

    text: str
    key: PublicKey


class SigningKey:
    """The private half, made of a seed of 32 bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Returns the note with this text, which ends with a line feed."""
        signature = bytes.fromhex(self.public.id) + self._key.sign(text.encode())
        return f"{text}\n\N{EM DASH} {self.public.name} {b64encode(signature).decode()}\n"


def public_key(line: str) -> PublicKey:
    """Parses a public key. Raises `NoteError`."""
    match = _PUBLIC_KEY.fullmatch(line.strip())
    try:
        kind_and_key = b64decode(match["key"], validate=True) if match else b""
    except ValueError:
        kind_and_key = b""
    key = PublicKey(match["name"] if match else "", kind_and_key[1:])
    if match is None or kind_and_key[:1] != _ED25519 or len(key.raw) != SEED_BYTES or key.id != match["id"]:
        raise NoteError(f"Not a public key of a log: {line.strip()[:100]}")
    return key


def public_keys(text: str) -> list[PublicKey]:
    """Parses the public keys of a file: one a line; blank lines and those that begin with `#` are skipped. Raises `NoteError`."""
    return [public_key(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def open_note(note: str, keys: Iterable[PublicKey]) -> Note:
    """Returns a note that one of these keys has signed.

    Raises:
        NoteError: it is no signed note, none of these keys has signed it, or its text was altered.
    """
    text, blank_line, signatures = note.rpartition("\n\n")
    if not blank_line:
        raise NoteError("This is not a signed note.")
    text += "\n"
    by_id = {(key.name, key.id): key for key in keys}
    for line in signatures.splitlines():
        name, signature = _signature(line)
        key = by_id.get((name, signature[:_KEY_ID_BYTES].hex()))
        if key is not None:
            _check(key, text, signature[_KEY_ID_BYTES:])
            return Note(text, key)
    raise NoteError("It was not signed with a key that is trusted here.")


def _signature(line: str) -> tuple[str, bytes]:
    """Returns the name of the key and the signature, which begins with the key's id. Raises `NoteError`."""
    match line.split(" "):
        case ["\N{EM DASH}", name, encoded]:
            try:
                return name, b64decode(encoded, validate=True)
            except ValueError:
                pass
    raise NoteError("This is not a signed note.")


def _check(key: PublicKey, text: str, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text.encode())
    except InvalidSignature:
        raise NoteError("Its signature is wrong: it was altered after it was signed.") from None
