"""Faults of the network between the hub and each of its servers, made by the proxies."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from tests.chaos.proxy import Ambush, Proxy
from tests.chaos.scene import Kind, Scene

LANES: Final = {"kafka": "network to Kafka", "postgres": "network to PostgreSQL"}
SECONDS: Final = (0.5, 4.0)
"""How long a fault of the network lasts."""
STALLS: Final = (1.0, 6.0)
BUDGETS: Final = (200, 20_000)
"""Bytes after which a connection is reset."""
DELAYS: Final = (0.05, 0.8)
UNTOUCHED_SECONDS: Final = 15.0
"""How long a fault waits at most for somebody whom it touches; a server may be away just now."""

Weather = Callable[[Proxy, Scene, Random], Awaitable[bool]]


async def _last(scene: Scene, rng: Random, span: tuple[float, float] = SECONDS) -> None:
    await asyncio.sleep(scene.lasting(rng, span))


async def _until_counted(proxy: Proxy, name: str, before: int) -> bool:
    """Let a fault go on until it has touched somebody; say whether it has in the end."""
    deadline = asyncio.get_running_loop().time() + UNTOUCHED_SECONDS
    while proxy.counts[name] == before and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.05)
    return proxy.counts[name] > before


async def _refused(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Let nobody in, and nobody who is in stay."""
    await proxy.refuse()
    touched = proxy.cut()
    try:
        await _last(scene, rng)
    finally:
        await proxy.start()
    return touched > 0


async def _cut(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Reset what is open, several times: what connects anew is hit while it finds its feet."""
    touched = 0
    for _ in range(rng.randint(1, 3)):
        touched += proxy.cut()
        await _last(scene, rng, (0.1, 2.0))
    return touched > 0


async def _reset_after_bytes(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Reset each connection when it has carried so many bytes: in the middle of a login, a batch, an answer."""
    before = proxy.counts["budgets used up"]
    proxy.forget_what_was_carried()
    proxy.weather.budget = rng.randint(*BUDGETS)
    await _last(scene, rng)
    return await _until_counted(proxy, "budgets used up", before)


async def _delayed(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    before = proxy.counts["delayed"]
    proxy.weather.delay = rng.uniform(*DELAYS)
    await _last(scene, rng)
    return await _until_counted(proxy, "delayed", before)


async def _black_hole(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Let nothing pass for seconds; then all of it comes at once, or the connections are reset."""
    before = proxy.counts["stalled"]
    proxy.stall()
    await _last(scene, rng, STALLS)
    touched = await _until_counted(proxy, "stalled", before)
    if rng.random() < 0.5:
        proxy.cut()
    return touched


async def _half_open(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Close the server's side only; what the client writes goes nowhere until it notices."""
    before = proxy.counts["bytes swallowed"]
    proxy.close_the_far_side()
    await _last(scene, rng)
    return await _until_counted(proxy, "bytes swallowed", before)


async def _mute(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Let questions through and no answers: what was asked is done, and nobody hears of it."""
    before = proxy.counts["bytes swallowed"]
    proxy.weather.mute = True
    await _last(scene, rng)
    return await _until_counted(proxy, "bytes swallowed", before)


async def _ambushed(proxy: Proxy, ambush: Ambush, count: str) -> bool:
    before = proxy.counts[count]
    proxy.weather.ambush = ambush
    return await _until_counted(proxy, count, before)


async def _commit_lost(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Cut the connection on which the next commit comes, before it gets through: it didn't happen."""
    return await _ambushed(proxy, Ambush.LOSE, "commits lost")


async def _answer_swallowed(proxy: Proxy, scene: Scene, rng: Random) -> bool:
    """Let the next commit through and swallow its answer: it did happen."""
    return await _ambushed(proxy, Ambush.SWALLOW, "answers swallowed")


WEATHERS: Final[dict[str, Weather]] = {
    "refused": _refused,
    "cut": _cut,
    "reset after bytes": _reset_after_bytes,
    "delayed": _delayed,
    "black hole": _black_hole,
    "half open": _half_open,
    "mute": _mute,
    "commit lost": _commit_lost,
    "commit's answer swallowed": _answer_swallowed,
}


def _kind(server: str, name: str, weather: Weather) -> Kind:
    async def act(scene: Scene, rng: Random) -> bool:
        proxy = scene.around.kafka if server == "kafka" else scene.around.postgres
        try:
            await proxy.used(UNTOUCHED_SECONDS)
            return await weather(proxy, scene, rng)
        finally:
            proxy.clear()

    return Kind(f"{server} {name}", LANES[server], act)


KINDS: Final = tuple(_kind(server, name, weather) for server in LANES for name, weather in WEATHERS.items())
