"""One hub on one Kafka with two PostgreSQL servers: each holds half of the shards, and both are proved together."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.embedded import EmbeddedServers
from adapters.errors import OtherShards
from adapters.postgres import reads, schema
from contracts.carriers import CarrierInTransit
from contracts.partitioning import home
from hub.desk import growth
from hub.desk.errors import DatabasesAreUnnamed
from hub.desk.operations import Act
from hub.desk.proof import prove
from hub.settings import DatabaseSettings, Settings
from hub.simulation import simulate_on
from hub.wiring import engine_of
from tests.integration.messages import approve, assert_once_and_in_order, journal, placed, send
from tests.stage import Stage, Template, drop, execute, new_stage, new_template

pytestmark = pytest.mark.integration

SHARDS, PARTITIONS = 4, 8
POLICY = {"closing": "PT0.5S", "payment_retry": "PT0.3S", "refund_retry": "PT0.3S", "flash_automatic": True}
SCALING = Path(__file__).parents[2] / "docs/scaling.md"
ENDED = ("completed", "cancelled", "voided")


@dataclass
class Halves:
    """The two databases of one hub, each with a stage of its own; `even` holds shards 0 and 2, `odd` 1 and 3."""

    even: Stage
    odd: Stage
    both: tuple[Stage, Stage] = field(init=False)

    def __post_init__(self) -> None:
        self.both = (self.even, self.odd)

    def start(self) -> None:
        """Start a hub process for each."""
        for half in self.both:
            half.start_hub(half.settings.model_copy(update={"policy": POLICY}))

    def of(self, order: str) -> Stage:
        """Return where an order lives."""
        return self.both[home(order, PARTITIONS) % 2]

    async def rest(self) -> None:
        """Let both read everything: what one wrote for the other as well."""
        for half in (*self.both, *self.both):
            await half.until_read()

    async def assert_proved(self) -> None:
        """Assert that verify finds nothing wrong with both together, and that one alone is refused."""
        await self.rest()
        told = "one of 2 databases: name the other ones in HUB_DATABASE__OTHERS"
        with pytest.raises(DatabasesAreUnnamed, match=told):
            await prove(self.even.desk)
        assert_once_and_in_order(r for r in await self.even.records() if r.topic != "hub.internal")
        database = self.even.settings.database.model_copy(update={"others": (self.odd.settings.database.url,)})
        settings = self.even.settings.model_copy(update={"database": database})
        report = await prove(replace(self.even.desk, settings=settings))
        assert report.ok, report.differences
        assert report.orders == sum([len(await half.rows("SELECT 1 FROM orders")) for half in self.both])


@pytest.fixture
async def halves(template: Template, folder: Path) -> AsyncIterator[Halves]:
    """A hub on the session's Kafka, half of it in a PostgreSQL server of its own."""
    with EmbeddedServers(folder / "second", keep=False) as addresses:
        second = await asyncio.to_thread(new_template, addresses, folder)
        async with new_stage(template, folder, SHARDS, PARTITIONS, "0/2") as even:
            url = SecretStr(second.url(second.name))
            database = DatabaseSettings(url=url, part="1/2")
            odd = Stage(even.settings.model_copy(update={"database": database}), even.engine)
            odd.engine = engine_of(odd.settings)
            await schema.create_shards(odd.engine, SHARDS, odd.settings.served)
            try:
                yield Halves(even, odd)
            finally:
                await odd.stop_hubs()
                await odd.close_pen()
                await odd.log.close()
                await odd.engine.dispose()


async def test_orders_go_their_way_in_both_and_all_is_proved_together(halves: Halves) -> None:
    halves.start()
    stop = asyncio.Event()
    trading = asyncio.create_task(simulate_on(halves.even.settings, 40, 7, "low", rate=15, stop=stop))

    async def enough() -> bool:
        states = [(await reads.counts(half.engine))["states"] for half in halves.both]
        return sum(each.get(name, 0) for each in states for name in ENDED) >= 30

    try:
        await halves.even.until(enough, "most orders are over", patience=300)
    finally:
        stop.set()
        await trading
    await halves.rest()

    for half, shards in zip(halves.both, ({0, 2}, {1, 3}), strict=True):
        assert {row["shard"] for row in await half.rows("SELECT DISTINCT shard FROM journal")} == shards
        assert {row["k"] for row in await half.rows("SELECT k FROM shard")} == shards
    await halves.assert_proved()


async def test_a_record_in_the_wrong_half_goes_home_and_a_number_is_known_in_its_own_half_only(halves: Halves) -> None:
    order = next(f"o-{number}" for number in range(99) if home(f"o-{number}", PARTITIONS) == 5)
    halves.start()
    await halves.even.say("shop.events", placed(), order, partition=2)
    await halves.odd.until_state(order, "payment_pending")
    await approve(halves.odd, order)
    await send(halves.odd, order, "T-1")
    await halves.odd.until_state(order, "sent")

    await halves.even.say("carrier.events", CarrierInTransit(tracking_number="T-1"), None, partition=4)
    await halves.even.until_rows("SELECT 1 FROM set_aside WHERE kind = 'waiting'")
    await halves.odd.say("carrier.events", CarrierInTransit(tracking_number="T-1"), None, partition=3)
    await halves.odd.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.in_transit.v1'")

    assert ("carrier.in_transit", "applied") in await journal(halves.odd, order)
    assert await halves.even.rows("SELECT 1 FROM orders") == []
    await halves.assert_proved()


async def test_each_half_grows_by_itself(halves: Halves) -> None:
    orders = [f"o-{number}" for number in range(16)]
    halves.start()
    for order in orders:
        await approve(halves.even, order)
    await halves.rest()
    await halves.odd.stop_hubs()

    done = await growth.grow(halves.odd.desk, Act("one after the other"), 8)
    halves.odd.settings = halves.odd.settings.model_copy(update={"shards": 8})
    halves.odd.start_hub()
    for order in orders:
        await send(halves.even, order, f"T-{order}")
        await halves.of(order).until_state(order, "sent")
    await halves.rest()
    await halves.even.stop_hubs()
    await growth.grow(halves.even.desk, Act("one after the other"), 8)
    halves.even.settings = halves.even.settings.model_copy(update={"shards": 8})
    halves.even.start_hub()

    assert (done.before, done.after) == (4, 8)
    assert [row["k"] for row in await halves.odd.rows("SELECT k FROM shard ORDER BY k")] == [1, 3, 5, 7]
    await halves.assert_proved()


async def test_a_database_in_use_is_divided_by_the_documented_statements(template: Template, folder: Path) -> None:
    statements = [line for line in SCALING.read_text().splitlines() if line.startswith("DELETE FROM ")]
    orders = [f"o-{number}" for number in range(16)]
    async with new_stage(template, folder, SHARDS, PARTITIONS) as whole:
        whole.start_hub()
        for order in orders:
            await approve(whole, order)
        await whole.until_read()
        await whole.stop_hubs()
        await whole.engine.dispose()
        name = whole.settings.database_url().rsplit("/", 1)[1]
        copy = f"{name}_odd"
        await execute(template.url("postgres"), f"CREATE DATABASE {copy} TEMPLATE {name}")
        for number, database in enumerate((name, copy)):
            for statement in statements:
                await execute(template.url(database), statement.replace("<> 0", f"<> {number}"))
        parts = [
            DatabaseSettings(url=SecretStr(template.url(each)), part=f"{n}/2") for n, each in enumerate((name, copy))
        ]
        stages = [Stage(whole.settings.model_copy(update={"database": part}), whole.engine) for part in parts]
        for stage in stages:
            stage.engine = engine_of(stage.settings)
        halves = Halves(*stages)
        halves.start()
        for order in orders:
            await send(halves.even, order, f"T-{order}")
        for order in orders:
            await halves.of(order).until_state(order, "sent")

        await halves.assert_proved()

        for stage in stages:
            await stage.stop_hubs()
            await stage.close_pen()
            await stage.log.close()
            await stage.engine.dispose()
        await drop(template, copy)
    assert len(statements) == 10


async def test_a_database_of_another_part_is_refused(halves: Halves) -> None:
    swapped: Settings = halves.even.settings.model_copy(update={"database": halves.odd.settings.database})

    with pytest.raises(OtherShards, match="holds shards 1, 3, not 0, 2"):
        await schema.create_shards(halves.odd.engine, swapped.shards, halves.even.settings.served)
