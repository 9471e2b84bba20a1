"""Transactions of others on the hub's topics, and a transaction of its own that takes too long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from adapters import failpoints
from adapters.postgres import reads
from contracts.envelope import Envelope
from hub.desk import checks, shards
from producers import emission
from tests.integration.messages import approve, assert_once_and_in_order, journal, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

HERE, THERE = named(0)[0], named(1)[0]
NOTED = "SELECT detail, done FROM attention WHERE kind = 'transaction_open' ORDER BY id"


@asynccontextmanager
async def foreign(stage: Stage) -> AsyncIterator[AIOKafkaProducer]:
    """A partner that writes in transactions, with one just begun; where it dies, its successor ends it."""
    pen = stage.kafka.producer(transactional_id=f"{stage.kafka.prefix}partner")
    await pen.start()
    await pen.begin_transaction()
    try:
        yield pen
    finally:
        await pen.stop()


async def write(stage: Stage, pen: AIOKafkaProducer, order_id: str) -> None:
    """Write an order within the partner's transaction."""
    event = Envelope(f"in-{order_id}", "/partners/test", placed().type(), order_id, None)
    topic = stage.kafka.topic("shop.events")
    headers = [(name, content) for name, content in event.headers() if content is not None]
    await pen.send_and_wait(
        topic, placed(f"N-{order_id}").encoded(), key=order_id.encode(), partition=0, headers=headers
    )


async def check(stage: Stage, name: str) -> checks.Check:
    return next(result for result in await checks.online(stage.desk) if result.name == name)


async def test_a_partners_open_transaction_is_told_and_forgotten_when_it_ends(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"held_up": timedelta(seconds=1)})
    inside, behind = named(0, count=2)
    stage.start_hub()
    async with foreign(stage) as pen:
        await write(stage, pen, inside)
        await stage.say("shop.events", placed(f"N-{behind}"), behind)
        await stage.say("shop.events", placed(f"N-{THERE}"), THERE)

        [noted] = await stage.until_rows(NOTED)
        assert noted["detail"].startswith(
            "shop.events/0 can't be read past 0: a transaction of its sender is open since"
        )
        rows = {row.number: row.trouble for row in await shards.standing(stage.desk)}
        assert rows == {0: noted["detail"], 1: None}
        told = await check(stage, "partitions")
        assert (told.ok, told.detail) == (False, noted["detail"])
        await stage.until_state(THERE, "payment_pending")  # nobody else waits
        assert await stage.state(behind) is None

    successor = stage.kafka.producer(transactional_id=f"{stage.kafka.prefix}partner")
    await successor.start()  # as its restart does, or kafka-transactions.sh force-terminate
    await successor.stop()

    await stage.until_state(behind, "payment_pending")
    assert await stage.state(inside) is None

    async def forgotten() -> bool:
        return [row["done"] for row in await stage.rows(NOTED)] == [True]

    await stage.until(forgotten, "the note is done")
    assert (await check(stage, "partitions")).ok
    await stage.until_read()


async def test_what_a_partner_aborts_is_never_decided_and_holds_nothing_up(stage: Stage) -> None:
    aborted, kept, later = named(0, count=3)
    stage.start_hub()
    async with foreign(stage) as pen:
        await write(stage, pen, aborted)
        await pen.abort_transaction()
        await pen.begin_transaction()
        await write(stage, pen, kept)
        await pen.commit_transaction()
    await stage.say("shop.events", placed(f"N-{later}"), later)

    await stage.until_read()

    assert await journal(stage, aborted) == []
    assert await journal(stage, kept) == await journal(stage, later) == [("order.placed", "applied")]
    assert sum(row.lag for row in await shards.standing(stage.desk)) == 0


async def test_a_transaction_that_the_broker_has_ended_is_published_again_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker aborts it while the shard waits: the batch is stored, its outcome in Kafka is unknown."""
    monkeypatch.setattr(emission, "TRANSACTION_SECONDS", 1)
    monkeypatch.setattr(emission, "SEND_SECONDS", 60.0)
    ended: list[Any] = []

    async def hit(name: str) -> None:
        if name != "acknowledged" or ended:
            return
        places = [("order.events", 0), ("order.events", 1)]

        async def aborted() -> bool:
            return await stage.log.ends(places) == await stage.log.tops(places)

        if not await aborted():  # a transaction with messages is open
            ended.append(await stage.until(aborted, "the broker has ended the transaction"))

    monkeypatch.setattr(failpoints, "_hit", hit)
    hub = stage.start_hub()
    for order in (HERE, THERE):
        await approve(stage, order)
    for order in (HERE, THERE):
        await stage.until_state(order, "availability_requested")
    await stage.until_read()

    assert ended
    assert hub.ownership is not None
    assert hub.ownership.report()["counts"]["failed: take over"] >= 1
    assert_once_and_in_order(await stage.records())
    assert [row.stopped for row in await reads.shards(stage.engine)] == [None, None]
