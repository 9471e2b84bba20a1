"""The benchmark's large databases and its hot order: what is copied, and what is written."""

from pathlib import Path

import asyncpg
import pytest

from bench import workload
from bench.dress import SCAN
from bench.ground.ground import Ground
from bench.hot.script import SHAPES, script
from bench.size.filling import Filling, Size, clean
from contracts.decoding import decode
from contracts.topics import BY_NAME
from tests.stage import Stage

ORDERS = 30


def test_a_hot_order_adds_its_facts_and_changes_nothing_else() -> None:
    scripts = {shape: script(shape, 50, 6, 300) for shape in SHAPES}
    without = scripts["without"]

    for shape, made in scripts.items():
        assert (made.before, made.live, made.hot) == (without.before, without.live, without.hot)
        assert len(made.besides) == (0 if shape == "without" else 300)
        assert made.backlog.expected.statuses == without.backlog.expected.statuses
        facts = len(without.backlog.expected.applied) + len(made.besides)
        assert len(made.backlog.expected.applied) == facts
    assert {each.key for each in scripts["burst"].besides} == {without.hot}
    assert len({each.key for each in scripts["spread"].besides}) > 150
    assert without.hot not in {each.key for each in without.live}


def test_scans_keep_their_contract_and_each_is_newer_than_the_one_before() -> None:
    written = script("burst", 50, 6, 20).besides
    topic = BY_NAME["carrier.events"]

    read = [decode(topic, topic.by_type, each.key.encode(), each.headers, each.value) for each in written]
    times = [each.envelope.time for each in read if each.envelope.time is not None]
    assert len(times) == len(read)

    assert {each.message.type() for each in read} == {SCAN}
    assert times == sorted(set(times))
    assert len({each.envelope.id for each in read}) == len(read)


@pytest.mark.integration
async def test_a_filled_database_has_what_was_asked_for_and_a_run_is_removed_from_it(
    ground: Ground, stage: Stage, tmp_path: Path
) -> None:
    await ground.log.write(stage.settings.kafka.prefix, workload.for_hub(ORDERS).records)
    stage.start_hub()
    await stage.until_read()
    await stage.stop_hubs()
    left = (await stage.rows("SELECT count(*) AS n FROM timers"))[0]["n"]
    connection = await asyncpg.connect(stage.settings.database_url().replace("+asyncpg", ""))

    try:
        filled = await Filling(connection, ORDERS, lambda _: None).fill(Size(1_000, 60))

        assert filled.rows["journal"] >= 1_000
        assert filled.rows["timers"] == 2 * left
        assert filled.rows["orders"] == filled.copies * ORDERS
        orders = "SELECT order_id, document->>'id' AS told FROM orders"
        assert all(row["order_id"] == row["told"] for row in await stage.rows(orders))
        assert (
            await stage.rows(
                "SELECT 1 FROM timers t WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = t.order_id)"
            )
            == []
        )
        assert await stage.rows('SELECT 1 FROM journal WHERE batch > 0 OR "offset" >= 0') == []
        assert await stage.rows("SELECT 1 FROM timers WHERE due_at < now() + interval '29 days'") == []

        there = (await stage.rows("SELECT order_id FROM orders ORDER BY order_id LIMIT 1"))[0]["order_id"]
        await connection.execute("INSERT INTO timers SELECT 'new', timer_id, shard, kind, due_at FROM timers LIMIT 1")
        await clean(connection, ["new"])
        assert await stage.rows("SELECT 1 FROM timers WHERE order_id = 'new'") == []
        assert await stage.rows("SELECT 1 FROM orders WHERE order_id = :o", o=there) != []
    finally:
        await connection.close()
