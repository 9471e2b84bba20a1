"""What other clients write every day, and what no client should: codecs, odd header names, batches that explode."""

import struct
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.record.util import calc_crc32c

from adapters.kafka import codecs
from adapters.kafka.starting import started
from adapters.kafka.tolerance import _Tolerant
from contracts.envelope import Envelope
from contracts.message import Message
from tests.integration.messages import CLEAR, header, journal, named, placed
from tests.stage import Stage
from verification import Verification, verify

pytestmark = pytest.mark.integration

HERE, BEHIND = named(0, count=2)
ZSTD = 4


class Pen:
    """A partner's producer with a codec of its own, which can also write what no client would."""

    def __init__(self, stage: Stage, codec: str | None) -> None:
        self._stage = stage
        kafka = stage.kafka
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka.bootstrap_servers, compression_type=codec, max_request_size=200_000_000
        )

    async def __aenter__(self) -> "Pen":
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def say(self, topic: str, message: Message, order_id: str, *, extra: str = "note", turn: bytes = b"") -> None:
        """Write a message in a batch of its own; `turn` replaces the name of its last header, byte for byte."""
        event = Envelope(f"{order_id} {message.type()}", "/partners/test", message.type(), order_id)
        builder = self._producer.create_batch()
        headers = [*event.headers(), (extra, b"1")]
        builder.append(key=order_id.encode(), value=message.encoded(), timestamp=None, headers=headers)
        if turn:
            _turn(builder, extra.encode(), turn)
        await (await self._producer.send_batch(builder, self._stage.kafka.topic(topic), partition=0))

    async def raw(self, topic: str, value: bytes) -> None:
        await self._producer.send_and_wait(self._stage.kafka.topic(topic), value, key=HERE.encode(), partition=0)


def _turn(builder: Any, before: bytes, after: bytes) -> None:
    """Let a batch be built with some of its bytes changed, and the right checksum."""
    inner = builder._builder
    build = inner.build

    def turned() -> bytearray:
        raw = bytearray(build())
        at = raw.index(before)
        raw[at : at + len(before)] = after
        struct.pack_into(">I", raw, 17, calc_crc32c(bytes(raw[21:])))
        return raw

    class Turned:
        def __getattr__(self, name: str) -> Any:
            return turned if name == "build" else getattr(inner, name)

    builder._builder = Turned()


async def _holds(stage: Stage) -> bool:
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    return report.ok


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_partner_may_write_with_any_codec(stage: Stage, codec: str) -> None:
    stage.start_hub()
    async with Pen(stage, codec) as pen:
        await pen.say("shop.events", placed(f"N-{HERE}"), HERE)
        await pen.say("fraud.events", CLEAR, HERE)

    await stage.until_state(HERE, "payment_pending")
    await stage.until_read()

    assert ("fraud.scored", "applied") in await journal(stage, HERE)


async def test_a_header_whose_name_is_no_text_costs_nobody_anything(stage: Stage) -> None:
    stage.start_hub()
    async with Pen(stage, None) as pen:
        await pen.say("shop.events", placed(f"N-{HERE}"), HERE, extra="note", turn=b"\xff\xfe\xfdx")
        await pen.say("shop.events", placed(f"N-{BEHIND}"), BEHIND)
    await stage.until_state(HERE, "payment_pending")
    await stage.until_state(BEHIND, "payment_pending")
    await stage.until_read()
    await stage.stop_hubs()

    stage.start_hub()  # the last record that was read is looked at again by whoever takes the shard over
    await stage.until_read()
    await stage.stop_hubs()
    assert await _holds(stage)


async def test_a_batch_that_explodes_is_a_dead_letter_as_it_was_packed(stage: Stage) -> None:
    stage.start_hub()
    async with Pen(stage, "zstd") as pen:
        await pen.raw("shop.events", bytes(3 * codecs.LARGEST))
        await pen.say("shop.events", placed(f"N-{BEHIND}"), BEHIND)
    await stage.until_state(BEHIND, "payment_pending")
    await stage.until_read()
    await stage.stop_hubs()

    [letter] = await stage.records("shop.events.dlt")
    assert header(letter, "hub_failure_code") == "undecodable"
    assert 100 < len(letter.value or b"") < 100_000
    stage.start_hub()
    await stage.until_read()
    await stage.stop_hubs()
    assert await _holds(stage)


async def test_what_the_hub_writes_is_packed(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{HERE}"), HERE)
    await stage.until_read()

    [place] = {(record.topic, record.partition) for record in await stage.records("order.events")}
    assert await _codec(stage, place) == ZSTD


async def _codec(stage: Stage, place: tuple[str, int]) -> int:
    """Return the codec of the first batch of a partition, by Kafka's number."""
    async with started(stage.kafka.consumer()) as consumer:
        partition = TopicPartition(stage.kafka.topic(place[0]), place[1])
        consumer.assign([partition])
        consumer.seek(partition, 0)
        while not await consumer.getmany(timeout_ms=100):
            pass
        reader = _Tolerant(consumer, None)
        return int((await reader._fetch(partition, 0))[22]) & 7
