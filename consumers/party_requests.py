"""A topic of requests, as the gateway of a party reads it: what is answered is committed, a batch at a time.

The processes of a gateway share the partitions as a consumer group. One that dies, or loses a partition, leaves its
batch to the next, which asks again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import NoOffsetForPartitionError

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record
from adapters.kafka.starting import started
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.topics import Topic

LOG: Final = structlog.get_logger("gateway")
POLL_MS: Final = 200
MARGIN: Final = timedelta(minutes=5)
"""What Kafka waits for a batch beyond the time that its answers may take."""

Answer = Callable[[Sequence[Decoded]], Awaitable[bool]]
"""Answers a batch; False where it was told to stop before all of it was."""


class PartyRequests:
    """Reads a topic; what can't be read is logged and left to the deadline of its order."""

    def __init__(self, kafka: KafkaConnection, topic: Topic, party: str, most: int, longest: timedelta) -> None:
        self._kafka, self._topic, self._group, self._most = kafka, topic, kafka.gateway_group(party), most
        self._longest = longest + MARGIN

    async def run(self, answer: Answer, stop: asyncio.Event) -> None:
        """Read until `stop`; raises what Kafka says, and what `answer` does.

        A batch may take as long as `longest`: Kafka gives its partitions to nobody else meanwhile.
        """
        poll_ms = int(self._longest / timedelta(milliseconds=1))
        consumer = self._kafka.consumer(group_id=self._group, fetch_max_wait_ms=100, max_poll_interval_ms=poll_ms)
        consumer.subscribe([self._kafka.topic(self._topic.name)])
        async with started(consumer):
            while not stop.is_set() and await self._one_batch(consumer, answer):
                pass

    async def _one_batch(self, consumer: AIOKafkaConsumer, answer: Answer) -> bool:
        try:
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=self._most)
        except NoOffsetForPartitionError as error:  # nobody of this group has read it yet
            await consumer.seek_to_beginning(*error.args)
            return True
        records = [record for several in fetched.values() for record in several]
        if not await answer([each for each in map(self._read, records) if each is not None]):
            return False
        if fetched:
            await consumer.commit({partition: several[-1].offset + 1 for partition, several in fetched.items()})
        return True

    def _read(self, fetched: Any) -> Decoded | None:
        record = as_record(self._kafka, fetched)
        try:
            if record.unreadable:
                raise BrokenContract("undecodable", record.unreadable)
            return decode(self._topic, self._topic.by_type, record.key, record.headers, record.value)
        except BrokenContract as broken:
            LOG.error("a request can't be read", place=record.place, code=broken.code)
            return None
