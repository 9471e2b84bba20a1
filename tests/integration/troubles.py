"""Troubles: what tests do to the servers behind the hub's back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.integration.messages import PLACED, journal, named, placed
from tests.stage import Stage

REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.order_id = '{order}' AND NEW.seq > {seq} THEN RAISE EXCEPTION 'no' USING ERRCODE = '22000'; END IF;
  RETURN NEW; END $$"""


def url(stage: Stage, name: str | None = None) -> str:
    plain = stage.settings.database_url().replace("+asyncpg", "")
    return plain if name is None else f"{plain.rsplit('/', 1)[0]}/{name}"


@asynccontextmanager
async def connected(stage: Stage, **settings: str) -> AsyncIterator[Any]:
    """Open a session with these settings of the server."""
    connection = await asyncpg.connect(url(stage), server_settings=settings)
    try:
        yield connection
    finally:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.close(timeout=2)


async def limit(stage: Stage, topic: str, size: int) -> None:
    """Set the largest record that a topic takes."""
    name = stage.kafka.topic(topic)
    async with stage.admin() as admin:
        configs = {"max.message.bytes": str(size), "message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)])

        async def applied() -> bool:
            wanted = ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": ""})
            answer: Any = (await admin.describe_configs([wanted]))[0]
            return [str(entry[1]) for entry in answer.resources[0][4]] == [str(size)]

        await stage.until(applied, f"{topic} takes records of {size} bytes")


async def refuse(stage: Stage, order: str, seq: int = 0) -> None:
    """Let PostgreSQL refuse an order's row once it has more than so many journal rows."""
    await stage.change(REFUSE.format(order=order, seq=seq))
    await stage.change("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION refuse()")


async def one_refused(stage: Stage) -> tuple[str, list[str]]:
    """Place four orders, the second of which PostgreSQL refuses; return it, and the others."""
    bad, *good = named(0, count=4)
    await refuse(stage, bad)
    for order in (good[0], bad, *good[1:]):
        await stage.say("shop.events", placed(f"N-{order}"), order)
    return bad, good


async def assert_only_that_one_waits(stage: Stage, bad: str, good: list[str]) -> None:
    for order in good:
        assert await journal(stage, order) == [PLACED]
    assert [row["order_id"] for row in await stage.rows("SELECT order_id FROM quarantine")] == [bad]
