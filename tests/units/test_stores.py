"""The store of one shard: the same behaviour in memory and in PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from adapters.errors import LostShard, NumberTaken, StoreRefused, TwoWriters, UnknownOutcome
from adapters.failpoints import Swallowed
from adapters.postgres.encoding import check_refused
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredDocument
from adapters.rows.journal import Seen
from adapters.rows.loading import Lookup
from adapters.rows.positions import PositionRow
from adapters.rows.quarantine import QuarantineRow, Release
from adapters.rows.references import ReferenceRow
from adapters.rows.set_aside import AsideKind
from adapters.rows.shards import TakenOver, Wishes
from consumers.shard.ports import Unit
from contracts.values import changed
from contracts.wire import pack
from tests.units.conftest import Stand
from tests.units.rows import DIGEST, HOUR, NOON, answer, aside, decided, journal, message, order, record, timer, waiting

NOTHING = Lookup()


def wanted(**asked: Any) -> Lookup:
    return replace(NOTHING, **asked)


async def orders(unit: Unit, ids: list[str]) -> dict[str, StoredDocument]:
    return (await unit.load(wanted(subjects=ids))).documents


def named(value: str, kind: str = "tracking", event: str = "e-1") -> tuple[str, str, str, str]:
    """A reference with the event that names it."""
    return (kind, value, "/partners/test", event)


def _wanted(wishes: Wishes) -> tuple[object, ...]:
    """What operators want; the store's own time is near this process's, which runs beside it."""
    assert abs(wishes.now - datetime.now(UTC)) < timedelta(minutes=1)
    return (wishes.stopped, wishes.paused, wishes.work)


def tracking(value: str, subject: str, party: str = "postline") -> ReferenceRow:
    return ReferenceRow("tracking", party, value, subject)


# -- taking, batches, and who may write them -------------------------------------------------------------------------


async def test_a_new_shard_has_stored_and_published_nothing(unit: Unit) -> None:
    assert await unit.take() == TakenOver(0, 0, None)


async def test_taking_returns_the_last_batch_and_the_mark_that_came_with_it(stand: Stand, unit: Unit) -> None:
    await unit.persist(decided(1), 0)
    await unit.persist(decided(2), 1)

    assert await unit.take() == TakenOver(2, 1, None)


async def test_who_takes_a_shard_fences_its_old_owner_and_nothing_of_him_is_stored(stand: Stand, unit: Unit) -> None:
    await unit.persist(decided(1), 0)
    newer = await stand.taken()

    with pytest.raises(LostShard):
        await unit.persist(decided(2), 1)
    with pytest.raises(LostShard):
        await unit.positions.read()

    assert (await orders(newer, ["o-1"]))["o-1"].seq == 1
    await newer.persist(decided(2), 1)
    assert (await orders(newer, ["o-1"]))["o-1"].seq == 2


async def test_an_old_owner_neither_moves_the_mark_nor_stops_the_shard(stand: Stand, unit: Unit) -> None:
    newer = await stand.taken()

    await unit.shard.note_emitted(7)
    await unit.shard.stop("an old owner's trouble")

    assert await newer.take() == TakenOver(0, 0, None)


async def test_the_owner_moves_the_mark_and_stops_the_shard(unit: Unit) -> None:
    await unit.shard.note_emitted(7)
    await unit.shard.stop("retention")

    assert await unit.take() == TakenOver(0, 7, "retention")


async def test_shards_do_not_fence_each_other(stand: Stand, unit: Unit) -> None:
    other = await stand.taken(1)

    await unit.persist(decided(1), 0)
    await other.persist(decided(1, subject="o-2"), 0)

    assert [gap.subjects for gap in await unit.journal.gap(0)] == [["o-1"]]
    assert [gap.subjects for gap in await other.journal.gap(0)] == [["o-2"]]


@pytest.mark.parametrize("number", [1, 3])
async def test_a_batch_that_is_not_the_next_one_is_refused(unit: Unit, number: int) -> None:
    await unit.persist(decided(1), 0)

    with pytest.raises(LostShard):
        await unit.persist(decided(number, subject="o-2"), 0)

    assert await orders(unit, ["o-2"]) == {}
    assert (await unit.take()).batch == 1


async def test_owners_in_a_row_that_store_nothing_are_counted_and_what_the_last_one_had_in_hand_is_told(
    stand: Stand, unit: Unit
) -> None:
    assert await unit.shard.opened() == (1, None)
    await unit.shard.note_trying("decide shop.events/0/7")
    newer = await stand.taken()
    await unit.shard.note_trying("an old owner's")

    assert await newer.shard.opened() == (2, "decide shop.events/0/7")
    await newer.shard.note_trying(None)
    assert await newer.shard.opened() == (3, None)


@pytest.mark.parametrize("well", ["stored", "ended"])
async def test_an_owner_that_stores_a_batch_or_ends_by_itself_did_not_die(stand: Stand, unit: Unit, well: str) -> None:
    await unit.shard.opened()
    await unit.shard.note_trying("decide shop.events/0/7")
    if well == "stored":
        await unit.persist(decided(1), 0)
    else:
        await unit.shard.ended_well()

    assert await (await stand.taken()).shard.opened() == (1, None)
    with pytest.raises(LostShard):
        await unit.shard.opened()


# -- all or nothing --------------------------------------------------------------------------------------------------


def everything(number: int, open_row: int = 0) -> Batch:
    """A batch with something of each kind."""
    batch = decided(number, "m-1", subject="o-2")
    batch.journal = [journal(1, subject="o-2")]
    batch.documents = [order(1, subject="o-2")]
    batch.set_aside = [waiting("T-9", 2)]
    batch.closed = {open_row: "resolved"}
    batch.positions = [PositionRow("shop.events", 0, 9, 8, DIGEST)]
    batch.armed = [timer("t-2")]
    batch.disarmed = [("o-1", "t-1")]
    batch.references = [tracking("T-2", "o-2")]
    batch.quarantined = [QuarantineRow("o-3", "a rule failed")]
    batch.released = ["o-4"]
    return batch


async def standing(unit: Unit) -> object:
    """Everything that can be read of a shard."""
    loaded = await unit.load(wanted(subjects=["o-1", "o-2"], references=[named("T-2"), named("T-9")]))
    return (
        await unit.positions.read(),
        await unit.journal.gap(0),
        loaded,
        await unit.set_aside.open_rows(AsideKind.WAITING),
        await unit.timers.due(NOON + HOUR),
        await unit.take(),
    )


def before_everything() -> Batch:
    first = decided(1)
    first.set_aside = [waiting("T-1", 2)]
    first.armed = [timer("t-1")]
    first.quarantined = [QuarantineRow("o-4", "a rule failed")]
    return first


async def test_a_batch_that_fails_leaves_no_trace(unit: Unit) -> None:
    await unit.persist(before_everything(), 0)
    before = await standing(unit)
    (row,) = await unit.set_aside.open_rows(AsideKind.WAITING)
    broken = everything(2, row.id)
    broken.journal.append(journal(1, n=3, event_id="e-other"))  # the order has a row 1

    with pytest.raises(StoreRefused):
        await unit.persist(broken, 1)

    assert await standing(unit) == before
    await unit.persist(everything(2, row.id), 1)
    assert await standing(unit) != before


async def test_a_failure_before_the_commit_changes_nothing(unit: Unit, swallow: Callable[[str], None]) -> None:
    before = await standing(unit)
    swallow("stored")

    with pytest.raises(Swallowed):
        await unit.persist(everything(1), 0)

    assert await standing(unit) == before


async def test_a_lost_answer_to_the_commit_is_an_unknown_outcome(unit: Unit, swallow: Callable[[str], None]) -> None:
    swallow("committed")

    with pytest.raises(UnknownOutcome):
        await unit.persist(decided(1), 0)

    assert (await unit.take()).batch == 1


# -- orders ----------------------------------------------------------------------------------------------------------


async def test_an_order_is_read_as_the_last_batch_left_it(unit: Unit) -> None:
    await unit.persist(decided(1), 0)
    await unit.persist(decided(2), 1)

    stored = (await unit.load(wanted(subjects=["o-1", "o-unknown"]))).documents

    assert list(stored) == ["o-1"]
    assert (stored["o-1"].seq, stored["o-1"].version, stored["o-1"].document) == (2, 2, {"seq": 2})


async def test_an_order_changed_behind_the_shards_back_is_told(unit: Unit) -> None:
    await unit.persist(decided(1), 0)
    batch = Batch(2, journal=[journal(5, event_id="e-5")], documents=[order(5, changes=1)])

    with pytest.raises(TwoWriters):
        await unit.persist(batch, 1)

    assert (await orders(unit, ["o-1"]))["o-1"].seq == 1
    assert (await unit.take()).batch == 1


async def test_a_batch_may_add_several_rows_to_an_order(unit: Unit) -> None:
    await unit.persist(Batch(1, journal=[journal(1), journal(2)], documents=[order(2, changes=2)]), 0)
    await unit.persist(Batch(2, journal=[journal(n) for n in (3, 4, 5)], documents=[order(5, changes=3)]), 1)

    assert (await orders(unit, ["o-1"]))["o-1"].seq == 5


# -- the journal -----------------------------------------------------------------------------------------------------


async def test_a_journal_row_is_known_by_order_source_and_event_id(unit: Unit) -> None:
    row = journal(1, messages=[message("m-1")])
    await unit.persist(Batch(1, journal=[row], documents=[order(1)]), 0)
    mine = ("o-1", "/partners/test", "e-1")
    others = [("o-2", "/partners/test", "e-1"), ("o-1", "/partners/other", "e-1"), ("o-1", "/partners/test", "e-2")]

    loaded = await unit.load(wanted(events=[mine, *others]))

    assert loaded.seen == {mine: Seen(1, DIGEST, pack([message("m-1")]))}


@pytest.mark.parametrize("same_batch", [True, False])
async def test_a_second_row_of_the_same_event_is_refused(unit: Unit, same_batch: bool) -> None:
    rows = [journal(1), journal(2, event_id="e-1")]
    if not same_batch:
        await unit.persist(Batch(1, journal=rows[:1], documents=[order(1)]), 0)
        batch = Batch(2, journal=rows[1:], documents=[order(2)])
    else:
        batch = Batch(1, journal=rows, documents=[order(2, changes=2)])

    with pytest.raises(StoreRefused) as refused:
        await unit.persist(batch, 0)

    assert refused.value.sqlstate == "23505"


@pytest.mark.parametrize("other", [{"subject": "o-2"}, {"source": "/partners/other"}, {"event_id": "e-9"}])
async def test_an_event_differs_by_order_source_or_id(unit: Unit, other: dict[str, Any]) -> None:
    row = changed(journal(2, event_id="e-1"), **other)

    await unit.persist(Batch(1, journal=[journal(1), row]), 0)

    assert len((await unit.load(wanted(events=[(row.subject, row.source, row.event_id)]))).seen) == 1


async def test_a_parked_fact_has_two_rows_and_is_known_by_the_first(unit: Unit) -> None:
    parked = journal(1, outcome="parked", event_id="e-1")
    key = ("o-1", "/partners/test", "e-1")
    await unit.persist(Batch(1, journal=[parked], documents=[order(1)]), 0)
    released = [journal(2), journal(3, event_id="e-1", refers_to=1, digest=b"")]

    await unit.persist(Batch(2, journal=released, documents=[order(3, changes=2)]), 1)

    seen = (await unit.load(wanted(events=[key, ("o-1", "/partners/test", "e-9")]))).seen
    assert {each: found.seq for each, found in seen.items()} == {key: 1}
    assert seen[key].digest == DIGEST


# -- what is to be published -----------------------------------------------------------------------------------------


async def test_the_gap_is_told_batch_by_batch_and_in_order(unit: Unit) -> None:
    await unit.persist(decided(1, "m-0"), 0)
    second = Batch(
        2,
        journal=[
            journal(1, subject="o-3", n=3, messages=[message("m-4")]),
            journal(2, n=1, messages=[message("m-1")]),
        ],
        documents=[order(2), order(1, subject="o-3")],
    )
    second.set_aside = [aside(AsideKind.DEAD_LETTER, 2, subject="o-2", message=message("m-3"))]
    await unit.persist(second, 1)
    third = Batch(3, journal=[journal(3, n=1, messages=[message("m-5"), message("m-6")])], documents=[order(3)])
    await unit.persist(third, 1)

    gap = await unit.journal.gap(1)

    ids = [[m.header("ce_id") for m in batch.messages] for batch in gap]
    assert [batch.number for batch in gap] == [2, 3]
    assert ids == [[b"m-1", b"m-3", b"m-4"], [b"m-5", b"m-6"]]
    assert [list(batch.subjects) for batch in gap] == [["o-1", "o-3"], ["o-1"]]


async def test_messages_come_back_byte_for_byte(unit: Unit) -> None:
    sent = message("m-1", partition=None)
    batch = decided(1)
    batch.journal = [journal(1, messages=[sent])]
    batch.set_aside = [aside(AsideKind.FORWARDED, 2, message=sent)]

    await unit.persist(batch, 0)

    assert [list(each.messages) for each in await unit.journal.gap(0)] == [[sent, sent]]


async def test_a_batch_without_messages_leaves_none_in_the_gap(unit: Unit) -> None:
    await unit.persist(decided(1), 0)
    await unit.persist(Batch(2, positions=[PositionRow("shop.events", 0, 3)]), 1)

    assert [(batch.number, list(batch.messages)) for batch in await unit.journal.gap(0)] == [(1, [])]


# -- set aside -------------------------------------------------------------------------------------------------------


async def test_what_is_set_aside_waits_until_a_batch_closes_it(unit: Unit) -> None:
    await unit.persist(Batch(1, set_aside=[waiting("T-1", 1), waiting("T-2", 2)]), 0)
    rows = await unit.set_aside.open_rows(AsideKind.WAITING)
    assert [row.reference for row in rows] == [("tracking", "T-1"), ("tracking", "T-2")]

    await unit.persist(Batch(2, closed={rows[0].id: "resolved"}), 1)

    assert await unit.set_aside.open_rows(AsideKind.WAITING) == rows[1:]


async def test_a_waiting_record_comes_back_byte_for_byte(unit: Unit) -> None:
    await unit.persist(Batch(1, set_aside=[waiting("T-1", 1, subject="o-1")]), 0)

    (row,) = await unit.set_aside.open_rows(AsideKind.WAITING)

    assert row.record == record(1)
    assert (row.kind, row.subject, row.deadline, row.code) == (AsideKind.WAITING, "o-1", NOON + HOUR, "some_code")


async def test_quarantined_records_are_told_by_order_oldest_first_and_to_a_limit(unit: Unit) -> None:
    rows = [aside(AsideKind.QUARANTINED, n, subject="o-1" if n % 2 else "o-2") for n in range(1, 6)]
    await unit.persist(Batch(1, set_aside=[*rows, waiting("T-1", 6)]), 0)

    mine = await unit.set_aside.open_rows(AsideKind.QUARANTINED, "o-1", limit=2)

    assert [row.record.offset for row in mine] == [1, 3]
    assert len(await unit.set_aside.open_rows(AsideKind.QUARANTINED)) == 5


async def test_only_explained_or_overdue_records_are_tried_again(unit: Unit) -> None:
    await unit.persist(Batch(1, set_aside=[waiting("T-1", 1), waiting("T-2", 2)]), 0)
    assert await unit.set_aside.explained(NOON) == []

    await unit.persist(Batch(2, references=[tracking("T-2", "o-2")]), 1)

    assert [row.reference for row in await unit.set_aside.explained(NOON)] == [("tracking", "T-2")]
    assert [row.reference for row in await unit.set_aside.explained(NOON + HOUR)] == [
        ("tracking", "T-1"),
        ("tracking", "T-2"),
    ]
    assert len(await unit.set_aside.explained(NOON + HOUR, limit=1)) == 1


async def test_the_first_answer_to_a_command_is_the_stored_one(unit: Unit) -> None:
    key = ("o-9", "/tool", "c-1")
    await unit.persist(Batch(1, set_aside=[answer("a-1")]), 0)
    await unit.persist(Batch(2, set_aside=[answer("a-2"), answer("a-3", 2, command="c-2")]), 1)

    assert (await unit.load(wanted(answers=[key]))).answers == {key: (message("a-1", "o-9"),)}
    assert (await unit.load(NOTHING)).answers == {}


# -- references ------------------------------------------------------------------------------------------------------


async def test_a_reference_leads_to_its_order(unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-1")], set_aside=[waiting("T-7")]), 0)

    loaded = await unit.load(wanted(references=[named("T-1"), named("T-2"), named("T-1", "rma")]))

    assert loaded.references == {("tracking", "T-1"): "o-1"}
    assert loaded.waiting_references == {("tracking", "T-7")}


async def test_an_event_that_the_order_of_its_reference_has_seen_is_known(unit: Unit) -> None:
    batch = decided(1)
    batch.references = [tracking("T-1", "o-1")]
    await unit.persist(batch, 0)

    loaded = await unit.load(wanted(references=[named("T-1"), named("T-1", event="e-7"), named("T-2")]))

    assert list(loaded.seen) == [("o-1", "/partners/test", "e-1")]


async def test_a_reference_keeps_its_first_holder_and_the_clash_is_told(stand: Stand, unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-1")]), 0)
    other = await stand.taken(1)

    await other.persist(Batch(1, references=[tracking("T-1", "o-2"), tracking("T-2", "o-2")]), 0)

    found = (await unit.load(wanted(references=[named("T-1"), named("T-2")]))).references
    assert found == {("tracking", "T-1"): "o-1", ("tracking", "T-2"): "o-2"}
    assert await stand.attention() == [("reference_taken", "o-2", "tracking T-1 already belongs to order o-1")]


async def test_an_order_may_tell_its_reference_again(stand: Stand, unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-1"), tracking("T-1", "o-1")]), 0)
    await unit.persist(Batch(2, references=[tracking("T-1", "o-1")]), 1)

    assert await stand.attention() == []


async def test_a_number_that_its_holder_gave_up_is_taken_over_and_finds_the_new_one(stand: Stand, unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-1")]), 0)
    other = await stand.taken(1)

    await other.persist(Batch(1, references=[changed(tracking("T-1", "o-2"), over="o-1")]), 0)

    loaded = await unit.load(wanted(references=[named("T-1")], claims=[("tracking", "T-1"), ("tracking", "T-2")]))
    assert loaded.references == loaded.claims == {("tracking", "T-1"): "o-2"}
    assert await stand.attention() == []


async def test_a_number_that_another_order_took_over_meanwhile_is_not_had(stand: Stand, unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-3")]), 0)

    await unit.persist(Batch(2, references=[changed(tracking("T-1", "o-2"), over="o-1")]), 1)

    assert (await unit.load(wanted(references=[named("T-1")]))).references == {("tracking", "T-1"): "o-3"}
    assert [subject for _, subject, _ in await stand.attention()] == ["o-2"]
    told = await unit.timers.due(NOON + timedelta(days=9999))
    assert [(each.subject, each.kind) for each in told] == [("o-2", "tracking_taken")]


async def test_a_batch_that_counted_on_a_number_which_another_order_has_by_now_is_not_stored(
    stand: Stand, unit: Unit
) -> None:
    other = await stand.taken(1)
    await other.persist(Batch(1, references=[tracking("T-1", "o-2")]), 0)
    batch = decided(1)
    batch.references = [tracking("T-1", "o-1"), tracking("T-2", "o-1")]
    batch.counted_on = {("tracking", "T-1", "o-1"), ("tracking", "T-2", "o-1")}

    with pytest.raises(NumberTaken):
        await unit.persist(batch, 0)

    assert (await unit.load(wanted(references=[named("T-1"), named("T-2")]))).references == {("tracking", "T-1"): "o-2"}
    assert await stand.attention() == []
    batch.counted_on = {("tracking", "T-2", "o-1")}
    await unit.persist(batch, 0)
    assert [subject for _, subject, _ in await stand.attention()] == ["o-1"]


async def test_whoever_had_a_number_once_and_has_seen_the_event_is_known(stand: Stand, unit: Unit) -> None:
    batch = decided(1)
    batch.references = [tracking("T-1", "o-1")]
    await unit.persist(batch, 0)
    other = await stand.taken(1)
    await other.persist(Batch(1, references=[changed(tracking("T-1", "o-2"), over="o-1")]), 0)

    loaded = await unit.load(wanted(references=[named("T-1"), named("T-1", event="e-7"), named("T-2")]))

    assert (loaded.references, loaded.past) == ({("tracking", "T-1"): "o-2"}, {("tracking", "T-1"): ["o-1"]})
    assert list(loaded.seen) == [("o-1", "/partners/test", "e-1")]


async def test_a_number_is_given_up_and_taken_over_in_one_batch(stand: Stand, unit: Unit) -> None:
    rows = [tracking("T-1", "o-1"), changed(tracking("T-1", "o-2"), over="o-1")]
    await unit.persist(Batch(1, references=rows), 0)

    assert (await unit.load(wanted(references=[named("T-1")]))).references == {("tracking", "T-1"): "o-2"}
    assert await stand.attention() == []


async def test_an_orders_number_counts_in_its_store(unit: Unit) -> None:
    rows = [ReferenceRow("number", store, "N-1", order_id) for store, order_id in (("a", "o-1"), ("b", "o-2"))]
    await unit.persist(Batch(1, references=rows), 0)

    loaded = await unit.load(wanted(claims=[("number", "b N-1"), ("number", "c N-1")]))

    assert loaded.claims == {("number", "b N-1"): "o-2"}


async def test_two_orders_that_claim_a_reference_in_one_batch_are_told_apart(stand: Stand, unit: Unit) -> None:
    await unit.persist(Batch(1, references=[tracking("T-1", "o-2"), tracking("T-1", "o-1")]), 0)

    assert (await unit.load(wanted(references=[named("T-1")]))).references == {("tracking", "T-1"): "o-2"}
    assert [(kind, subject) for kind, subject, _ in await stand.attention()] == [("reference_taken", "o-1")]


# -- timers ----------------------------------------------------------------------------------------------------------


async def test_timers_are_due_in_order_and_to_a_limit(stand: Stand, unit: Unit) -> None:
    other = await stand.taken(1)
    rows = [timer("t-3", NOON), timer("t-1", NOON - HOUR), timer("t-2", NOON), timer("t-4", NOON + HOUR)]

    await unit.persist(Batch(1, armed=rows), 0)

    assert [row.timer_id for row in await unit.timers.due(NOON)] == ["t-1", "t-2", "t-3"]
    assert await unit.timers.due(NOON, limit=1) == [rows[1]]
    assert await other.timers.due(NOON) == []


async def test_a_timer_is_disarmed_or_armed_anew(unit: Unit) -> None:
    await unit.persist(Batch(1, armed=[timer("t-1"), timer("t-2")]), 0)

    again = timer("t-2", NOON + timedelta(minutes=5))
    await unit.persist(Batch(2, disarmed=[("o-1", "t-1"), ("o-1", "t-unknown"), ("o-2", "t-2")], armed=[again]), 1)

    assert await unit.timers.due(NOON) == []
    assert await unit.timers.due(NOON + HOUR) == [again]


# -- quarantine ------------------------------------------------------------------------------------------------------


async def test_quarantined_orders_are_told_to_their_shard_until_they_are_released(stand: Stand, unit: Unit) -> None:
    other = await stand.taken(1)
    await unit.persist(Batch(1, quarantined=[QuarantineRow("o-1", "first"), QuarantineRow("o-2", "first")]), 0)
    await unit.persist(Batch(2, quarantined=[QuarantineRow("o-1", "second")]), 1)
    assert (await unit.load(NOTHING)).quarantined == {"o-1": "second", "o-2": "first"}
    assert (await other.load(NOTHING)).quarantined == {}

    await unit.persist(Batch(3, released=["o-1"]), 2)

    assert (await unit.load(NOTHING)).quarantined == {"o-2": "first"}


async def test_an_order_released_and_quarantined_in_one_batch_stays_in_quarantine(unit: Unit) -> None:
    await unit.persist(Batch(1, quarantined=[QuarantineRow("o-1", "first")]), 0)

    await unit.persist(Batch(2, released=["o-1"], quarantined=[QuarantineRow("o-1", "again")]), 1)

    assert (await unit.load(NOTHING)).quarantined == {"o-1": "again"}


# -- positions -------------------------------------------------------------------------------------------------------


async def test_starts_are_written_once(stand: Stand, unit: Unit) -> None:
    await unit.positions.write_starts([PositionRow("shop.events", 0, 4)])
    await unit.persist(Batch(1, positions=[PositionRow("shop.events", 0, 6, 5, DIGEST)]), 0)

    await unit.positions.write_starts([PositionRow("shop.events", 0, 0), PositionRow("shop.events", 1, 2)])

    found = sorted(await unit.positions.read(), key=lambda row: row.partition)
    assert found == [PositionRow("shop.events", 0, 6, 5, DIGEST), PositionRow("shop.events", 1, 2)]
    assert await (await stand.taken(1)).positions.read() == []


async def test_a_position_without_a_record_keeps_the_last_digest(unit: Unit) -> None:
    await unit.persist(Batch(1, positions=[PositionRow("shop.events", 0, 6, 5, DIGEST)]), 0)

    await unit.persist(Batch(2, positions=[PositionRow("shop.events", 0, 9)]), 1)

    assert await unit.positions.read() == [PositionRow("shop.events", 0, 9, 5, DIGEST)]


async def test_a_paused_partition_stays_paused_for_the_next_owner(stand: Stand, unit: Unit) -> None:
    await unit.positions.write_starts([PositionRow("shop.events", 0, 0), PositionRow("fraud.events", 0, 0)])

    await unit.positions.pause("shop.events", 0, "too much of it could not be read")
    await unit.positions.pause("warehouse.events", 0, "never read")

    assert await (await stand.taken()).positions.paused() == {("shop.events", 0)}
    assert await (await stand.taken(1)).positions.paused() == set()


# -- what PostgreSQL can't hold --------------------------------------------------------------------------------------

NOT_STORABLE: dict[str, tuple[str, Batch]] = {
    "a NUL in an order's id": ("22021", Batch(1, documents=[order(1, subject="o\x00")])),
    "a NUL in a journal's id": ("22021", Batch(1, journal=[journal(1, event_id="e\x00")])),
    "a NUL in a rule's id": ("22021", Batch(1, journal=[journal(1, transitions=["O\x00"])])),
    "a NUL in a journal's data": ("22P05", Batch(1, journal=[journal(1, data='{"text":"\\u0000"}')])),
    "a NUL in a document": ("22P05", Batch(1, documents=[order(1, document='{"text":"\\u0000"}')])),
    "a document that isn't JSON": ("22P02", Batch(1, documents=[order(1, document="{")])),
    "a NUL in a waiting reference": ("22021", Batch(1, set_aside=[waiting("T\x00")])),
    "a NUL in a reference": ("22021", Batch(1, references=[tracking("T\x00", "o-1")])),
    "a NUL in a timer": ("22021", Batch(1, armed=[timer("t\x00")])),
}


@pytest.mark.parametrize("what", NOT_STORABLE)
async def test_what_the_store_can_not_hold_is_refused_by_its_class(unit: Unit, what: str) -> None:
    sqlstate, batch = NOT_STORABLE[what]

    with pytest.raises(StoreRefused) as refused:
        await unit.persist(batch, 0)

    assert refused.value.sqlstate == sqlstate
    assert (await unit.take()).batch == 0


NAMES_SOMEBODY = {
    "half a surrogate pair": Batch(1, journal=[journal(1, event_id="Ada Lovelace \ud800")]),
    "an id that is there": Batch(1, journal=[journal(1, event_id="Ada Lovelace"), journal(1, event_id="Ada Lovelace")]),
    "a document that isn't JSON": Batch(1, documents=[order(1, document='{"name": "Ada Lovelace"')]),
}


@pytest.mark.parametrize("what", NAMES_SOMEBODY)
async def test_a_refusal_never_quotes_what_was_to_be_stored(unit: Unit, what: str) -> None:
    with pytest.raises(StoreRefused) as refused:
        await unit.persist(NAMES_SOMEBODY[what], 0)

    assert "Ada" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DataError("invalid input for query argument $3 in element #0 of executemany() sequence: 'Ada' (str)"),
        asyncpg.DataError("invalid input for query argument $3: 'Ada' (expected an integer)"),
        asyncpg.InvalidTextRepresentationError('invalid input syntax for type integer: "Ada"'),
        UnicodeEncodeError("utf-8", "Ada \ud800", 4, 5, "surrogates not allowed"),
        ValueError("Ada"),
    ],
)
def test_what_driver_and_server_say_of_a_value_is_told_without_it(error: Exception) -> None:
    with pytest.raises(StoreRefused) as refused:
        check_refused(error)

    assert "Ada" not in str(refused.value)
    assert type(error).__name__ in str(refused.value)


TOO_LARGE = {
    "an order's number of rows": Batch(1, documents=[order(2**63, changes=1)]),
    "a journal's offset": Batch(1, journal=[journal(1, offset=2**63)]),
    "a journal's partition": Batch(1, journal=[journal(1, partition=2**31)]),
    "a position": Batch(1, positions=[PositionRow("shop.events", 0, 2**63)]),
}


@pytest.mark.parametrize("what", TOO_LARGE)
async def test_a_number_that_is_too_large_is_refused(unit: Unit, what: str) -> None:

    with pytest.raises(StoreRefused):
        await unit.persist(TOO_LARGE[what], 0)

    assert (await unit.take()).batch == 0


async def test_half_of_a_surrogate_pair_is_refused(unit: Unit) -> None:
    with pytest.raises(StoreRefused):
        await unit.persist(Batch(1, journal=[journal(1, event_id="e-\ud800")]), 0)


async def test_a_detail_with_a_nul_is_stored_all_the_same(unit: Unit) -> None:
    await unit.persist(Batch(1, set_aside=[waiting("T-1", detail="what came was \x00")]), 0)

    assert len(await unit.set_aside.open_rows(AsideKind.WAITING)) == 1


async def test_a_shard_goes_on_after_a_refusal(unit: Unit) -> None:
    with pytest.raises(StoreRefused):
        await unit.persist(Batch(1, journal=[journal(1, event_id="e\x00")]), 0)

    await unit.persist(decided(1), 0)

    assert (await orders(unit, ["o-1"]))["o-1"].seq == 1


# -- what operators want, and queues that go on ------------------------------------------------------------------------


def failed(number: int, *details: str, subject: str = "o-3", start: int = 1) -> Batch:
    """A batch in which an order's records go into quarantine."""
    batch = Batch(number, quarantined=[QuarantineRow(subject, "a rule failed", "this code")])
    for n, detail in enumerate(details, start=start):
        batch.set_aside.append(aside(AsideKind.QUARANTINED, n, subject=subject, detail=detail))
        batch.queued[subject] += 1
    return batch


def release(action: str = "retry", subject: str = "o-3", key: str = "/tool c-1") -> Release:
    return Release(subject, action, "ann", "mended", key)


async def test_a_shard_that_nobody_wants_anything_of_has_no_work(unit: Unit) -> None:
    await unit.persist(failed(1, "first"), 0)

    assert _wanted(await unit.shard.wishes()) == (None, frozenset(), False)
    assert await unit.quarantine.asked() == []


async def test_a_released_order_is_asked_for_with_its_whole_queue_in_order(unit: Unit) -> None:
    await unit.persist(failed(1, "first", "second"), 0)
    await unit.persist(failed(2, "other", subject="o-4", start=3), 1)
    await unit.persist(Batch(3, releases=[release()]), 2)

    (queue,) = await unit.quarantine.asked()
    assert (queue.subject, queue.complete, queue.queued) == ("o-3", True, 2)
    assert [(row.record.offset, row.asked) for row in queue.rows] == [(1, "retry"), (2, None)]
    assert (await unit.shard.wishes()).work


async def test_a_long_queue_comes_in_pieces(unit: Unit) -> None:
    await unit.persist(failed(1, "first", "second", "third"), 0)
    await unit.persist(Batch(2, releases=[release()]), 1)

    (queue,) = await unit.quarantine.asked(limit=2)
    assert (len(queue.rows), queue.complete) == (2, False)
    done = Batch(3, closed={row.id: "applied" for row in queue.rows})
    done.queued["o-3"] = -2
    await unit.persist(done, 2)

    (queue,) = await unit.quarantine.asked(limit=2)
    assert (len(queue.rows), queue.complete, queue.queued) == (1, True, 1)


async def test_a_queue_whose_rows_all_went_is_asked_for_once_more_to_end_it(unit: Unit) -> None:
    await unit.persist(failed(1, "first"), 0)
    await unit.persist(Batch(2, releases=[release()]), 1)
    (queue,) = await unit.quarantine.asked(limit=1)
    done = Batch(3, closed={queue.rows[0].id: "applied"})
    done.queued["o-3"] = -1
    await unit.persist(done, 2)

    (queue,) = await unit.quarantine.asked()
    assert (list(queue.rows), queue.complete, queue.queued) == ([], True, 0)
    await unit.persist(Batch(4, released=["o-3"]), 3)
    assert await unit.quarantine.asked() == []
    assert (await unit.load(NOTHING)).quarantined == {}


async def test_an_order_that_fails_again_is_not_asked_for_any_more(unit: Unit) -> None:
    await unit.persist(failed(1, "first"), 0)
    await unit.persist(Batch(2, releases=[release("skip")]), 1)
    (queue,) = await unit.quarantine.asked()
    again = Batch(3, quarantined=[QuarantineRow("o-3", "another rule failed", "this code")])
    again.tried = {queue.rows[0].id: ("rule_failed", "another rule failed")}
    await unit.persist(again, 2)

    assert not (await unit.shard.wishes()).work
    assert (await unit.load(NOTHING)).quarantined == {"o-3": "another rule failed"}
    assert (await unit.load(NOTHING)).queued == {"o-3": 1}
    (row,) = await unit.set_aside.open_rows(AsideKind.QUARANTINED)
    assert (row.code, row.asked) == ("rule_failed", None)


async def test_other_code_asks_for_what_this_code_failed_on_and_only_once(stand: Stand, unit: Unit) -> None:
    await unit.persist(failed(1, "first"), 0)

    assert await unit.quarantine.retry_older("this code") == 0
    assert await unit.quarantine.retry_older("other code") == 1
    assert await unit.quarantine.retry_older("other code") == 0
    assert [queue.subject for queue in await unit.quarantine.asked()] == ["o-3"]
    await stand.taken()
    assert await unit.quarantine.retry_older("third code") == 0, "an old owner asks for nothing"


async def test_the_wishes_tell_why_a_shard_is_stopped_and_what_is_paused(unit: Unit) -> None:
    await unit.positions.write_starts([PositionRow("shop.events", 0, 0), PositionRow("fraud.events", 0, 0)])
    await unit.positions.pause("fraud.events", 0, "too many broken records")
    await unit.shard.stop("somebody looks at it")

    assert _wanted(await unit.shard.wishes()) == ("somebody looks at it", frozenset({("fraud.events", 0)}), False)


async def test_partitions_that_are_held_up_are_noted_once_each_until_they_move(stand: Stand, unit: Unit) -> None:
    shop, fraud = ("shop.events", 0), ("fraud.events", 0)
    assert await unit.positions.accepted_ends() == {}
    await unit.attention.note_stalled({shop: "waits"})
    await unit.attention.note_stalled({shop: "waits", fraud: "waits too"})
    both = [("transaction_open", None, "shop.events/0 waits"), ("transaction_open", None, "fraud.events/0 waits too")]
    assert await stand.attention() == both

    await unit.attention.note_stalled({fraud: "waits too"})

    assert await stand.attention() == both[1:]
