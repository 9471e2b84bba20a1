"""What retention has removed is expired, not lost: the beginning of a partition, then all of it."""

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from adapters.kafka.log import Log
from adapters.rows.positions import Place
from contracts.topics import INBOUND, TOPICS
from tests.verification.played import PlayedHub

pytestmark = pytest.mark.integration

DELETED = [*(topic.name for topic in TOPICS if not topic.compacted), *(topic.dead_letters for topic in INBOUND)]
"""Topics whose records go by age; those that are compacted keep the last one of each key."""


async def spans_of(hub: PlayedHub) -> dict[Place, tuple[int, int]]:
    """Return the first offset of each partition, and the one behind its last record."""
    log = Log(hub.kafka)
    try:
        counts = await log.counts(DELETED)
        places = [(topic, number) for topic, count in counts.items() for number in range(count)]
        starts, ends = await log.starts(places), await log.ends(places)
    finally:
        await log.close()
    return {place: (starts[place], ends[place]) for place in places}


async def cut(hub: PlayedHub, of_a_thousand: int) -> int:
    """Remove the first so many thousandths of every partition, and return how many partitions are empty now."""
    spans = await spans_of(hub)
    to = {place: start + (end - start) * of_a_thousand // 1000 for place, (start, end) in spans.items()}
    admin = hub.kafka.admin()
    await admin.start()
    try:
        await admin.delete_records(
            {
                TopicPartition(hub.kafka.topic(topic), partition): RecordsToDelete(offset)
                for (topic, partition), offset in to.items()
                if offset > spans[topic, partition][0]
            }
        )
    finally:
        await admin.close()
    return sum(start == end > 0 for start, end in (await spans_of(hub)).values())


@pytest.mark.parametrize("of_a_thousand", [300, 500, 970, 1000])
async def test_what_was_removed_is_expired_and_the_rest_is_still_proved(
    played_hub: PlayedHub, of_a_thousand: int
) -> None:
    before = await played_hub.verify()
    empty = await cut(played_hub, of_a_thousand)

    after = await played_hub.verify()

    assert after.differences == before.differences
    assert after.expired > before.expired
    assert empty == 0 or of_a_thousand == 1000
    assert of_a_thousand < 1000 or empty > 0
