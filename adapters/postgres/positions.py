"""Positions: how far a shard's partitions are read, and which are read no further."""

from collections.abc import Sequence
from typing import Final

from pydantic_core import from_json

from adapters.postgres.encoding import columns, storable
from adapters.postgres.session import Session
from adapters.postgres.shards import check_owner
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.positions import Place, PositionRow, place_of

MOVED: Final[Input[Batch]] = Input(
    "positions",
    "text int bigint bigint bytea",
    lambda batch: columns([(p.topic, p.partition, p.next_offset, p.last_offset, p.digest) for p in batch.positions], 5),
)
STORED: Final = """moved AS (
  INSERT INTO position (shard, topic, partition, next_offset, last_offset, digest)
  SELECT k, t, p, n, l, d
  FROM mine, {positions} AS row (t, p, n, l, d)
  ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, shard = excluded.shard,
    last_offset = coalesce(excluded.last_offset, position.last_offset),
    digest = coalesce(excluded.digest, position.digest)
)"""


LOCKED: Final = "LOCK TABLE paused_ahead IN SHARE ROW EXCLUSIVE MODE"
"""Partitions begin to be read, and are paused before that, one after the other."""

BY_ITSELF: Final = "the hub"
"""Who has paused a source that nobody paused by hand."""


async def pause(session: Session, source: str, why: str) -> None:
    """Keep a source's records back from here on, until an operator lets them go on."""
    await session.connection.execute(
        "INSERT INTO pause (source, who, why) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        storable(source),
        BY_ITSELF,
        storable(why),
    )


class Positions:
    """The positions of a shard's partitions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read(self) -> list[PositionRow]:
        """Return the positions; raises LostShard."""
        await check_owner(self._session)
        rows = await self._session.connection.fetch(
            "SELECT topic, partition, next_offset, last_offset, digest FROM position WHERE shard = $1",
            self._session.shard,
        )
        return [PositionRow(*row) for row in rows]

    async def write_starts(self, starts: Sequence[PositionRow]) -> None:
        """Write down where partitions begin that were never read, and take over which of them are paused already."""
        connection = self._session.connection
        async with connection.transaction():
            # A pause takes the same lock, so that it finds the partition either here or there.
            await connection.execute(LOCKED)
            await connection.executemany(
                """WITH ahead AS (DELETE FROM paused_ahead WHERE topic = $1 AND partition = $2 RETURNING paused)
                INSERT INTO position (topic, partition, shard, next_offset, paused)
                VALUES ($1, $2, $3, $4, (SELECT paused FROM ahead)) ON CONFLICT DO NOTHING""",
                [(start.topic, start.partition, self._session.shard, start.next_offset) for start in starts],
            )

    async def paused(self) -> set[Place]:
        """Return the partitions that are read no further until an operator resumes them."""
        rows = await self._session.connection.fetch(
            "SELECT topic, partition FROM position WHERE shard = $1 AND paused IS NOT NULL", self._session.shard
        )
        return {(row["topic"], row["partition"]) for row in rows}

    async def pause(self, topic: str, partition: int, reason: str) -> None:
        """Read this partition no further until an operator resumes it."""
        await self._session.connection.execute(
            "UPDATE position SET paused = $3 WHERE topic = $1 AND partition = $2", topic, partition, storable(reason)
        )

    async def accepted_ends(self) -> dict[Place, int]:
        """Return how far each partition is read by append time: what an older copy of this database had not stored."""
        question = "SELECT ends FROM accepted WHERE shard = $1 AND kind = 'restore'"
        rows = await self._session.connection.fetch(question, self._session.shard)
        found: dict[Place, int] = {}
        for row in rows:
            for name, end in from_json(row["ends"]).items():
                found[place_of(name)] = max(end, found.get(place_of(name), 0))
        return found
