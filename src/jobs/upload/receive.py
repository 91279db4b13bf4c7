"""Receives a contact file piece by piece, and makes it an upload that `dossier work` runs (rule 3.2).

Used by the API and by `dossier upload`. What can be checked without the file is checked before its first byte is read. Nothing is kept of
a file that does not arrive completely.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID, uuid4

from aggregates import texts
from aggregates.dry_run import DryRunStore
from aggregates.effective import FROM_TODAY, When
from aggregates.upload.commands import receive_upload
from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Upload
from aggregates.use_case import Decides, Outcome, Request
from jobs.upload.staging import Staging, read_file
from store.application import Dossier

LONGEST_FILE_NAME: Final = 200
"""Characters of a file's name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read: by a saved mapping, by the values given here, or by both; then those given here take precedence."""

    file: str
    mapping: str | None = None
    columns: Mapping[str, str] | None = None
    delimiter: str | None = None
    header: bool | None = None
    when: When = FROM_TODAY


def check(dossier: Dossier, request: Request, reading: Reading) -> None:
    """Raises what would be wrong with the upload whatever is in its file."""
    faults = texts.Faults()
    with faults:
        texts.text(reading.file, field="file", label="The name of the file", longest=LONGEST_FILE_NAME)
    with faults:
        as_received(dossier, request, reading, size=0, digest="")
    faults.raise_any()


def as_received(dossier: Dossier, request: Request, reading: Reading, *, size: int, digest: str) -> UploadReceived:
    """Returns the fact that the arrival of a file would record, and stores nothing. Raises what `receive_upload` raises."""
    dossier.renew_setup()
    store = DryRunStore(dossier)
    _receive(store, request, reading, upload=str(uuid4()), size=size, digest=digest)
    [received] = store.facts
    return cast("UploadReceived", received)


class Receiving:
    """One file that is arriving."""

    def __init__(self, dossier: Dossier, reading: Reading) -> None:
        self.upload = uuid4()
        stream = Upload.id_of(dossier.company, str(self.upload))
        self._dossier = dossier
        self._reading = reading
        self._staging = Staging(dossier.database, dossier.fact_mapper.keys, self.upload, stream)
        self._staging.begin()
        self._digest: str | None = None

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self._staging.size

    def write(self, content: bytes) -> None:
        """Keeps the next bytes."""
        self._staging.write(content)

    def end(self) -> str:
        """Says that the file is complete; returns its SHA-256 in hexadecimal digits."""
        self._digest = self._digest or self._staging.end()
        return self._digest

    def receive(self, request: Request) -> tuple[UUID, Outcome]:
        """Records the arrival; returns the upload, which is an earlier one if the idempotency key was used before.

        Raises what `aggregates.upload.commands.receive_upload` raises; then nothing is kept.
        """
        digest = self.end()
        try:
            outcome = _receive(
                self._dossier, request, self._reading, upload=str(self.upload), size=self.size, digest=digest
            )
            upload = self._upload_of(outcome)
        except BaseException:
            self.discard()
            raise
        if upload != self.upload:
            self.discard()
        return upload, outcome

    def read(self) -> Iterator[bytes]:
        """Yields the bytes that have arrived, from the first."""
        return read_file(self._dossier.database, self._dossier.fact_mapper.keys, self.upload)

    def discard(self) -> None:
        """Removes what has arrived."""
        self._staging.discard()

    def _upload_of(self, outcome: Outcome) -> UUID:
        [event] = self._dossier.log_of_facts.select_notifications(outcome.position, 1)
        fact = cast("UploadReceived", self._dossier.fact_mapper.to_domain_event(event))
        return UUID(fact.upload)


def _receive(store: Decides, request: Request, reading: Reading, *, upload: str, size: int, digest: str) -> Outcome:
    return receive_upload(
        store,
        request,
        upload=upload,
        file=reading.file.strip(),
        size=size,
        digest=digest,
        mapping=reading.mapping,
        columns=reading.columns,
        delimiter=reading.delimiter,
        header=reading.header,
        when=reading.when,
    )
