"""Operators: people who act while everything shakes: they retry, edit, archive, pause and resume, and replay."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Final, Protocol

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from adapters.postgres.operations import Chosen
from hub import operations
from hub.operations import Act
from hub.settings import Settings
from producers.replay import Window
from tests.chaos.surroundings import SHARDS, Surroundings

AWAY: Final = (KafkaError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a server says that a fault has just taken away: the operator tries again later."""
PARTNER: Final = "/partners/fraud"
TOPIC: Final = "carrier.events"
ACT_SECONDS: Final = 15.0
OVERTIME: Final = 20
"""Turns after the last fault in which operators still try what they never got done."""


class Operators(Protocol):
    """People at work during a run.

    `planned` names the kinds of action that a run must have seen, each counted in `counts` when it was done; a run in
    which a planned one never happened fails, as it does for faults.
    """

    planned: tuple[str, ...]
    counts: Counter[str]

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Act until `stop` is set: after the last fault and before the drain is measured."""

    async def leave(self, around: Surroundings) -> None:
        """Undo what would keep the hub from draining, e.g. resume what was paused; called once, after `work`."""


class NobodyThere:
    """Nobody acts."""

    planned: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Do nothing."""

    async def leave(self, around: Surroundings) -> None:
        """Do nothing."""


async def _retry(settings: Settings, act: Act, rng: Random) -> bool:
    chosen = rng.choice((Chosen(kind="dead_letter"), Chosen(code="data_invalid"), Chosen(topic="fraud.events")))
    return bool((await operations.retry(settings, act, chosen))["touched"])


async def _edit(settings: Settings, act: Act, rng: Random) -> bool:
    """Change a note on a dead letter: it is tried again, and fails again as it must."""
    found = await operations.rows(settings, Chosen(kind="dead_letter", code="data_invalid"), 50)
    if not found:
        return False
    await operations.edit(settings, act, rng.choice(found)["id"], headers={"note": f"{rng.random()}"})
    return True


async def _archive(settings: Settings, act: Act, _: Random) -> bool:
    return bool((await operations.archive(settings, act, Chosen(code="type_unknown")))["touched"])


async def _restore(settings: Settings, act: Act, _: Random) -> bool:
    wanted = Chosen(code="type_unknown", archived=True)
    return bool((await operations.archive(settings, act, wanted, back=True))["touched"])


async def _pause_partner(settings: Settings, act: Act, _: Random) -> bool:
    return await operations.pause_partner(settings, act, PARTNER)


async def _resume_partner(settings: Settings, act: Act, _: Random) -> bool:
    return await operations.resume_partner(settings, act, PARTNER)


async def _pause_topic(settings: Settings, act: Act, _: Random) -> bool:
    return bool(await operations.pause_topic(settings, act, TOPIC))


async def _resume_topic(settings: Settings, act: Act, _: Random) -> bool:
    return bool(await operations.resume_topic(settings, act, TOPIC))


async def _replay(settings: Settings, act: Act, _: Random) -> bool:
    now = datetime.now(UTC)
    window = Window("payment.events", now - timedelta(seconds=8), now, limit=500)
    return await operations.replay(settings, act, window) > 0


ACTIONS: Final = MappingProxyType(
    {
        "an operator retries a group": _retry,
        "an operator edits and retries": _edit,
        "an operator archives": _archive,
        "an operator restores": _restore,
        "an operator pauses a partner": _pause_partner,
        "an operator resumes a partner": _resume_partner,
        "an operator pauses a topic": _pause_topic,
        "an operator resumes a topic": _resume_topic,
        "an operator replays a window": _replay,
    }
)
Action = Callable[[Settings, Act, Random], Awaitable[bool]]


class Desk:
    """Operators who do all that can be done without a bad deploy, in turns drawn by the seed."""

    planned: tuple[str, ...] = tuple(ACTIONS)

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._overtime = 0

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Act until `stop` is set and everything was done once."""
        rng = Random(f"operators {seed}")
        number = 0
        while not stop.is_set() or not self._is_done():
            for name in self._turn(rng):
                number += 1
                await self._do(around, name, Act(name, "chaos", f"chaos-{seed}-{number}"), rng)
                await asyncio.sleep(rng.uniform(0.5, 2.0))

    def _is_done(self) -> bool:
        """Tell whether everything was done once; past some time what is missing is told as missing."""
        self._overtime += 1
        return self._overtime > OVERTIME or all(self.counts[name] for name in self.planned)

    def _turn(self, rng: Random) -> list[str]:
        """Return what to do next: what was never done first; a pause before its end."""
        return sorted(self.planned, key=lambda name: (self.counts[name], rng.random()))[:3]

    async def _do(self, around: Surroundings, name: str, act: Act, rng: Random) -> None:
        try:
            async with asyncio.timeout(ACT_SECONDS):
                done = await ACTIONS[name](around.stage.settings, act, rng)
        except AWAY:
            return
        self.counts[name] += done

    async def leave(self, around: Surroundings) -> None:
        """Resume what is paused: everything must drain."""
        act = Act("the shift is over", "chaos")
        await operations.resume_partner(around.stage.settings, act, PARTNER)
        await operations.resume_topic(around.stage.settings, act, TOPIC)
        for number in range(SHARDS):
            await operations.resume_shard(around.stage.settings, act, number)
