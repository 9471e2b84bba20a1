"""Reading on behind what the Kafka client can't read: one batch of a partner must not hold back what follows it.

The client's own decoder refuses a whole fetch for one header whose name is no UTF-8, and says neither where that was
nor reads anything behind it. Here such a batch is fetched once more and read leniently; one that stays unreadable comes
as a single record that holds its bytes (`Unreadable`). What only a server or its operator can mend (a damaged disk, a
codec that this version doesn't know) isn't passed over: its partition is refused, by name, and the others go on.
"""

import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import KafkaError, UnsupportedCodecError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.util import decode_varint

from adapters.kafka.codecs import bound

LOG: Final = structlog.get_logger("hub.kafka")
REREAD_BYTES: Final = 1024 * 1024
REREAD_WAIT_MS: Final = 500
_LOG_OVERHEAD: Final = 12
"""Bytes before a batch's own: its first offset and its length."""
_BATCH_HEAD: Final = 61


class CannotDecode(KafkaError):
    """A batch that the hub must not pass over: `partition` is the real topic's, `offset` its first unread record's."""

    def __init__(self, partition: TopicPartition, offset: int, why: str) -> None:
        super().__init__(f"{partition.topic}/{partition.partition} can't be decoded at offset {offset}: {why}")
        self.partition = partition
        self.offset = offset
        self.why = why


@dataclass
class Unreadable(ConsumerRecord[bytes, bytes]):
    """A batch that can't be taken apart: its bytes as `value`, the offset of its last record, and what is wrong."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class _Break:
    """Where the client's decoder gave up: nothing from `offset` on was handed over."""

    offset: int
    error: Exception


Refused = Callable[[CannotDecode], None]


def tolerant(consumer: AIOKafkaConsumer, refused: Refused | None = None) -> AIOKafkaConsumer:
    """Let a consumer's `getmany` read on behind what its decoder refuses; return it.

    `refused` is told of a partition that can't be read on, which stands still from then on until it is sought or
    resumed; without it the next call of `getmany` raises CannotDecode.
    """
    bound()
    reader = _Tolerant(consumer, refused)
    consumer.getmany = reader.getmany  # type: ignore[method-assign]
    return consumer


class _Tolerant:
    def __init__(self, consumer: AIOKafkaConsumer, refused: Refused | None) -> None:
        self._consumer = consumer
        self._getmany = consumer.getmany
        self._refused = refused
        self._waiting: list[CannotDecode] = []

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        if self._waiting:
            raise self._waiting.pop(0)
        self._watch()
        found: dict[TopicPartition, list[Any]] = await self._getmany(
            *partitions, timeout_ms=timeout_ms, max_records=max_records
        )
        broken = {each: records[-1] for each, records in found.items() if type(records[-1]) is _Break}
        if not broken:
            return found
        firsts = {partition: records[0].offset for partition, records in found.items()}
        try:
            for partition, end in broken.items():
                found[partition] = found[partition][:-1] + await self._beyond(partition, end)
        except BaseException:
            for partition, offset in firsts.items():  # nothing of this call was handed over
                self._consumer.seek(partition, offset)
            raise
        return {partition: records for partition, records in found.items() if records}

    def _watch(self) -> None:
        """See to it that records are unpacked tolerantly from now on; the client fetches once it has started only."""
        fetcher: Any = self._consumer._fetcher
        if type(fetcher._records) is not _Fetched:
            fetcher._records = _Fetched(fetcher._records)

    async def _beyond(self, partition: TopicPartition, end: _Break) -> list[Any]:
        """Return the records of a batch from where the decoder gave up, and have the consumer go on behind it."""
        if isinstance(end.error, UnsupportedCodecError):
            return self._stand_still(partition, end, str(end.error))
        batch = await self._fetch(partition, end.offset)
        try:
            records, following = _taken_apart(partition, batch, end.offset)
        except _Damaged as damage:
            return self._stand_still(partition, end, str(damage))
        LOG.warning("batch read again", partition=f"{partition.topic}/{partition.partition}", offset=end.offset)
        self._consumer.seek(partition, following)
        return list(records)

    def _stand_still(self, partition: TopicPartition, end: _Break, why: str) -> list[Any]:
        error = CannotDecode(partition, end.offset, why)
        self._consumer.seek(partition, end.offset)
        if self._refused is None:
            self._waiting.append(error)
        else:
            self._refused(error)
        return []

    async def _fetch(self, partition: TopicPartition, offset: int) -> bytes:
        """Return the bytes of the batch that an offset lies in."""
        client = self._consumer._client
        node = client.cluster.leader_for_partition(partition)
        wanted = [(partition.topic, [(partition.partition, offset, REREAD_BYTES)])]
        answer = await client.send(node, FetchRequest(REREAD_WAIT_MS, 1, REREAD_BYTES, 0, wanted))
        _, code, *rest = answer.topics[0][1][0]
        if code:
            raise for_code(code)(f"{partition.topic}/{partition.partition} could not be read again at {offset}")
        for batch in _batches(bytes(rest[-1] or b"")):
            first, last = _span(batch)
            if first <= offset <= last:
                return batch
        raise KafkaError(f"{partition.topic}/{partition.partition} did not show offset {offset} when asked again")


class _Fetched(OrderedDict[TopicPartition, Any]):
    """What the client fetched: each answer's records are unpacked by `_unpacked` instead of by the client alone."""

    def __init__(self, held: OrderedDict[TopicPartition, Any]) -> None:
        super().__init__()
        for partition, fetched in held.items():
            self[partition] = fetched

    def __setitem__(self, partition: TopicPartition, fetched: Any) -> None:
        if type(fetched) is FetchResult and fetched._partition_records is not None:
            held = fetched._partition_records
            held._records_iterator = _unpacked(held, held._records_iterator)
        super().__setitem__(partition, fetched)


def _unpacked(held: PartitionRecords, records: Iterator[Any]) -> Iterator[Any]:
    """Yield a fetch's records, and last where the client's decoder gave up, if it did."""
    try:
        yield from records
    except Exception as error:  # noqa: BLE001 - whatever a decoder may say of a partner's bytes
        yield _Break(held.next_fetch_offset, error)


class _Damaged(Exception):
    """The bytes of a batch aren't those that its writer sent."""


class _Lenient:
    """A batch whose headers may have names that are no UTF-8: they are read as other clients read them."""

    def __init__(self, batch: _DefaultRecordBatchPy) -> None:
        self._batch = batch
        self._buffer = bytearray()
        self._pos = 0

    def records(self, partition: TopicPartition) -> Iterator[ConsumerRecord[bytes, bytes]]:
        """Yield the batch's records; raises ValueError, IndexError or what a codec says."""
        self._batch._maybe_uncompress()
        self._buffer, self._pos = self._batch._buffer, self._batch._pos
        for _ in range(self._batch._num_records):
            yield self._record(partition)

    def _record(self, partition: TopicPartition) -> ConsumerRecord[bytes, bytes]:
        batch = self._batch
        self._number()  # the record's length: what it holds says the same
        self._number()  # its attributes: none are in use
        stamp, offset = self._number(), batch.base_offset + self._number()
        timestamp = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + stamp
        key, value = self._bytes(), self._bytes()
        headers: list[Any] = [
            ((self._bytes() or b"").decode(errors="replace"), self._bytes()) for _ in range(self._number())
        ]
        sizes = (len(key or b""), len(value or b""))
        return ConsumerRecord(
            *partition, offset, timestamp, batch.timestamp_type, key, value, None, *sizes, tuple(headers)
        )

    def _number(self) -> int:
        number, self._pos = decode_varint(self._buffer, self._pos)
        return number

    def _bytes(self) -> bytes | None:
        size = self._number()
        if size < 0:
            return None
        begin, self._pos = self._pos, self._pos + size
        if self._pos > len(self._buffer):
            raise ValueError(f"a field of {size} bytes goes beyond its batch")
        return bytes(self._buffer[begin : self._pos])


def _taken_apart(partition: TopicPartition, batch: bytes, offset: int) -> tuple[list[Any], int]:
    """Return a batch's records from an offset on, and the offset behind it; raises _Damaged."""
    _, last = _span(batch)
    head = _DefaultRecordBatchPy(batch)
    if not head.validate_crc():
        raise _Damaged("its checksum is wrong: the broker's copy is damaged")
    try:
        records = list(_Lenient(head).records(partition))
    except Exception as error:  # noqa: BLE001 - whatever a decoder may say of bytes that are as their writer sent them
        why = f"{type(error).__name__}: {error}"
        stamp, kind = head.max_timestamp, head.timestamp_type
        return [Unreadable(*partition, last, stamp, kind, None, batch, None, 0, len(batch), (), why)], last + 1
    return [record for record in records if record.offset >= offset], last + 1


def _batches(fetched: bytes) -> Iterator[bytes]:
    """Yield the whole batches of a fetch."""
    position = 0
    while position + _BATCH_HEAD <= len(fetched):
        length = struct.unpack_from(">i", fetched, position + 8)[0]
        end = position + _LOG_OVERHEAD + length
        if length <= 0 or end > len(fetched):
            return
        yield fetched[position:end]
        position = end


def _span(batch: bytes) -> tuple[int, int]:
    """Return the first and the last offset of a batch."""
    first: int = struct.unpack_from(">q", batch)[0]
    return first, first + int(struct.unpack_from(">i", batch, 23)[0])
