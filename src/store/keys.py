"""Keys for personal values: one a customer, wrapped by the master key, destroyed on erasure (rule 5.1).

A new key is stored in the transaction of the first event that needs it, so there is never an event without its key. What a
destroyed key protected reads as `None` here and as `ERASED` above, never as an error. Keys are remembered in memory for
`REMEMBERED_S` seconds, which bounds how long another process can still read after an erasure.
"""

import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from store.database import Database, Row

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
REMEMBERED_S: Final = 5.0
MOST_REMEMBERED: Final = 10_000
"""Keys that are kept to be used again: 4 MB of them, however many customers are read; more than are read at once."""
MOST_FRESH: Final = 20_000
"""Keys that are kept until they are stored; then the older half goes, never one of the commits that are under way."""
MOST_CIPHERS: Final = 256
"""Ciphers that are kept: each takes 2.5 KB, and what needs one again needs it soon."""
MOST_BLINDED: Final = 20_000
"""Texts whose digests are kept: the beginnings of names, which many customers share."""


ERASED: Final = "erased"
"""The channel that names the subjects of destroyed keys."""
_DESTROY: Final = f"""
    WITH destroyed AS (
        UPDATE personal_keys SET wrapped = NULL, destroyed_at = clock_timestamp() WHERE subject = ANY(%s) AND wrapped IS NOT NULL
        RETURNING subject
    )
    SELECT pg_notify('dossier_' || current_schema() || '_{ERASED}', subject::text) FROM destroyed
"""
SEARCH_INDEX: Final = "field_index"
"""The table of the blind index, which a read model fills: entries of a personal value have its `subject`, and go with the key."""


class MasterKeyError(Exception):
    """The master key is not the one that wrapped the stored keys."""


_cipher: Final = lru_cache(maxsize=MOST_CIPHERS)(AESGCM)
"""The values of a customer come together: to make a cipher takes as long as to use it. Only who has the key gets it."""


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypts with AES-256-GCM; `context` must be the same on opening. Nonce first, then ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plain bytes. Raises `cryptography.exceptions.InvalidTag` when key, context or bytes are not the ones sealed."""
    return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


class KeyRing:
    """The personal keys of one company. Safe to share between threads."""

    def __init__(self, database: Database, master_key: bytes, signing_seed: bytes | None = None) -> None:
        if len(master_key) != KEY_BYTES:
            raise MasterKeyError(f"The master key must have {KEY_BYTES} bytes.")
        self._database = database
        self._master_key = master_key
        self._wrapping = AESGCM(master_key)
        self.signing_seed = signing_seed or hmac.digest(master_key, b"dossier/signing key", "sha256")
        """Seed of the key that signs heads of the log: the one that is given, else derived from the master key."""
        self._blind_key = hmac.digest(master_key, b"dossier/blind index", "sha256")
        self._blinded = lru_cache(maxsize=MOST_BLINDED)(self._blind)
        self._remembered: OrderedDict[UUID, tuple[float, bytes | None]] = OrderedDict()
        """Keys and until when they are remembered, in this order."""
        self._fresh: dict[UUID, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()

    def blind(self, text: str) -> bytes:
        """Returns 16 bytes that represent `text` in an index: equal for equal texts, of no use without the master key."""
        return self._blinded(text)

    def _blind(self, text: str) -> bytes:
        return hmac.digest(self._blind_key, text.encode(), "sha256")[:16]

    def search_token(self, company: str, text: str) -> bytes:
        """Returns 16 bytes that represent `text` in the index of searchable values, by a key of this company alone."""
        key = hmac.digest(self._master_key, f"dossier/search index/{company}".encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256")[:16]

    def fresh(self, subject: UUID) -> tuple[bytes, bytes]:
        """A new key and its wrapped form, to be stored with the event that needs it; the same until the subject has a stored one."""
        with self._lock:
            if subject not in self._fresh:
                if len(self._fresh) >= MOST_FRESH:
                    for older in list(islice(self._fresh, MOST_FRESH // 2)):
                        del self._fresh[older]
                key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
                self._fresh[subject] = key, nonce + self._wrapping.encrypt(nonce, key, subject.bytes)
            return self._fresh[subject]

    def stored(self, subject: UUID) -> bytes | None:
        """Takes note that the fresh key of a subject was stored, and returns it; `None` where another one is known by now."""
        with self._lock:
            fresh = self._fresh.get(subject)
        if fresh is None:
            return None
        self.remember(subject, fresh[0])
        return fresh[0]

    def take(self, subject: UUID, wrapped: bytes | None) -> bytes | None:
        """Remembers a key as it is stored, and returns it."""
        key = None if wrapped is None else self._unwrap(subject, bytes(wrapped))
        self.remember(subject, key)
        return key

    def remember(self, subject: UUID, key: bytes | None) -> None:
        """Keeps a key in memory for a short while."""
        now = time.monotonic()
        with self._lock:
            self._fresh.pop(subject, None)
            self._remembered[subject] = (now + REMEMBERED_S, key)
            self._remembered.move_to_end(subject)
            while len(self._remembered) > MOST_REMEMBERED or next(iter(self._remembered.values()))[0] < now:
                self._remembered.popitem(last=False)

    def is_fresh(self, subject: UUID) -> bool:
        """Returns whether the subject was given a key here that is not stored yet."""
        return subject in self._fresh

    def find(self, subject: UUID) -> tuple[bool, bytes | None]:
        """Returns whether the subject has a key, and the key; a destroyed key is `None`."""
        remembered = self._recall(subject)
        if remembered is not None:
            return True, remembered[0]
        self.preload([subject])
        remembered = self._recall(subject)
        return (False, None) if remembered is None else (True, remembered[0])

    def preload(
        self, subjects: Iterable[UUID], connection: Connection[Row] | None = None, *, for_s: float = 0.0
    ) -> None:
        """Reads the keys of many subjects at once, so that they are remembered for `for_s` seconds at least.

        A caller that holds a pooled connection passes it in: readers that each wait for a second one starve the pool.
        """
        missing = [subject for subject in set(subjects) if self._recall(subject, for_s) is None]
        if not missing:
            return
        if connection is None:
            with self._database.connection() as pooled:
                self.preload(missing, pooled, for_s=for_s)
            return
        rows = connection.execute("SELECT subject, wrapped FROM personal_keys WHERE subject = ANY(%b)", [missing])
        for subject, wrapped in rows.fetchall():
            self.take(subject, wrapped)

    def unwrapped(self, subject: UUID, wrapped: bytes | None) -> bytes | None:
        """Returns the key in a row of `personal_keys`; `None` where it is destroyed, or where there is no such row."""
        return None if wrapped is None else self._unwrap(subject, wrapped)

    @staticmethod
    def destruction(subjects: Sequence[UUID]) -> list[tuple[str, Sequence[Any]]]:
        """Returns the statements that destroy these keys for good: all that they protected reads as erased from then on (rule 5.1)."""
        return [(_DESTROY, [list(subjects)])] if subjects else []

    def forget(self, subjects: Iterable[UUID]) -> None:
        """Keeps these keys in memory no longer, since they were destroyed."""
        for subject in subjects:
            self.remember(subject, None)

    def destroy(self, subject: UUID) -> None:
        """Destroys a key without a fact that says so."""
        with self._database.connection() as connection, connection.transaction():
            for statement, values in self.destruction([subject]):
                connection.execute(statement, values)
            [(index,)] = connection.execute("SELECT to_regclass(%s)", [SEARCH_INDEX]).fetchall()
            if index is not None:
                connection.execute(f"DELETE FROM {SEARCH_INDEX} WHERE subject = %s", [subject])
        self.forget([subject])

    def _recall(self, subject: UUID, for_s: float = 0.0) -> tuple[bytes | None] | None:
        """Returns the key of a subject if it is remembered for so long yet."""
        remembered = self._remembered.get(subject)
        return (remembered[1],) if remembered is not None and remembered[0] > time.monotonic() + for_s else None

    def _unwrap(self, subject: UUID, wrapped: bytes) -> bytes:
        try:
            return unseal(self._master_key, wrapped, subject.bytes)
        except InvalidTag:
            raise MasterKeyError("DOSSIER_MASTER_KEY is not the key that this database was written with.") from None
