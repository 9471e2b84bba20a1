"""Whoever changes a row of the store is found out: the verification names the row, the order or the record."""

import pytest

from tests.verification.played import PlayedHub, naming

pytestmark = pytest.mark.integration

ROW = "order_id = :order_id AND seq = :seq"
APPLIED = "SELECT * FROM journal WHERE outcome = 'applied' AND refers_to IS NULL"


async def test_what_nobody_touched_agrees(played_hub: PlayedHub) -> None:
    report = await played_hub.verify()

    assert report.differences == ()
    assert report.ok
    assert report.orders > 0
    assert report.facts == sum(report.by_outcome.values()) > 0
    assert report.messages > 0
    assert report.lost == report.doubled == report.out_of_order == 0


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("status_after", "'voided'"),
        ("status_before", "'voided'"),
        ("outcome", "'late'"),
        ("version", "version + 7"),
        ("transitions", "transitions || '{Z-99}'"),
        ("data", "jsonb_set(data, '{fact,tampered_field}', '1') || '{\"occurred_at\": \"2020-01-01T00:00:00+00:00\"}'"),
        ("type", "'fraud.scored.v9'"),
        ("event_id", "'another'"),
        ("digest", "'\\x00'"),
        ("occurred_at", "occurred_at - interval '1 hour'"),
        ("actor", "'nobody'"),
        ("shard", "shard + 1"),
    ],
)
async def test_a_changed_journal_row_is_named(played_hub: PlayedHub, column: str, change: str) -> None:
    row = await played_hub.one(f"{APPLIED} AND seq = 2 LIMIT 1")
    keys = {"order_id": row["order_id"], "seq": row["seq"]}

    async with played_hub.tampered("journal", ROW, f"UPDATE journal SET {column} = {change} WHERE {ROW}", **keys):
        report = await played_hub.verify()

    assert not report.ok
    assert naming(report.differences, row["order_id"], "journal row 2")


async def test_a_changed_amount_in_a_journal_row_is_named(played_hub: PlayedHub) -> None:
    row = await played_hub.one(f"{APPLIED} AND type = 'payment.authorized.v1' LIMIT 1")
    keys = {"order_id": row["order_id"], "seq": row["seq"]}
    more = "UPDATE journal SET data = jsonb_set(data, '{fact,amount,amount}', '1')"

    async with played_hub.tampered("journal", ROW, f"{more} WHERE {ROW}", **keys):
        report = await played_hub.verify()

    assert naming(report.differences, f"journal row {row['seq']} of order {row['order_id']}", "data holds")
    assert naming(report.differences, f"order {row['order_id']} journal row {row['seq']}")


async def test_changed_messages_in_a_journal_row_are_named(played_hub: PlayedHub) -> None:
    row = await played_hub.one(f"{APPLIED} AND messages IS NOT NULL LIMIT 1")
    keys = {"order_id": row["order_id"], "seq": row["seq"]}
    other = "overlay(messages PLACING 'claim'::bytea FROM position('cause'::bytea IN messages))"
    change = f"UPDATE journal SET messages = {other} WHERE {ROW}"

    async with played_hub.tampered("journal", ROW, change, **keys):
        report = await played_hub.verify()

    assert not report.ok
    assert naming(report.differences, f"order {row['order_id']} journal row {row['seq']}")


async def test_a_deleted_journal_row_is_named_and_counts_as_lost(played_hub: PlayedHub) -> None:
    row = await played_hub.one(f"{APPLIED} AND seq = 2 LIMIT 1")
    keys = {"order_id": row["order_id"], "seq": row["seq"]}

    async with played_hub.tampered("journal", ROW, f"DELETE FROM journal WHERE {ROW}", **keys):
        report = await played_hub.verify()

    assert report.lost >= 1
    assert naming(report.differences, f"order {row['order_id']} journal row 2", "missing")
    assert naming(report.differences, f"record {row['topic']}/{row['partition']}/{row['offset']}")


@pytest.mark.parametrize(
    "change",
    [
        "document = jsonb_set(document, '{locale}', '\"xx\"')",
        "document = document - 'lines'",
        "document = jsonb_set(document, '{surprise}', '1')",
        "state = 'voided'",
        "version = version + 1",
        "seq = seq + 1",
        "number = 'another'",
    ],
)
async def test_a_changed_order_is_named(played_hub: PlayedHub, change: str) -> None:
    row = await played_hub.one("SELECT order_id FROM orders WHERE state = 'completed' LIMIT 1")
    update = f"UPDATE orders SET {change} WHERE order_id = :order_id"

    async with played_hub.tampered("orders", "order_id = :order_id", update, order_id=row["order_id"]):
        report = await played_hub.verify()

    assert not report.ok
    assert naming(report.differences, f"order {row['order_id']}")


async def test_changed_money_is_named_by_the_money_check_too(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT order_id FROM orders WHERE document -> 'payment' ? 'captured' LIMIT 1")
    update = "UPDATE orders SET document = jsonb_set(document, '{payment,captured}', '1') WHERE order_id = :order_id"

    async with played_hub.tampered("orders", "order_id = :order_id", update, order_id=row["order_id"]):
        report = await played_hub.verify()

    named = naming(report.differences, f"order {row['order_id']}", "captured")
    assert {"replay", "money"} <= {each.kind for each in named}


async def test_a_deleted_order_is_named(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT order_id FROM orders WHERE state = 'completed' LIMIT 1")
    delete = "DELETE FROM orders WHERE order_id = :order_id"

    async with played_hub.tampered("orders", "order_id = :order_id", delete, order_id=row["order_id"]):
        report = await played_hub.verify()

    assert naming(report.differences, f"order {row['order_id']}", "no row of its own")


async def test_a_deleted_row_of_set_aside_is_lost(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT * FROM set_aside WHERE topic IS NOT NULL AND closed_batch IS NULL LIMIT 1")

    async with played_hub.tampered("set_aside", "id = :id", "DELETE FROM set_aside WHERE id = :id", id=row["id"]):
        report = await played_hub.verify()

    assert report.lost >= 1 or report.doubled >= 1  # a record without its end, a message without its row
    assert naming(report.differences, f"{row['partition']}/{row['offset']}")


async def test_a_changed_record_in_set_aside_is_named(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT * FROM set_aside WHERE topic IS NOT NULL LIMIT 1")
    update = "UPDATE set_aside SET value = '\\x7b7d' WHERE id = :id"

    async with played_hub.tampered("set_aside", "id = :id", update, id=row["id"]):
        report = await played_hub.verify()

    assert naming(report.differences, f"set_aside row {row['id']}", "value")


async def test_a_record_that_ended_in_two_ways_is_doubled(played_hub: PlayedHub) -> None:
    row = await played_hub.one(f"{APPLIED} AND seq = 2 LIMIT 1")
    place = {name: row[name] for name in ("topic", "partition", "offset")}
    insert = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, partition, "offset", key, headers)
        VALUES (0, 0, 0, 'waiting', 'reference_unknown', '', :topic, :partition, :offset, '', '[]')"""
    where = 'topic = :topic AND partition = :partition AND "offset" = :offset'

    async with played_hub.tampered("set_aside", where, insert, **place):
        report = await played_hub.verify()

    assert report.doubled == 1
    assert naming(report.differences, f"record {row['topic']}/{row['partition']}/{row['offset']}", "2 ways")


async def test_a_position_behind_the_log_leaves_records_unread(played_hub: PlayedHub) -> None:
    row = await played_hub.one("SELECT * FROM position WHERE last_offset IS NOT NULL LIMIT 1")
    place = {"topic": row["topic"], "partition": row["partition"]}
    where = "topic = :topic AND partition = :partition"
    update = f"UPDATE position SET next_offset = last_offset WHERE {where}"

    async with played_hub.tampered("position", where, update, **place):
        report = await played_hub.verify()

    assert report.unread == 1
    assert naming(report.differences, f"{row['topic']}/{row['partition']}")


async def test_a_batch_number_ahead_of_kafkas_is_named(played_hub: PlayedHub) -> None:
    update = "UPDATE shard SET emitted = batch + 1 WHERE k = :k"

    async with played_hub.tampered("shard", "k = :k", update, k=0):
        report = await played_hub.verify()

    assert naming(report.differences, "shard 0", "batches")


async def test_a_deadline_that_no_shard_will_let_go_off_is_named(played_hub: PlayedHub) -> None:
    """The deadline is made here: which orders still have one when the play is over depends on how long it took."""
    row = await played_hub.one("SELECT order_id, shard FROM orders LIMIT 1")
    where = "order_id = :order_id AND timer_id = 'stray'"
    stray = """INSERT INTO timers (shard, order_id, timer_id, kind, due_at)
        VALUES (CAST(:shard AS int) + 2, :order_id, 'stray', 'delivery', now() + interval '1 day')"""

    async with played_hub.tampered("timers", where, stray, **row):
        report = await played_hub.verify()

    assert naming(report.differences, f"order {row['order_id']}", "home is")
