"""Records larger than a fetch, and messages larger than their topic takes."""

import json

import pytest
from pydantic_core import to_json

from contracts.envelope import Envelope
from hub.desk import accidents
from hub.desk.operations import Act
from tests.integration.messages import approve, assert_once_and_in_order, header, journal, named, placed
from tests.integration.troubles import limit
from tests.stage import Stage

pytestmark = pytest.mark.integration

HERE, THERE = named(0)[0], named(1)[0]
LARGE = 3_000_000
"""Bytes: three times what a client fetches of one partition."""
STOPPED = "SELECT k, stopped FROM shard WHERE stopped IS NOT NULL"


async def test_a_record_that_is_larger_than_a_fetch_is_read_like_any_other(stage: Stage) -> None:
    await limit(stage, "shop.events", 2 * LARGE)
    stage.start_hub()
    event = Envelope("large", "/partners/test", placed().type(), HERE, None)
    value = to_json({**json.loads(placed().encoded()), "unknown_to_us": "x" * LARGE})
    await stage.write("shop.events", key=HERE.encode(), value=value, headers=event.headers(), partition=0)
    behind = named(0, "behind")[0]
    await stage.say("shop.events", placed(f"N-{behind}"), behind)

    await stage.until_read()

    assert await stage.state(HERE) == await stage.state(behind) == "payment_pending"


async def test_a_dead_letter_larger_than_its_topic_takes_stops_nobody_and_its_value_is_kept(stage: Stage) -> None:
    """A codec packs it below the limit of its own topic; unpacked it fits none."""
    stage.start_hub()
    await stage.write("shop.events", key=HERE.encode(), value=b"?" * LARGE, partition=0)
    behind = named(0, "behind")[0]
    await stage.say("shop.events", placed(f"N-{behind}"), behind)
    await stage.until_state(behind, "payment_pending")
    await stage.until_read()

    [letter] = await stage.records("shop.events.dlt")
    assert letter.value is None
    assert header(letter, "hub_failure_code") == "specversion_unknown"
    assert str(LARGE) in header(letter, "hub_value_withheld")
    [kept] = await stage.rows("SELECT value FROM set_aside WHERE kind = 'dead_letter'")
    assert kept["value"] == b"?" * LARGE
    assert await stage.rows(STOPPED) == []


async def test_a_limit_that_was_lowered_stops_the_shards_until_it_is_raised(stage: Stage) -> None:
    """The batch is stored and can't be published: nothing is lost, and all is out once when the topic takes it."""
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{HERE}"), HERE)
    await stage.until_read()
    before = await stage.records("order.events")
    await limit(stage, "order.events", 300)
    await approve(stage, HERE)

    [row] = await stage.until_rows(STOPPED)
    assert "Kafka refused what batch" in row["stopped"]
    assert len(await stage.records("order.events")) == len(before)
    await limit(stage, "order.events", 1_000_000)
    await accidents.resume(stage.desk, Act("mended"), 0, accidents.Consent())
    await stage.until_state(HERE, "availability_requested")
    await stage.until_read()

    assert_once_and_in_order(await stage.records())
    assert [kind for kind, outcome in await journal(stage, HERE) if outcome == "applied"][:2] == [
        "order.placed",
        "payment.authorized",
    ]
