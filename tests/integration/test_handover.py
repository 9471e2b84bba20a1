"""Shards change hands: by plan, by accident and behind their owner's back; nothing is lost, doubled or reordered."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

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
from tests.stage import Stage

pytestmark = pytest.mark.integration

HELD = "INSERT INTO order_references (kind, party, value, order_id) VALUES ('tracking', 'carrier', 'T1', 'another')"
OWNERS = "SELECT DISTINCT owner FROM lease"
APPROVED = 3  # facts that bring an order to its availability request


async def until_owners(stage: Stage, count: int) -> None:
    async def there() -> bool:
        return len(await stage.rows(OWNERS)) == count

    await stage.until(there, f"{count} processes share the shards")


async def until_approved(stage: Stage, orders: list[str]) -> None:
    async def there() -> bool:
        rows = await stage.rows("SELECT order_id FROM orders WHERE state = 'availability_requested'")
        return {row["order_id"] for row in rows} >= set(orders)

    await stage.until(there, f"{len(orders)} orders are approved")
    await stage.until_read()


async def assert_each_fact_counted_once(stage: Stage, orders: list[str]) -> None:
    rows = await stage.rows("SELECT order_id, count(*) AS n FROM journal WHERE outcome = 'applied' GROUP BY order_id")
    assert {row["order_id"]: row["n"] for row in rows} == dict.fromkeys(orders, APPROVED)
    assert_once_and_in_order(await stage.records())


async def test_two_hubs_share_the_shards_and_the_one_that_stays_takes_over_while_records_flow(stage: Stage) -> None:
    orders = [f"o-{number}" for number in range(30)]
    stage.start_hub()
    await until_owners(stage, 1)
    for order in orders[:10]:
        await approve(stage, order)
    stage.start_hub()
    for order in orders[10:15]:
        await approve(stage, order)
    await until_owners(stage, 2)
    for order in orders[15:25]:
        await approve(stage, order)

    await stage.stop_first_hub()
    for order in orders[25:]:
        await approve(stage, order)

    await until_approved(stage, orders)
    assert len(await stage.rows(OWNERS)) == 1
    await assert_each_fact_counted_once(stage, orders)


async def test_a_shard_whose_token_another_wrote_is_left_before_anything_is_doubled(stage: Stage) -> None:
    orders = [f"o-{number}" for number in range(12)]
    stage.start_hub()
    await approve(stage, orders[0])
    await until_approved(stage, orders[:1])

    for order in orders[1:]:
        await stage.change("UPDATE shard SET token = 'somebody else'")
        await approve(stage, order)

    await until_approved(stage, orders)
    assert await stage.rows("SELECT 1 FROM shard WHERE token = 'somebody else'") == []
    await assert_each_fact_counted_once(stage, orders)


async def test_a_process_that_lost_its_lease_stops_its_shards_until_the_lease_is_free_again(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await until_approved(stage, ["o-1"])
    await stage.change("UPDATE lease SET owner = 'another', lease_until = now() + interval '3 seconds'")
    await stage.change("UPDATE shard SET token = 'another'")

    await approve(stage, "o-2")
    await until_approved(stage, ["o-1", "o-2"])

    assert [row["owner"] for row in await stage.rows(OWNERS)] != ["another"]
    await assert_each_fact_counted_once(stage, ["o-1", "o-2"])


async def test_a_second_process_that_writes_for_the_same_shard_is_fenced_off(stage: Stage) -> None:
    """Both believe that the leases are theirs; token and producer's fence leave one of them in the end."""
    orders = [f"o-{number}" for number in range(20)]
    first: Any = stage.start_hub()
    await until_owners(stage, 1)
    for order in orders[:5]:
        await approve(stage, order)
    await stage.change("DELETE FROM lease")
    stage.start_hub()
    for order in orders[5:]:
        await stage.say("shop.events", placed(f"N-{order}"), order)
        await stage.say("payment.events", authorized(order), order)
        await stage.say("fraud.events", CLEAR, order)

    await until_approved(stage, orders)
    assert first.ownership is not None
    for order in orders:
        assert "late" not in {outcome for _, outcome in await journal(stage, order)}
    await assert_each_fact_counted_once(stage, orders)


async def test_a_batch_that_postgresql_keeps_waiting_costs_no_shard_its_lease(stage: Stage) -> None:
    """A stranger holds the number that an order's batch wants to write, for three leases."""
    slow, quick, other = named(0)[0], *named(1, count=2)
    stage.start_hub()
    for order in (slow, quick):
        await approve(stage, order)
    await until_approved(stage, [slow, quick])
    owners = await stage.rows("SELECT k, owner FROM lease ORDER BY k")

    async with stage.engine.connect() as stranger:
        await stranger.execute(text(HELD))
        await send(stage, slow, "T-1")
        await approve(stage, other)
        for _ in range(round(3 * stage.settings.lease.total_seconds() / 0.25)):
            assert await stage.rows("SELECT k, owner FROM lease WHERE lease_until > now() ORDER BY k") == owners
            await asyncio.sleep(0.25)
        assert await stage.state(slow) != "sent"
        await stage.until_state(other, "availability_requested")
        await stranger.rollback()

    await stage.until_state(slow, "sent")
