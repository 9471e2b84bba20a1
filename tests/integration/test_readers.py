"""A reader that has ended: the library's own task fails, says nothing, and hands over nothing any more."""

import pytest

from tests.integration.messages import CLEAR, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_a_shard_whose_reader_has_ended_is_opened_anew_and_reads_on(stage: Stage) -> None:
    hub = stage.start_hub()
    order = named(0)[0]
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", o=order)

    assert hub.ownership is not None
    reader = hub.ownership._shards[0]._reader._subscriber.consumer
    reader._fetcher.error_future.cancel()
    await stage.say("fraud.events", CLEAR, order)

    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", 2, o=order)
    await stage.until_read()
