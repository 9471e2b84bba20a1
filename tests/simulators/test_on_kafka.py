"""The partners on a real Kafka: heard, answered, played to the end, and told what is missing."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts import topics
from contracts.availability import AskedLine, AvailabilityReported, AvailabilityRequested
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.envelope import Envelope
from contracts.message import Message
from contracts.shop import DeliveryAddress
from contracts.topics import INBOUND, TOPICS, Topic
from contracts.warehouse import ShipmentRelease
from simulators import PRESETS, Mischief, Pace, Simulation, simulate
from simulators.availability import StockDesk
from simulators.clients import TOPICS_WITHIN
from simulators.customer_service import TOKEN_HEADER
from simulators.errors import KafkaIsAway, TopicsAreMissing
from simulators.warehouse import Warehouse
from tests.services import embedded_services
from tests.simulators.little_hub import LittleHub

pytestmark = pytest.mark.integration
PARTITIONS = 3
WITHIN = 60.0  # seconds


@pytest.fixture(scope="module")
def bootstrap_servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    base = tmp_path_factory.getbasetemp()
    with embedded_services(base if worker_id == "master" else base.parent) as addresses:
        yield addresses.bootstrap_servers


@pytest.fixture
async def settings(bootstrap_servers: str) -> Simulation:
    prefix = f"t{uuid.uuid4().hex[:8]}."
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    stamped = {"message.timestamp.type": "LogAppendTime"}
    names = [prefix + topic.name for topic in TOPICS]
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=stamped) for name in names])
    await admin.close()
    return Simulation(
        bootstrap_servers,
        orders=40,
        pace=Pace(0.01, 0.02, 0.05),
        partitions=PARTITIONS,
        topic_prefix=prefix,
        token="signed",
        quiet=3.0,
    )


@asynccontextmanager
async def producer_at(bootstrap_servers: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consumer_at(settings: Simulation, *names: Topic) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        *(settings.topic_prefix + name.name for name in names),
        bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def say(producer: AIOKafkaProducer, settings: Simulation, topic: Topic, order_id: str, message: Message) -> None:
    envelope = Envelope(uuid.uuid4().hex, "/hub", message.type(), order_id, datetime.now(UTC))
    name = settings.topic_prefix + topic.name
    await producer.send(name, message.encoded(), order_id.encode(), headers=envelope.headers())


def understood(settings: Simulation, record: object) -> Decoded | None:
    topic = topics.BY_NAME[record.topic.removeprefix(settings.topic_prefix)]  # type: ignore[attr-defined]
    try:
        return decode(topic, topic.by_type, record.key, record.headers, record.value)  # type: ignore[attr-defined]
    except BrokenContract:
        return None


async def serve(hub: LittleHub, settings: Simulation, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
    """Let the little hub answer what it reads, until cancelled."""
    while True:
        for records in (await consumer.getmany(timeout_ms=50)).values():
            for record in records:
                decoded = understood(settings, record)
                token = dict(record.headers).get(TOKEN_HEADER)
                said = [] if decoded is None else hub.hear(decoded, None if token is None else token.decode())
                for topic, order_id, message in said:
                    await say(producer, settings, topic, order_id, message)


async def test_the_stock_desk_answers_a_question_twice_with_the_same_event(settings: Simulation) -> None:
    request = AvailabilityRequested(
        request_id="r1",
        shipment_id="s1",
        number="W1",
        round=1,
        lines=(AskedLine(line=1, sku="tent-2p-M", quantity=2),),
    )
    stop = asyncio.Event()
    answers: list[Decoded | None] = []
    running = asyncio.create_task(StockDesk(settings).run(stop))
    async with (
        producer_at(settings.bootstrap_servers) as producer,
        consumer_at(settings, topics.AVAILABILITY) as consumer,
    ):
        await say(producer, settings, topics.AVAILABILITY_REQUESTS, "o1", request)
        await say(producer, settings, topics.AVAILABILITY_REQUESTS, "o1", request)
        async with asyncio.timeout(WITHIN):
            while len(answers) < 2:
                answers.append(understood(settings, await consumer.getone()))
    stop.set()
    await running

    first, second = answers
    assert first is not None
    assert second is not None
    assert first.envelope.id == second.envelope.id
    assert first.subject == "o1"
    assert isinstance(first.message, AvailabilityReported)
    assert first.message.request_id == "r1"


async def test_what_is_written_in_one_batch_has_one_append_time_and_no_time_of_its_own(settings: Simulation) -> None:
    naughty, stop = replace(settings, mischief=Mischief(batched=1.0)), asyncio.Event()
    line = AskedLine(line=1, sku="tent-2p-M", quantity=2)
    address = DeliveryAddress(name="Ada", street="1 Harbour Road", city="Gent", postcode="9000", country="BE")
    running = asyncio.create_task(Warehouse(naughty).run(stop))
    async with (
        producer_at(settings.bootstrap_servers) as producer,
        consumer_at(settings, topics.WAREHOUSE) as consumer,
    ):
        for number in range(5):
            released = ShipmentRelease(
                request_id=f"r{number}", shipment_id=f"s{number}", number="W1", address=address, lines=(line,)
            )
            await say(producer, settings, topics.WAREHOUSE_REQUESTS, f"o{number}", released)
        async with asyncio.timeout(WITHIN):
            records = [await consumer.getone() for _ in range(15)]
    stop.set()
    await running

    for number in range(5):
        mine = [each for each in records if each.key == f"o{number}".encode()]
        told = [understood(settings, each) for each in mine]
        assert [each.message.name for each in told if each] == [
            *("picking.started", "parcel.packed", "shipment.handed_over")
        ]
        assert [each.envelope.time for each in told if each] == [None] * 3
        assert len({each.timestamp for each in mine}) == 1
        assert [each.offset - mine[0].offset for each in mine] == [0, 1, 2]


async def test_a_whole_run_ends_by_itself_and_accounts_for_every_order(settings: Simulation) -> None:
    naughty = replace(settings, mischief=replace(PRESETS["high"], silence=0.0))
    hub, reported = LittleHub("signed"), dict[str, int]()
    async with (
        producer_at(settings.bootstrap_servers) as producer,
        consumer_at(settings, *[topic for topic in INBOUND if topic is not topics.INTERNAL]) as consumer,
    ):
        serving = asyncio.create_task(serve(hub, naughty, producer, consumer))
        async with asyncio.timeout(WITHIN):
            books = await simulate(naughty, report=reported.__setitem__)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    explained = {entry["order_id"] for entries in books["explained"].values() for entry in entries}
    stuck = {o.id for o in hub.orders.values() if o.state not in {"delivered", "refunded", "cancelled"}}
    assert books["orders"]["placed"] == len(hub.orders) == reported["orders_placed"] == 40
    assert stuck <= explained
    assert not books["objections"]
    assert books["counts"]["wrong_partitions"] > 0


async def test_a_stop_ends_a_run_at_once(settings: Simulation) -> None:
    stop = asyncio.Event()
    stop.set()
    began = time.monotonic()

    await simulate(replace(settings, quiet=None), stop=stop)

    assert time.monotonic() - began < 10


async def test_missing_topics_are_named(settings: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.clients.TOPICS_WITHIN", TOPICS_WITHIN / 100)

    with pytest.raises(TopicsAreMissing, match=r"no topic nowhere\.availability\.requests"):
        await StockDesk(replace(settings, topic_prefix="nowhere.")).run()


async def test_an_absent_kafka_is_a_sentence(settings: Simulation) -> None:
    with pytest.raises(KafkaIsAway, match=r"127\.0\.0\.1:9 doesn't answer"):
        await simulate(replace(settings, bootstrap_servers="127.0.0.1:9"))
