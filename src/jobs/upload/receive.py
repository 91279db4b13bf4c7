"""Takes a contact file in: whoever has one hands its bytes over, and gets the upload that `dossier work` runs (rule 3.2).

Used by the API and by `dossier upload`. What can be judged without the file is judged before its first byte is asked for. Nothing of a file
is kept that did not come whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID, uuid4

from aggregates import texts
from aggregates.aggregate import Aggregate
from aggregates.effective import FROM_TODAY, When
from aggregates.fact import Fact
from aggregates.upload.commands import receive_upload
from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Upload
from aggregates.use_case import Outcome, Request
from jobs.upload.staging import Staging, read_file
from store.application import Dossier

LONGEST_FILE_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read: by a saved mapping, by columns given here, or by both, what is given here winning."""

    file: str
    mapping: str | None = None
    columns: Mapping[str, str] | None = None
    delimiter: str | None = None
    header: bool | None = None
    when: When = FROM_TODAY


def check(dossier: Dossier, request: Request, reading: Reading) -> None:
    """Raises what would be wrong with the upload whatever its file holds."""
    faults = texts.Faults()
    with faults:
        texts.text(reading.file, field="file", label="The name of the file", longest=LONGEST_FILE_NAME)
    with faults:
        as_received(dossier, request, reading, size=0, digest="")
    faults.raise_any()


def as_received(dossier: Dossier, request: Request, reading: Reading, *, size: int, digest: str) -> UploadReceived:
    """The fact that the arrival of a file would record, which is not stored. Raises what `receive_upload` raises."""
    store = _Unstored(dossier)
    _receive(cast("Dossier", store), request, reading, upload=str(uuid4()), size=size, digest=digest)
    [received] = store.facts
    return cast("UploadReceived", received)


class _Unstored:
    """The store, but what is kept goes no further."""

    def __init__(self, dossier: Dossier) -> None:
        self.facts: Sequence[Fact] = ()
        self._dossier = dossier

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dossier, name)

    def keep(self, request: Request, aggregate: Aggregate, **_: Any) -> Outcome:
        """Remembers the facts."""
        del request
        self.facts = aggregate.collect_events()
        return Outcome(False, 0, None)


class Receiving:
    """One file that is coming in."""

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
        """Bytes that have come."""
        return self._staging.size

    def write(self, content: bytes) -> None:
        """Keeps what comes next."""
        self._staging.write(content)

    def end(self) -> str:
        """The file is whole; gives its SHA-256 in hexadecimal digits."""
        self._digest = self._digest or self._staging.end()
        return self._digest

    def receive(self, request: Request) -> tuple[UUID, Outcome]:
        """Records that the file is here; gives the upload, which is an earlier one when the idempotency key came before.

        Raises what `aggregates.upload.commands.receive_upload` raises; then nothing is kept.
        """
        digest = self.end()
        try:
            outcome = _receive(
                self._dossier, request, self._reading, upload=str(self.upload), size=self.size, digest=digest
            )
            upload = self._received(outcome)
        except BaseException:
            self.discard()
            raise
        if upload != self.upload:
            self.discard()
        return upload, outcome

    def read(self) -> Iterator[bytes]:
        """The bytes that have come, from the first."""
        return read_file(self._dossier.database, self._dossier.fact_mapper.keys, self.upload)

    def discard(self) -> None:
        """Removes what has come."""
        self._staging.discard()

    def _received(self, outcome: Outcome) -> UUID:
        [event] = self._dossier.log_of_facts.select_notifications(outcome.position, 1)
        fact = cast("UploadReceived", self._dossier.fact_mapper.to_domain_event(event))
        return UUID(fact.upload)


def _receive(dossier: Dossier, request: Request, reading: Reading, *, upload: str, size: int, digest: str) -> Outcome:
    return receive_upload(
        dossier,
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
