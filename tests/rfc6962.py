"""RFC 6962, section 2.1, read a second time: written from the RFC alone, for lists of entries in memory. Tests compare with it.

What an entry of our log is, is computed as the OpenAPI document describes `StoredEvent`.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n]): the Merkle Tree Hash of a list of entries."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(n)
    return inner(mth(entries[:k]), mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]): the Merkle audit path of the (m+1)th entry."""
    n = len(entries)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]): the Merkle consistency proof of the first m entries."""
    return subproof(m, entries, b=True)


def subproof(m: int, entries: Sequence[bytes], *, b: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    n = len(entries)
    if m == n:
        return [] if b else [mth(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], b=b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], b=False), mth(entries[:k])]


def root_by_path(entry: bytes, m: int, n: int, audit_path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to: the definition of PATH, followed backwards."""
    if n == 1:
        assert not audit_path, "The path is too long."
        return sha256(b"\x00" + entry).digest()
    k = split(n)
    if m < k:
        return inner(root_by_path(entry, m, k, audit_path[:-1]), audit_path[-1])
    return inner(audit_path[-1], root_by_path(entry, m - k, n - k, audit_path[:-1]))


def roots_by_proof(old_root: bytes, m: int, n: int, audit_path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to: the definition of PROOF, followed backwards."""
    return _roots(old_root, m, n, list(audit_path), b=True)


def _roots(old_root: bytes, m: int, n: int, rest: list[bytes], *, b: bool) -> tuple[bytes, bytes]:
    if m == n:
        if b:
            assert not rest, "The proof is too long."
            return old_root, old_root
        (only,) = rest
        return only, only
    k = split(n)
    if m <= k:
        old, new = _roots(old_root, m, k, rest[:-1], b=b)
        return old, inner(new, rest[-1])
    old, new = _roots(old_root, m - k, n - k, rest[:-1], b=False)
    return inner(rest[-1], old), inner(rest[-1], new)


def inner(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def entry_of_stored(event: Mapping[str, Any]) -> bytes:
    """The entry of an event as it is stored: what its leaf hashes."""
    since = datetime.fromisoformat(event["recorded_at"]) - datetime.fromisoformat("1970-01-01T00:00:00Z")
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    ids = b"".join(
        bytes.fromhex(event[name].replace("-", "")) for name in ("originator_id", "event_id", "correlation_id")
    )
    text = f"{event['version']}/{microseconds}/{event['topic']}".encode()
    return sha256(b64decode(event["previous_digest"]) + ids + text + b"\0" + event["content"].encode()).digest()
