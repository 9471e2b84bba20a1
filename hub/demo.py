"""`hub demo`: real servers, hub processes, simulated partners with their mischief, kills; and the proof at the end."""

import asyncio
import random
import shutil
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from aiokafka.errors import KafkaError
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.kafka.log import Log
from adapters.postgres import reads
from domain.deciding import codec
from domain.orders.view.waiting import is_final
from hub import partners, proof, servers
from hub.errors import DemoStuck
from hub.processes import Processes, environment_of
from hub.report import Wishes, report_of
from hub.screen import Screen
from hub.settings import Settings
from hub.wiring import engine_of

PROCESSES: Final = 2
RATE: Final = 12.0
KILLS: Final = 4
KILL_AFTER: Final = 60
"""Decisions between two kills."""
QUIET_SECONDS: Final = 2.0
STUCK_SECONDS: Final = 60.0
EXPLAINED_SECONDS: Final = 9.0
"""So long nothing happens any more: longer than any simulated partner takes; what is open now stays open."""
# Deadlines of days and hours, in the seconds of a demo; those of a silent partner stay longer than a demo lasts.
POLICY: Final = {
    "flash_automatic": True,
    "payment_retry": "PT1S",
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


async def run(settings: Settings, wishes: Wishes, screen: Screen) -> dict[str, Any]:
    """Run the demo and return its report; raises HubError, EmbeddedServerError or SimulationError."""
    settings = settings.model_copy(update={"policy": {**POLICY, **settings.policy}, "lease": timedelta(seconds=2)})
    folder = settings.data if wishes.keep else Path(mkdtemp(prefix="hub-demo-"))
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with screen:
        if settings.kafka.bootstrap_servers is not None and settings.database.url is not None:
            report = await _play(servers.with_token(settings), wishes, screen, folder)
        else:
            report = await _play_embedded(settings.model_copy(update={"data": folder}), wishes, screen)
    if not wishes.keep:  # the logs of a demo that failed are kept
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return report


async def _play_embedded(settings: Settings, wishes: Wishes, screen: Screen) -> dict[str, Any]:
    async with servers.embedded(settings, screen, keep=wishes.keep) as (known, running):
        try:
            return await _play(known, wishes, screen, settings.data)
        except (KafkaError, SQLAlchemyError, PostgresError, OSError, TimeoutError):
            running.check()  # says so where one of them has ended
            raise


async def _play(settings: Settings, wishes: Wishes, screen: Screen, folder: Path) -> dict[str, Any]:
    await servers.prepare(settings, screen.step)
    environment = environment_of(settings)
    processes = Processes(environment, folder)
    engine = engine_of(settings)
    log = Log(settings.connection())
    started = time.monotonic()
    try:
        screen.step(f"Starting {PROCESSES} hub processes")
        for _ in range(PROCESSES):
            await processes.start()
        books = await _trade(settings, wishes, screen, processes, engine, log)
        seconds = time.monotonic() - started
        screen.step("Stopping the hub")
        await processes.stop()
        report = await proof.prove(settings, screen.console, quiet=screen.quiet)
        return await report_of(engine, wishes, books, report, processes.kills, seconds)
    finally:
        await processes.stop()
        await log.close()
        await engine.dispose()


async def _trade(
    settings: Settings, wishes: Wishes, screen: Screen, processes: Processes, engine: AsyncEngine, log: Log
) -> dict[str, Any]:
    """Let the partners work until every order is final or explained and every record is read."""
    stop = asyncio.Event()
    counts: Counter[str] = Counter()
    rate = max(RATE, wishes.orders / 20)
    trading = asyncio.create_task(
        partners.simulate_on(
            settings, wishes.orders, wishes.seed, wishes.mischief, rate=rate, stop=stop, report=counts.__setitem__
        )
    )
    watching = asyncio.create_task(_watch(wishes, screen, processes, engine, log, counts))
    try:
        done, _ = await asyncio.wait({trading, watching}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        stop.set()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return await trading


async def _watch(
    wishes: Wishes, screen: Screen, processes: Processes, engine: AsyncEngine, log: Log, counts: Counter[str]
) -> None:
    choice = random.Random(wishes.seed)  # noqa: S311 - which process is killed is drawn, not secret
    changed = time.monotonic()
    decided_at_kill, before = 0, (0, 0, 0)
    while True:
        await asyncio.sleep(0.4)
        processes.check()
        lag = await in_flight(engine, log)
        counted = await reads.counts(engine)
        states, decided = counted["states"], sum(counted["outcomes"].values())
        # A kill counts only with records in flight, and the next one waits until the hub has gone on.
        if wishes.kill and processes.kills < KILLS and lag > 0 and decided >= decided_at_kill + KILL_AFTER:
            await processes.kill(choice)
            decided_at_kill = decided
            screen.step(f"Killed a hub process with {lag} records in flight ({processes.kills})")
        final = sum(states.get(word, 0) for word in ("completed", "cancelled", "voided"))
        there = sum(number for word, number in states.items() if word != "shell")
        screen.bar("Orders final", final, max(wishes.orders, there), f"{there} there, {lag} records in flight")
        now = time.monotonic()
        if (final, there, decided) != before or lag:
            before, changed = (final, there, decided), now
        quiet = now - changed
        if there >= wishes.orders and quiet > QUIET_SECONDS and await _all_final(engine):
            return
        if there >= wishes.orders and quiet > EXPLAINED_SECONDS:
            return
        if quiet > STUCK_SECONDS:
            raise DemoStuck(f"nothing has happened for {STUCK_SECONDS:.0f} s; the hub's logs are in {processes.folder}")


async def in_flight(engine: AsyncEngine, log: Log) -> int:
    """Return how many records lie in the inbound topics that no shard has stored yet."""
    read = await reads.positions(engine)
    ends = await log.ends(list(read)) if read else {}
    return sum(max(0, ends[place] - offset) for place, offset in read.items())


async def _all_final(engine: AsyncEngine) -> bool:
    """Tell whether nothing is to come for any order."""
    rows = await reads.order_documents(engine)
    return all(is_final(codec.order_from(row["document"])) for row in rows if row["state"] is not None)
