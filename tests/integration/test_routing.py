"""Records on the wrong partition go home once; sizes at the limits stop no neighbour."""

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions
from aiokafka.errors import MessageSizeTooLargeError

from adapters.kafka import topics
from adapters.postgres import schema
from consumers.shard import sizes
from contracts.envelope import Envelope
from contracts.message import Money
from contracts.partitioning import home
from contracts.shop import OrderLine
from contracts.topics import BY_NAME
from contracts.values import changed
from contracts.wire import Outgoing
from tests.integration.messages import CLEAR, authorized, header, journal, named, placed
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration

LIMIT = BY_NAME["fraud.events"].max_bytes


async def test_a_misrouted_record_is_sent_home_once_and_applied_there(stage: Stage) -> None:
    order = named(0)[0]
    stage.start_hub()

    _, offset = await stage.say("shop.events", placed(f"N-{order}"), order, partition=1, headers=[("trace", b"t-1")])
    await stage.until_state(order, "payment_pending")
    await stage.until_read()

    there, here = sorted(await stage.records("shop.events"), key=lambda record: -record.partition)
    assert (here.partition, here.key, here.value) == (0, there.key, there.value)
    assert here.headers[:-1] == (*there.headers, ("hub-sent-home-from", f"shop.events/1/{offset}".encode()))
    assert here.headers[-1][0] == "hub-signature"
    rows = await stage.rows("SELECT shard, kind, topic, partition FROM set_aside")
    assert rows == [{"shard": 1, "kind": "forwarded", "topic": "shop.events", "partition": 1}]
    assert [row["shard"] for row in await stage.rows("SELECT shard FROM journal")] == [0]


async def test_a_record_that_was_sent_home_and_is_not_there_is_a_dead_letter(stage: Stage) -> None:
    order = named(0)[0]
    stage.start_hub()

    event = Envelope("e-1", "/partners/test", placed().type(), order).headers()
    headers = (*event, ("hub-sent-home-from", b"shop.events/0/7"))
    signatures = await schema.signatures(stage.engine)
    sent = signatures.signed(Outgoing("shop.events", 1, order.encode(), headers, placed().encoded()))
    await stage.write("shop.events", key=sent.key, value=sent.value, headers=sent.headers, partition=1)
    await stage.until_read()

    assert [header(r, "hub_failure_code") for r in await stage.records("shop.events.dlt")] == ["misrouted"]
    assert len(await stage.records("shop.events")) == 1
    assert await stage.rows("SELECT order_id FROM orders") == []


async def test_partitions_beyond_the_shards_are_read_and_their_broken_records_are_dead_letters(stage: Stage) -> None:
    at_home, elsewhere = named(0)[0], named(1)[0]
    async with stage.admin() as admin:
        name = stage.kafka.topic("shop.events")
        await admin.create_partitions({name: NewPartitions(total_count=4)})

        async def there() -> bool:
            return await topics.partitions(admin, [name]) == {name: 4}

        await stage.until(there, "the topic has four partitions")
    stage.start_hub()

    await stage.say("shop.events", placed(f"N-{at_home}"), at_home, partition=2)
    await stage.say("shop.events", placed(f"N-{elsewhere}"), elsewhere, partition=2)
    await stage.until_state(at_home, "payment_pending")
    await stage.until_state(elsewhere, "payment_pending")
    await stage.write("shop.events", key=b"o-bad", value=b"?", partition=3)
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'")
    await stage.until_read()

    assert [header(r, "hub_failure_code") for r in await stage.records("shop.events.dlt")] == ["specversion_unknown"]


async def test_an_order_id_of_other_letters_is_refused_or_what_is_said_of_it_lies_in_its_home(stage: Stage) -> None:
    stage.start_hub()
    orders = [f"commande-été-{number}" for number in range(4)]
    for order in orders:
        await stage.say("shop.events", placed(f"N-{orders.index(order)}"), order)
    await stage.until_read()

    refused = {(r.key or b"").decode() for r in await stage.records("shop.events.dlt")}
    created = by_type(await stage.records()).get("order.created.v1", [])
    found = {(r.key or b"").decode(): r.partition for r in created}
    assert found == {order: home(order, 2) for order in orders if order not in refused}
    assert await stage.rows("SELECT reason FROM quarantine") == []


async def largest(stage: Stage, order: str, partition: int, value: bytes) -> int:
    """Write the largest record that the broker takes; return how many larger ones it refused."""
    size, refused = LIMIT - 100, 0
    names = {"ce_specversion": "1.0", "ce_id": "big", "ce_source": "/big", "ce_type": "fraud.scored.v1"}
    headers = [(name, told.encode()) for name, told in names.items()]
    async with AIOKafkaProducer(bootstrap_servers=stage.kafka.bootstrap_servers, max_request_size=8_000_000) as pen:
        while True:
            filled = value.replace(b"{", b'{"filler":"%s",' % (b"x" * size), 1)
            try:
                topic = stage.kafka.topic("fraud.events")
                await pen.send_and_wait(topic, filled, order.encode(), partition=partition, headers=headers)
            except MessageSizeTooLargeError:
                size, refused = size - 16, refused + 1
            else:
                return refused


async def test_the_largest_record_that_kafka_takes_is_applied_and_its_broken_twin_is_a_dead_letter(
    stage: Stage,
) -> None:
    order = named(0)[0]
    stage.start_hub()
    await stage.say("shop.events", placed("N-1"), order)
    await stage.until_state(order, "payment_pending")

    assert await largest(stage, order, 0, b'{"verdict":"clear"}') > 0
    assert await largest(stage, order, 0, b'{"verdict":7}') > 0
    await stage.until_read()

    assert await journal(stage, order) == [("order.placed", "applied"), ("fraud.scored", "applied")]
    assert [header(r, "hub_failure_code") for r in await stage.records("fraud.events.dlt")] == ["data_invalid"]


async def test_a_misrouted_record_that_has_no_room_for_one_more_header_stops_nobody(stage: Stage) -> None:
    order, neighbour = named(0)[0], named(1)[0]
    stage.start_hub()

    assert await largest(stage, order, 1, b'{"verdict":"clear"}') > 0
    await stage.say("shop.events", placed(f"N-{neighbour}"), neighbour)
    await stage.until_state(neighbour, "payment_pending")
    await stage.until_read()

    assert len(await stage.records("fraud.events.dlt")) == 1
    assert await journal(stage, order) == []


async def test_an_order_whose_messages_are_too_large_is_quarantined_and_the_others_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No contract lets one order say a megabyte at once, so the limit is lowered to 10 kB."""
    monkeypatch.setattr(sizes, "HEADROOM", LIMIT - 10_000)
    monkeypatch.setattr(sizes, "SMALL", 1_000)
    large, small = named(0, count=2)
    lines = tuple(OrderLine(line=n, sku="s" * 200, quantity=1, unit_price=1) for n in range(1, 101))
    stage.start_hub()

    for order, message in ((large, placed("N-large", lines=lines)), (small, placed())):
        await stage.say("shop.events", message, order)
        paid = changed(authorized(order), amount=Money(amount=600, currency="EUR"))
        await stage.say("payment.events", paid if order == large else authorized(order), order)
        await stage.say("fraud.events", CLEAR, order)
    await stage.until_state(small, "availability_requested")
    await stage.until_read()

    reasons = await stage.rows("SELECT order_id, reason FROM quarantine")
    assert [(row["order_id"], row["reason"].split(":")[0]) for row in reasons] == [(large, "MessageTooLarge")]
    assert [r.place for r in await stage.records() if len(r.value or b"") > 10_000] == []
