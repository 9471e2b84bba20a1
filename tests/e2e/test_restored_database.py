"""A database that went back to an older copy: noticed, accepted by an operator, and all ends as the books say."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from adapters.postgres import order_reads, reads
from domain.orders.money.balance import balance
from hub import demo
from hub.desk import accidents
from hub.desk.errors import ShardIsNotStopped
from hub.desk.operations import Act
from hub.simulation import simulate_on
from tests.stage import Stage
from verification import Report, Verification, verify

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

ORDERS, SEED = 24, 7
STOPPED = "SELECT k, stopped FROM shard WHERE stopped IS NOT NULL ORDER BY k"
RESTORE = accidents.Consent(restore=True)
MONEY = ("authorised", "captured", "voided", "refunded")


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """A hub whose deadlines of days are seconds, so that some go off in the stretch that is lost."""
    stage.settings = stage.settings.model_copy(update={"policy": demo.POLICY})
    return stage


async def administer(stage: Stage, *statements: str) -> None:
    """Do something to whole databases, from beside them."""
    url = stage.settings.database_url().replace("+asyncpg", "").rsplit("/", 1)[0]
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def copy(stage: Stage, source: str, target: str) -> None:
    """Make a database as another one is now; nobody may be connected to that."""
    await stage.engine.dispose()
    drop = f"DROP DATABASE IF EXISTS {target} WITH (FORCE)"
    await administer(stage, drop, f"CREATE DATABASE {target} TEMPLATE {source}")


async def trade_until(stage: Stage, decisions: int) -> None:
    async def there() -> bool:
        return int((await stage.rows("SELECT count(*) AS n FROM journal"))[0]["n"]) >= decisions

    await stage.until(there, f"{decisions} decisions", patience=240)


async def until_quiet(stage: Stage) -> None:
    """Wait until every order is there, and nothing was decided for as long as the slowest partner takes."""
    last, since = -1, 0.0

    async def quiet() -> bool:
        nonlocal last, since
        loop = asyncio.get_running_loop()
        placed = (await stage.rows("SELECT count(*) AS n FROM orders WHERE state IS NOT NULL"))[0]["n"]
        count = (await stage.rows("SELECT count(*) AS n FROM journal"))[0]["n"]
        if count != last:
            last, since = count, loop.time()
        return placed >= ORDERS and loop.time() - since > demo.EXPLAINED_SECONDS

    await stage.until(quiet, "the partners are done", patience=300)
    await stage.until_read()


def booked(books: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Return the money of each order as the payment service has it; cheques are not in its books."""
    sums: dict[str, Counter[str]] = {}
    for payment in books["payments"].values():
        mine = sums.setdefault(payment["order_id"], Counter())
        mine.update({name: payment[name] for name in MONEY})
    return sums


async def stored(stage: Stage) -> dict[str, Counter[str]]:
    """Return the money of each order as the hub has it."""
    orders = [row.order() for row in await order_reads.all_orders(stage.engine)]
    return {order.id: Counter({name: getattr(balance(order), name) for name in MONEY}) for order in orders}


async def proof(stage: Stage) -> Report:
    return await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))


async def test_an_older_copy_of_the_database_is_noticed_accepted_and_ends_as_the_books_say(stage: Stage) -> None:
    name = stage.settings.database_url().rsplit("/", 1)[1]
    stop = asyncio.Event()
    work = simulate_on(stage.settings, ORDERS, SEED, "low", rate=12, stop=stop)
    trading = asyncio.create_task(work)
    try:
        stage.start_hub()
        await trade_until(stage, 60)
        await stage.stop_hubs()
        await copy(stage, name, f"{name}_copy")
        stage.start_hub()
        await trade_until(stage, 140)
        await stage.stop_hubs()
        before = {row.number: row.batch for row in await reads.shards(stage.engine)}
        await copy(stage, f"{name}_copy", name)

        stage.start_hub()
        stopped = await stage.until_rows(STOPPED, 2)
        assert all("the database is an older copy" in row["stopped"] for row in stopped)
        assert all("--accept-restore" in row["stopped"] for row in stopped)
        held = {row.number: row.batch for row in await reads.shards(stage.engine)}
        assert all(held[k] < before[k] for k in before)
        notes = [await accidents.resume(stage.desk, Act("mended"), row["k"], RESTORE) for row in stopped]
        assert all("were published and are not in this copy" in note for [note] in notes)

        await until_quiet(stage)
        await stage.stop_hubs()
    finally:
        stop.set()
        books = await trading
        await stage.engine.dispose()
        await administer(stage, f"DROP DATABASE IF EXISTS {name}_copy WITH (FORCE)")

    after = {row.number: row.batch for row in await reads.shards(stage.engine)}
    report = await proof(stage)
    assert all(after[k] > before[k] for k in before)
    assert report.ok, [str(each) for each in report.differences[:10]]
    assert report.repeated > 20
    assert books["objections"] == []
    assert {row["order_id"] for row in await stage.rows("SELECT order_id FROM orders WHERE state IS NOT NULL")} >= set(
        books["orders"]["order_ids"]
    )
    money, theirs = await stored(stage), booked(books)
    assert len(theirs) > ORDERS / 2
    assert {order: money[order] for order in theirs} == theirs
    kinds = [row["kind"] for row in await stage.rows("SELECT kind FROM attention ORDER BY id")]
    assert kinds.count("restore_accepted") == 2
    with pytest.raises(ShardIsNotStopped, match="is not stopped"):
        await accidents.resume(stage.desk, Act("mended"), 0, RESTORE)
