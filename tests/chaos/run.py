"""One run of chaos: servers, crew, partners and watchers, the faults of a schedule, the drain, and the proof."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from hub.desk import proof
from hub.screen import Screen
from hub.settings import ClockSettings
from tests.chaos import schedule
from tests.chaos.company import trading, watched
from tests.chaos.crew import Crew
from tests.chaos.evidence import evidence
from tests.chaos.operators import NobodyThere, Operators
from tests.chaos.process_faults import AHEAD
from tests.chaos.result import Result
from tests.chaos.scene import Kind, Scene
from tests.chaos.schedule import Planned
from tests.chaos.settling import disagreements, drained
from tests.chaos.surroundings import surroundings
from tests.chaos.watchers import Positions, Subscriber
from tests.chaos.zoo import misplaced

PROCESSES: Final = 2
RATE: Final = 3.0
"""Orders a second: each becomes some 15 records in and 30 messages out."""
ATTEMPTS: Final = 5
"""How often a fault is tried that touched nothing."""
AGAIN_SECONDS: Final = 2.0
"""How long to wait then, longer each time: there may be nobody there to be hit."""
AWAY: Final = (KafkaError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What our own clients say when another fault is in their way."""


@dataclass(frozen=True)
class Wishes:
    """What to run: `seconds` of faults at least, and in any case each of `kinds` once."""

    seed: int
    seconds: float = 0.0
    rate: float = RATE
    kinds: tuple[Kind, ...] = schedule.KINDS


@dataclass
class Run:
    """A run under way."""

    wishes: Wishes
    screen: Screen
    operators: Operators = field(default_factory=NobodyThere)
    result: Result = field(default_factory=Result)
    begun: float = field(default_factory=time.monotonic)
    recoveries: set[asyncio.Task[None]] = field(default_factory=set)

    async def play(self, folder: Path) -> Result:
        """Run everything and return what came out; what went wrong is in the result."""
        result, wishes = self.result, self.wishes
        result.seed = wishes.seed
        result.planned = [*(kind.name for kind in wishes.kinds), *self.operators.planned]
        async with surroundings(folder, self.screen) as around:
            crew = Crew(around.settings, folder, wishes.seed)
            scene = Scene(around, crew, result.counts)
            try:
                await self._play(scene)
            except (AssertionError, ExceptionGroup) as error:
                result.faults.append(_told(error))
            finally:
                await self._end_measuring()
                await self.operators.end()
                await crew.stop()
            result.evidence = evidence(folder)
        result.seconds = time.monotonic() - self.begun
        result.counts.update(self.operators.counts)
        return result

    async def _play(self, scene: Scene) -> None:
        around, crew, result = scene.around, scene.crew, self.result
        for _ in range(PROCESSES):
            await crew.start()
        subscriber, positions, closed = Subscriber(), Positions(), asyncio.Event()
        try:
            trade = trading(around, self.wishes.seed, self.wishes.rate, self.wishes.seconds, closed)
            async with watched(around, subscriber, positions, crew), trade as books:
                await self._shake(scene, positions)
                closed.set()
                await self.operators.leave(around)
                self.screen.step("The faults are over; everything drains")
                result.drain_seconds = await drained(around.stage, self.screen.step)
                result.faults += await self.operators.objections(around)
            ledger = await books
        finally:
            result.watched = {
                "events": subscriber.counts["events"],
                "orders": subscriber.orders,
                "looks": positions.looks,
            }
            result.faults += subscriber.faults + positions.faults
        await crew.stop()
        await self._prove(scene, ledger)

    # -- faults ----------------------------------------------------------------------------------------------------

    async def _shake(self, scene: Scene, positions: Positions) -> None:
        """Let the lanes run side by side, and operators act, until the time is over and each kind happened once."""
        stop = asyncio.Event()
        until = time.monotonic() + self.wishes.seconds
        async with asyncio.TaskGroup() as working:
            acting = working.create_task(self.operators.work(scene.around, self.wishes.seed, stop))
            lanes = {name: schedule.lane(name, self.wishes.seed, self.wishes.kinds) for name in schedule.LANES}
            for phase in schedule.PHASES:
                await self._rounds(scene, positions, {name: lanes[name] for name in phase}, None)
            scene.brief = False
            if time.monotonic() < until:
                await self._rounds(scene, positions, lanes, until)
            stop.set()
            await acting

    async def _rounds(
        self, scene: Scene, positions: Positions, lanes: Mapping[str, Iterator[Planned]], until: float | None
    ) -> None:
        """Let some lanes play at once: one round, or until a time."""
        async with asyncio.TaskGroup() as playing:
            for name, plans in lanes.items():
                playing.create_task(self._lane(plans, scene, positions, until), name=name)

    async def _lane(self, plans: Iterator[Planned], scene: Scene, positions: Positions, until: float | None) -> None:
        for planned in plans:
            await asyncio.sleep(planned.rest)
            if until is not None and time.monotonic() > until:
                return
            for attempt in range(ATTEMPTS):
                if await self._act(planned.kind, scene, Random(f"{planned.seed} {attempt}")):
                    break
                await asyncio.sleep(AGAIN_SECONDS * (attempt + 1))
            self._recover(planned.kind.name, positions)
            if until is None and planned.last:
                return

    async def _act(self, kind: Kind, scene: Scene, rng: Random) -> bool:
        begun = time.monotonic() - self.begun
        try:
            async with asyncio.timeout(kind.patience):
                happened = await kind.act(scene, rng)
        except AWAY as error:
            self.screen.step(f"{begun:6.1f} s  {kind.name}: could not be done now ({error!r:.120})")
            return False
        scene.counts[kind.name] += happened
        self.screen.step(f"{begun:6.1f} s  {kind.name}{'' if happened else ': touched nothing'}")
        return happened

    def _recover(self, name: str, positions: Positions) -> None:
        """Measure how long it takes until every shard has stored another batch."""
        before, begun = dict(positions.batches), time.monotonic()

        async def measured() -> None:
            while not all(positions.batches[shard] > batch for shard, batch in before.items()):
                await asyncio.sleep(0.1)
            seconds = time.monotonic() - begun
            self.result.recovery[name] = max(round(seconds, 1), self.result.recovery.get(name, 0.0))

        task = asyncio.create_task(measured())
        self.recoveries.add(task)
        task.add_done_callback(self.recoveries.discard)

    async def _end_measuring(self) -> None:
        measuring = list(self.recoveries)
        for task in measuring:
            task.cancel()
        await asyncio.gather(*measuring, return_exceptions=True)

    # -- the proof -------------------------------------------------------------------------------------------------

    async def _prove(self, scene: Scene, books: dict[str, Any]) -> None:
        stage, result = scene.around.stage, self.result
        moved = stage.settings.model_copy(update={"clock": ClockSettings(ahead=AHEAD)})
        report = await proof.prove(replace(stage.desk, settings=moved))
        result.proof = report.to_json()
        result.faults += [f"verify: {each.kind} {each.where}: {each.detail}" for each in report.differences]
        result.faults += await disagreements(stage, books)
        result.faults += await misplaced(stage, scene.animals)
        result.notes["records"] = sum(books["records"].values())


def _told(error: BaseException) -> str:
    """Return an error with all that a group of them holds."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_told(each) for each in error.exceptions)
    return f"{type(error).__name__}: {error}"
