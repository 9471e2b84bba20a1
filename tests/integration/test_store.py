"""The store as it is made: migrations and metadata agree, and the number of shards is fixed."""

from datetime import UTC, datetime

import pytest

from adapters.errors import HubRuns, ShardCountDiffers
from adapters.postgres import schema
from contracts.signing import Signatures
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_the_migrations_make_exactly_the_tables_that_the_code_declares(stage: Stage) -> None:
    assert await schema.differences(stage.engine) == []
    assert await schema.current(stage.engine) == schema.newest() == schema.last_written()

    await stage.change("ALTER TABLE orders DROP COLUMN store")
    await stage.change("CREATE INDEX extra ON orders (version)")
    assert len(await schema.differences(stage.engine)) == 2


async def test_migrating_twice_is_migrating_once(stage: Stage) -> None:
    await schema.upgrade(stage.engine)

    assert await schema.current(stage.engine) == schema.newest() == schema.last_written()


async def test_another_number_of_shards_is_refused_with_the_number_that_is_there(stage: Stage) -> None:
    await schema.create_shards(stage.engine, 2)

    with pytest.raises(ShardCountDiffers, match=r"has 2 shards, not 3.*Set HUB_SHARDS=2"):
        await schema.create_shards(stage.engine, 3)

    assert await schema.shard_count(stage.engine) == 2
    assert [row["k"] for row in await stage.rows("SELECT k FROM shard ORDER BY k")] == [0, 1]
    hub = stage.settings.model_copy(update={"shards": 3})
    stage.start_hub(hub)
    with pytest.raises(ShardCountDiffers):
        await stage.stop_hubs()


async def _at_version(stage: Stage, version: str) -> None:
    """Let the database be as a hub of an earlier version made it."""
    await stage.change("DROP SCHEMA public CASCADE")
    await stage.change("CREATE SCHEMA public")
    await schema.upgrade(stage.engine, version)


async def test_orders_of_the_version_before_are_marked_when_somebody_should_look_at_them(stage: Stage) -> None:
    await _at_version(stage, "20261122_01")
    documents = {
        "quiet": "{}",
        "alerted": '{"alerts": [{"name": "stock"}]}',
        "held": '{"holds": ["csr"]}',
        "overdue": '{"timers": [{"id": "t", "fired": true}]}',
        "waits": '{"timers": [{"id": "t"}]}',
    }
    for order_id, document in documents.items():
        await stage.change(
            "INSERT INTO orders (order_id, shard, seq, changes, version, rules, document) "
            "VALUES (:order_id, 0, 1, 1, 1, 2, CAST(:document AS jsonb))",
            order_id=order_id,
            document=document,
        )

    await schema.upgrade(stage.engine)

    marked = {row["order_id"] for row in await stage.rows("SELECT order_id FROM orders WHERE attention")}
    assert marked == {"alerted", "held", "overdue"}
    assert await schema.differences(stage.engine) == []


async def test_queues_of_quarantined_orders_are_counted_where_the_version_before_left_them(stage: Stage) -> None:
    await _at_version(stage, "20261124_01")
    await stage.change("INSERT INTO quarantine (order_id, shard, reason) VALUES ('o-1', 0, 'a bug')")
    for n, closed in enumerate((None, None, 7), start=1):
        await stage.change(
            "INSERT INTO set_aside (shard, batch, n, kind, code, detail, order_id, closed_batch) "
            "VALUES (0, 1, :n, 'quarantined', 'behind', '', 'o-1', :closed)",
            n=n,
            closed=closed,
        )

    await schema.upgrade(stage.engine)

    assert await stage.rows("SELECT order_id, queued, asked FROM quarantine") == [
        {"order_id": "o-1", "queued": 2, "asked": False}
    ]
    assert await schema.differences(stage.engine) == []


async def test_the_numbers_of_the_version_before_are_kept_and_looked_up_by_the_key(stage: Stage) -> None:
    await _at_version(stage, "20261125_03")
    await stage.change(
        "INSERT INTO order_references (kind, party, value, order_id) "
        "VALUES ('tracking', 'b', '1', 'o-2'), ('tracking', 'a', '1', 'o-1'), ('parcel', 'a', '1', 'o-3')"
    )

    await schema.upgrade(stage.engine)

    kept = await stage.rows("SELECT order_id FROM order_references ORDER BY kind, value, party")
    assert [row["order_id"] for row in kept] == ["o-3", "o-1", "o-2"]
    indexes = await stage.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'order_references'")
    assert [row["indexdef"].rsplit("btree ", 1)[1] for row in indexes] == ["(kind, value, party)"]
    assert await schema.differences(stage.engine) == []


async def test_a_hub_of_a_version_that_did_not_sign_stops_before_it_is_upgraded(stage: Stage) -> None:
    await _at_version(stage, "20261128_01")
    await stage.change("INSERT INTO hub (id, shards) VALUES (1, 2)")
    await stage.change("INSERT INTO shard (k, owner, lease_until) VALUES (0, 'process', now() + interval '5 seconds')")

    with pytest.raises(HubRuns, match="stop them all"):
        await schema.upgrade(stage.engine)
    assert await schema.current(stage.engine) == "20261128_01"
    await stage.change("UPDATE shard SET lease_until = now()")
    await schema.upgrade(stage.engine)

    signatures = await schema.signatures(stage.engine)
    assert abs(signatures.until / 1000 - datetime.now(UTC).timestamp() - 60) < 30
    assert (await schema.signatures(stage.engine)).keys == signatures.keys
    assert await schema.differences(stage.engine) == []


async def test_each_database_draws_a_key_of_its_own_that_signs_where_none_is_set(stage: Stage) -> None:
    drawn = await schema.signatures(stage.engine)
    named = await schema.signatures(stage.engine, [b"ours", b"older"])

    assert drawn.until == 0
    assert named.keys[2:] == drawn.keys
    assert drawn.keys != Signatures.of([b""]).keys
