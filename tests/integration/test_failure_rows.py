"""The rows of the failure table, each met as the real servers give it: never raised by hand."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, OffsetOutOfRangeError, UnknownTopicOrPartitionError

from adapters.errors import LostShard, ShardAccident, StoreRefused, TwoWriters, UnknownOutcome
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.starting import started
from adapters.postgres.unit import PostgresUnit
from adapters.rows.batch import Batch
from consumers.shard.failures import Treatment, treatment
from contracts.wire import Outgoing
from producers.emission import Emission
from tests.integration.troubles import connected, limit, url
from tests.stage import Stage
from tests.units.rows import decided

pytestmark = pytest.mark.integration

Provoke = Callable[[Stage], Awaitable[None]]
Case = tuple[Provoke, str | type[BaseException], Treatment]


async def caught(work: Awaitable[object]) -> BaseException:
    """Return what some work raises."""
    try:
        await work
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever the servers say is what is looked at
        return error
    raise AssertionError("nothing was raised")


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


async def deadlock(stage: Stage) -> None:
    """Two sessions that each want the row that the other has."""
    async with connected(stage) as one, connected(stage) as two:
        lock = "UPDATE shard SET batch = batch WHERE k = $1"
        await one.execute("BEGIN")
        await two.execute("BEGIN")
        await one.execute(lock, 0)
        await two.execute(lock, 1)
        answers = await asyncio.gather(one.execute(lock, 1), two.execute(lock, 0), return_exceptions=True)
        [failed] = [answer for answer in answers if isinstance(answer, BaseException)]
        raise failed


async def serialization(stage: Stage) -> None:
    async with connected(stage) as one, connected(stage) as two:
        for session in (one, two):
            await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            await session.fetch("SELECT * FROM shard")
        await one.execute("UPDATE shard SET batch = batch WHERE k = 0")
        await one.execute("COMMIT")
        await two.execute("UPDATE shard SET batch = batch WHERE k = 0")


async def lock_time_out(stage: Stage) -> None:
    async with connected(stage) as one, connected(stage, lock_timeout="50") as two:
        await one.execute("BEGIN")
        await one.execute("LOCK TABLE shard")
        await two.execute("UPDATE shard SET batch = batch")


async def statement_time_out(stage: Stage) -> None:
    async with connected(stage, statement_timeout="50") as session:
        await session.execute("SELECT pg_sleep(30)")


async def idle_in_transaction(stage: Stage) -> None:
    async with connected(stage, idle_in_transaction_session_timeout="50") as session:
        await session.execute("BEGIN")
        await stage.until(lambda: _ended(session), "the server ends the session")
        await session.execute("SELECT 1")


async def transaction_time_out(stage: Stage) -> None:
    async with connected(stage, transaction_timeout="100") as session:
        await session.execute("BEGIN")
        await session.execute("SELECT pg_sleep(30)")


async def _ended(session: Any) -> bool:
    return bool(session.is_closed())


async def terminated(stage: Stage) -> None:
    async with connected(stage) as session:
        work = asyncio.ensure_future(session.execute("SELECT pg_sleep(30)"))
        await stage.until_rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
        await stage.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()"
        )
        await work


async def cut(stage: Stage) -> None:
    async with connected(stage) as session:
        session.terminate()
        await session.execute("SELECT 1")


async def too_many_connections(stage: Stage) -> None:
    """What a server says that takes no more connections, here to one database."""
    name = url(stage).rsplit("/", 1)[1]
    await stage.change(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    try:
        await asyncpg.connect(url(stage))
    finally:
        await stage.change(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


async def read_only(stage: Stage) -> None:
    """What a primary says that has become a replica."""
    async with connected(stage, default_transaction_read_only="on") as session:
        await session.execute("UPDATE shard SET batch = batch")


async def no_such_database(stage: Stage) -> None:
    await asyncpg.connect(url(stage, "nowhere"))


async def wrong_password(stage: Stage) -> None:
    await asyncpg.connect(url(stage), password="not this one")


async def table_missing(stage: Stage) -> None:
    await stage.change("ALTER TABLE position RENAME TO elsewhere")
    unit = PostgresUnit(url(stage), 0)
    try:
        await unit.take()
        await unit.positions.read()
    finally:
        await unit.close()


async def not_allowed(stage: Stage) -> None:
    await stage.change("REVOKE UPDATE ON shard FROM CURRENT_USER, hub_runtime, hub_api")
    async with connected(stage) as session:
        await session.execute("UPDATE shard SET batch = batch")


async def refused_port(stage: Stage) -> None:
    await asyncpg.connect("postgresql://postgres@127.0.0.1:1/hub")


# -- the store of a shard --------------------------------------------------------------------------------------------


@asynccontextmanager
async def unit_of(stage: Stage) -> AsyncIterator[PostgresUnit]:
    unit = PostgresUnit(url(stage), 0)
    await unit.take()
    try:
        yield unit
    finally:
        await unit.close()


async def lost_shard(stage: Stage) -> None:
    async with unit_of(stage) as old, unit_of(stage):
        await old.persist(Batch(1), 0)


async def two_writers(stage: Stage) -> None:
    async with unit_of(stage) as unit:
        await unit.persist(decided(1), 0)
        await stage.change("UPDATE orders SET seq = seq + 7")
        await unit.persist(decided(2), 0)


async def not_storable(stage: Stage) -> None:
    async with unit_of(stage) as unit:
        await unit.persist(decided(1, subject="a\0b"), 0)


async def lost_commit(stage: Stage) -> None:
    """The server's process dies while it commits: a constraint that is checked at the end takes long."""
    await stage.change(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$"
    )
    await stage.change(
        "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON shard DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    unit = PostgresUnit(url(stage), 0)
    await stage.change("ALTER TABLE shard DISABLE TRIGGER slow")
    await unit.take()
    await stage.change("ALTER TABLE shard ENABLE TRIGGER slow")
    work = asyncio.ensure_future(unit.persist(Batch(1), 0))
    committing = "datname = current_database() AND query LIKE 'COMMIT%' AND wait_event = 'PgSleep'"
    await stage.until_rows(f"SELECT 1 FROM pg_stat_activity WHERE {committing}")
    await stage.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {committing}")
    try:
        await work
    finally:
        await unit.close()


POSTGRES: list[Case] = [
    (deadlock, "40P01", Treatment.TAKE_OVER),
    (serialization, "40001", Treatment.TAKE_OVER),
    (lock_time_out, "55P03", Treatment.TAKE_OVER),
    (statement_time_out, "57014", Treatment.TAKE_OVER),
    (idle_in_transaction, asyncpg.InterfaceError, Treatment.TAKE_OVER),
    (transaction_time_out, "08003", Treatment.TAKE_OVER),
    (terminated, "08003", Treatment.TAKE_OVER),
    (cut, asyncpg.InterfaceError, Treatment.TAKE_OVER),
    (too_many_connections, "53300", Treatment.TAKE_OVER),
    (read_only, "25006", Treatment.TAKE_OVER),
    (no_such_database, "3D000", Treatment.TAKE_OVER),
    (wrong_password, "28P01", Treatment.TAKE_OVER),
    (table_missing, "42P01", Treatment.TAKE_OVER),
    (not_allowed, "42501", Treatment.TAKE_OVER),
    (refused_port, OSError, Treatment.TAKE_OVER),
    (lost_shard, LostShard, Treatment.LEAVE),
    (two_writers, TwoWriters, Treatment.STOP),
    (not_storable, StoreRefused, Treatment.HALVE),
    (lost_commit, UnknownOutcome, Treatment.TAKE_OVER),
]
"""How the error is known: by its class, or by PostgreSQL's SQLSTATE."""


# -- Kafka -----------------------------------------------------------------------------------------------------------


MESSAGE = Outgoing("order.events", 0, b"o", (), bytes(random.Random(1).randbytes(2_000)))  # no codec makes it smaller


async def fenced(stage: Stage) -> None:
    old, new = Emission(stage.kafka, 0), Emission(stage.kafka, 0)
    await old.start()
    await new.start()
    try:
        await old.emit([MESSAGE], {}, 1)
    finally:
        await old.close()
        await new.close()


async def too_large(stage: Stage) -> None:
    await limit(stage, "order.events", 300)
    mine = Emission(stage.kafka, 0)
    await mine.start()
    try:
        await mine.emit([MESSAGE], {}, 1)
    finally:
        await mine.close()


async def broker_away(stage: Stage) -> None:
    consumer = KafkaConnection("127.0.0.1:1").consumer()
    try:
        await consumer.start()
    finally:
        await consumer.stop()


async def topic_missing(stage: Stage) -> None:
    await stage.log.ends([("nowhere.events", 0)])


async def out_of_range(stage: Stage) -> None:
    consumer = stage.kafka.consumer()
    partition = TopicPartition(stage.kafka.topic("shop.events"), 0)
    async with started(consumer):
        consumer.assign([partition])
        consumer.seek(partition, 1_000)
        while True:
            await consumer.getmany(timeout_ms=200)


KAFKA: list[Case] = [
    (fenced, UnknownOutcome, Treatment.TAKE_OVER),
    (too_large, ShardAccident, Treatment.STOP),
    (broker_away, KafkaConnectionError, Treatment.TAKE_OVER),
    (topic_missing, UnknownTopicOrPartitionError, Treatment.TAKE_OVER),
    (out_of_range, OffsetOutOfRangeError, Treatment.TAKE_OVER),
]


@pytest.mark.parametrize(
    ("provoke", "expected", "wanted"), POSTGRES + KAFKA, ids=lambda each: getattr(each, "__name__", "")
)
async def test_a_real_error_gets_its_treatment(
    stage: Stage, provoke: Provoke, expected: str | type[BaseException], wanted: Treatment
) -> None:
    error = await caught(provoke(stage))

    if isinstance(expected, str):
        assert getattr(error, "sqlstate", None) == expected, repr(error)
    else:
        assert isinstance(error, expected), repr(error)
    assert treatment(error) is wanted


async def test_a_missing_topic_is_named(stage: Stage) -> None:
    error = await caught(topic_missing(stage))

    assert isinstance(error, KafkaError)
    assert stage.kafka.topic("nowhere.events") in str(error)
