"""Accidents to the log and the store: a shard that finds them changed stops with the reason, and never jumps."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest

from adapters.kafka import log, topics
from adapters.kafka.starting import started
from adapters.postgres import reads
from consumers.shard import watch
from contracts.topics import INBOUND, TOPICS
from hub.desk import accidents, shards
from hub.desk import topics as desk_topics
from hub.desk.accidents import Consent
from hub.desk.errors import OffsetsAreForeign
from hub.desk.operations import Act
from hub.processes import environment_of
from tests.integration.messages import CLEAR, authorized, journal, named, placed
from tests.stage import Stage
from verification import Verification, verify

pytestmark = pytest.mark.integration

HERE, THERE = named(0)[0], named(1)[0]
LOSS = Consent(loss=True)
OF_SHARD_0 = "WHERE topic = 'shop.events' AND partition = 0"
POSITION = f"SELECT next_offset FROM position {OF_SHARD_0}"


async def begin(stage: Stage) -> int:
    """Let a hub read two orders of shard 0, then stop it; return the shard's position in the orders' topic."""
    stage.start_hub()
    for order, event in zip(named(0, count=2), ("first", "second"), strict=True):
        await stage.say("shop.events", placed(f"N-{order}"), order, event_id=event)
    await stage.until_read()
    await stage.stop_hubs()
    position: int = (await stage.rows(POSITION))[0]["next_offset"]
    return position


async def recreate(stage: Stage, name: str) -> None:
    """Delete a topic, and create it anew."""
    real = stage.kafka.topic(name)
    async with stage.admin() as admin:
        await admin.delete_topics([real])

        async def gone() -> bool:
            return not await topics.partitions(admin, [real])

        async def there() -> bool:
            return await topics.partitions(admin, [real]) == {real: 2}

        await stage.until(gone, f"{real} is gone")
        await admin.create_topics([NewTopic(real, 2, 1, topic_configs={"message.timestamp.type": "LogAppendTime"})])
        await stage.until(there, f"{real} is there again")


async def command(stage: Stage, *arguments: str) -> str:
    """Run the command line as an operator does; return what it prints."""
    environment = environment_of(stage.settings) | {"COLUMNS": "400"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return " ".join(printed.decode().split())


async def go_on(stage: Stage, consent: Consent = LOSS) -> Sequence[str]:
    """Resume shard 0 as an operator does, and wait until all is read; return the notes."""
    notes = await accidents.resume(stage.desk, Act("mended"), 0, consent)
    await stage.until_read()
    assert [row.stopped for row in await reads.shards(stage.engine)] == [None, None]
    return notes


async def assert_proved(stage: Stage) -> None:
    """Assert that the proof knows of what was accepted."""
    await stage.stop_hubs()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]


async def assert_shard_0_stops(stage: Stage, *words: str) -> None:
    """Assert that shard 0 stops and says why, that its position stays, and that shard 1 goes on."""
    before = await stage.rows(POSITION)
    stage.start_hub()
    [row] = await stage.until_rows("SELECT stopped FROM shard WHERE k = 0 AND stopped IS NOT NULL")
    for word in ("shop.events/0", *words):
        assert word in row["stopped"]
    await stage.say("fraud.events", CLEAR, HERE)
    await stage.say("fraud.events", CLEAR, THERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", o=THERE)
    assert await stage.rows(POSITION) == before
    assert await journal(stage, HERE) == [("order.placed", "applied")]
    assert [shard.stopped is None for shard in await reads.shards(stage.engine)] == [False, True]


async def test_a_topic_made_anew_that_is_shorter_stops_the_shard(stage: Stage) -> None:
    await begin(stage)
    await recreate(stage, "shop.events")

    await assert_shard_0_stops(stage, "ends at 0", "made anew", "--accept-loss")
    [note] = await go_on(stage)

    assert note.startswith("shop.events/0: made anew")
    await stage.close_pen()
    late = named(0, "new")[0]
    await stage.say("shop.events", placed("N-9"), late)
    await stage.until_state(late, "payment_pending")
    await assert_proved(stage)


async def test_a_topic_made_anew_that_is_as_long_stops_the_shard(stage: Stage) -> None:
    position = await begin(stage)
    await recreate(stage, "shop.events")
    await stage.close_pen()
    sent = named(0, "new", count=position + 1)
    for number, order in enumerate(sent):
        await stage.say("shop.events", placed(f"N-{number}"), order, partition=0)
    await stage.say(
        "shop.events", placed(f"N-{HERE}"), HERE, event_id="first", partition=0
    )  # what the old topic had told

    await assert_shard_0_stops(stage, "another record", "made anew")
    await go_on(stage)

    assert await stage.state(sent[0]) == "payment_pending"
    assert len(await stage.rows("SELECT 1 FROM journal WHERE topic = 'shop.events' AND partition = 0")) == position + 3
    await assert_proved(stage)


async def test_records_that_retention_removed_unread_stop_the_shard(stage: Stage) -> None:
    position = await begin(stage)
    late = named(0, "late", count=3)
    for order in late:
        await stage.say("shop.events", placed(f"N-{order}"), order)
    partition = TopicPartition(stage.kafka.topic("shop.events"), 0)
    async with stage.admin() as admin:
        await admin.delete_records({partition: RecordsToDelete(position + 1)})

    await assert_shard_0_stops(stage, f"starts at {position + 1}", "retention", "--accept-loss")
    assert f"starts at {position + 1}" in await command(stage, "shard", "list")
    told = await command(stage, "shard", "resume", "0", "--accept-loss", "--why", "mended")
    await stage.until_read()

    note = f"shop.events/0: records {position} to {position} were lost and passed over"
    assert note in told
    assert [await stage.state(order) for order in late] == [None, "payment_pending", "payment_pending"]
    [noted] = await stage.rows("SELECT detail FROM attention WHERE kind = 'loss_accepted'")
    assert noted["detail"] == note
    await assert_proved(stage)


async def test_a_topic_made_anew_while_the_hub_runs_stops_the_shards_at_once(stage: Stage) -> None:
    await begin(stage)
    stage.start_hub()
    await stage.say("fraud.events", CLEAR, HERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'")
    await recreate(stage, "shop.events")

    [row] = await stage.until_rows("SELECT stopped FROM shard WHERE k = 0 AND stopped IS NOT NULL")
    assert "shop.events/0 ends at 0" in row["stopped"]
    await go_on(stage)
    late = named(0, "new")[0]
    await stage.close_pen()
    await stage.say("shop.events", placed("N-9"), late)
    await stage.until_state(late, "payment_pending")
    await assert_proved(stage)


async def test_retention_that_passes_the_position_while_the_hub_runs_stops_the_shard(stage: Stage) -> None:
    """The partition is paused for a while, as an operator finds it after too many broken records."""
    position = await begin(stage)
    await stage.change(f"UPDATE position SET paused = 'a broken sender' {OF_SHARD_0}")
    stage.start_hub()
    await stage.say("fraud.events", CLEAR, HERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'")
    for order in named(0, "late", count=2):
        await stage.say("shop.events", placed(f"N-{order}"), order)
    partition = TopicPartition(stage.kafka.topic("shop.events"), 0)
    async with stage.admin() as admin:
        await admin.delete_records({partition: RecordsToDelete(position + 1)})
    await desk_topics.resume(stage.desk, Act("mended"), "shop.events", 0)

    [row] = await stage.until_rows("SELECT stopped FROM shard WHERE k = 0 AND stopped IS NOT NULL")
    assert f"shop.events/0 starts at {position + 1}" in row["stopped"]
    assert await stage.rows(POSITION) == [{"next_offset": position}]
    [note] = await go_on(stage)
    assert note == f"shop.events/0: records {position} to {position} were lost and passed over"
    await assert_proved(stage)


async def test_a_topic_that_is_deleted_while_the_hub_runs_is_waited_for_by_name(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOG_LOOK", timedelta(seconds=1))
    monkeypatch.setattr(log, "LOOK_SECONDS", 2.0)
    await begin(stage)
    stage.start_hub()
    await stage.say("fraud.events", CLEAR, HERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'")
    async with stage.admin() as admin:
        await admin.delete_topics([stage.kafka.topic("shop.events")])

    async def told() -> bool:
        return "there is no topic" in (await reads.troubles(stage.engine)).get(0, "")

    await stage.until(told, "shard 0 names the topic that is missing")
    assert [row.stopped for row in await reads.shards(stage.engine)] == [None, None]


async def test_a_database_that_is_older_than_what_was_published_stops_the_shard(stage: Stage) -> None:
    position = await begin(stage)
    await stage.change(f"UPDATE position SET next_offset = 1, last_offset = 0, digest = NULL {OF_SHARD_0}")
    assert position > 1

    await assert_shard_0_stops(stage, "older copy")


async def test_a_stopped_shard_stays_stopped_until_it_is_mended_and_resumed(stage: Stage) -> None:
    position = await begin(stage)
    await stage.change(f"UPDATE position SET next_offset = :p {OF_SHARD_0}", p=position + 9)
    await assert_shard_0_stops(stage, "made anew")
    await stage.stop_hubs()
    stage.start_hub()
    await stage.say("payment.events", authorized(THERE), THERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", 2, o=THERE)
    assert await journal(stage, HERE) == [("order.placed", "applied")]

    await stage.change(f"UPDATE position SET next_offset = :p {OF_SHARD_0}", p=position)
    assert await shards.resume(stage.desk, Act("mended"), 0)
    assert not await shards.resume(stage.desk, Act("mended"), 1)

    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o AND type = 'fraud.scored.v1'", o=HERE)


async def delete_group(stage: Stage) -> None:
    """Delete the group with its offsets, as kafka-consumer-groups.sh does."""
    async with stage.admin() as admin:
        coordinator = await admin.find_coordinator(stage.kafka.group)
        # The client has no method for it.
        answer: Any = await admin._send_request(DeleteGroupsRequest([stage.kafka.group]), coordinator)
        assert [code for _, code in answer.results] == [0]


async def everything(stage: Stage) -> set[str]:
    """Return the places of all records but those of order states, of which the last may be made again."""
    names = [topic.name for topic in TOPICS if not topic.compacted]
    dead = [topic.dead_letters for topic in INBOUND]
    return {record.place for record in await stage.records(*names, *dead)}


@pytest.mark.parametrize("copied", [True, False], ids=["with its mark copied", "with its mark not copied"])
async def test_deleted_group_offsets_have_no_effect(stage: Stage, copied: bool) -> None:
    """The store's copy of Kafka's mark may be a batch behind: what is out is then found at the end of the log."""
    await stage.write("fraud.events", key=b"o", value=b"?", partition=0, headers=[("ce_id", b"\xff")])
    await stage.say("shop.events", placed(f"N-{HERE}"), HERE, partition=1)
    await begin(stage)
    if not copied:
        await stage.change("UPDATE shard SET emitted = 0")
    before = await everything(stage)
    await delete_group(stage)

    stage.start_hub()

    async def taken_over() -> bool:
        return len(await stage.log.committed([("shop.events", 0), ("shop.events", 1)])) == 2

    await stage.until(taken_over, "the offsets are there again")
    await stage.until_read()

    assert await everything(stage) == before


@pytest.mark.parametrize("ahead", [0, 5], ids=["back", "ahead"])
async def test_group_offsets_that_somebody_set_stop_the_shards_until_they_are_deleted(stage: Stage, ahead: int) -> None:
    await begin(stage)
    before = await everything(stage)
    consumer = stage.kafka.consumer(group_id=stage.kafka.group)
    async with started(consumer):
        partitions = [TopicPartition(stage.kafka.topic(topic.name), n) for topic in INBOUND for n in range(2)]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, ahead))

    stage.start_hub()
    stopped = await stage.until_rows("SELECT stopped FROM shard WHERE stopped IS NOT NULL", 2)
    assert all("Somebody set the group's offsets" in row["stopped"] for row in stopped)
    with pytest.raises(OffsetsAreForeign, match="delete them"):
        await accidents.resume(stage.desk, Act("mended"), 0, Consent(restore=True))
    await stage.stop_hubs()
    await delete_group(stage)
    for number in range(2):
        await accidents.resume(stage.desk, Act("mended"), number, Consent())
    stage.start_hub()
    await stage.say("fraud.events", CLEAR, HERE)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'")
    await stage.until_read()

    assert before < await everything(stage)
    await assert_proved(stage)
