"""What servers of one's own can be made to do to a hub: stop and start under it, and forget its producers."""

import asyncio
import os
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from adapters.embedded import Addresses, EmbeddedServers
from adapters.errors import UnknownOutcome
from consumers.shard.failures import Treatment, treatment
from contracts.wire import Outgoing
from producers.emission import Emission
from tests.integration.messages import approve
from tests.stage import Stage, Template, new_template
from verification import Verification, verify

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

APPROVED = "SELECT 1 FROM orders WHERE state = 'availability_requested'"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedServers, Addresses]]:
    forgetful = {
        "transactional.id.expiration.ms": "1000",
        "transaction.remove.expired.transaction.cleanup.interval.ms": "500",
    }
    both = EmbeddedServers(tmp_path_factory.mktemp("servers"), keep=False, kafka_properties=forgetful)
    with both as at:
        yield both, at


@pytest.fixture(scope="module")
def template(servers: tuple[EmbeddedServers, Addresses], tmp_path_factory: pytest.TempPathFactory) -> Template:
    return new_template(servers[1], tmp_path_factory.mktemp("template"))


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


async def test_a_producer_that_the_broker_has_forgotten_takes_its_shard_over_again(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker forgets a transactional id that was idle for a second; a week is usual."""
    told: list[UnknownOutcome] = []
    message = Outgoing("order.events", 0, b"o", (), b"{}")
    for idle in (1, 2, 4, 8, 16):
        mine = Emission(stage.kafka, 0)
        await mine.start()
        await mine.emit([message], {}, 1)
        await asyncio.sleep(idle)  # the fault itself: a producer that does nothing for so long
        try:
            await mine.emit([message], {}, 2)
        except UnknownOutcome as error:
            told.append(error)
            break
        finally:
            await mine.close()

    assert [treatment(error) for error in told] == [Treatment.TAKE_OVER]
    assert "InvalidProducerIdMapping" in caplog.text  # the client tells it to nobody else


async def test_a_hub_that_was_idle_for_longer_than_the_broker_remembers_goes_on(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "before")
    await stage.until_rows(APPROVED)
    await stage.until_read()

    async def forgotten() -> bool:
        return bool(await stage.rows("SELECT 1 FROM journal HAVING now() > max(recorded_at) + interval '6 s'"))

    await stage.until(forgotten, "the hub is idle for longer than the broker remembers")
    await approve(stage, "after")

    await stage.until_rows(APPROVED, 2)
    await stage.until_read()
    await stage.stop_hubs()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]
