"""Both books are compared however many orders there are, and however many of them differ."""

import pytest

from adapters.postgres import gateway_reads, order_reads
from tests.integration.messages import placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_more_orders_may_differ_than_a_statement_takes_parameters(stage: Stage) -> None:
    since = await gateway_reads.now(stage.engine)

    assert await gateway_reads.orders_in_motion(stage.engine, [f"o-{n}" for n in range(40_000)], since) == set()


@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_orders_come_in_pages_each_once(stage: Stage, size: int) -> None:
    for number in range(3):
        await stage.say("shop.events", placed(f"W-{number}"), f"o-{number}")
    stage.start_hub()
    await stage.until_read()

    pages = [[row.order_id for row in page] async for page in order_reads.order_pages(stage.engine, size)]

    assert [order for page in pages for order in page] == ["o-0", "o-1", "o-2"]
    assert max(map(len, pages)) <= size
