"""Part `streams`: the memory that readers of the stream take, and the processor while facts flow."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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
        without = await look(facts, api, asked, facts.until_read)
        before, empty = await _events(house), _megabytes(api)
        async with reading(api, house.token(), asked.readers) as readers:
            say(f"{asked.readers:,} readers")
            await asyncio.sleep(SETTLE_SECONDS)
            taken = _megabytes(api) - empty

            async def all_told() -> None:
                await facts.until_read()
                await until_told(readers, await _events(house) - before)

            told = await look(facts, api, asked, all_told)
            house.found.faults += faults_of(readers, await _events(house) - before)
        house.found.detail |= _compared(without, told, sum(each.events for each in readers))
        house.found.detail["kilobytes_a_reader"] = round(1000 * taken / asked.readers, 1)
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
    """What the API process took: cores when idle and while facts flow, resident memory after them."""

    megabytes: float = 0.0
    idle: float = 0.0
    flowing: float = 0.0
    spent: float = 0.0
    """Seconds of the processor while facts flow."""

    def told(self) -> dict[str, float]:
        """Return the figures by name."""
        return {"megabytes": self.megabytes, "cores_idle": self.idle, "cores_flowing": self.flowing}


def _compared(without: Looked, told: Looked, deliveries: int) -> dict[str, Any]:
    """Return both looks, and the cores that the readers alone took."""
    return {
        "without": without.told(),
        "with": told.told(),
        "cores_of_readers_idle": round(told.idle - without.idle, 3),
        "cores_of_readers_flowing": round(told.flowing - without.flowing, 3),
        "deliveries": deliveries,
        "microseconds_a_delivery": round(1e6 * (told.spent - without.spent) / max(1, deliveries), 1),
    }


async def look(facts: Facts, api: Api, asked: Asked, done: Callable[[], Awaitable[None]]) -> Looked:
    """Wait, then let facts flow until all is done, and look at the API process meanwhile."""
    await facts.until_read()
    await asyncio.sleep(SETTLE_SECONDS)
    looked, process = Looked(), psutil.Process(api.pid)
    async with _cores(process) as cores:
        await asyncio.sleep(asked.seconds)
    looked.idle, _ = cores
    async with _cores(process) as cores:
        await facts.flow(asked.seconds)
        await done()
    looked.flowing, looked.spent = cores
    looked.megabytes = _megabytes(api)
    return looked


def _megabytes(api: Api) -> float:
    return round(psutil.Process(api.pid).memory_info().rss / 1e6, 1)


@asynccontextmanager
async def _cores(process: psutil.Process) -> AsyncIterator[list[float]]:
    """Note how many cores a process keeps busy in the block, and for how many seconds of one."""
    found: list[float] = []
    spent, started = process.cpu_times(), time.monotonic()
    yield found
    now = process.cpu_times()
    used = now.user + now.system - spent.user - spent.system
    found += [round(used / (time.monotonic() - started), 3), used]


async def _events(house: House) -> int:
    """Return how many events were published so far."""
    count = 0
    async for _ in house.ground.log.read(house.stand.prefix + EVENTS):
        count += 1
    return count
