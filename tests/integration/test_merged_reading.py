"""What an older copy of the database has to read again comes by append time, whatever partition it lies in."""

import pytest

from adapters.kafka import spans
from tests.stage import Stage

pytestmark = pytest.mark.integration

PLACES = [("shop.events", 0), ("fraud.events", 0), ("hub.internal", 1)]


async def test_records_of_several_partitions_come_in_the_order_in_which_the_log_took_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "MERGED_RECORDS", 3)
    written: list[tuple[str, int, int]] = []
    for number in range(30):
        topic, partition = PLACES[number * number % 3 if number % 7 else 2]
        _, offset = await stage.write(topic, key=b"o", value=b"%d" % number, partition=partition)
        written.append((topic, partition, offset))
    ends = await stage.log.ends(PLACES)
    behind = {place: (1, end - 1) for place, end in ends.items()}

    found = [record async for record in spans.read_merged(stage.kafka, behind)]

    inside = [(t, p, offset) for t, p, offset in written if 1 <= offset < ends[t, p] - 1]
    assert sorted((r.topic, r.partition, r.offset) for r in found) == sorted(inside)
    assert [r.appended_at for r in found] == sorted(r.appended_at for r in found)
    for place in PLACES:
        assert [r.offset for r in found if (r.topic, r.partition) == place] == list(range(1, ends[place] - 1))


async def test_nothing_is_read_where_nothing_is_missing(stage: Stage) -> None:
    nothing = dict.fromkeys(PLACES, (0, 0))

    assert [record async for record in spans.read_merged(stage.kafka, nothing)] == []
