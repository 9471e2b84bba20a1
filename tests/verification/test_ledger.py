"""Messages expected and messages found: missing, twice, changed, misplaced or out of order."""

from collections.abc import Iterator, Sequence

import pytest

from contracts.wire import HEADER_HOME, HEADER_REPEAT, Outgoing, Record
from verification.ledger import Ledger
from verification.messages import BATCH_STEP, fingerprint, identity, is_repeat


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as made:
        yield made


def message(name: str, value: bytes = b"{}", *more: tuple[str, bytes]) -> Outgoing:
    return Outgoing("order.events", None, b"order-1", (("ce_id", name.encode()), *more), value)


def expect(ledger: Ledger, messages: Sequence[Outgoing], pending: bool = False, recorded: int = 1000) -> None:
    ledger.expect(
        (
            m.topic,
            identity(m.topic, m.headers),
            0,
            0,
            n * BATCH_STEP,
            is_repeat(m.headers),
            pending,
            fingerprint(m),
            f"row {n}",
            recorded,
        )
        for n, m in enumerate(messages)
    )


def find(ledger: Ledger, messages: Sequence[Outgoing], partition: int = 0) -> None:
    ledger.find(Record(m.topic, partition, n, m.key, m.headers, m.value, 0) for n, m in enumerate(messages))


def deviations(ledger: Ledger, *, indexed: bool = False) -> list[tuple[str, str]]:
    if not indexed:
        ledger.index()
    return [(each.kind, each.where.split(" at ")[0]) for each in ledger.deviations()]


def test_what_was_published_as_stored_deviates_in_nothing(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b")])
    find(ledger, [message("a"), message("b")])

    assert deviations(ledger) == []


def test_a_message_that_is_not_in_the_log_is_lost(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b")])
    find(ledger, [message("a")])

    assert deviations(ledger) == [("lost", "message b")]


def test_a_message_of_a_batch_that_is_not_published_yet_is_pending(ledger: Ledger) -> None:
    expect(ledger, [message("a")], pending=True)

    assert deviations(ledger) == []
    assert ledger.counts() == (1, 0, 0, 1)


def test_a_message_that_no_row_holds_is_doubled(ledger: Ledger) -> None:
    find(ledger, [message("a")])

    assert deviations(ledger) == [("doubled", "message a")]


def test_a_message_that_is_there_twice_is_doubled(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b")])
    find(ledger, [message("a"), message("b"), message("a")])

    assert deviations(ledger) == [("doubled", "message a")]


def test_two_rows_that_publish_the_same_are_named(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("a")])
    find(ledger, [message("a")])

    assert deviations(ledger) == [("doubled", "message a")]


@pytest.mark.parametrize("other", [message("a", b"[]"), message("a", b"{}", ("x", b"y"))])
def test_other_bytes_under_the_same_id_are_a_change(ledger: Ledger, other: Outgoing) -> None:
    expect(ledger, [message("a")])
    find(ledger, [other])

    assert deviations(ledger) == [("changed", "message a")]


def test_a_message_away_from_home_is_misplaced(ledger: Ledger) -> None:
    expect(ledger, [message("a")])
    find(ledger, [message("a")], partition=3)

    assert deviations(ledger) == [("misplaced", "message a")]


def test_a_message_behind_a_later_one_of_its_key_is_out_of_order(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b"), message("c")])
    find(ledger, [message("b"), message("a"), message("c")])

    assert deviations(ledger) == [("out_of_order", "message a")]


def test_an_answer_is_given_again_as_often_as_it_was_asked_for(ledger: Ledger) -> None:
    again = message("a", b"{}", (HEADER_REPEAT, b"true"))
    expect(ledger, [message("a"), again, again])
    find(ledger, [message("a"), again, again])

    assert deviations(ledger) == []


def test_an_answer_given_again_unasked_is_doubled(ledger: Ledger) -> None:
    again = message("a", b"{}", (HEADER_REPEAT, b"true"))
    expect(ledger, [message("a")])
    find(ledger, [message("a"), again])

    assert deviations(ledger) == [("doubled", "message a")]


def test_an_answer_not_given_again_is_lost(ledger: Ledger) -> None:
    again = message("a", b"{}", (HEADER_REPEAT, b"true"))
    expect(ledger, [message("a"), again, again])
    find(ledger, [message("a"), again])

    assert deviations(ledger) == [("lost", "message a")]


def test_what_retention_has_removed_is_expired_and_not_lost(ledger: Ledger) -> None:
    expect(ledger, [message("a")], recorded=1000)
    ledger.note_start("order.events", 0, 2000)

    assert deviations(ledger) == []
    assert ledger.counts() == (1, 0, 1, 0)


def test_where_retention_cut_a_batch_in_two_its_beginning_is_expired(ledger: Ledger) -> None:
    """All of a batch has one time, which is later than that of its messages: only their order tells."""
    expect(ledger, [message("a"), message("b"), message("c")], recorded=2005)
    find(ledger, [message("b")])
    ledger.note_start("order.events", 0, 2000)

    assert deviations(ledger) == [("lost", "message c")]
    assert ledger.counts() == (3, 1, 1, 0)


def test_a_partition_that_retention_has_emptied_has_lost_nothing(ledger: Ledger) -> None:
    expect(ledger, [message("a")], recorded=2005)
    ledger.note_start("order.events", 0, None)

    assert deviations(ledger) == []
    assert ledger.counts() == (1, 0, 1, 0)


def test_dead_letters_and_records_sent_home_are_named_by_the_place_they_come_from() -> None:
    dead = (
        ("ce_id", b"e"),
        ("kafka_dlt-original-partition", (3).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (17).to_bytes(8, "big")),
    )
    home = (("ce_id", b"e"), (HEADER_HOME, b"shop.events/1/2"), (HEADER_HOME, b"shop.events/3/4"))

    assert identity("shop.events.dlt", dead) == "dead letter of 3/17"
    assert identity("shop.events", home) == "sent home from shop.events/3/4"
    assert identity("order.events", (("ce_id", b"e"),)) == "e"


def test_only_the_last_state_of_an_order_is_kept_and_asked_for_once(ledger: Ledger) -> None:
    states = [b"old", b"new"]
    ledger.note_status(Record("order.status", 0, n, b"o", (), value, 0) for n, value in enumerate(states))

    assert list(ledger.statuses_left()) == ["o"]
    assert ledger.take_status("o") == b"new"
    assert ledger.take_status("o") is None
    assert list(ledger.statuses_left()) == []


# -- an older copy of the database was accepted: batch 0 was kept, all above it was published once before ------------


def explained(ledger: Ledger, end: int, shard: int = 0) -> int:
    ledger.index()
    return ledger.explain(shard, 0, [("order.events", 0, end)])


def test_what_was_published_before_a_restore_and_again_after_it_is_explained(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b"), message("c")])
    find(ledger, [message("a"), message("b", b"other"), message("never again"), message("b"), message("c")])

    assert explained(ledger, end=3) == 2
    assert deviations(ledger, indexed=True) == []


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (["a", "a", "b"], "doubled"),  # of a batch that was kept
        (["forged", "a", "b"], "doubled"),  # before the stretch
        (["a", "b", "b", "b"], "doubled"),  # twice within the stretch
        (["a", "b", "x", "b", "forged"], "doubled"),  # behind the stretch
        (["a", "b"], "lost"),  # published before the restore, and never again
        (["a", "b", "x", "b", "b"], "doubled"),  # twice behind the stretch
    ],
)
def test_a_restore_explains_nothing_else(ledger: Ledger, found: list[str], kind: str) -> None:
    expect(ledger, [message("a"), message("b")])
    find(ledger, [message(name) for name in found])

    explained(ledger, end=3)

    assert kind in {each for each, _ in deviations(ledger, indexed=True)}


def test_a_restore_explains_nothing_of_another_shard(ledger: Ledger) -> None:
    expect(ledger, [message("a"), message("b")])
    find(ledger, [message("a"), message("b"), message("b")])

    assert explained(ledger, end=2, shard=1) == 0
    assert deviations(ledger, indexed=True) == [("doubled", "message b")]
