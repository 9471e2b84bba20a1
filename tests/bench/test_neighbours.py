"""The bench of a bad order's neighbours: what it writes is what it says it is."""

import pytest

from bench.neighbours import BAD, SHAPES, SHARDS, traffic
from bench.records import Written
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.partitioning import home
from contracts.topics import BY_NAME


def read(record: Written) -> Decoded:
    topic = BY_NAME[record.topic]
    return decode(topic, topic.by_type, record.key.encode(), list(record.headers), record.value)


def test_the_good_orders_are_in_the_bad_ones_shard_and_tell_two_things_each() -> None:
    records = traffic(20)

    assert len(records) == 20
    assert {home(each.key, SHARDS) for each in records} == {home(BAD, SHARDS)}
    assert len({each.key for each in records}) == 10
    assert len({read(each).envelope.id for each in records}) == 20


@pytest.mark.parametrize("shape", ["failing", "large"])
def test_a_bad_orders_records_keep_their_contract(shape: str) -> None:
    bad = SHAPES[shape]
    assert bad is not None
    first, second = bad(1), bad(2)

    assert (read(first).subject, read(first).digest) == (BAD, read(second).digest)
    assert read(first).envelope.id != read(second).envelope.id
    assert (len(first.value) > 90_000) is (shape == "large")


def test_what_is_unreadable_breaks_its_contract_and_nothing_else() -> None:
    bad = SHAPES["unreadable"]
    assert bad is not None

    with pytest.raises(BrokenContract, match="JSON") as broken:
        read(bad(1))
    assert broken.value.code == "data_invalid"
