"""Shards are split while the hub is stopped; orders go on where they were, or nothing was changed at all."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import NewPartitions

from adapters.errors import ShardCountDiffers
from adapters.kafka import topics
from adapters.postgres.unit import PostgresUnit
from contracts.carriers import CarrierInTransit
from contracts.fraud import FraudScored, Verdict
from contracts.partitioning import home
from contracts.topics import INBOUND
from hub.desk import Desk, checks, failed, growth, operations, partners
from hub.desk import topics as desk_topics
from hub.desk.errors import GrowthIsRefused
from hub.desk.failed import Selection
from hub.desk.operations import Act
from hub.desk.proof import prove
from hub.processes import environment_of
from tests.integration.messages import (
    CLEAR,
    approve,
    assert_once_and_in_order,
    authorized,
    journal,
    named,
    placed,
    send,
)
from tests.stage import Stage, Template, new_stage

pytestmark = pytest.mark.integration

MORE = Act("the sale needs more processes", "ann")
OPEN = "SELECT shard, partition FROM set_aside WHERE kind = :k AND closed_batch IS NULL ORDER BY id"
SHARDS = "SELECT k, batch, emitted, token FROM shard ORDER BY k"
WORK = "SELECT order_id, shard FROM timers UNION ALL SELECT order_id, shard FROM quarantine ORDER BY 1"


@pytest.fixture
async def wide(template: Template, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub of two shards whose topics have four partitions."""
    async with new_stage(template, tmp_path, partitions=4) as stage:
        yield stage


def split(stage: Stage, shards: int = 4) -> Desk:
    """Have the stage's commands and hubs know the new number, as an operator does after a growth."""
    stage.settings = stage.settings.model_copy(update={"shards": shards})
    return stage.desk


async def rest(stage: Stage) -> None:
    """Let the hub read everything, and stop it."""
    await stage.until_read()
    await stage.stop_hubs()


async def proved(stage: Stage) -> None:
    """Assert that verify finds nothing wrong, and that nothing was published twice or late."""
    await stage.until_read()
    assert_once_and_in_order(r for r in await stage.records() if r.topic != "hub.internal")
    report = await prove(stage.desk)
    assert report.ok, report.differences


async def raise_partitions(stage: Stage, count: int) -> None:
    """Give every inbound topic more partitions, as an administrator of Kafka does."""
    names = [stage.kafka.topic(topic.name) for topic in INBOUND]
    async with stage.admin() as admin:
        await admin.create_partitions({name: NewPartitions(total_count=count) for name in names})

        async def there() -> bool:
            return await topics.partitions(admin, names) == dict.fromkeys(names, count)

        await stage.until(there, f"the topics have {count} partitions")
    await stage.close_pen()


async def hub_command(stage: Stage, *arguments: str, **more: str) -> asyncio.subprocess.Process:
    """Start a command of the hub as a process of its own, with the stage's settings and more."""
    pipe = asyncio.subprocess.PIPE
    environment = environment_of(stage.settings) | {"COLUMNS": "400"} | more
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *arguments, env=environment, stdout=pipe, stderr=pipe
    )


# -- what goes on ----------------------------------------------------------------------------------------------------


async def test_orders_of_every_kind_go_on_where_they_were(wide: Stage, bug: set[str]) -> None:
    going, early, bad, asked, fresh = (
        [named(shard, name, 4)[0] for shard in range(4)] for name in ("go", "early", "bad", "ask", "fresh")
    )
    bug |= set(bad)
    overdue = wide.settings.model_copy(update={"policy": {"availability_answer": "PT1S"}})
    await desk_topics.pause(wide.desk, Act("later"), "hub.internal")
    wide.start_hub(overdue)
    for order in going:
        await approve(wide, order)
        await wide.say("fraud.events", CLEAR, early[going.index(order)])
    for order in bad:
        await wide.say("shop.events", placed(f"N-{order}"), order)
        await wide.say("fraud.events", CLEAR, order)
    for partition in range(4):
        await wide.write("payment.events", key=b"o-x", value=b"?", partition=partition)
        await wide.say("carrier.events", CarrierInTransit(tracking_number=f"T-{partition}"), None, partition=partition)
    await desk_topics.pause(wide.desk, Act("later"), "hub.internal")
    await partners.pause(wide.desk, Act("later"), "/partners/till")
    for order in asked:
        await wide.say("shop.events", placed(f"N-{order}"), order)
        await wide.say("payment.events", authorized(order), order, source="/partners/till")
    await wide.until_rows(OPEN, 8, k="quarantined")
    await wide.until_rows(OPEN, 4, k="held")
    await wide.until_rows(OPEN, 4, k="waiting")
    await wide.until_rows(OPEN, 4, k="dead_letter")
    await wide.until_rows("SELECT 1 FROM set_aside WHERE kind = 'timer'", 4)
    await wide.stop_hubs()
    for order in fresh:  # what lies unread in the log is read by whoever has its partition then
        await approve(wide, order)

    done = await growth.grow(wide.desk, MORE, 4)

    assert (done.before, done.after) == (2, 4)
    work = await wide.rows(WORK)
    assert {row["order_id"] for row in work} >= {*asked, *bad}
    assert all(row["shard"] == home(row["order_id"], 4) for row in work)
    for kind in ("dead_letter", "held", "waiting", "quarantined"):
        assert {row["shard"] for row in await wide.rows(OPEN, k=kind)} == {0, 1, 2, 3}
        assert all(row["shard"] == row["partition"] for row in await wide.rows(OPEN, k=kind))
    split(wide)
    bug.clear()
    wide.start_hub()
    await desk_topics.resume(wide.desk, Act("now"), "hub.internal")
    await partners.resume(wide.desk, Act("now"), "/partners/till")
    await failed.retry(wide.desk, Act("now"), Selection(kind="quarantined"))
    await wide.until_rows("SELECT 1 FROM journal WHERE type = 'timer.due.v1'", 4)
    for number, order in enumerate(going):
        await send(wide, order, f"T-{number}")
        await wide.until_state(order, "sent")
        assert ("timer.due", "applied") in await journal(wide, order)
    for order in early:
        await wide.say("shop.events", placed(f"N-{order}"), order)
        await wide.say("payment.events", authorized(order), order)
    for order in [*early, *fresh]:
        await wide.until_state(order, "availability_requested")
    await wide.until_rows("SELECT 1 FROM journal WHERE source = '/partners/till'", 4)
    await wide.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.in_transit.v1'", 4)
    for order in bad:
        assert {("order.placed", "applied"), ("fraud.scored", "applied")} <= set(await journal(wide, order))

    assert await wide.rows("SELECT 1 FROM quarantine") == []
    assert {row["k"] for row in await wide.rows("SELECT DISTINCT shard AS k FROM journal")} == {0, 1, 2, 3}
    await proved(wide)


async def test_two_growths_are_one_operation_each_and_the_proof_knows_both(template: Template, tmp_path: Path) -> None:
    async with new_stage(template, tmp_path, shards=1, partitions=4) as stage:
        orders = [f"o-{number}" for number in range(12)]
        for shards in (1, 2, 4):
            if shards > 1:
                done = await growth.grow(stage.desk, Act(f"to {shards}", "ann", f"grow-{shards}"), shards)
                again = await growth.grow(stage.desk, Act(f"to {shards}", "ann", f"grow-{shards}"), shards)
                assert (done.before, done.after, again.moved) == (shards // 2, shards, 0)
                report = await prove(split(stage, shards))
                assert report.ok, report.differences
            stage.start_hub()
            for order in orders:
                await {1: placed_only, 2: paid, 4: scored}[shards](stage, order)
            await rest(stage)

        told = [(each.action, each.why, each.touched) for each in await operations.history(stage.desk, 9)]
        assert [(action, why) for action, why, _ in told] == [("grow shards", "to 4"), ("grow shards", "to 2")]
        assert {row["state"] for row in await stage.rows("SELECT state FROM orders")} == {"availability_requested"}
        await proved(stage)


async def placed_only(stage: Stage, order: str) -> None:
    await stage.say("shop.events", placed(f"N-{order}"), order)


async def paid(stage: Stage, order: str) -> None:
    await stage.say("payment.events", authorized(order), order)


async def scored(stage: Stage, order: str) -> None:
    await stage.say("fraud.events", CLEAR, order)


async def test_what_a_dead_process_stored_and_did_not_publish_leaves_before_the_split(wide: Stage) -> None:
    order = named(2, shards=4)[0]
    await wide.say("shop.events", placed(f"N-{order}"), order)
    process = await hub_command(wide, "run", HUB_FAILPOINTS="committed:kill:1")
    await process.communicate()
    assert [row["batch"] - row["emitted"] for row in await wide.rows(SHARDS)] == [1, 0]
    assert await wide.types(order) == []

    await wide.until(lambda: grown(wide), "the dead process is taken for gone")

    assert await wide.types(order) == ["order.created.v1"]
    split(wide)
    wide.start_hub()
    await wide.say("payment.events", authorized(order), order)
    await wide.say("fraud.events", CLEAR, order)
    await wide.until_state(order, "availability_requested")
    await proved(wide)


async def grown(stage: Stage) -> bool:
    """Grow to four shards; False where that is refused."""
    try:
        return (await growth.grow(stage.desk, MORE, 4)).after == 4
    except GrowthIsRefused:
        return False


async def test_new_partitions_are_taken_once_the_old_ones_are_read_to_their_ends(stage: Stage) -> None:
    orders = [f"o-{number}" for number in range(12)]
    stage.start_hub()
    for order in orders:
        await approve(stage, order)
    await rest(stage)
    await stage.say("shop.events", placed(), "o-late")
    await raise_partitions(stage, 4)

    with pytest.raises(GrowthIsRefused, match=r"shop\.events has more partitions than before.*are unread"):
        await growth.grow(stage.desk, MORE, 4)
    stage.settings = stage.settings.model_copy(update={"partitions": 4})
    stage.start_hub()
    await rest(stage)
    await growth.grow(stage.desk, MORE, 4)
    split(stage)
    stage.start_hub()
    for number, order in enumerate(orders):
        await send(stage, order, f"T-{number}")
        await stage.until_state(order, "sent")

    await stage.until_read()
    report = await prove(stage.desk)
    assert report.ok, report.differences


async def test_partitions_raised_over_a_backlog_let_later_records_overtake_earlier_ones(stage: Stage) -> None:
    """Why it isn't done: nothing is lost or doubled, but the order of one order's records is gone."""
    order = next(f"o-{n}" for n in range(99) if home(f"o-{n}", 2) == 0 and home(f"o-{n}", 4) == 2)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await rest(stage)
    await stage.say("fraud.events", FraudScored(verdict=Verdict.CLEAR), order, event_id="earlier")
    await raise_partitions(stage, 4)
    (told,) = [each.detail for each in await checks.online(stage.desk) if each.name == "topics"]
    assert re.match(r"partitions 2 to 3 of [a-z.-]+ have not been read yet: start the hub's processes anew", told)
    stage.settings = stage.settings.model_copy(update={"partitions": 4})
    await stage.say("fraud.events", FraudScored(verdict=Verdict.REVIEW), order, event_id="later")
    # The old partition is slower: here because an operator paused it, elsewhere because of its backlog.
    await desk_topics.pause(stage.desk, Act("later"), "fraud.events", 0)
    stage.start_hub()
    scored = "SELECT event_id, outcome FROM journal WHERE type = 'fraud.scored.v1' ORDER BY seq"
    await stage.until_rows(scored)
    await desk_topics.resume(stage.desk, Act("now"), "fraud.events", 0)

    rows = await stage.until_rows(scored, 2)

    assert [(row["event_id"], row["outcome"]) for row in rows] == [("later", "applied"), ("earlier", "applied")]
    await stage.until_read()
    report = await prove(stage.desk)
    assert report.ok, report.differences


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "to", "reason"),
    [
        ("SELECT 1", 3, "3 is no multiple of the 2 shards"),
        ("SELECT 1", 8, r"shop\.events, .*hub\.internal: 4 partitions are no multiple of 8"),
        ("UPDATE shard SET stopped = 'paused by ann: x' WHERE k = 1", 4, "shard 1 is stopped: paused by ann"),
        ("UPDATE shard SET batch = 0, emitted = 0", 4, "Kafka names batch"),
        ("INSERT INTO member (id, seen) VALUES ('web-1', now())", 4, "a hub process runs or ran just now .web-1."),
        ("INSERT INTO lease VALUES (0, 'web-2', now() + interval '1 h')", 4, "runs or ran just now .web-2."),
        (
            """INSERT INTO accepted (shard, kind, batch, emitted, ends, since)
            VALUES (0, 'restore', 1, 2, '{"shop.events/0": 99}', now())""",
            4,
            "shop.events/0 is being read again",
        ),
    ],
)
async def test_a_growth_is_refused_with_the_reason_and_changes_nothing(
    wide: Stage, statement: str, to: int, reason: str
) -> None:
    wide.start_hub()
    for order in ("o-1", "o-2", "o-3", "o-4"):
        await approve(wide, order)
    await rest(wide)
    await wide.change(statement)
    before = [await wide.rows(question) for question in (SHARDS, WORK)]

    with pytest.raises(GrowthIsRefused, match=reason):
        await growth.grow(wide.desk, MORE, to)

    assert [await wide.rows(question) for question in (SHARDS, WORK)] == before
    assert await operations.history(wide.desk, 10) == []


async def test_a_dry_run_changes_nothing(wide: Stage) -> None:
    await growth.grow(wide.desk, Act("just looking", dry_run=True), 4)

    assert len(await wide.rows(SHARDS)) == 2


async def test_a_growth_that_is_killed_in_the_middle_leaves_the_old_shards(wide: Stage) -> None:
    wide.start_hub()
    for number in range(8):
        await approve(wide, f"o-{number}")
    await rest(wide)
    before = [await wide.rows(question) for question in (SHARDS, WORK)]
    plain = wide.settings.database_url().replace("+asyncpg", "")
    other: Any = await asyncpg.connect(plain)
    holding = other.transaction()
    await holding.start()
    await other.execute("LOCK TABLE timers IN SHARE MODE")  # so the growth waits there, with orders moved already
    growing = await hub_command(wide, "shard", "grow", "--to", "4", "--why", "the sale")
    await wide.until_rows(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE timers%'"
        " AND datname = current_database()"
    )

    os.kill(growing.pid, signal.SIGKILL)
    await growing.communicate()
    await holding.rollback()
    await other.close()

    await wide.until_rows(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query LIKE 'UPDATE timers%')"
    )
    assert [await wide.rows(question) for question in (SHARDS, WORK)] == before
    wide.start_hub()
    await send(wide, "o-1", "T-1")
    await wide.until_state("o-1", "sent")
    await proved(wide)
    await wide.stop_hubs()
    again = await hub_command(wide, "shard", "grow", "--to", "4", "--why", "the sale", "--who", "ann")
    printed, _ = await again.communicate()
    assert b"There are 4 shards now, 2 before" in printed
    assert b"Set HUB_SHARDS=4" in printed
    split(wide)
    wide.start_hub()
    await send(wide, "o-2", "T-2")
    await wide.until_state("o-2", "sent")
    await proved(wide)


# -- processes that know the old number ------------------------------------------------------------------------------


async def test_a_process_with_the_old_number_ends_with_a_sentence(wide: Stage) -> None:
    await growth.grow(wide.desk, MORE, 4)

    process = await hub_command(wide, "run")
    _, told = await process.communicate()

    assert process.returncode == 2
    assert "This hub has 4 shards, not 2; only hub shard grow changes that. Set HUB_SHARDS=4." in told.decode()


async def test_a_process_that_was_frozen_through_a_growth_writes_nothing_and_ends(wide: Stage) -> None:
    frozen = await hub_command(wide, "run")
    await approve(wide, "o-1")
    await wide.until_state("o-1", "availability_requested")
    await wide.until_read()
    os.kill(frozen.pid, signal.SIGSTOP)

    await wide.until(lambda: grown(wide), "the frozen process is taken for gone")
    await send(wide, "o-1", "T-1")
    before = await wide.rows(SHARDS)
    os.kill(frozen.pid, signal.SIGCONT)
    _, told = await frozen.communicate()

    assert frozen.returncode == 2
    assert "Set HUB_SHARDS=4" in told.decode()
    assert [row["batch"] for row in await wide.rows(SHARDS)] == [row["batch"] for row in before]
    split(wide)
    wide.start_hub()
    await wide.until_state("o-1", "sent")
    await proved(wide)


async def test_a_take_over_that_waited_for_a_growth_sees_the_new_number(wide: Stage) -> None:
    """Its own statement still sees the old one: it began before the growth was committed."""
    plain = wide.settings.database_url().replace("+asyncpg", "")
    other: Any = await asyncpg.connect(plain)
    growing = other.transaction()
    await growing.start()
    await other.execute("SELECT 1 FROM shard FOR UPDATE")
    await other.execute("UPDATE hub SET shards = 4")
    unit = PostgresUnit(plain, 0, shards=2)

    taking = asyncio.create_task(unit.take())
    await wide.until_rows(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE shard%'"
    )
    await growing.commit()

    with pytest.raises(ShardCountDiffers):
        await taking
    await unit.close()
    await other.close()
