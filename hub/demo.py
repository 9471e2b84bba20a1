"""The demo: real servers, hub processes, simulated partners with their mischief, kills; and the proof at the end."""

import asyncio
import random
import shutil
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from adapters.postgres import order_reads, reads
from domain.orders.order import ORDERS
from domain.orders.view.waiting import is_final
from hub import servers
from hub.desk import Desk, open_desk, shards
from hub.desk.proof import BEGINNING, prove
from hub.errors import SERVER_ERRORS, DemoStuck
from hub.processes import Processes, environment_of
from hub.report import Books, DemoReport, Plan, report_of
from hub.screen import Screen
from hub.settings import Settings
from hub.simulation import simulate_on

PROCESSES: Final = 2
RATE: Final = 12.0
KILLS: Final = 4
KILL_AFTER: Final = 60
"""Decisions between two kills."""
LOOK_SECONDS: Final = 0.4
QUIET_SECONDS: Final = 2.0
STUCK_SECONDS: Final = 180.0
EXPLAINED_SECONDS: Final = 9.0
"""So long nothing happens any more: longer than any simulated partner takes; what is open now stays open."""
# Deadlines of days and hours, in the seconds of a demo; those of a silent partner stay longer than a demo lasts.
POLICY: Final = {
    "flash_automatic": True,
    "payment_retry": "PT1S",
    "payment_renewal": "PT1S",
    "refund_retry": "PT1S",
    "closing": "PT3S",
    "parked": "PT600S",
    "payment_answer": "PT300S",
    "fraud_answer": "PT300S",
    "availability_answer": "PT300S",
    "flash_answer": "PT300S",
    "fulfilment_answer": "PT300S",
    "delivery": "PT300S",
    "follow_up": "PT300S",
}


async def run(settings: Settings, plan: Plan, screen: Screen) -> DemoReport:
    """Run the demo and return its report; raises HubError, EmbeddedServerError or SimulationError."""
    settings = settings.model_copy(update={"policy": {**POLICY, **settings.policy}, "lease": timedelta(seconds=2)})
    folder = settings.data if plan.keep else Path(mkdtemp(prefix="hub-demo-"))
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with screen:
        if servers.are_named(settings):
            report = await _play(servers.with_token(settings), plan, screen, folder)
        else:
            report = await _play_embedded(settings.model_copy(update={"data": folder}), plan, screen)
    if not plan.keep:  # the logs of a demo that failed are kept
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return report


async def _play_embedded(settings: Settings, plan: Plan, screen: Screen) -> DemoReport:
    async with servers.embedded(settings, screen, keep=plan.keep) as (known, running):
        try:
            return await _play(known, plan, screen, settings.data)
        except SERVER_ERRORS:
            running.check()  # says so where one of them has ended
            raise


async def _play(settings: Settings, plan: Plan, screen: Screen, folder: Path) -> DemoReport:
    await servers.prepare(settings, screen.step)
    processes = Processes(environment_of(settings), folder)
    started = time.monotonic()
    async with open_desk(settings) as desk:
        try:
            screen.step(f"Starting {PROCESSES} hub processes")
            for _ in range(PROCESSES):
                await processes.start()
            books = await Play(desk, plan, screen, processes).trade()
            seconds = time.monotonic() - started
            screen.step("Stopping the hub")
            await processes.stop()
            screen.note(BEGINNING)
            return await report_of(desk, plan, books, await prove(desk), processes.kills, seconds)
        finally:
            await processes.stop()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the orders are: over, there at all, and decisions taken; and how many records nobody has read."""

    final: int
    there: int
    decided: int
    unread: int


@dataclass(slots=True)
class Play:
    """The demo while partners trade: they are watched, and processes are killed, until nothing more is to come."""

    desk: Desk
    plan: Plan
    screen: Screen
    processes: Processes
    changed: float = field(default_factory=time.monotonic)
    before: tuple[int, int, int] = (0, 0, 0)
    decided_at_kill: int = 0

    async def trade(self) -> Books:
        """Let the partners work until every order is final or explained and every record is read."""
        stop = asyncio.Event()
        plan, settings = self.plan, self.desk.settings
        rate = max(RATE, plan.orders / 20)
        trading = asyncio.create_task(
            simulate_on(settings, plan.orders, plan.seed, plan.mischief, rate=rate, stop=stop)
        )
        watching = asyncio.create_task(self._watch())
        try:
            done, _ = await asyncio.wait({trading, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stop.set()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        return await trading

    async def _watch(self) -> None:
        choice = random.Random(self.plan.seed)  # noqa: S311 - which process is killed is drawn, not secret
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.processes.check()
            now = await self._standing()
            await self._kill(now, choice)
            orders = self.plan.orders
            note = f"{now.there} there, {now.unread} records in flight"
            self.screen.bar("Orders final", now.final, max(orders, now.there), note)
            quiet = self._quiet_for(now)
            if now.there >= orders and (
                quiet > EXPLAINED_SECONDS or (quiet > QUIET_SECONDS and await _all_final(self.desk))
            ):
                return
            if quiet > STUCK_SECONDS:
                where = self.processes.folder
                raise DemoStuck(f"nothing has happened for {STUCK_SECONDS:.0f} s; the hub's logs are in {where}")

    async def _standing(self) -> Standing:
        unread = await shards.unread(self.desk)
        counted = await reads.counts(self.desk.engine)
        states = counted["states"]
        final = sum(states.get(word, 0) for word in ORDERS["over"])
        there = sum(number for word, number in states.items() if word != "shell")
        return Standing(final, there, sum(counted["outcomes"].values()), unread)

    async def _kill(self, now: Standing, choice: random.Random) -> None:
        """Kill a process where it counts: with records in flight, and only when the hub has gone on since the last."""
        if not self.plan.kill or self.processes.kills >= KILLS or now.unread <= 0:
            return
        if now.decided >= self.decided_at_kill + KILL_AFTER:
            await self.processes.kill(choice)
            self.decided_at_kill = now.decided
            self.screen.step(f"Killed a hub process with {now.unread} records in flight ({self.processes.kills})")

    def _quiet_for(self, now: Standing) -> float:
        """Return for how many seconds nothing has happened."""
        moment, state = time.monotonic(), (now.final, now.there, now.decided)
        if state != self.before or now.unread:
            self.before, self.changed = state, moment
        return moment - self.changed


async def _all_final(desk: Desk) -> bool:
    """Tell whether nothing is to come for any order."""
    return all(is_final(row.order()) for row in await order_reads.all_orders(desk.engine) if row.state is not None)
