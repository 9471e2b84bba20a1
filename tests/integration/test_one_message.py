"""One message type through the whole pipeline: stored once, published once, whatever is repeated or restarted."""

import pytest

from contracts.fraud import FraudScored, Verdict
from tests.integration.messages import placed
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration


async def test_an_order_is_stored_once_and_tells_what_happened(stage: Stage) -> None:
    stage.start_hub()

    await stage.say("shop.events", placed(), "o-1", event_id="e-1")
    await stage.say("shop.events", placed(), "o-1", event_id="e-1")

    await stage.until_state("o-1", "payment_pending")
    await stage.until_read()
    rows = await stage.rows("SELECT seq, outcome, source, event_id FROM journal")
    assert rows == [{"seq": 1, "outcome": "applied", "source": "/partners/test", "event_id": "e-1"}]
    found = by_type(await stage.records())
    assert {kind: len(records) for kind, records in found.items()} == {
        "order.created.v1": 1,
        "payment.authorization_requested.v1": 1,
        "fraud.score_requested.v1": 1,
        "email.requested.v1": 1,
        "order.status.v1": 1,
    }
    assert found["order.created.v1"][0].header("ce_causationid") == b"e-1"


async def test_a_restarted_hub_goes_on_where_it_stopped(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "payment_pending")
    await stage.stop_hubs()
    before = len(await stage.records())

    await stage.say("fraud.events", FraudScored(verdict=Verdict.CLEAR), "o-1")
    stage.start_hub()
    await stage.until_read()

    assert [row["outcome"] for row in await stage.rows("SELECT outcome FROM journal ORDER BY seq")] == ["applied"] * 2
    after = await stage.records()
    ids = [record.header("ce_id") for record in after if record.topic != "order.status"]
    assert len(ids) == len(set(ids))
    assert len(after) >= before
