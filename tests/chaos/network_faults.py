"""Faults of the network between the hub and each of its servers, made by the proxies."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from tests.chaos.proxy import Ambush, Proxy
from tests.chaos.scene import Kind, Scene

SECONDS: Final = (0.5, 4.0)
"""How long a fault of the network lasts."""
STALLS: Final = (1.0, 6.0)
BUDGETS: Final = (200, 20_000)
"""Bytes after which a connection is reset."""
DELAYS: Final = (0.05, 0.8)
AMBUSH_SECONDS: Final = 15.0

Weather = Callable[[Proxy, Random], Awaitable[bool]]


async def _last(rng: Random, span: tuple[float, float] = SECONDS) -> None:
    await asyncio.sleep(rng.uniform(*span))


async def _refused(proxy: Proxy, rng: Random) -> bool:
    """Let nobody in, and nobody who is in stay."""
    await proxy.refuse()
    touched = proxy.cut()
    try:
        await _last(rng)
    finally:
        await proxy.start()
    return touched > 0


async def _cut(proxy: Proxy, rng: Random) -> bool:
    """Reset what is open, several times: what connects anew is hit while it finds its feet."""
    touched = 0
    for _ in range(rng.randint(1, 3)):
        touched += proxy.cut()
        await _last(rng, (0.1, 1.0))
    return touched > 0


async def _reset_after_bytes(proxy: Proxy, rng: Random) -> bool:
    """Reset each connection when it has carried so many bytes: in the middle of a login, a batch, an answer."""
    before = proxy.counts["budgets used up"]
    proxy.forget_what_was_carried()
    proxy.weather.budget = rng.randint(*BUDGETS)
    await _last(rng)
    return proxy.counts["budgets used up"] > before


async def _delayed(proxy: Proxy, rng: Random) -> bool:
    before = proxy.counts["delayed"]
    proxy.weather.delay = rng.uniform(*DELAYS)
    await _last(rng)
    return proxy.counts["delayed"] > before


async def _black_hole(proxy: Proxy, rng: Random) -> bool:
    """Let nothing pass for seconds; then all of it comes at once, or the connections are reset."""
    before = proxy.counts["stalled"]
    proxy.stall()
    await _last(rng, STALLS)
    if rng.random() < 0.5:
        proxy.cut()
    return proxy.counts["stalled"] > before


async def _half_open(proxy: Proxy, rng: Random) -> bool:
    """Close the server's side only; what the client writes goes nowhere until it notices."""
    before = proxy.counts["bytes swallowed"]
    proxy.close_the_far_side()
    await _last(rng)
    return proxy.counts["bytes swallowed"] > before


async def _mute(proxy: Proxy, rng: Random) -> bool:
    """Let questions through and no answers: what was asked is done, and nobody hears of it."""
    before = proxy.counts["bytes swallowed"]
    proxy.weather.mute = True
    await _last(rng)
    return proxy.counts["bytes swallowed"] > before


async def _ambushed(proxy: Proxy, ambush: Ambush, count: str) -> bool:
    before = proxy.counts[count]
    proxy.weather.ambush = ambush
    deadline = asyncio.get_running_loop().time() + AMBUSH_SECONDS
    while proxy.counts[count] == before and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.05)
    return proxy.counts[count] > before


async def _commit_lost(proxy: Proxy, rng: Random) -> bool:
    """Cut the connection on which the next commit comes, before it gets through: it didn't happen."""
    return await _ambushed(proxy, Ambush.LOSE, "commits lost")


async def _answer_swallowed(proxy: Proxy, rng: Random) -> bool:
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
            return await weather(proxy, rng)
        finally:
            proxy.clear()

    return Kind(f"{server} {name}", f"network to {server}", act)


KINDS: Final = tuple(
    _kind(server, name, weather) for server in ("kafka", "postgres") for name, weather in WEATHERS.items()
)
