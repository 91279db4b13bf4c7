"""Use cases of contact uploads."""

from collections.abc import Mapping
from typing import Protocol

from aggregates.effective import FROM_TODAY, When
from aggregates.setup.catalogue import SetupStore
from aggregates.texts import Faults
from aggregates.upload.mapping import MappingNotFoundError, UploadMapping, check_columns, check_delimiter
from aggregates.upload.upload import Counts, Upload, UploadNotFoundError
from aggregates.use_case import FactStore, Outcome, Request, command


@command
def save_mapping(
    store: SetupStore,
    request: Request,
    *,
    name: str,
    columns: Mapping[str, str],
    delimiter: str | None = None,
    header: bool | None = None,
) -> Outcome:
    """Saves a mapping from columns to fields under a name, or its next version (rule 3.2)."""
    name = name.strip()
    mapping = store.load(UploadMapping, name) or UploadMapping.new(store.company, name)
    mapping.expect(request.expected_versions)
    setup = store.setup()
    mapping.save(
        request.origin, name=name, columns=columns, fields=setup.fields.keys(), delimiter=delimiter, header=header
    )
    return store.keep(request, mapping, decided_on=setup.position)


@command
def receive_upload(
    store: SetupStore,
    request: Request,
    *,
    upload: str,
    file: str,
    size: int,
    digest: str,
    mapping: str | None = None,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    when: When = FROM_TODAY,
) -> Outcome:
    """A contact file came in whole, to be read by a saved mapping or by the columns given here; what is given here wins."""
    faults = Faults()
    saved = None if mapping is None else store.load(UploadMapping, mapping)
    if mapping is not None and saved is None:
        faults.errors.append(_no_mapping(mapping))
    days = when.days(faults, request.today)
    requested = (columns if columns is not None or saved is None else saved.columns) or {}
    checked = {} if mapping is not None and saved is None else check_columns(faults, requested, store.setup().fields)
    check_delimiter(faults, delimiter)
    faults.raise_any()
    contact_upload = store.load(Upload, upload) or Upload.new(store.company, upload)
    contact_upload.receive(
        request.origin,
        upload=upload,
        file=file,
        size=size,
        digest=digest,
        columns=checked,
        delimiter=delimiter or (saved.delimiter if saved else None),
        header=header if header is not None else saved.header if saved else None,
        days=days,
        mapping=None if saved is None else saved.name,
        mapping_version=None if saved is None else saved.version,
    )
    return store.keep(request, contact_upload)


class UploadStore(FactStore, Protocol):
    """What cancelling needs of the store besides."""

    def taken(self) -> Counts:
        """The counts of the rows so far. What is kept after it is refused where more rows were taken meanwhile."""
        ...


@command
def cancel_upload(store: UploadStore, request: Request, *, upload: str) -> Outcome:
    """Ends an upload before the end of its file; the rows that were taken stay (rule 3.2)."""
    contact_upload = store.load(Upload, upload)
    if contact_upload is None:
        raise UploadNotFoundError(f"There is no upload {upload}.")
    contact_upload.expect(request.expected_versions)
    contact_upload.cancel(request.origin, store.taken())
    return store.keep(request, contact_upload)


def _no_mapping(name: str) -> MappingNotFoundError:
    return MappingNotFoundError(f"There is no upload mapping {name}.", field="mapping")
