"""Raw limits, each by itself: what reading, writing, validating and storing cost when nothing else is done.

No candidate in Python that uses these libraries can be faster than what they allow.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import asyncpg
import psutil
from aiokafka import AIOKafkaProducer

from bench import workload
from bench.ground.ground import Ground
from bench.ground.log import BATCH_BYTES
from bench.peers import messages, rules
from bench.peers.careful.tables import SCHEMA
from bench.records import Workload, Written
from contracts.decoding import BrokenContract, decode
from contracts.topics import BY_NAME

BATCH: Final = 2_000
MOST: Final = 60_000
UPSERT: Final = """
INSERT INTO orders (id, status, version, lines, updated_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::jsonb[], $5::timestamptz[])
ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version, lines = excluded.lines,
    updated_at = excluded.updated_at
"""
Rows = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, measured once: things a second, and CPU microseconds each."""

    what: str
    per_second: float
    cpu_us: dict[str, float]


async def measure(ground: Ground, orders: int) -> list[Limit]:
    """Measure every limit once."""
    work = workload.for_peers(orders)
    records = work.records[:MOST]
    hub = [each for each in workload.for_hub(orders).records[:MOST] if each.headers]
    prefix = "limit."
    names = [prefix + topic for topic in (*messages.TOPICS, "out")]
    await ground.topics.create(names, messages.PARTITIONS)
    await ground.log.write(prefix, work.records)
    url = await ground.databases.create("bench_limits")
    rows = _rows(work)
    steps: list[tuple[str, int, Callable[[], Awaitable[None]]]] = [
        ("consume: aiokafka getmany", len(work.records), lambda: _consume(ground, names[:-1], len(work.records))),
        ("produce: aiokafka, a transaction of 2,000 by create_batch", len(records), lambda: _produce(ground, records)),
        ("produce: aiokafka, a transaction of 2,000 by send", len(records), lambda: _send(ground, records)),
        ("validate: the peers' messages, pydantic", len(records), lambda: _validate(records)),
        ("validate: the hub's messages, contracts.decode", len(hub), lambda: _decode(hub)),
        ("store: asyncpg, order upsert + history COPY of 2,000", len(rows[1]), lambda: _store(url, rows)),
    ]
    try:
        return [await _measured(ground, what, count, step) for what, count, step in steps]
    finally:
        await ground.topics.delete(prefix)
        await ground.databases.drop("bench_limits")


async def _measured(ground: Ground, what: str, count: int, step: Callable[[], Awaitable[None]]) -> Limit:
    own, servers = psutil.Process().cpu_times(), ground.cpu()
    started = time.perf_counter()
    await step()
    seconds = time.perf_counter() - started
    now = psutil.Process().cpu_times()
    kafka, postgres = (after - before for after, before in zip(ground.cpu(), servers, strict=True))
    spent = {"python": now.user + now.system - own.user - own.system, "kafka": kafka, "postgres": postgres}
    return Limit(what, count / seconds, {name: round(1e6 * each / count, 2) for name, each in spent.items()})


async def _consume(ground: Ground, topics: Sequence[str], count: int) -> None:
    places = [place for topic in topics for place in await ground.topics.partitions(topic)]
    async with ground.log.consumer(places) as consumer:
        while count > 0:
            found = await consumer.getmany(timeout_ms=500, max_records=4_000)
            count -= sum(len(records) for records in found.values())


async def _produce(ground: Ground, records: Sequence[Written]) -> None:
    async with ground.log.producer(transactional_id=f"limit-{uuid4()}", max_batch_size=BATCH_BYTES) as producer:
        for start in range(0, len(records), BATCH):
            async with producer.transaction():
                await asyncio.gather(*await _batches(producer, records[start : start + BATCH]))


async def _batches(producer: AIOKafkaProducer, records: Sequence[Written]) -> list[Any]:
    waiting = []
    for partition in range(messages.PARTITIONS):
        builder = producer.create_batch()
        for each in records[partition :: messages.PARTITIONS]:
            content = {"key": each.key.encode(), "value": each.value, "timestamp": None}
            if builder.append(**content) is None:
                builder.close()
                waiting.append(await producer.send_batch(builder, "limit.out", partition=partition))
                builder = producer.create_batch()
                builder.append(**content)
        builder.close()
        waiting.append(await producer.send_batch(builder, "limit.out", partition=partition))
    return waiting


async def _send(ground: Ground, records: Sequence[Written]) -> None:
    settings: dict[str, Any] = {"linger_ms": 5, "max_batch_size": BATCH_BYTES}
    async with ground.log.producer(transactional_id=f"limit-{uuid4()}", **settings) as producer:
        for start in range(0, len(records), BATCH):
            async with producer.transaction():
                batch = records[start : start + BATCH]
                await asyncio.gather(
                    *[await producer.send("limit.out", each.value, each.key.encode()) for each in batch]
                )


async def _validate(records: Sequence[Written]) -> None:
    for each in records:
        try:
            messages.EVENT.validate_json(each.value)
        except ValueError:
            continue


async def _decode(records: Sequence[Written]) -> None:
    topics = {name: (topic, topic.by_type) for name, topic in BY_NAME.items()}
    for each in records:
        topic, types = topics[each.topic]
        try:
            decode(topic, types, each.key.encode(), each.headers, each.value)
        except BrokenContract:
            continue


async def _store(url: str, rows: Rows) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA)
        orders, history = rows
        for start in range(0, len(history), BATCH):
            last = {row[0]: row for row in orders[start : start + BATCH]}
            async with connection.transaction():
                await connection.execute(UPSERT, *map(list, zip(*last.values(), strict=True)))
                await connection.copy_records_to_table("order_history", records=history[start : start + BATCH])
    finally:
        await connection.close()


def _rows(work: Workload) -> Rows:
    """Return a row of `orders` and one of `order_history` for every event, in the order in which they arrive."""
    states: dict[Any, rules.Order] = {}
    orders: list[tuple[Any, ...]] = []
    history: list[tuple[Any, ...]] = []
    for each in work.records[:MOST]:
        try:
            event = messages.EVENT.validate_json(each.value)
        except ValueError:
            continue
        order_id = event.data.order_id
        before = states.get(order_id)
        new = rules.apply(before, event)
        if new is None:
            continue
        states[order_id] = new
        orders.append((order_id, new.status, new.version, rules.lines_json(new.lines), new.updated_at))
        was = before.status if before else None
        history.append((order_id, new.version, event.id, event.type, was, new.status, event.time))
    return orders, history
