"""The files of uploads, kept in PostgreSQL in sealed pieces, so that any worker can read them, and continue after a crash (rule 3.2).

Each file has its own key. It is destroyed in the transaction that ends the upload, and the pieces are deleted afterwards, so that no copy
of a customer's values is left that an erasure would not reach (rule 5.1). A file that never arrived completely is removed after
`ABANDONED_S`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from psycopg import Connection

from store.append import Statement
from store.database import Database, Row
from store.keys import KeyRing, seal, unseal
from store.leadership import Leader, exclusive

CHUNK_BYTES: Final = 256 * 1024
"""Bytes of a file that are sealed together."""
ABANDONED_S: Final = 3_600
"""Seconds without a further byte after which an incomplete file is given up."""
DELETED_AT_ONCE: Final = 200
"""Pieces of a file that one statement deletes."""
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
    """The file is gone: the upload is over."""


class Staging:
    """Keeps one file that is arriving. `stream` is the id of the upload's aggregate, whose first fact says that the file is complete."""

    def __init__(self, database: Database, keys: KeyRing, upload: UUID, stream: UUID) -> None:
        self.upload = upload
        self.size = 0
        """Bytes that have arrived."""
        self._database = database
        self._stream = stream
        self._keys = keys
        self._key = b""
        self._rest = bytearray()
        self._chunks = 0
        self._digest = sha256()

    def begin(self) -> None:
        """Makes the upload and its two keys: one for the file, and one for what is wrong with its rows."""
        fresh_keys = {subject: self._keys.fresh(subject) for subject in (file_subject(self.upload), self._stream)}
        with self._database.connection() as connection, connection.transaction():
            connection.execute(_BEGIN, [self.upload, self._stream])
            connection.execute(_KEYS, [list(fresh_keys), [wrapped for _, wrapped in fresh_keys.values()]])
        for subject, (key, _) in fresh_keys.items():
            self._keys.remember(subject, key)
        self._key = fresh_keys[file_subject(self.upload)][0]

    def write(self, content: bytes) -> None:
        """Keeps the next bytes of the file."""
        self._digest.update(content)
        self.size += len(content)
        self._rest += content
        while len(self._rest) >= CHUNK_BYTES:
            self._keep(bytes(self._rest[:CHUNK_BYTES]))
            del self._rest[:CHUNK_BYTES]

    def end(self) -> str:
        """Keeps the last piece; returns the SHA-256 of the file in hexadecimal digits."""
        if self._rest:
            self._keep(bytes(self._rest))
            self._rest.clear()
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Removes the file and the upload."""
        with self._database.connection() as connection:
            forget(connection, self.upload, self._stream)

    def _keep(self, piece: bytes) -> None:
        sealed = seal(self._key, piece, _context(self.upload, self._chunks))
        place, self._chunks = self._chunks, self._chunks + 1
        with self._database.connection() as connection:
            connection.execute(_KEEP, [self.upload, place, sealed, self._chunks, len(piece), self.upload])


def file_subject(upload: UUID) -> UUID:
    """Returns the subject whose key seals the file."""
    return uuid5(upload, "file")


def read_file(database: Database, keys: KeyRing, upload: UUID) -> Iterator[bytes]:
    """Yields the pieces of a file, in order. Raises `FileGoneError` if its key is destroyed."""
    place = 0
    while True:
        with database.connection() as connection:
            row = connection.execute(
                "SELECT sealed FROM upload_chunks WHERE upload = %s AND place = %s", [upload, place], binary=True
            ).fetchone()
        if row is None:
            return
        key = keys.find(file_subject(upload))[1]
        if key is None:
            raise FileGoneError(f"The file of upload {upload} is gone.")
        yield unseal(key, row[0], _context(upload, place))
        place += 1


@contextmanager
def holding(database: Database, upload: UUID) -> Iterator[Leader | None]:
    """Yields the exclusive right to work on an upload, `None` if another process has it. Raises `OperationalError`."""
    lock = database.lock_key(f"upload/{upload}")
    with closing(database.connect()) as connection, exclusive(connection, lock) as taken:
        yield Leader(connection) if taken else None


def waiting(connection: Connection[Row]) -> list[UUID]:
    """Returns the uploads whose file is complete and that are not over, the oldest first."""
    return [upload for (upload,) in connection.execute(_WAITING)]


def is_over(connection: Connection[Row], upload: UUID) -> bool:
    """Returns true if an upload is over: no further row of it is taken."""
    return connection.execute("SELECT over FROM uploads WHERE upload = %s", [upload]).fetchone() == (True,)


def ending(upload: UUID) -> list[Statement]:
    """Returns the statements that go with the fact that ends an upload: from then on its file cannot be read."""
    return [(_OVER, [upload]), (_DESTROY, [file_subject(upload)])]


def delete_file(connection: Connection[Row], upload: UUID) -> None:
    """Deletes what is left of the file of an upload that is over. May be repeated."""
    while connection.execute(_DELETE, [upload, upload, DELETED_AT_ONCE]).rowcount:
        continue
    connection.execute("UPDATE uploads SET chunks = 0 WHERE upload = %s", [upload])


def forget(connection: Connection[Row], upload: UUID, stream: UUID) -> None:
    """Removes an upload whose file never arrived completely: the file, its keys and its row."""
    delete_file(connection, upload)
    with connection.transaction():
        connection.execute("DELETE FROM uploads WHERE upload = %s", [upload])
        connection.execute("DELETE FROM personal_keys WHERE subject = ANY(%s)", [[file_subject(upload), stream]])


def tidy(connection: Connection[Row]) -> None:
    """Deletes files that a crash left behind after their upload was over, and incomplete files that were given up."""
    for (upload,) in connection.execute("SELECT upload FROM uploads WHERE over AND chunks > 0").fetchall():
        delete_file(connection, upload)
    for upload, stream in connection.execute(_ABANDONED, [ABANDONED_S]).fetchall():
        forget(connection, upload, stream)


def _context(upload: UUID, place: int) -> bytes:
    return f"upload/{upload}/{place}".encode()
