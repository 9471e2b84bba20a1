"""An operation that is stopped: what no shard has carried out is tried no more, and what was done stays done."""

import asyncio

import pytest

from hub.desk import failed, operations
from hub.desk.errors import RecordIsUnknown
from hub.desk.failed import Selection
from hub.desk.operations import Act, Progress
from hub.desk.proof import prove
from tests.integration.messages import CLEAR, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration
MENDED = Act("the cause is mended", "ann")
OPEN = "SELECT id, asked, tries FROM set_aside WHERE kind = :k AND closed_batch IS NULL ORDER BY id"


async def broken(stage: Stage, order: str, count: int) -> None:
    """So many verdicts that can't be read: each is a dead letter."""
    headers = [("ce_specversion", b"1.0"), ("ce_source", b"/partners/test"), ("ce_type", b"fraud.scored.v1")]
    for number in range(count):
        named_ = [*headers, ("ce_id", b"b-%d" % number), ("ce_subject", order.encode())]
        await stage.write("fraud.events", key=order.encode(), value=b"{}", headers=named_, partition=0)
    await stage.until_rows(OPEN, count, k="dead_letter")


async def begun(stage: Stage, act: Act, selection: Selection) -> Progress:
    done = await failed.retry(stage.desk, act, selection)
    assert isinstance(done, Progress)
    return done


async def test_dead_letters_of_a_stopped_operation_are_not_tried(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    await broken(stage, order, 3)
    await stage.stop_hubs()
    asked = await begun(stage, MENDED, Selection())

    looked = await operations.stop(stage.desk, Act("wrong ones", "bea", dry_run=True), asked.id)
    done = await operations.stop(stage.desk, Act("wrong ones", "bea", "k-1"), asked.id)
    again = await operations.stop(stage.desk, Act("wrong ones", "bea", "k-1"), asked.id)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")

    assert (looked.records, done.records, again.records) == (3, 3, 3)
    assert (done.operation.waiting, done.operation.touched) == (0, 3)
    assert [(row["asked"], row["tries"]) for row in await stage.rows(OPEN, k="dead_letter")] == [(None, 0)] * 3
    (stopped, _) = await operations.history(stage.desk, 10)
    assert (stopped.action, stopped.who, stopped.wish, stopped.touched) == ("stop", "bea", {"operation": asked.id}, 3)


async def test_an_order_whose_retry_is_stopped_stays_in_quarantine_until_it_is_asked_for_again(
    stage: Stage, bug: set[str]
) -> None:
    order, other = named(0, count=2)
    bug |= {order, other}
    stage.start_hub()
    for each in (order, other):
        await stage.say("shop.events", placed(f"N-{each}"), each)
        await stage.say("fraud.events", CLEAR, each)
    await stage.until_rows(OPEN, 4, k="quarantined")
    await stage.stop_hubs()
    bug.clear()
    asked = await begun(stage, MENDED, Selection(order=order))
    await begun(stage, MENDED, Selection(order=other))

    done = await operations.stop(stage.desk, Act("not yet", "ann"), asked.id)
    stage.start_hub()
    await stage.until_state(other, "payment_pending")
    waits = await stage.rows("SELECT order_id, asked, queued FROM quarantine")
    await begun(stage, MENDED, Selection(order=order))
    await stage.until_state(order, "payment_pending")

    assert done.records == 2
    assert waits == [{"order_id": order, "asked": False, "queued": 2}]
    await stage.until_read()
    await stage.records()
    report = await prove(stage.desk)
    assert report.ok, report.differences


async def test_a_stop_beside_a_running_hub_leaves_each_record_tried_or_not_asked_for(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    await broken(stage, order, 40)

    counts = []
    for _ in range(10):
        asked = await begun(stage, MENDED, Selection())
        await asyncio.sleep(0.02)
        counts.append((await operations.stop(stage.desk, Act("wrong ones", "bea"), asked.id)).records)

    rows = await stage.rows(OPEN, k="dead_letter")
    assert {row["asked"] for row in rows} == {None}
    assert sum(row["tries"] for row in rows) + sum(counts) == 400


async def test_an_operation_that_is_none_can_not_be_stopped(stage: Stage) -> None:
    with pytest.raises(RecordIsUnknown):
        await operations.stop(stage.desk, MENDED, 99)
