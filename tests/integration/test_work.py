"""The work that a batch takes, counted: round trips however large it is, and steps and bytes for each record.

Nothing here measures time. A number that goes up is a change for the worse that somebody should have meant.
"""

import cProfile
import pstats
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.unit import PostgresUnit
from adapters.rows.batch import Batch
from adapters.rows.loading import Lookup
from adapters.rows.positions import PositionRow
from adapters.rows.references import ReferenceRow
from bench import stages
from consumers.shard.assembly import Assembly
from consumers.shard.deciding import Rules
from consumers.shard.loading import Cache, Loader
from consumers.shard.reading import Reader
from contracts.partitioning import home
from contracts.wire import Outgoing
from domain.aggregates import KINDS
from domain.deciding.decision import Known
from hub.wiring import INBOUND_BY_TOPIC
from producers.emission import Emission
from producers.messages import Messages
from tests.stage import SIGNATURES, Stage

FEW, MANY = 5, 60
"""Orders of a small and of a large batch."""
INTROSPECTION = ("typeinfo_tree", "current_setting('jit')")
"""What the driver asks once a connection, to know the types of arrays."""


async def trips(stage: Stage, orders: int) -> Counter[str]:
    """Return how often a batch of so many whole orders asks PostgreSQL, and Kafka."""
    shards = stage.settings.shards
    unit = PostgresUnit(stage.settings.database_url(), 0)
    emission, reader = Emission(stage.kafka, 0), Reader(INBOUND_BY_TOPIC, SIGNATURES)
    rules = Rules(shards, KINDS, Known(), lambda token, at: None, timedelta(hours=1))
    counts: Counter[str] = Counter()
    taken = await unit.take()
    await emission.start()
    try:
        _count_requests(emission, counts)
        await emission.emit([], {("shop.events", 0): 0}, taken.batch)  # what only the first transaction asks
        counts.clear()
        unit.session.connection.add_query_logger(lambda query: _count_query(query.query, counts))
        reads = [reader.read(record) for record in stages.records(orders)]
        mine = [read for read in reads if read.subject is not None and home(read.subject, shards) == 0]
        loaded, held = await Loader(unit, Cache()).load(mine)
        batch = Batch(taken.batch + 1)
        assembly = Assembly(0, batch, rules, Messages(shards, SIGNATURES), reader, loaded, held)
        for read in mine:
            assembly.add(read)
        for _ in assembly.finishing():
            pass
        batch.positions.append(PositionRow("shop.events", 0, len(mine)))
        await unit.persist(batch, taken.batch)
        await emission.emit(assembly.messages, {("shop.events", 0): len(mine)}, batch.number)
        counts["records"] = len(mine)
    finally:
        await emission.close()
        await unit.close()
    return counts


def _count_query(query: str, counts: Counter[str]) -> None:
    if not any(word in query for word in INTROSPECTION):
        counts["queries"] += 1


def _count_requests(emission: Emission, counts: Counter[str]) -> None:
    producer: Any = emission._producer
    send = producer.client.send

    async def counted(node: Any, request: Any, **named: Any) -> Any:
        counts[type(request).__name__] += 1
        return await send(node, request, **named)

    producer.client.send = counted


@pytest.mark.integration
async def test_a_large_batch_asks_the_servers_no_more_often_than_a_small_one(stage: Stage) -> None:
    few, many = await trips(stage, FEW), await trips(stage, MANY)

    assert many["records"] > 8 * few["records"]
    assert many["queries"] == few["queries"]
    assert many["queries"] <= 4  # and one COPY each for journal and set_aside, which the driver does not tell of
    requests = {name: number for name, number in many.items() if name not in ("records", "queries")}
    assert requests.pop("ProduceRequest", 0) <= 2 * few["ProduceRequest"] + 2
    assert sum(requests.values()) <= 6, requests


YOUNG = 600
"""Rows that come after the plans were made, and before anybody gathers statistics."""


@pytest.mark.integration
async def test_a_plan_made_while_the_tables_were_empty_reads_no_more_rows_than_it_finds(stage: Stage) -> None:
    unit = PostgresUnit(stage.settings.database_url(), 0)
    found = [f"order-{number}" for number in range(3)]
    wanted = Lookup(
        found,
        [(order_id, "/shop", "first") for order_id in found],
        [("tracking", order_id, "/shop", "first") for order_id in found],
        [(order_id, "/desk", "answered") for order_id in found],
    )
    try:
        await unit.take()
        for _ in range(10):  # from the sixth time on the driver's plan is kept
            assert not (await unit.load(wanted)).seen
        await _young_rows(stage)
        async with unit.session.connection.transaction():
            loaded = await unit.load(wanted)
            rows = await _rows_read(unit)
    finally:
        await unit.close()

    assert (len(loaded.documents), len(loaded.seen), len(loaded.references), len(loaded.answers)) == (3, 3, 3, 3)
    assert sum(rows.values()) <= 5 * len(found), rows  # each fact by its order, and again by the order's reference


@pytest.mark.integration
async def test_a_plan_made_while_the_tables_were_empty_reads_no_more_rows_than_it_changes(stage: Stage) -> None:
    unit = PostgresUnit(stage.settings.database_url(), 0)
    changed = [f"order-{number}" for number in range(3)]
    try:
        taken = await unit.take()
        batch = Batch(
            taken.batch + 1,
            closed=dict.fromkeys((1, 2, 3), "retried"),
            disarmed=[(order_id, "deadline") for order_id in changed],
            references=[ReferenceRow("tracking", "carrier", order_id, order_id) for order_id in changed],
        )
        for _ in range(10):
            await _persist_in_vain(unit, batch)
        await _young_rows(stage)
        rows = await _persist_in_vain(unit, batch)
    finally:
        await unit.close()

    assert rows["timers"] == rows["set_aside"] == len(changed)
    assert sum(rows.values()) <= 4 * len(changed), rows


async def _persist_in_vain(unit: PostgresUnit, batch: Batch) -> dict[str, int]:
    """Store a batch, look at the rows that this read, and take it back."""
    outer = unit.session.connection.transaction()
    await outer.start()
    try:
        await unit.persist(batch, 0)
        return await _rows_read(unit)
    finally:
        await outer.rollback()


async def _rows_read(unit: PostgresUnit) -> dict[str, int]:
    """Return how many rows of each table that grows the unit's transaction has read."""
    read = await unit.session.connection.fetch(
        """SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_xact_user_tables
        WHERE relname LIKE 'journal%' OR relname IN ('orders', 'order_references', 'set_aside', 'timers')"""
    )
    return {row["relname"]: row["rows"] for row in read if row["rows"]}


async def _young_rows(stage: Stage) -> None:
    """Write orders, each with a fact, a number, an answer and a deadline; nobody gathers statistics of them."""
    source = f"generate_series(0, {YOUNG - 1}) AS n"
    for statement in (
        f"""INSERT INTO orders (order_id, shard, seq, changes, version, rules, document)
        SELECT 'order-' || n, 0, 1, 1, 1, 2, '{{}}' FROM {source}""",
        f"""INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type,
          topic, partition, "offset", occurred_at, appended_at, data, rules, transitions, messages)
        SELECT 'order-' || n, 1, 1, 0, 1, n, 'applied', '/shop', 'first', 'd', 't', 'shop.events', 0, n, now(), now(),
          '{{}}', 2, '{{}}', decode('90', 'hex') FROM {source}""",
        f"""INSERT INTO order_references (kind, party, value, order_id)
        SELECT 'tracking', 'carrier', 'order-' || n, 'order-' || n FROM {source}""",
        f"""INSERT INTO set_aside (shard, batch, n, kind, code, detail, order_id, source, event_id, message)
        SELECT 0, 1, n, 'answer', 'c', 'd', 'order-' || n, '/desk', 'answered', decode('90', 'hex') FROM {source}""",
        f"""INSERT INTO timers (shard, order_id, timer_id, kind, due_at)
        SELECT 0, 'order-' || n, 'deadline', 'k', now() FROM {source}""",
    ):
        await stage.change(statement)


TRANSACTIONS = 150


@pytest.mark.integration
async def test_a_transaction_asks_kafka_nothing_twice(stage: Stage) -> None:
    emission = Emission(stage.kafka, 0)
    counts: Counter[str] = Counter()
    await emission.start()
    try:
        await emission.emit([_message(0)], {("shop.events", 0): 0}, 1)  # what only the first transaction asks
        _count_requests(emission, counts)
        for number in range(TRANSACTIONS):
            await emission.emit([_message(number)], {("shop.events", 0): 0}, number + 2)
    finally:
        await emission.close()

    # AddPartitionsToTxn may come twice: the transaction before is answered for before its end is written everywhere.
    once = {name: number for name, number in counts.items() if name != "AddPartitionsToTxnRequest"}
    assert once == dict.fromkeys(
        ("ProduceRequest", "AddOffsetsToTxnRequest", "TxnOffsetCommitRequest", "EndTxnRequest"), TRANSACTIONS
    )


def _message(number: int) -> Outgoing:
    return Outgoing("order.events", None, b"order", (("n", str(number).encode()),), b"{}")


def test_steps_and_bytes_of_a_record_stay_what_they_are() -> None:
    work = stages.records(100)
    stages.play(work)  # what is made once is made
    profile = cProfile.Profile()
    profile.enable()
    played = stages.play(work)
    profile.disable()
    calls: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]  # not in the stubs

    assert played.decisions > 0.9 * played.records
    assert calls / played.records < 765, f"{calls / played.records:.0f} calls a record"
    assert played.messages / played.records < 4.0
    assert played.message_bytes / played.records < 3900
    assert played.stored_bytes / played.records < 4500
