"""Two hub processes under faults: nothing is lost, doubled or reordered, and every fault did happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters import failpoints
from hub.simulation import simulate_on
from tests.e2e.fleet import Fleet, fresh_seed
from tests.stage import Stage
from verification import Report, Verification, verify

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

KILLS = [f"{point}:kill:0.25" for point in failpoints.POINTS]
SWALLOWS = ["committed:swallow:0.25", "ended:swallow:0.25"]


@asynccontextmanager
async def trading(stage: Stage, orders: int, seed: int) -> AsyncIterator[asyncio.Task[dict[str, Any]]]:
    """Let partners trade until the block ends; the task returns their books."""
    stop = asyncio.Event()
    work = simulate_on(stage.settings, orders, seed, "high", rate=12, stop=stop)
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        stop.set()
        await task


@pytest.fixture
async def fleet(stage: Stage, tmp_path: Path) -> AsyncIterator[Fleet]:
    fleet = Fleet(stage, tmp_path, fresh_seed())
    try:
        yield fleet
    finally:
        await fleet.stop()


async def proved(stage: Stage, fleet: Fleet) -> Report:
    """Stop the fleet after everything is read, and verify."""
    await stage.until_read()
    await fleet.stop()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, f"seed {fleet.seed}: {[str(d) for d in report.differences[:10]]}\n{fleet.tail()}"
    assert (report.lost, report.doubled, report.out_of_order) == (0, 0, 0)
    return report


async def test_killed_at_every_point_the_hub_loses_and_doubles_nothing(stage: Stage, fleet: Fleet) -> None:
    fleet.plan = [*KILLS, *SWALLOWS]
    for _ in range(2):
        await fleet.start(fleet.next_armed())

    async with trading(stage, 400, fleet.seed) as books:

        async def all_hit() -> bool:
            await fleet.mend()
            await fleet.rearm()
            return not books.done() and all(fleet.hits()[s.rsplit(":", 1)[0]] for s in fleet.plan)

        await stage.until(all_hit, "every failpoint is hit", patience=300)
    await fleet.mend()
    report = await proved(stage, fleet)

    hits = fleet.hits()
    assert min(hits[spec.rsplit(":", 1)[0]] for spec in fleet.plan) >= 1
    assert report.facts > 100


async def test_a_process_frozen_past_its_leases_changes_nothing_when_it_wakes(stage: Stage, fleet: Fleet) -> None:
    for _ in range(2):
        await fleet.start()
    async with trading(stage, 60, fleet.seed):

        async def working() -> bool:
            return len(await stage.rows("SELECT 1 FROM journal LIMIT 50")) == 50

        await stage.until(working, "records flow")
        for _ in range(2):
            await fleet.freeze(5)
            await fleet.mend()
        tokens = await stage.rows("SELECT k, owner FROM lease")
        assert tokens
    report = await proved(stage, fleet)

    assert fleet.frozen == 2
    assert report.facts > 100
