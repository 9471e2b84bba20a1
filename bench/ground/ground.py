"""Both servers while they run: their databases, their topics, their records, and what they cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil

from adapters.embedded import Addresses, EmbeddedServers
from bench.ground.databases import Databases
from bench.ground.log import Log, silence
from bench.ground.topics import Topics
from bench.records import Written

HEAP: Final = "1g"
WARM_RECORDS: Final = 60_000


class Ground:
    """Both servers. Every name made here carries the prefix of its run."""

    def __init__(self, addresses: Addresses, kafka_pid: int, postgres_pid: int) -> None:
        self.bootstrap = addresses.bootstrap_servers
        self.databases = Databases(addresses.database_url.replace("+asyncpg", ""), addresses.folder)
        self.topics = Topics(self.bootstrap)
        self.log = Log(self.bootstrap, self.topics)
        self._kafka_pid = kafka_pid
        self._postgres_pid = postgres_pid

    async def connect(self) -> None:
        """Connect to Kafka."""
        await self.topics.connect()

    async def close(self) -> None:
        """Disconnect."""
        await self.topics.close()

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds of Kafka and of PostgreSQL so far, its ended backends included."""
        broker = psutil.Process(self._kafka_pid).cpu_times()
        master = psutil.Process(self._postgres_pid)
        spent = master.cpu_times()
        total = spent.user + spent.system + spent.children_user + spent.children_system
        for child in master.children():
            try:
                each = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += each.user + each.system
        return broker.user + broker.system, total

    async def warm(self) -> None:
        """Let the broker get warm: a cold JVM would be billed to the first candidate."""
        await self.topics.create(["warm.t"], 4)
        places = await self.topics.partitions("warm.t")
        async with self.log.producer(transactional_id="warm") as producer, producer.transaction():
            await producer.send("warm.t", b"x")
            await producer.send_offsets_to_transaction({places[0]: 1}, "warm")
        records = (Written("t", f"k{number % 997}", b"x" * 500, (), 0) for number in range(WARM_RECORDS))
        await self.log.write("warm.", (each._replace(at=1_793_491_200_000) for each in records))
        async for _ in self.log.read("warm.t"):
            pass
        await self.topics.delete("warm.")


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """Run both servers in a folder that goes with them."""
    silence()
    both = EmbeddedServers(folder, keep=False, kafka_heap=HEAP)
    try:
        addresses = await asyncio.to_thread(both.start)
        here = Ground(addresses, both.kafka_pid, both.postgres_pid)
        try:
            await here.connect()
            await here.warm()
            yield here
        finally:
            await here.close()
    finally:
        await asyncio.to_thread(both.stop)
