"""The company of a run: partners that trade and watchers that look, beside the faults for as long as these last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from adapters.tokens import SCOPES
from simulators import PRESETS, Simulation, simulate
from tests.chaos.crew import Crew
from tests.chaos.surroundings import Surroundings
from tests.chaos.watchers import Positions, Subscriber, subscribe, watch

LONGEST: Final = 900.0
"""Seconds of orders beyond those wished: a first round of faults takes as long as it takes."""


@asynccontextmanager
async def trading(
    around: Surroundings, seed: int, rate: float, seconds: float, closed: asyncio.Event
) -> AsyncIterator[asyncio.Task[dict[str, Any]]]:
    """Let partners trade until the block ends, without new orders once the shop is `closed`; returns their books."""
    stop = asyncio.Event()
    stage = around.stage
    simulation = Simulation(
        bootstrap_servers=stage.kafka.bootstrap_servers,
        orders=int(rate * (seconds + LONGEST)),
        seed=seed,
        mischief=PRESETS["high"],
        partitions=stage.settings.shards,
        token=stage.token(*(scope for scope in SCOPES if scope != "orders.operate"), name="customer-service"),
        rate=rate,
        quiet=None,
        closed=closed.is_set,
    )
    async with _ended_with(simulate(simulation, stop=stop), stop) as task:
        yield task


@asynccontextmanager
async def watched(
    around: Surroundings, subscriber: Subscriber, positions: Positions, crew: Crew
) -> AsyncIterator[None]:
    stop = asyncio.Event()

    async def all_of_it() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(subscribe(around.stage, subscriber, "order.events", stop))
            tasks.create_task(watch(around.stage, positions, stop))
            tasks.create_task(_mustered(crew, stop))

    async with _ended_with(all_of_it(), stop):
        yield


async def _mustered(crew: Crew, stop: asyncio.Event) -> None:
    while not stop.is_set():
        crew.check()
        await asyncio.sleep(0.5)


@asynccontextmanager
async def _ended_with(work: Any, stop: asyncio.Event) -> AsyncIterator[asyncio.Task[Any]]:
    """Run work beside a block and tell it to stop at the block's end; where it fails before, the block ends, too."""
    block = asyncio.current_task()
    assert block is not None
    task: asyncio.Task[Any] = asyncio.create_task(work)
    failed = False

    def broken(done: asyncio.Task[Any]) -> None:
        nonlocal failed
        if not done.cancelled() and done.exception() is not None and not stop.is_set():
            failed = True
            block.cancel()

    task.add_done_callback(broken)
    try:
        yield task
    except asyncio.CancelledError:
        if not failed:
            raise
        block.uncancel()
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    task.result()
