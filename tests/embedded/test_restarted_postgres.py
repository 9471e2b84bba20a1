"""PostgreSQL stops and starts under a running hub: what it says meanwhile is no reason to stop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from adapters.embedded import Addresses, EmbeddedServers
from adapters.verification import Verification, verify
from consumers.failures import Treatment, treatment
from tests.integration.messages import approve
from tests.stage import Stage, Template, new_stage, new_template

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

APPROVED = "SELECT 1 FROM orders WHERE state = 'availability_requested'"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedServers, Addresses]]:
    both = EmbeddedServers(tmp_path_factory.mktemp("servers"), keep=False)
    with both as at:
        yield both, at


@pytest.fixture(scope="module")
def template(servers: tuple[EmbeddedServers, Addresses], tmp_path_factory: pytest.TempPathFactory) -> Template:
    return new_template(servers[1], tmp_path_factory.mktemp("template"))


@pytest.fixture
async def stage(template: Template, tmp_path: Path) -> AsyncIterator[Stage]:
    async with new_stage(template, tmp_path) as stage:
        yield stage


async def refusal(stage: Stage) -> asyncpg.PostgresError | None:
    """Return what the server says to somebody who knocks."""
    try:
        connection = await asyncpg.connect(stage.settings.database_url().replace("+asyncpg", ""))
    except asyncpg.PostgresError as error:
        return error
    await connection.close()
    return None


async def test_a_server_that_stops_and_starts_is_waited_for(
    stage: Stage, servers: tuple[EmbeddedServers, Addresses]
) -> None:
    both, _ = servers
    stage.start_hub()
    orders = [f"o-{number}" for number in range(12)]
    await approve(stage, orders[0])
    await stage.until_rows(APPROVED)

    os.kill(both.postgres_pid, signal.SIGTERM)  # it waits for the sessions that are open, and takes no new ones
    error = await stage.until(lambda: refusal(stage), "the server takes no more sessions")
    assert (error.sqlstate, treatment(error)) == ("57P03", Treatment.TAKE_OVER)
    for number, mode in enumerate(("fast", "immediate", "kill")):
        writing = asyncio.create_task(asyncio.to_thread(both.restart_postgres, mode))
        for order in orders[1 + 3 * number : 4 + 3 * number]:
            await approve(stage, order)
        await writing
        await stage.engine.dispose()
    for order in orders[10:]:
        await approve(stage, order)

    await stage.until_rows(APPROVED, len(orders))
    await stage.until_read()
    await stage.stop_hubs()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]
