"""A flood of records, written by a process of its own: in ours, it would keep the listener from its clock."""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

from aiokafka import AIOKafkaProducer

from bench.ground.log import silence
from bench.records import Written

FLOOD_SECONDS: Final = 300.0


async def flooded(
    bootstrap: str, prefix: str, records: Sequence[Written], rate: float, wait_seconds: float
) -> tuple[float, float]:
    """Write records some time from now. Returns when it began and when all were written, in seconds since 1970.

    A `rate` of 0 is as fast as it goes.
    """
    mine, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=flood, args=(bootstrap, prefix, records, rate, theirs), daemon=True)
    started = time.monotonic()
    process.start()
    theirs.close()
    try:
        await asyncio.to_thread(mine.recv)
        await asyncio.sleep(max(0.0, wait_seconds - (time.monotonic() - started)))
        mine.send(True)
        began = await asyncio.to_thread(mine.recv)
        ended = await asyncio.wait_for(asyncio.to_thread(mine.recv), FLOOD_SECONDS)
    finally:
        process.kill()
        process.join()
    return float(began), float(ended)


def flood(bootstrap: str, prefix: str, records: Sequence[Written], rate: float, line: Connection) -> None:
    """Be the process that writes: say when connected, begin when told to, say when it began and when it ended."""
    silence()
    asyncio.run(_flood(bootstrap, prefix, records, rate, line))


async def _flood(bootstrap: str, prefix: str, records: Sequence[Written], rate: float, line: Connection) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=5)
    await producer.start()
    try:
        line.send(0.0)
        await asyncio.to_thread(line.recv)
        started = time.time()
        line.send(started)
        for number, each in enumerate(records):
            if rate:
                await asyncio.sleep(max(0.0, started + number / rate - time.time()))
            await producer.send(prefix + each.topic, each.value, each.key.encode(), headers=list(each.headers))
        await producer.flush()
        line.send(time.time())
    finally:
        await producer.stop()
