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

from hub.desk import Desk, failed, partners, replays, shards, topics
from hub.desk.editing import Changes
from hub.desk.failed import Preview, Selection
from hub.desk.operations import Act, Progress
from hub.desk.replays import Window
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

    @property
    def planned(self) -> tuple[str, ...]: ...

    @property
    def counts(self) -> Counter[str]: ...

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Act until `stop` is set: after the last fault and before the drain is measured."""

    async def leave(self, around: Surroundings) -> None:
        """Undo what would keep the hub from draining, e.g. resume what was paused; called once, after `work`."""

    async def objections(self, around: Surroundings) -> list[str]:
        """Return what is wrong from where they sit; called once, when everything has drained."""

    async def end(self) -> None:
        """End what they have running; called once, whatever happened."""


class NobodyThere:
    """Nobody acts."""

    planned: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Do nothing."""

    async def leave(self, around: Surroundings) -> None:
        """Do nothing."""

    async def objections(self, around: Surroundings) -> list[str]:
        """Object to nothing."""
        return []

    async def end(self) -> None:
        """Do nothing."""


class Together:
    """Several operators at work at once."""

    def __init__(self, *each: Operators) -> None:
        self._each = each

    @property
    def planned(self) -> tuple[str, ...]:
        """What all of them have planned."""
        return tuple(name for one in self._each for name in one.planned)

    @property
    def counts(self) -> Counter[str]:
        """What all of them have done."""
        return sum((one.counts for one in self._each), Counter())

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Let all act."""
        async with asyncio.TaskGroup() as working:
            for one in self._each:
                working.create_task(one.work(around, seed, stop))

    async def leave(self, around: Surroundings) -> None:
        """Let each undo what it did."""
        for one in self._each:
            await one.leave(around)

    async def objections(self, around: Surroundings) -> list[str]:
        """Return what is wrong for any of them."""
        return [what for one in self._each for what in await one.objections(around)]

    async def end(self) -> None:
        """End what each has running."""
        for one in self._each:
            await one.end()


def _touched(done: Progress | Preview) -> bool:
    return isinstance(done, Progress) and bool(done.touched)


async def _retry(desk: Desk, act: Act, rng: Random) -> bool:
    chosen = rng.choice(
        (Selection(kind="dead_letter"), Selection(code="data_invalid"), Selection(topic="fraud.events"))
    )
    return _touched(await failed.retry(desk, act, chosen))


async def _edit(desk: Desk, act: Act, rng: Random) -> bool:
    """Change a note on a dead letter: it is tried again, and fails again as it must."""
    found = await failed.records(desk, Selection(kind="dead_letter", code="data_invalid"), 50)
    if not found:
        return False
    await failed.edit(desk, act, rng.choice(found).id, Changes(headers={"note": f"{rng.random()}"}))
    return True


async def _archive(desk: Desk, act: Act, _: Random) -> bool:
    return _touched(await failed.archive(desk, act, Selection(code="type_unknown")))


async def _restore(desk: Desk, act: Act, _: Random) -> bool:
    wanted = Selection(code="type_unknown", archived=True)
    return _touched(await failed.archive(desk, act, wanted, back=True))


async def _pause_partner(desk: Desk, act: Act, _: Random) -> bool:
    return await partners.pause(desk, act, PARTNER)


async def _resume_partner(desk: Desk, act: Act, _: Random) -> bool:
    return await partners.resume(desk, act, PARTNER)


async def _pause_topic(desk: Desk, act: Act, _: Random) -> bool:
    return bool(await topics.pause(desk, act, TOPIC))


async def _resume_topic(desk: Desk, act: Act, _: Random) -> bool:
    return bool(await topics.resume(desk, act, TOPIC))


async def _replay(desk: Desk, act: Act, _: Random) -> bool:
    now = datetime.now(UTC)
    window = Window("payment.events", now - timedelta(seconds=8), now, limit=500)
    return await replays.replay(desk, act, window) > 0


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
Action = Callable[[Desk, Act, Random], Awaitable[bool]]


class ServiceDesk:
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
                done = await ACTIONS[name](around.stage.desk, act, rng)
        except AWAY:
            return
        self.counts[name] += done

    async def leave(self, around: Surroundings) -> None:
        """Resume what is paused: everything must drain."""
        act = Act("the shift is over", "chaos")
        await partners.resume(around.stage.desk, act, PARTNER)
        await topics.resume(around.stage.desk, act, TOPIC)
        for number in range(SHARDS):
            await shards.resume(around.stage.desk, act, number)

    async def objections(self, around: Surroundings) -> list[str]:
        """Object to nothing: the proof sees what they did."""
        return []

    async def end(self) -> None:
        """Do nothing."""
