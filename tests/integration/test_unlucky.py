"""What a partner may write by mistake or on purpose: it costs its own order at most, and is named."""

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from adapters.kafka import topics
from contracts import decoding
from contracts.carriers import CarrierCollected, CarrierException
from contracts.envelope import Envelope
from contracts.shop import CancellationRequested
from hub.desk import attention
from hub.errors import TopicsDiffer
from tests.integration.messages import assert_proved, header, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

ORDER, OTHER = named(0, count=2)
PARKED = 200


async def _stamp_by_writers(stage: Stage, topic: str) -> None:
    async with stage.admin() as admin:
        name = stage.kafka.topic(topic)
        configs = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)])

        async def applied() -> bool:
            plan = await topics.plan(admin, stage.kafka, stage.settings.shards, stage.settings.partition_count)
            return {each.topic for each in plan} == {name}

        await stage.until(applied, f"{topic} is stamped by its writers")


async def _codes(stage: Stage, topic: str) -> list[str]:
    return [header(letter, "hub_failure_code") for letter in await stage.records(f"{topic}.dlt")]


async def test_an_order_keeps_so_many_early_facts_and_the_others_are_told_of(stage: Stage) -> None:
    for number in range(150):
        scan = CarrierException(tracking_number=f"T{number}", code="lost")
        await stage.say("carrier.events", scan, ORDER)
    for _ in range(150):
        await stage.say("shop.events", CancellationRequested(reason="changed my mind"), ORDER)
    stage.start_hub()
    await stage.until_read()

    assert len(await stage.rows("SELECT 1 FROM journal WHERE outcome = 'parked'")) == PARKED
    codes = await _codes(stage, "carrier.events") + await _codes(stage, "shop.events")
    assert codes == ["too_many_early"] * (300 - PARKED)
    notes = (await attention.read(stage.desk, attention.Query())).notes
    assert [(note.kind, note.order_id) for note in notes] == [("too_many_early", ORDER)]
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    await stage.say("shop.events", placed(f"N-{OTHER}"), OTHER)
    await stage.until_state(OTHER, "payment_pending")
    await stage.until_state(ORDER, "cancelled")
    await stage.until_read()
    await assert_proved(stage)
    await stage.change("UPDATE set_aside SET archived = true WHERE code = 'too_many_early'")
    notes = (await attention.read(stage.desk, attention.Query())).notes
    assert "too_many_early" not in [note.kind for note in notes]


@pytest.mark.parametrize("claim", [None, b"\x00abc", b"", b"\xff", b"o" * 300, ORDER.encode()])
@pytest.mark.parametrize("origin", [None, b"carrier.events/0/0", b"carrier.events/0/x", b"\x00/0/0"])
async def test_the_headers_of_records_sent_home_count_only_on_what_the_hub_sent(
    stage: Stage, claim: bytes | None, origin: bytes | None
) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    headers = {"hub-order-id": claim, "hub-sent-home-from": origin}
    forged = [(name, content) for name, content in headers.items() if content is not None]
    forged = forged or [("hub-sent-home-from", b"")]

    scan = CarrierCollected(tracking_number="T1")
    await stage.say("carrier.events", scan, None, key=b"ref:T1", partition=0, headers=forged)
    await stage.say("shop.events", placed(f"N-{OTHER}"), OTHER)
    await stage.until_state(OTHER, "payment_pending")
    await stage.until_read()

    assert await _codes(stage, "carrier.events") == ["header_reserved"]
    assert await stage.rows("SELECT 1 FROM journal WHERE topic = 'carrier.events'") == []
    await assert_proved(stage)


async def test_what_the_store_can_not_even_be_asked_for_is_one_records_fault(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "_is_id", lambda text, longest: True)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    event = [(name, content) for name, content in _headers() if name != "ce_subject"]

    await stage.write("shop.events", key=b"a\x00b", value=placed().encoded(), headers=event, partition=0)
    await stage.say("shop.events", placed(f"N-{OTHER}"), OTHER)
    await stage.until_state(OTHER, "payment_pending")
    await stage.until_read()

    assert await _codes(stage, "shop.events") == ["not_storable"]
    assert await stage.rows("SELECT 1 FROM shard WHERE stopped IS NOT NULL") == []


def _headers() -> list[tuple[str, bytes]]:
    return Envelope("unstorable", "/partners/test", placed().type(), "x").headers()


async def test_a_hub_does_not_start_on_a_topic_that_its_writers_stamp(stage: Stage) -> None:
    await _stamp_by_writers(stage, "shop.events")
    hub = stage.start_hub()

    with pytest.raises(TopicsDiffer, match="times"):
        await stage.stop_first_hub()
    assert hub.ownership is None


async def test_a_time_that_no_log_gives_is_one_records_fault(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    await _stamp_by_writers(stage, "shop.events")

    producer = stage.kafka.producer()
    await producer.start()
    headers = Envelope("far", "/partners/test", placed().type(), OTHER).headers()
    for stamp in (10**15, 2**62):
        await producer.send_and_wait(
            stage.kafka.topic("shop.events"), b"{}", partition=0, timestamp_ms=stamp, headers=headers
        )
    await producer.stop()
    await stage.say("shop.events", placed(f"N-{OTHER}"), OTHER)
    await stage.until_state(OTHER, "payment_pending")
    await stage.until_read()

    assert await _codes(stage, "shop.events") == ["time_invalid", "time_invalid"]
