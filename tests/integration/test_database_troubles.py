"""What PostgreSQL does to a running hub: each trouble is met, waited out and survived, and said where it lasts."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import pytest
from structlog.testing import capture_logs

from adapters import failpoints
from adapters.postgres import reads, session
from hub import app
from hub.desk import checks, open_desk
from hub.telemetry.process import Telemetry
from hub.wiring import Hub
from tests.integration.messages import CLEAR, approve, named
from tests.integration.troubles import connected
from tests.stage import Stage
from verification import Verification, verify

pytestmark = pytest.mark.integration

(HERE,) = named(0)
SHARDS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hub-shard'"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def name_of(stage: Stage) -> str:
    return stage.settings.database_url().rsplit("/", 1)[1]


def failures(hub: Hub) -> int:
    counts = {} if hub.ownership is None else hub.ownership.report()["counts"]
    return int(counts.get("failed: take over", 0))


async def until_failed(stage: Stage, hub: Hub, before: int) -> None:
    """Wait until the hub has met it: more batches have failed than before."""

    async def failed() -> bool:
        return failures(hub) > before

    await stage.until(failed, f"more than {before} batches have failed")


async def until_told(stage: Stage, *words: str) -> None:
    """Wait until the process says of shard 0 why it can't work, as `hub shard list` shows it."""

    async def told() -> bool:
        trouble = (await reads.troubles(stage.engine)).get(0, "")
        return all(word in trouble for word in words)

    await stage.until(told, f"shard 0 says {words}")


async def terminated(stage: Stage, hub: Hub) -> None:
    """Somebody ends the shards' sessions, again and again."""

    async def running() -> bool:
        shards = {} if hub.ownership is None else hub.ownership.report()["shards"]
        return {told["state"] for told in shards.values()} == {"running"}

    for number in range(3):
        await stage.until(running, "both shards run")
        before = failures(hub)
        await stage.rows(f"SELECT pg_terminate_backend(pid) {SHARDS}")
        await stage.say("fraud.events", CLEAR, HERE, event_id=f"again-{number}")
        await until_failed(stage, hub, before)


async def deadlocked(stage: Stage, hub: Hub) -> None:
    """A session has a position and wants the shard's row; the shard has its row and wants the position."""
    async with connected(stage) as other:
        for number in range(5):
            before = failures(hub)
            await other.execute("BEGIN")
            await other.execute("SELECT 1 FROM position WHERE topic = 'fraud.events' AND partition = 0 FOR UPDATE")
            await stage.say("fraud.events", CLEAR, HERE, event_id=f"locked-{number}")
            await stage.until_rows(f"SELECT 1 {SHARDS} AND wait_event_type = 'Lock'")
            with suppress(asyncpg.DeadlockDetectedError):  # where the server chose the other session as its victim
                await other.execute("UPDATE shard SET batch = batch WHERE k = 0")
            await other.execute("ROLLBACK")
            if failures(hub) > before:
                return
    raise AssertionError("the server always ended the other session")


async def locked(stage: Stage, hub: Hub) -> None:
    """A session keeps a position for longer than a statement may take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "COMMAND_SECONDS", 1.0)
        before = failures(hub)
        await stage.rows(f"SELECT pg_terminate_backend(pid) {SHARDS}")
        await until_failed(stage, hub, before)
        async with connected(stage) as other:
            await other.execute("BEGIN")
            await other.execute("SELECT 1 FROM position WHERE topic = 'fraud.events' AND partition = 0 FOR UPDATE")
            await stage.say("fraud.events", CLEAR, HERE, event_id="locked")
            await until_told(stage, "TimeoutError")
            await other.execute("ROLLBACK")


async def idle(stage: Stage, hub: Hub) -> None:
    """The process stands still between the last statement and its COMMIT, until the server ends the transaction."""
    stood: list[str] = []
    ended: list[str] = []

    async def hit(name: str) -> None:
        if name == "stored" and not stood:
            stood.append(name)

            async def gone() -> bool:
                return not await stage.rows(f"SELECT 1 {SHARDS} AND state = 'idle in transaction'")

            assert not await gone()
            await stage.until(gone, "the server has ended the transaction")
            ended.append(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failpoints, "_hit", hit)
        await stage.say("fraud.events", CLEAR, HERE, event_id="idle")

        async def over() -> bool:
            return bool(ended)

        await stage.until(over, "the server has ended the transaction")


async def crowded(stage: Stage, hub: Hub) -> None:
    """The server takes no more connections."""
    await stage.change(f"ALTER DATABASE {name_of(stage)} CONNECTION LIMIT 0")
    await stage.rows(f"SELECT pg_terminate_backend(pid) {SHARDS}")
    await until_told(stage, "TooManyConnectionsError", "too many connections")
    await stage.change(f"ALTER DATABASE {name_of(stage)} CONNECTION LIMIT -1")


async def read_only(stage: Stage, hub: Hub) -> None:
    """The server has become a replica: nothing can be written, not even leases."""
    name = name_of(stage)
    await stage.change(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await stage.rows(f"SELECT pg_terminate_backend(pid) {OTHERS}")

    async def told() -> bool:
        async with open_desk(stage.settings) as desk:  # the stage's own connections are older than the change
            told = {result.name: result for result in await checks.online(desk)}
        return "read only" in told["database"].detail and not told["database"].ok

    await stage.until(told, "hub check says so")
    await stage.say("fraud.events", CLEAR, HERE, event_id="read-only")
    async with connected(stage, default_transaction_read_only="off") as other:
        await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        await other.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
    await stage.engine.dispose()


@pytest.mark.parametrize(
    "trouble", [terminated, deadlocked, locked, idle, crowded, read_only], ids=lambda trouble: trouble.__name__
)
async def test_the_hub_outlasts_it(stage: Stage, trouble: Callable[[Stage, Hub], Awaitable[None]]) -> None:
    hub = stage.start_hub()
    await approve(stage, HERE)
    await stage.until_state(HERE, "availability_requested")

    await trouble(stage, hub)

    (after,) = named(0, "after")
    await approve(stage, after)
    await stage.until_state(after, "availability_requested")
    await stage.until_read()
    await stage.stop_hubs()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]


async def test_a_hub_that_starts_while_the_server_takes_no_sessions_waits_for_it(stage: Stage) -> None:
    await stage.rows("SELECT 1")  # the connection by which the limit is lifted again
    await stage.change(f"ALTER DATABASE {name_of(stage)} CONNECTION LIMIT 0")
    stop = asyncio.Event()
    with capture_logs() as told:
        serving = asyncio.create_task(app._serve(stage.settings, stop, Telemetry()))

        async def waits() -> bool:
            assert not serving.done(), serving.exception()
            return sum("too many connections" in str(line.get("reason")) for line in told) >= 2

        await stage.until(waits, "the hub waits for the server")
    await stage.change(f"ALTER DATABASE {name_of(stage)} CONNECTION LIMIT -1")
    await approve(stage, HERE)

    await stage.until_state(HERE, "availability_requested")
    stop.set()
    await serving
