"""Faults of the hub's own processes: ended, frozen, multiplied, with another clock, and killed at named points."""

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from adapters import failpoints
from tests.chaos.crew import Crew
from tests.chaos.scene import Kind, Scene
from tests.chaos.surroundings import LEASE

LANE: Final = "processes"
POINTS_LANES: Final = ("points, first lane", "points, second lane")
CHANCE: Final = 0.6
"""How likely an armed point is hit each time that it is passed: not always the first batch."""
HIT_SECONDS: Final = 90.0
"""On a busy machine a process alone takes half a minute to start."""
PATIENCE: Final = 300.0
"""Seconds after which a fault of processes is given up: it may wait for several of them."""
STORM: Final = 2
"""Processes that join at once."""
STAYS: Final = (3.0, 9.0)
"""Seconds that one of them stays at most; it leaves as soon as it has a shard."""
AHEAD: Final = timedelta(hours=1)


async def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Poll until something holds; say whether it came to it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not holds():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def _ended(scene: Scene, rng: Random, number: signal.Signals) -> bool:
    member = await scene.crew.borrow(rng)
    await scene.crew.end(member, number)
    await scene.crew.start()
    return True


async def _killed(scene: Scene, rng: Random) -> bool:
    """End a process in the middle of what it does, and start another."""
    return await _ended(scene, rng, signal.SIGKILL)


async def _terminated(scene: Scene, rng: Random) -> bool:
    """Ask a process to end, and start another."""
    return await _ended(scene, rng, signal.SIGTERM)


async def _frozen(scene: Scene, rng: Random) -> bool:
    """Stop a process for longer than its leases last: it wakes as somebody whose shards others have."""
    member = await scene.crew.borrow(rng)
    member.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(LEASE.total_seconds() + scene.lasting(rng, (1, 5)))
    finally:
        member.process.send_signal(signal.SIGCONT)
        member.busy = False
    return True


async def _stormed(scene: Scene, rng: Random) -> bool:
    """Let processes join and leave in each other's way, some without a goodbye."""
    crew, changes = scene.crew, 0
    joined = [await crew.start(busy=True) for _ in range(STORM)]
    for member in joined:
        await _within(HIT_SECONDS, partial(getattr, member, "joined"))
        changes += await _within(scene.lasting(rng, STAYS), partial(getattr, member, "works"))
        await crew.end(member, rng.choice((signal.SIGKILL, signal.SIGTERM)))
    return changes > 0


async def _with_another_clock(scene: Scene, rng: Random) -> bool:
    """Let a process work whose clock is an hour ahead: its deadlines are over long before the others'."""
    member = await scene.crew.start(extra={"HUB_CLOCK__AHEAD": f"PT{AHEAD.total_seconds():.0f}S"}, busy=True)
    works = await _within(HIT_SECONDS, lambda: member.works)
    await asyncio.sleep(scene.lasting(rng, (2, 8)))
    await scene.crew.end(member, signal.SIGTERM)
    return works


async def _at_point(crew: Crew, rng: Random, point: str, action: str) -> bool:
    before = crew.hits()[f"{point}:{action}"]
    member = await crew.start(f"{point}:{action}:{CHANCE}", busy=True)
    member.expected = action == "kill"
    hit = await _within(HIT_SECONDS, lambda: crew.hits()[f"{point}:{action}"] > before)
    if action != "kill":
        await asyncio.sleep(rng.uniform(0, 2))
    await crew.end(member, signal.SIGTERM if action != "kill" or not hit else signal.SIGKILL)
    return hit


def _points() -> tuple[Kind, ...]:
    """Return a kind for each point, dealt out to the lanes: most of the time of each is the start of a process."""
    wanted = [(point, "kill") for point in failpoints.POINTS] + [("committed", "swallow"), ("ended", "swallow")]
    return tuple(_point(*each, POINTS_LANES[number % len(POINTS_LANES)]) for number, each in enumerate(wanted))


def _point(point: str, action: str, lane: str) -> Kind:
    async def act(scene: Scene, rng: Random) -> bool:
        return await _at_point(scene.crew, rng, point, action)

    return Kind(f"{action} at {point}", lane, act, PATIENCE)


KINDS: Final = (
    Kind("kill", LANE, _killed, PATIENCE),
    Kind("terminate", LANE, _terminated, PATIENCE),
    Kind("freeze", LANE, _frozen, PATIENCE),
    Kind("storm", LANE, _stormed, PATIENCE),
    Kind("another clock", LANE, _with_another_clock, PATIENCE),
    *_points(),
)
