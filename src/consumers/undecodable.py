"""Records that the Kafka client cannot decode are handed over as bytes with the reason, and stepped over.

By itself the client raises at every poll from there on, and the partition stands still. A record with a header whose name is not UTF-8 is
stepped over alone. Where the frame of a record cannot be read, the rest of its batch is; where the batch cannot be decompressed or
fails its checksum, all of it. Offsets are those of the batch's header, which is what the broker goes by, too.
The client offers no way to do this, so it is built on the inner workings of kafka-python 3.0; the tests fail when they change.
"""

from collections.abc import Iterator
from typing import Any, Final, Self

from consumers.kafka_client import CorruptRecordError, DefaultRecord, decode_varint

MAGIC: Final = 2
"""Format of record batches since Kafka 0.11; a topic of ours has no other."""


class Undecodable(bytes):
    """Stands in the place of a record's value: that value, or the bytes of a batch. `first` is the first offset of what is lost."""

    reason: str
    first: int

    @classmethod
    def of(cls, content: bytes, first: int, error: Exception) -> Self:
        """These bytes, which the client could not decode because of the error."""
        undecodable = cls(content)
        undecodable.first = first
        undecodable.reason = f"The Kafka client cannot decode it: {error}"
        return undecodable


def step_over_undecodable(client: Any) -> None:
    """Makes a consumer give records with an `Undecodable` as value instead of raising from `poll`."""
    records_of = client._fetcher.PartitionRecords

    def stepping(offset: int, partition: Any, records: Any, **options: Any) -> Any:
        return records_of(offset, partition, Batches(records), **options)

    client._fetcher.PartitionRecords = stepping


class Batches:
    """The batches that were fetched of a partition, one after the other; stands in for the client's `MemoryRecords`."""

    def __init__(self, records: Any) -> None:
        self._records = records

    def next_batch(self) -> Any:
        """The next batch, `None` after the last one."""
        batch = self._records.next_batch()
        return batch if batch is None or batch.magic != MAGIC else _Batch(batch)


class _Batch:
    """A batch of the client, read in a way that does not raise."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self._intact = batch.validate_crc()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def validate_crc(self) -> bool:
        """Returns `True`: a batch that is not intact is reported as undecodable."""
        return True

    @property
    def is_control_batch(self) -> bool:
        """Returns whether the batch only marks the end of a transaction."""
        return bool(self._intact and self._batch.is_control_batch)

    def __next__(self) -> Any:
        """The record of a control batch, which the client asks for without iterating."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        offset = self._batch.base_offset
        try:
            if not self._intact:
                raise CorruptRecordError("The checksum of the batch is wrong.")
            iter(self._batch)  # decompresses it
        except Exception as error:  # noqa: BLE001  (each codec has errors of its own)
            yield self._rest_as_record(offset, error)
            return
        while (record := self._next_record(offset)) is not None:
            yield record
            offset = record.offset + 1

    def _next_record(self, offset: int) -> Any:
        """Returns the next record; `offset` is the lowest that it can have."""
        start = self._batch._pos
        try:
            return next(self._batch, None)
        except CorruptRecordError as error:
            try:
                return self._undecodable_at(start, offset, error)
            except (ValueError, IndexError):
                return self._rest_as_record(offset, error)

    def _undecodable_at(self, start: int, offset: int, error: Exception) -> Any:
        """Returns the record that begins at `start`. Raises `ValueError` or `IndexError` when its end is unknown."""
        batch = self._batch
        delta, key, value, headers, end = _read_record(batch._buffer, start)
        place = batch.base_offset + delta
        if not offset <= place <= batch.last_offset:
            raise ValueError("Its offset is not one of the batch.")
        batch._pos, batch._next_record_index = end, batch._next_record_index + 1
        return _record(batch, place, key, Undecodable.of(value or b"", place, error), headers)

    def _rest_as_record(self, offset: int, error: Exception) -> Any:
        """Returns everything from this offset on as one record at the last offset."""
        batch = self._batch
        content = bytes(batch._buffer[batch._pos :])
        batch._pos, batch._next_record_index = len(batch._buffer), batch.records_count
        last = max(batch.last_offset, batch.base_offset)
        return _record(batch, last, None, Undecodable.of(content, min(offset, last), error), [])


def _record(batch: Any, offset: int, key: bytes | None, value: Undecodable, headers: list[Any]) -> Any:
    return DefaultRecord(len(value), offset, batch.max_timestamp, batch.timestamp_type, key, value, headers)


def _read_record(buffer: bytearray, start: int) -> tuple[int, bytes | None, bytes | None, list[tuple[str, Any]], int]:
    """Offset delta, key, value and headers of a record, and where it ends; names of headers in any bytes."""
    length, at = decode_varint(buffer, start)
    end = at + length
    for _ in ("attributes", "timestamp"):
        _, at = decode_varint(buffer, at)
    delta, at = decode_varint(buffer, at)
    key, at = _bytes(buffer, at)
    value, at = _bytes(buffer, at)
    count, at = decode_varint(buffer, at)
    headers = []
    for _ in range(count):
        name, at = _bytes(buffer, at)
        content, at = _bytes(buffer, at)
        headers.append(((name or b"").decode("utf-8", "backslashreplace"), content))
    if at != end or end > len(buffer):
        raise ValueError("The record does not end where it says.")
    return delta, key, value, headers, end


def _bytes(buffer: bytearray, at: int) -> tuple[bytes | None, int]:
    size, at = decode_varint(buffer, at)
    return (None, at) if size < 0 else (bytes(buffer[at : at + size]), at + size)
