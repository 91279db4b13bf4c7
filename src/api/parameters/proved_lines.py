"""A history as a file that proves itself: NDJSON whose first line has a signed head, and whose last line has a receipt.

Every other line is an entry of the history with three further things: `proof.event`, the event as it is stored, `proof.path`, which leads
from it to the root of the head, and `so_far`, the SHA-256 digest of the file up to this member. The receipt has the digest of all lines
before it. So a line that was altered, removed or inserted is found, and named, without the log.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

import orjson

from api.parameters.reading import as_json
from projections.history.models import HistoryEntry
from store.application import Dossier
from store.events import COLUMNS, recorded_event
from store.proof.heads import Head, as_text
from store.proof.merkle import inclusion_path
from store.proof.receipts import Question
from store.proof.stored import stored_event
from store.proof.tree import stored_node

_EVENTS: Final = f"SELECT {COLUMNS} FROM events WHERE position = ANY(%s)"


def proved_lines(dossier: Dossier, pages: Iterable[Sequence[HistoryEntry]], question: Question) -> Iterator[bytes]:
    """Yields the lines, page by page. Raises `BehindLogError`, `NotInTreeError`."""
    head = dossier.notary.head()
    file = sha256()
    first = orjson.dumps({"head": head.note}) + b"\n"
    file.update(first)
    yield first
    for entries in pages:
        lines = []
        for entry, proof in zip(entries, _proofs(dossier, head, entries), strict=True):
            beginning = as_json(entry)[:-1] + b',"proof":' + proof
            file.update(beginning)
            end = b',"so_far":"' + as_text(file.digest()).encode() + b'"}\n'
            file.update(end)
            lines.append(beginning + end)
        yield b"".join(lines)
    yield orjson.dumps({"receipt": dossier.notary.receipt(question, file.digest(), head)}) + b"\n"


def _proofs(dossier: Dossier, head: Head, entries: Sequence[HistoryEntry]) -> Iterator[bytes]:
    """Yields the proof of each entry, as JSON."""
    with dossier.database.connection() as connection:
        rows = connection.execute(_EVENTS, [[entry.position for entry in entries]], binary=True)
        events = {event.id: event for event in map(recorded_event, rows)}
        node = stored_node(connection)
        for entry in entries:
            path = inclusion_path(node, entry.position - 1, head.size)
            members = {"event": stored_event(events[entry.position]), "path": list(map(as_text, path))}
            yield as_json(members)
