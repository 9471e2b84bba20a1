"""The store of a shard, in memory and in PostgreSQL, for one suite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from adapters import failpoints
from adapters.memory import MemoryStore, MemoryUnit
from adapters.postgres.unit import PostgresUnit
from consumers.takeover import Unit
from tests.stage import SHARDS, Stage


@dataclass
class Stand:
    """Units on one store, and what lies there for people to look at."""

    make: Callable[[int], Unit]
    attention: Callable[[], Awaitable[list[tuple[str, str | None, str]]]]
    """Kind, order id, detail."""
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
        return [(row.kind, row.order_id, row.detail) for row in store.attention]

    return Stand(lambda shard: MemoryUnit(store, shard), attention)


def _in_postgres(stage: Stage) -> Stand:
    async def attention() -> list[tuple[str, str | None, str]]:
        rows = await stage.rows("SELECT kind, order_id, detail FROM attention ORDER BY id")
        return [(row["kind"], row["order_id"], row["detail"]) for row in rows]

    return Stand(lambda shard: PostgresUnit(stage.settings.database_url(), shard), attention)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def bare_stand(request: pytest.FixtureRequest) -> Stand:
    """A stand of either kind; not async, as only such a fixture may ask for the stage by its name."""
    return _in_memory() if request.param == "memory" else _in_postgres(request.getfixturevalue("stage"))


@pytest.fixture
async def stand(bare_stand: Stand) -> AsyncIterator[Stand]:
    """A stand whose units are closed after the test."""
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
