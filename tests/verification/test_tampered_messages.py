"""Whoever writes to the hub's topics is found out; what is published can't be taken back, so each test counts anew."""

import pytest
from msgspec import msgpack

from contracts.wire import Outgoing, unpack
from tests.verification.played import PlayedHub, naming
from verification import Report

pytestmark = pytest.mark.integration


async def published(hub: PlayedHub, topic: str) -> tuple[Outgoing, int]:
    """Return a message of a topic that the hub published, and the partition where it lies."""
    row = await hub.one(
        "SELECT shard, messages FROM journal WHERE position(CAST(:topic AS bytea) IN messages) > 0 LIMIT 1",
        topic=msgpack.encode(topic),
    )
    message = next(message for message in unpack(row["messages"]) if message.topic == topic)
    return message, row["shard"]


def kinds(report: Report, name: str) -> set[str]:
    return {each.kind for each in naming(report.differences, name)}


async def test_a_message_that_no_row_holds_is_named(played_hub: PlayedHub) -> None:
    message, partition = await published(played_hub, "order.events")
    headers = tuple((name, b"forged" if name == "ce_id" else content) for name, content in message.headers)
    before = await played_hub.verify()

    await played_hub.publish(Outgoing("order.events", None, message.key, headers, message.value), partition)
    after = await played_hub.verify()

    assert after.doubled == before.doubled + 1
    assert "doubled" in kinds(after, "message forged at order.events")


async def test_a_message_published_twice_is_named(played_hub: PlayedHub) -> None:
    message, partition = await published(played_hub, "order.events")
    before = await played_hub.verify()

    await played_hub.publish(message, partition)
    after = await played_hub.verify()

    assert after.doubled == before.doubled + 1
    assert "doubled" in kinds(after, f"message {(message.header('ce_id') or b'').decode()} at order.events")


async def test_a_copy_with_other_content_is_named_as_changed(played_hub: PlayedHub) -> None:
    message, partition = await published(played_hub, "payment.requests")
    other = Outgoing(message.topic, None, message.key, message.headers, b"{}")

    await played_hub.publish(other, partition)
    report = await played_hub.verify()

    name = f"message {(message.header('ce_id') or b'').decode()} at payment.requests"
    assert {"doubled", "changed"} <= kinds(report, name)


async def test_another_state_on_order_status_is_named(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT order_id, shard FROM orders WHERE state IS NOT NULL LIMIT 1")
    forged = Outgoing("order.status", None, row["order_id"].encode(), (), b"{}")

    await played_hub.publish(forged, row["shard"])
    report = await played_hub.verify()

    assert "changed" in kinds(report, f"state of order {row['order_id']}")


async def test_a_record_nobody_has_read_is_counted(played_hub: PlayedHub) -> None:
    before = await played_hub.verify()

    await played_hub.publish(Outgoing("shop.events", None, b"order", (), b"{}"), 0)
    after = await played_hub.verify()

    assert after.unread == before.unread + 1
    assert "unread" in kinds(after, "shop.events/0")


async def test_a_forged_command_between_orders_is_named(played_hub: PlayedHub) -> None:
    forged = Outgoing("hub.internal", None, b"order", (("ce_id", b"forged-command"),), b"{}")

    await played_hub.publish(forged, 0)
    report = await played_hub.verify()

    assert "doubled" in kinds(report, "message forged-command at hub.internal/0")
