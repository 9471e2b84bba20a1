"""Batches that were stored and perhaps not published: whatever answer is lost, each message is out once, in order."""

import asyncio

import pytest

from adapters import failpoints
from contracts.wire import unpack
from tests.integration.messages import approve, assert_once_and_in_order, header, ids
from tests.stage import Stage

pytestmark = pytest.mark.integration


class Faults:
    """Fails at a named point a given number of times, and counts it."""

    def __init__(self, point: str, times: int, error: BaseException) -> None:
        self.point, self.left, self.error, self.hits = point, times, error, 0

    async def hit(self, name: str) -> None:
        if name == self.point and self.left:
            self.left -= 1
            self.hits += 1
            raise self.error


async def published(stage: Stage) -> set[str]:
    """Return the ids of everything that the journal says is to be published."""
    rows = await stage.rows("SELECT messages FROM journal")
    return {(message.header("ce_id") or b"").decode() for row in rows for message in unpack(row["messages"])}


@pytest.mark.parametrize("point", failpoints.POINTS)
async def test_wherever_an_answer_is_lost_each_message_is_out_once_and_in_order(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    faults = Faults(point, 3, failpoints.Swallowed("lost on purpose"))
    monkeypatch.setattr(failpoints, "_hit", faults.hit)
    orders = [f"o-{number}" for number in range(6)]
    stage.start_hub()
    for order in orders:
        await approve(stage, order)
        await stage.write("fraud.events", key=order.encode(), value=b"?", headers=[("ce_id", b"\xff")])
        await stage.until_state(order, "availability_requested")  # so that there are enough batches to fail
    await stage.until_read()

    assert faults.hits == 3
    records = await stage.records()
    assert_once_and_in_order(records)
    assert set(ids(records)) == await published(stage)
    assert len(await stage.records("fraud.events.dlt")) == len(orders)
    last = {record.key: header(record, "ce_id") for record in records if record.topic == "order.status"}
    rows = await stage.rows("SELECT order_id, seq FROM orders")
    assert last == {row["order_id"].encode(): f"{row['order_id']}:{row['seq']}:status" for row in rows}


async def test_a_hub_that_ends_with_a_stored_batch_unpublished_leaves_it_to_the_next_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every transaction is broken off by the process's end, as far as Kafka can tell."""
    faults = Faults("acknowledged", 1, asyncio.CancelledError())
    orders = [f"o-{number}" for number in range(4)]
    for order in orders:
        await approve(stage, order)
    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "_hit", faults.hit)
        stage.start_hub()
        await stage.until_rows("SELECT 1 FROM journal")

        async def hit() -> bool:
            return faults.hits > 0

        await stage.until(hit, "the fault")
        await stage.stop_hubs()

    stage.start_hub()
    for order in orders:
        await stage.until_state(order, "availability_requested")
    await stage.until_read()

    records = await stage.records()
    assert_once_and_in_order(records)
    assert set(ids(records)) == await published(stage)
