"""The listing beside a running hub: what partners say is found within moments, and the proof looks at it."""

import asyncio

import pytest

from hub import projection
from hub.desk import listing, order_lists, proof, search
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Paging
from tests.integration.messages import approve, assert_once_and_in_order, named
from tests.stage import Stage

pytestmark = pytest.mark.integration
PAGE = Paging(b"key")


async def test_orders_are_listed_and_found_while_the_hub_works_and_the_proof_sees_it(stage: Stage) -> None:
    stage.start_hub()
    stop = asyncio.Event()
    keeping = asyncio.create_task(projection.serve(stage.settings, stop))
    orders = [*named(0, count=2), *named(1, count=2)]
    for order_id in orders:
        await approve(stage, order_id)
    await stage.until_read()

    async def listed() -> bool:
        found = await order_lists.orders(stage.desk, None, OrderFilter(state=("availability_requested",)), PAGE)
        return {each.order_id for each in found.items} == set(orders)

    await stage.until(listed, "all orders are listed")
    found = await search.orders(stage.desk, frozenset({"lille"}), f"n {orders[2]}", OrderFilter(), PAGE)
    assert found.only == f"N-{orders[2]}"
    stop.set()
    await keeping
    assert_once_and_in_order(await stage.records())

    report = await proof.prove(stage.desk)
    assert report.ok
    (check,) = [each for each in report.checks if each.name == "listing"]
    assert (check.counted, check.differences) == (4, 0)

    await stage.change("UPDATE order_list SET total = 1 WHERE order_id = :order_id", order_id=orders[0])
    report = await proof.prove(stage.desk)
    assert not report.ok
    assert [each.kind for each in report.differences] == ["listing differs"]
    assert (await listing.check(stage.desk, mend=True)).mended == 1
    assert (await proof.prove(stage.desk)).ok


async def test_the_proof_of_a_hub_without_a_listing_says_nothing_of_it(stage: Stage) -> None:
    report = await proof.prove(stage.desk)

    assert report.ok
    assert "listing" not in {each.name for each in report.checks}
