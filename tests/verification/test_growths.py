"""Which shard wrote a batch, and among how many, is told by the number of the batch."""

import pytest

from contracts.wire import Outgoing, Record
from verification.growths import Growths
from verification.ledger import Ledger
from verification.messages import BATCH_STEP, fingerprint, identity

GROWN = Growths.of(
    [
        {"from": 2, "to": 4, "batches": {"0": 57, "1": 60}},
        {"from": 4, "to": 8, "batches": {"0": 70, "1": 60, "2": 65, "3": 90}},
    ],
    8,
)


@pytest.mark.parametrize(
    ("shard", "batch", "count", "writer"),
    [
        (0, 57, 2, 0),
        (0, 58, 4, 0),
        (0, 71, 8, 0),
        (2, 57, 2, 0),  # a row that was given to shard 2 when shard 0 was split
        (2, 58, 4, 2),
        (6, 65, 4, 2),
        (6, 66, 8, 6),
        (1, 61, 8, 1),  # shard 1 wrote nothing between the two
        (7, 91, 8, 7),
    ],
)
def test_a_batch_tells_how_many_shards_there_were(shard: int, batch: int, count: int, writer: int) -> None:
    assert (GROWN.count(shard, batch), GROWN.writer(shard, batch)) == (count, writer)


def test_without_a_growth_every_row_is_of_the_shard_that_it_names() -> None:
    assert (Growths.of([], 8).count(5, 1), Growths.of([], 8).writer(5, 1)) == (8, 5)


@pytest.mark.parametrize(("topic", "found"), [("order.events", ["out_of_order"]), ("hub.internal", [])])
def test_an_order_told_by_two_shards_in_turn_is_told_in_order(topic: str, found: list[str]) -> None:
    """What an order publishes has one writer after the other; hub.internal has several at once for one key."""
    first, second = (Outgoing(topic, 0, b"o-1", (("ce_id", name.encode()),), b"{}") for name in ("a", "b"))
    with Ledger() as ledger:
        rows = [(first, 0, 57), (second, 2, 58)]
        ledger.expect(
            (m.topic, identity(m.topic, m.headers), 0, shard, n * BATCH_STEP, False, False, fingerprint(m), "row", 1)
            for m, shard, n in rows
        )
        ledger.find(Record(m.topic, 0, n, m.key, m.headers, m.value, 0) for n, m in enumerate((second, first)))
        ledger.index()

        assert [each.kind for each in ledger.deviations()] == found
