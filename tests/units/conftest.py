"""The store of a shard, in memory and in PostgreSQL, for one suite."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from adapters import failpoints
from adapters.memory.tables import MemoryStore
from adapters.memory.unit import MemoryUnit
from adapters.postgres.tables.metadata import metadata
from adapters.postgres.unit import PostgresUnit
from consumers.shard.ports import Unit
from tests.stage import SHARDS, Template, drop


@dataclass
class Stand:
    """Units on one store, and what lies there for people to look at."""

    make: Callable[[int], Unit]
    attention: Callable[[], Awaitable[list[tuple[str, str | None, str]]]]
    """Kind, order id, detail."""
    empty: Callable[[], Awaitable[None]]
    _made: list[Unit] = field(default_factory=list)

    async def taken(self, shard: int = 0) -> Unit:
        """Return a unit that has just taken the shard."""
        unit = self.make(shard)
        self._made.append(unit)
        await unit.take()
        return unit

    async def close(self) -> None:
        """Close every unit."""
        await asyncio.gather(*(unit.close() for unit in self._made))


def _in_memory() -> Stand:
    store = MemoryStore.of(SHARDS)

    async def attention() -> list[tuple[str, str | None, str]]:
        return [(row.kind, row.subject, row.detail) for row in store.attention]

    async def empty() -> None:
        return None  # it is new

    return Stand(lambda shard: MemoryUnit(store, shard), attention, empty)


def _in_postgres(url: str) -> Stand:
    async def attention() -> list[tuple[str, str | None, str]]:
        rows = await _ask(url, "SELECT kind, order_id, detail FROM attention WHERE NOT done ORDER BY id")
        return [(row["kind"], row["order_id"], row["detail"]) for row in rows]

    async def empty() -> None:
        deletes = [f"DELETE FROM {table.name}" for table in metadata.sorted_tables]
        shards = ", ".join(f"({number})" for number in range(SHARDS))
        await _ask(url, "; ".join([*deletes, f"INSERT INTO shard (k) VALUES {shards}"]))

    return Stand(lambda shard: PostgresUnit(url, shard), attention, empty)


async def _ask(url: str, question: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        if ";" in question:
            await connection.execute(question)
            return []
        return list(await connection.fetch(question))
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def database(template: Template) -> Iterator[str]:
    """A database for all tests of this worker that need no Kafka; each of them empties it first."""
    name = f"units_{uuid.uuid4().hex[:10]}"
    server = _plain(template.url("postgres"))
    asyncio.run(_ask(server, f"CREATE DATABASE {name} TEMPLATE {template.name}"))
    yield _plain(template.url(name))
    asyncio.run(drop(template, name))


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def bare_stand(request: pytest.FixtureRequest) -> Stand:
    """A stand of either kind; only PostgreSQL's asks for the servers."""
    return _in_memory() if request.param == "memory" else _in_postgres(request.getfixturevalue("database"))


@pytest.fixture
async def stand(bare_stand: Stand) -> AsyncIterator[Stand]:
    """A stand that is empty, and whose units are closed after the test."""
    await bare_stand.empty()
    yield bare_stand
    await bare_stand.close()


@pytest.fixture
async def unit(stand: Stand) -> Unit:
    """The store of shard 0, just taken."""
    return await stand.taken()


@pytest.fixture
def swallow() -> Iterator[Callable[[str], None]]:
    """Let the answer at a failpoint be lost, until the test's end."""
    armed: list[str] = []

    def arm(point: str) -> None:
        armed.append(point)
        failpoints.arm({"HUB_FAILPOINTS": f"{point}:swallow:1"})

    yield arm
    if armed:
        failpoints.arm({"HUB_FAILPOINTS": f"{armed[-1]}:swallow:0"})
