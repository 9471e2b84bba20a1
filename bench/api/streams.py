"""Part `streams`: the memory that readers of the stream take, and the processor while facts flow."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from bench.api.asked import Asked
from bench.api.facts import Facts
from bench.api.house import Api, House
from bench.api.readers import Reader, reading, until_told
from bench.candidates.hub import EVENTS
from bench.ground.ground import Ground
from bench.results import Found

SETTLE_SECONDS: Final = 1.0


async def measure(ground: Ground, folder: Path, asked: Asked, say: Callable[[str], None]) -> Found:
    """Look at the API without readers, idle and beside facts, then the same with them."""
    async with House(ground, "streams", folder) as house, house.hub(), house.api() as api:
        facts = Facts(house, asked.facts, asked.warm + 2 * asked.seconds)
        await facts.flow(asked.warm)
        say("no readers")
        without = await _phases(house, facts, api, asked)
        before = await _events(house)
        async with reading(api, house.token(), asked.readers) as readers:
            say(f"{asked.readers:,} readers")
            told = await _phases(house, facts, api, asked)
            published = await _events(house) - before
            await until_told(readers, published)
            house.found.faults += faults_of(readers, published)
        deliveries = sum(each.events for each in readers)
        house.found.detail |= _compared(without, told, asked.readers) | {"events": published, "deliveries": deliveries}
        await facts.check()
    return house.found


def faults_of(readers: Sequence[Reader], published: int) -> list[str]:
    """Return what is wrong: a reader who was sent away, or was not told every event once."""
    sent_away = sum(each.gone for each in readers)
    otherwise = sum(each.events != published for each in readers)
    told = ((sent_away, "readers were sent away"), (otherwise, f"readers were not told the {published:,} events once"))
    return [f"{number:,} {what}" for number, what in told if number]


@dataclass
class Looked:
    """What the API process took: resident memory when idle, cores when idle and while facts flow."""

    megabytes: float = 0.0
    idle: float = 0.0
    flowing: float = 0.0

    def told(self) -> dict[str, float]:
        """Return the figures by name."""
        return {"megabytes": self.megabytes, "cores_idle": self.idle, "cores_flowing": self.flowing}


def _compared(without: Looked, told: Looked, readers: int) -> dict[str, Any]:
    """Return both looks, and what the readers alone took."""
    return {
        "without": without.told(),
        "with": told.told(),
        "kilobytes_a_reader": round((told.megabytes - without.megabytes) * 1000 / readers, 1),
        "cores_of_readers_idle": round(told.idle - without.idle, 3),
        "cores_of_readers_flowing": round(told.flowing - without.flowing, 3),
    }


async def _phases(house: House, facts: Facts, api: Api, asked: Asked) -> Looked:
    """Wait, then let facts flow, and look at the API process meanwhile."""
    await facts.until_read()
    await asyncio.sleep(SETTLE_SECONDS)
    looked, process = Looked(), psutil.Process(api.pid)
    looked.megabytes = round(process.memory_info().rss / 1e6, 1)
    async with _cores(process) as cores:
        await asyncio.sleep(asked.seconds)
    looked.idle = cores[0]
    async with _cores(process) as cores:
        await facts.flow(asked.seconds)
    looked.flowing = cores[0]
    await facts.until_read()
    return looked


@asynccontextmanager
async def _cores(process: psutil.Process) -> AsyncIterator[list[float]]:
    """Note how many cores a process keeps busy in the block."""
    found: list[float] = []
    spent, started = process.cpu_times(), time.monotonic()
    yield found
    now = process.cpu_times()
    used = now.user + now.system - spent.user - spent.system
    found.append(round(used / (time.monotonic() - started), 3))


async def _events(house: House) -> int:
    """Return how many events were published so far."""
    count = 0
    async for _ in house.ground.log.read(house.stand.prefix + EVENTS):
        count += 1
    return count
