"""One payment the whole way: from the hub's request over a provider's HTTP into the order, and back to the customer."""

import pytest

from tests.gateway.till import till
from tests.integration.messages import placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_an_order_is_authorised_by_a_provider_that_only_speaks_http(stage: Stage) -> None:
    async with till(stage) as at:
        at.start()
        stage.start_hub()
        await stage.say("shop.events", placed(), "o-1")

        await stage.until_rows("SELECT 1 FROM orders WHERE document->'payment'->>'state' = 'authorised'")

    (intent,) = at.provider.books.intents.values()
    assert (intent["amount"], intent["currency"], intent["status"]) == (4500, "eur", "requires_capture")
    assert intent["metadata"]["order_id"] == "o-1"
    (row,) = await stage.rows("SELECT document->'payment' AS payment FROM orders")
    assert row["payment"]["payment_id"] == intent["id"]
    assert row["payment"]["authorised"] == 4500
