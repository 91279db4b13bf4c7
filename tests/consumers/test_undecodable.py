"""Records that the Kafka client cannot decode are skipped exactly, and reported with their offsets and the reason (rule 4.4)."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kafka.consumer.fetcher import Fetcher
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import calc_crc32c

from consumer_world import NOT_UTF_8, message_of
from consumers.kafka_client import TopicPartition
from consumers.reading import ForeignMessageError, UnreadableMessageError, read_message
from consumers.undecodable import Batches, Undecodable

TOPIC = TopicPartition("events", 0)


def batch(base: int, *headers: list[tuple[str, bytes]], compression: int = 0) -> bytearray:
    """A batch at this offset, a record for each of these headers; values are offsets."""
    builder = DefaultRecordBatchBuilder(2, compression, False, -1, -1, -1, 100_000)
    for delta, named in enumerate(headers):
        builder.append(delta, None, b"key", b"%d" % (base + delta) + b" " * 100, named)
    built = builder.build()
    struct.pack_into(">q", built, 0, base)
    return built


def sealed(built: bytearray) -> bytearray:
    """The batch with the checksum that its content has now."""
    checksum = calc_crc32c(memoryview(built)[DefaultRecordBatch.ATTRIBUTES_OFFSET :])
    struct.pack_into(">I", built, DefaultRecordBatch.CRC_OFFSET, checksum)
    return built


def polled(*batches: bytearray, offset: int = 0) -> list[Any]:
    """The records that the client gives of what it fetched from this offset on."""
    records = MemoryRecords(b"".join(batches))
    fetched = Fetcher.PartitionRecords(offset, TOPIC, Batches(records), check_crcs=True)
    given = fetched.take()
    assert not fetched  # nothing of it is left, so that the client fetches what comes next
    assert fetched.next_fetch_offset == given[-1].offset + 1
    return list(given)


def places(records: list[Any]) -> list[int | tuple[int, int]]:
    """The offsets of what is read, and from where to where what is not."""
    return [(r.value.first, r.offset) if isinstance(r.value, Undecodable) else r.offset for r in records]


def test_a_record_with_a_header_whose_name_is_not_utf_8_is_stepped_over_alone() -> None:
    records = polled(batch(5, [], [("ok", b"1"), (NOT_UTF_8, b"2")], []), batch(8, []))
    assert places(records) == [5, (6, 6), 7, 8]
    assert (records[1].key, records[1].value.strip()) == (b"key", b"6")
    assert records[1].headers == [("ok", b"1"), ("\\xff", b"2")]
    assert "utf-8" in records[1].value.reason


def test_what_was_done_with_of_its_batch_is_not_given_again() -> None:
    assert places(polled(batch(5, [(NOT_UTF_8, b"")], [], [(NOT_UTF_8, b"")]), offset=6)) == [6, (7, 7)]


@pytest.mark.parametrize("compression", range(5), ids=["plain", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_that_a_topic_may_have_is_decoded(compression: int) -> None:
    packed = batch(5, [], [], [], compression=compression)
    assert packed[DefaultRecordBatch.ATTRIBUTES_OFFSET + 1] == compression
    assert places(polled(packed)) == [5, 6, 7]


def with_unknown_codec(built: bytearray) -> bytearray:
    struct.pack_into(">h", built, DefaultRecordBatch.ATTRIBUTES_OFFSET, 7)
    return sealed(built)


def with_broken_content(built: bytearray) -> bytearray:
    built[DefaultRecordBatch.HEADER_STRUCT.size :] = b"\xff" * 10
    struct.pack_into(">i", built, 8, len(built) - DefaultRecordBatch.AFTER_LEN_OFFSET)
    return sealed(built)


def with_wrong_checksum(built: bytearray) -> bytearray:
    built[-1] ^= 1
    return built


@pytest.mark.parametrize("compression", [0, 1, 3], ids=["plain", "gzip", "lz4"])
@pytest.mark.parametrize("break_it", [with_unknown_codec, with_broken_content, with_wrong_checksum])
def test_a_batch_that_cannot_be_decoded_is_stepped_over_alone(
    break_it: Callable[[bytearray], bytearray], compression: int
) -> None:
    broken = break_it(batch(6, [], [], [], compression=compression))
    records = polled(batch(5, []), broken, batch(9, []))
    assert places(records) == [5, (6, 8), 9]
    assert records[1].value == broken[DefaultRecordBatch.HEADER_STRUCT.size :]


def test_where_a_record_does_not_end_where_it_says_the_rest_of_its_batch_is_stepped_over() -> None:
    built = batch(5, [], [], [])
    size = (len(built) - DefaultRecordBatch.HEADER_STRUCT.size) // 3
    built[DefaultRecordBatch.HEADER_STRUCT.size + size] ^= 2
    assert places(polled(sealed(built), batch(8, []))) == [5, (6, 7), 8]


def test_bytes_after_the_last_record_hide_none_of_the_next_batch() -> None:
    built = batch(5, [], [])
    struct.pack_into(">i", built, DefaultRecordBatch.HEADER_STRUCT.size - 4, 1)
    struct.pack_into(">i", built, DefaultRecordBatch.ATTRIBUTES_OFFSET + 2, 0)
    assert places(polled(sealed(built), batch(6, []))) == [5, (5, 5), 6]


def test_what_is_undecodable_is_of_the_company_that_it_names() -> None:  # rule 4.7
    ours, others = (replace(message_of(company), undecodable="why") for company in ("demo", "other"))
    with pytest.raises(UnreadableMessageError, match="why"):
        read_message(ours, "demo")
    with pytest.raises(ForeignMessageError):
        read_message(others, "demo")
