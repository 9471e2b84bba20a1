"""payment.requests, as the payment gateway reads it: every request is taken down before its offset is committed.

Every process of the gateway reads every partition; nobody waits for a dead reader's session to end. What two of them
take down is one row: a request is a row by its id, and its turn among its order's is its offset. Each starts at the
group's committed offset, below which everything is taken down, and goes on in the log's order, a batch at a time. So a
request becomes visible only with, or after, all that lie before it in its partition, and the worker never overtakes.
An offset that a slower process commits later has some records read again at the next start, which changes nothing.
What can't be read is a row, too, and waits for a person; so is what this hub did not write: a request moves money.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError

from adapters import failpoints
from adapters.kafka import topics
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record, digest
from adapters.kafka.starting import start, started
from adapters.payments.calls import Call, CallKind
from adapters.postgres.gateway_calls import Asked, GatewayCalls, State
from contracts import tracing
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.signing import Signatures
from contracts.topics import PAYMENT_REQUESTS
from contracts.values import changed
from contracts.wire import Record

LOG: Final = structlog.get_logger("gateway")
MOST_RECORDS: Final = 200
"""How many requests are taken down in one transaction."""
POLL_MS: Final = 200
GATEWAY: Final = "payments"
NEVER: Final = 2**62
"""The time of a record that only its writer gives: later than any before which no signature is asked for."""
_APPENDED: Final = 1
_FORGED: Final = f"it has no signature of this hub: let nobody else write to {PAYMENT_REQUESTS.name} (Kafka's ACLs)"


def asked_of(record: Record, signatures: Signatures) -> Asked:
    """Return the row that a record becomes."""
    try:
        if record.unreadable:
            raise BrokenContract("undecodable", f"the batch that ends here can't be taken apart: {record.unreadable}")
        if not signatures.proves(record):
            raise BrokenContract("signature_invalid", _FORGED)
        decoded = decode(PAYMENT_REQUESTS, PAYMENT_REQUESTS.by_type, record.key, record.headers, record.value)
        if decoded.subject is None:
            raise BrokenContract("order_missing", "the request names no order")
    except BrokenContract as broken:
        LOG.error("a request is not followed; hub gateway list shows it", place=record.place, code=broken.code)
        return _unreadable(record, f"{broken.code}: {broken.detail}")
    return _asked(record, decoded, Call.of(decoded.subject, decoded.message))


def _asked(record: Record, decoded: Decoded, call: Call) -> Asked:
    ours = call.kind is not CallKind.NONE
    return Asked(
        call.request_id,
        call.order_id,
        call.kind,
        call.payment_id,
        call.money.amount,
        call.money.currency,
        record.partition,
        record.offset,
        decoded.digest,
        decoded.envelope.type,
        record.value or b"",
        State.RECEIVED if ours else State.NOT_OURS,
        None if ours else "a cheque, or paid by hand: nothing to call",
        record.header(tracing.HEADER),
    )


def _unreadable(record: Record, why: str) -> Asked:
    key, value = record.key or b"", record.value or b""
    name = f"unreadable {record.place}"
    order_id = key.decode(errors="replace").replace("\x00", "")[:200] or name
    seen = digest(key, value)
    return Asked(
        name,
        order_id,
        CallKind.NONE,
        None,
        0,
        "",
        record.partition,
        record.offset,
        seen,
        "",
        value,
        State.UNREADABLE,
        why,
    )


class PaymentRequests:
    """Reads the topic until told to stop; `signatures` prove the hub its writer, `on_new` hears of every batch."""

    def __init__(
        self, kafka: KafkaConnection, calls: GatewayCalls, signatures: Signatures, on_new: Callable[[], None]
    ) -> None:
        self._kafka = kafka
        self._signatures = signatures
        self._calls = calls
        self._on_new = on_new

    async def run(self, stop: asyncio.Event) -> None:
        """Read; raises what Kafka or PostgreSQL say, and OffsetOutOfRangeError where the log lacks our place."""
        consumer = self._kafka.consumer(group_id=self._kafka.gateway_group(GATEWAY), fetch_max_wait_ms=100)
        consumer.assign(await self._partitions())
        async with started(consumer):
            while not stop.is_set():
                await self._one_batch(consumer)

    async def _partitions(self) -> list[TopicPartition]:
        admin, topic = self._kafka.admin(), self._kafka.topic(PAYMENT_REQUESTS.name)
        await start(admin, admin.close)
        try:
            counts = await topics.partitions(admin, [topic])
        finally:
            await admin.close()
        return [TopicPartition(topic, number) for number in range(counts[topic])]

    async def _one_batch(self, consumer: AIOKafkaConsumer) -> None:
        try:
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
        except NoOffsetForPartitionError as error:  # nobody of this group has read it yet
            await consumer.seek_to_beginning(*error.args)
            return
        if not fetched:
            return
        offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
        await self._take_down([record for records in fetched.values() for record in records])
        await failpoints.hit("gateway_read")
        await consumer.commit(offsets)

    async def _take_down(self, fetched: Sequence[Any]) -> None:
        await self._calls.take_down([asked_of(self._record(each), self._signatures) for each in fetched])
        self._on_new()

    def _record(self, fetched: Any) -> Record:
        record = as_record(self._kafka, fetched)
        return record if fetched.timestamp_type == _APPENDED else changed(record, appended_at=NEVER)
