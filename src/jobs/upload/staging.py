"""Contact files on their way in: kept in PostgreSQL in sealed pieces, so that any worker can read them, and go on after a crash (rule 3.2).

Each file has a key of its own. It is destroyed in the transaction that ends the upload, and the pieces are deleted after it, so that
what a customer's erasure must reach (rule 5.1) is in no file that lies around. A file that never came whole is removed after
`ABANDONED_S`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from psycopg import Connection, sql

from store.admission import Statement
from store.database import Database, Row
from store.keys import KeyRing, seal, unseal
from store.leadership import Leader

CHUNK_BYTES: Final = 256 * 1024
"""Of a file that are sealed together."""
ABANDONED_S: Final = 3_600
"""Seconds without a byte after which a file that is not whole will never be."""
DELETED_AT_ONCE: Final = 200
"""Pieces."""
_BEGIN: Final = "INSERT INTO uploads (upload, stream) VALUES (%s, %s)"
_KEYS: Final = "INSERT INTO personal_keys (subject, wrapped) SELECT * FROM unnest(%b::uuid[], %b::bytea[])"
_KEEP: Final = """
    WITH kept AS (INSERT INTO upload_chunks (upload, place, sealed) VALUES (%b, %b, %b))
    UPDATE uploads SET chunks = %b, bytes = bytes + %b, touched_at = clock_timestamp() WHERE upload = %b
"""
_OVER: Final = "UPDATE uploads SET over = true, error = NULL, failed_at = NULL WHERE upload = %s"
_DESTROY: Final = "UPDATE personal_keys SET wrapped = NULL, destroyed_at = clock_timestamp() WHERE subject = %s AND wrapped IS NOT NULL"
_DELETE: Final = """
    DELETE FROM upload_chunks WHERE upload = %s AND place IN (
        SELECT place FROM upload_chunks WHERE upload = %s ORDER BY place LIMIT %s
    )
"""
_ABANDONED: Final = """
    SELECT upload, stream FROM uploads WHERE NOT over AND touched_at < clock_timestamp() - make_interval(secs => %s)
    AND NOT EXISTS (SELECT FROM events WHERE originator_id = uploads.stream)
"""
_WAITING: Final = """
    SELECT upload FROM uploads WHERE NOT over AND EXISTS (SELECT FROM events WHERE originator_id = uploads.stream)
    ORDER BY number
"""


class FileGoneError(Exception):
    """The file is not here any more: the upload is over."""


class Staging:
    """One file on its way in. `stream` is the id of the upload's aggregate, whose first fact says that the file is whole."""

    def __init__(self, database: Database, keys: KeyRing, upload: UUID, stream: UUID) -> None:
        self.upload = upload
        self.size = 0
        """Bytes that came."""
        self._database = database
        self._stream = stream
        self._keys = keys
        self._key = b""
        self._rest = bytearray()
        self._chunks = 0
        self._digest = sha256()

    def begin(self) -> None:
        """Makes the upload and its two keys: the file's, and the one of what is wrong with its rows."""
        made = {subject: self._keys.fresh(subject) for subject in (file_subject(self.upload), self._stream)}
        with self._database.connection() as connection, connection.transaction():
            connection.execute(_BEGIN, [self.upload, self._stream])
            connection.execute(_KEYS, [list(made), [wrapped for _, wrapped in made.values()]])
        for subject, (key, _) in made.items():
            self._keys.remember(subject, key)
        self._key = made[file_subject(self.upload)][0]

    def write(self, content: bytes) -> None:
        """Keeps what comes next of the file."""
        self._digest.update(content)
        self.size += len(content)
        self._rest += content
        while len(self._rest) >= CHUNK_BYTES:
            self._keep(bytes(self._rest[:CHUNK_BYTES]))
            del self._rest[:CHUNK_BYTES]

    def end(self) -> str:
        """Keeps the last piece; gives the SHA-256 of the file in hexadecimal digits."""
        if self._rest:
            self._keep(bytes(self._rest))
            self._rest.clear()
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Removes it: it is not wanted after all."""
        with self._database.connection() as connection:
            forget(connection, self.upload, self._stream)

    def _keep(self, piece: bytes) -> None:
        sealed = seal(self._key, piece, _context(self.upload, self._chunks))
        place, self._chunks = self._chunks, self._chunks + 1
        with self._database.connection() as connection:
            connection.execute(_KEEP, [self.upload, place, sealed, self._chunks, len(piece), self.upload])


def file_subject(upload: UUID) -> UUID:
    """Whose key a file is sealed with."""
    return uuid5(upload, "file")


def read_file(database: Database, keys: KeyRing, upload: UUID) -> Iterator[bytes]:
    """The pieces of a file, in order. Raises `FileGoneError` where its key is destroyed."""
    place = 0
    while True:
        with database.connection() as connection:
            found = connection.execute(
                "SELECT sealed FROM upload_chunks WHERE upload = %s AND place = %s", [upload, place], binary=True
            ).fetchone()
        if found is None:
            return
        key = keys.find(file_subject(upload))[1]
        if key is None:
            raise FileGoneError(f"The file of upload {upload} is not here any more.")
        yield unseal(key, found[0], _context(upload, place))
        place += 1


@contextmanager
def holding(database: Database, upload: UUID) -> Iterator[Leader | None]:
    """The right to work on an upload, alone; `None` when somebody else has it. Raises `OperationalError`."""
    connection = database.connect()
    try:
        attempt = sql.SQL("SELECT pg_try_advisory_lock({})").format(database.lock_key(f"upload/{upload}"))
        yield Leader(connection) if connection.execute(attempt).fetchone() == (True,) else None
    finally:
        connection.close()


def waiting(connection: Connection[Row]) -> list[UUID]:
    """Uploads that are here whole and not over, the oldest first."""
    return [upload for (upload,) in connection.execute(_WAITING)]


def is_over(connection: Connection[Row], upload: UUID) -> bool:
    """True when an upload is over: nobody takes a row of it any more."""
    return connection.execute("SELECT over FROM uploads WHERE upload = %s", [upload]).fetchone() == (True,)


def ending(upload: UUID) -> list[Statement]:
    """The statements that go with the fact that ends an upload: nobody can read its file from then on."""
    return [(_OVER, [upload]), (_DESTROY, [file_subject(upload)])]


def delete_file(connection: Connection[Row], upload: UUID) -> None:
    """Deletes what is left of the file of an upload that is over. May be repeated."""
    while connection.execute(_DELETE, [upload, upload, DELETED_AT_ONCE]).rowcount:
        continue
    connection.execute("UPDATE uploads SET chunks = 0 WHERE upload = %s", [upload])


def forget(connection: Connection[Row], upload: UUID, stream: UUID) -> None:
    """Removes an upload that never became one: its file, its keys and its row."""
    delete_file(connection, upload)
    with connection.transaction():
        connection.execute("DELETE FROM uploads WHERE upload = %s", [upload])
        connection.execute("DELETE FROM personal_keys WHERE subject = ANY(%s)", [[file_subject(upload), stream]])


def tidy(connection: Connection[Row]) -> None:
    """Deletes files of uploads that are over, where a crash left them, and those that will never be whole."""
    for (upload,) in connection.execute("SELECT upload FROM uploads WHERE over AND chunks > 0").fetchall():
        delete_file(connection, upload)
    for upload, stream in connection.execute(_ABANDONED, [ABANDONED_S]).fetchall():
        forget(connection, upload, stream)


def _context(upload: UUID, place: int) -> bytes:
    return f"upload/{upload}/{place}".encode()
