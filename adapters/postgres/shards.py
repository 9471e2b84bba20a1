"""A shard's row: who may write its batches, which was the last, and what operators want of it."""

from datetime import timedelta
from typing import Final

from adapters.errors import LostShard, ShardAccident, ShardCountDiffers
from adapters.postgres import set_aside
from adapters.postgres.encoding import storable
from adapters.postgres.session import Session
from adapters.rows.shards import TakenOver, Wishes

MOVE: Final = """WITH mine AS (SELECT 1 FROM shard WHERE k = $1 AND token = $2 FOR UPDATE)
INSERT INTO moved_clock (shard, since, ahead) SELECT $1, $3, $4 FROM mine
WHERE EXISTS (SELECT 1 FROM moved_clock WHERE shard = $1 AND since = $3) OR $4 <> coalesce(
  (SELECT ahead FROM moved_clock WHERE shard = $1 AND since < $3 ORDER BY since DESC LIMIT 1), interval '0')
ON CONFLICT (shard, since) DO UPDATE SET ahead = excluded.ahead"""
"""An owner that stored nothing has left a row for the batch that is still to come: that is set anew."""


TAKEN_OVER: Final = """WITH new AS (
  INSERT INTO take_over (shard, owner, batch, emitted)
  SELECT s.k, l.owner, s.batch, s.emitted FROM shard s LEFT JOIN lease l ON l.k = s.k
  WHERE s.k = $1 AND NOT EXISTS (
    SELECT FROM (SELECT * FROM take_over WHERE shard = $1 ORDER BY id DESC LIMIT 1) AS last
    WHERE (last.owner, last.batch, last.emitted) IS NOT DISTINCT FROM (l.owner, s.batch, s.emitted))
  RETURNING shard
)
DELETE FROM take_over WHERE shard IN (SELECT shard FROM new) AND id <= (
  SELECT id FROM take_over WHERE shard = $1 ORDER BY id DESC OFFSET 49 LIMIT 1)"""
"""49 of the earlier ones stay beside a new one; an owner's tries, while a server is away, are one take-over."""


class ShardState:
    """What the store knows of a shard as a whole."""

    def __init__(self, session: Session) -> None:
        self.number = session.shard
        self._session = session

    async def take(self, shards: int | None) -> TakenOver:
        """Write the session's token into the row; raises ShardCountDiffers where there aren't so many shards."""
        connection = self._session.connection
        row = await connection.fetchrow(
            "UPDATE shard SET token = $2 WHERE k = $1 RETURNING batch, emitted, stopped",
            self.number,
            self._session.token,
        )
        if row is None:
            raise ShardAccident(self.number, "it has no row in the database", "Check HUB_SHARDS and HUB_DATABASE__URL")
        # A statement of its own: the one before may have waited for the split, and still see what was before it.
        there = await connection.fetchval("SELECT shards FROM hub")
        if shards not in (None, there):
            raise ShardCountDiffers(there, shards)
        await connection.execute(TAKEN_OVER, self.number)
        return TakenOver(row["batch"], row["emitted"], row["stopped"])

    async def note_clock(self, since: int, ahead: timedelta) -> None:
        """Write down how far the clock of this owner is moved, from this batch on, where it wasn't so before."""
        await self._session.connection.execute(MOVE, self.number, self._session.token, since, ahead)

    async def opened(self) -> tuple[int, str | None]:
        """Return how many owners in a row stored nothing, this one included, and what the last one had in hand."""
        row = await self._session.connection.fetchrow(
            "UPDATE shard SET unfinished = unfinished + 1 WHERE k = $1 AND token = $2 RETURNING unfinished, trying",
            self.number,
            self._session.token,
        )
        if row is None:
            raise LostShard(self.number)
        return row["unfinished"], row["trying"]

    async def note_trying(self, what: str | None) -> None:
        """Write down what is in hand, for whoever owns the shard when this process has died of it."""
        await self._session.connection.execute(
            "UPDATE shard SET trying = $3 WHERE k = $1 AND token = $2",
            self.number,
            self._session.token,
            None if what is None else storable(what),
        )

    async def ended_well(self) -> None:
        """Write down that this owner did not die."""
        await self._session.connection.execute(
            "UPDATE shard SET unfinished = 0, trying = NULL WHERE k = $1 AND token = $2",
            self.number,
            self._session.token,
        )

    async def note_emitted(self, emitted: int) -> None:
        """Copy Kafka's mark when no batch comes that would carry it."""
        await self._session.connection.execute(
            "UPDATE shard SET emitted = $3 WHERE k = $1 AND token = $2", self.number, self._session.token, emitted
        )

    async def stop(self, reason: str) -> None:
        """Write down why the shard stops; it stays stopped until somebody resumes it."""
        await self._session.connection.execute(
            "UPDATE shard SET stopped = $3 WHERE k = $1 AND token = $2",
            self.number,
            self._session.token,
            storable(reason),
        )

    async def wishes(self) -> Wishes:
        """Return what operators want of this shard just now."""
        row = await self._session.connection.fetchrow(
            f"""SELECT clock_timestamp() AS now, (SELECT stopped FROM shard WHERE k = $1) AS stopped,
              EXISTS (SELECT 1 FROM quarantine WHERE shard = $1 AND asked)
              OR EXISTS (SELECT 1 FROM set_aside s WHERE {set_aside.ASKED})
              OR EXISTS (SELECT 1 FROM set_aside s WHERE {set_aside.READY}) AS work,
              ARRAY (SELECT topic || ' ' || partition FROM position
                WHERE shard = $1 AND paused IS NOT NULL) AS paused""",  # noqa: S608 - constants
            self.number,
        )
        places = (place.rsplit(" ", 1) for place in row["paused"])
        paused = frozenset((topic, int(partition)) for topic, partition in places)
        return Wishes(row["stopped"], paused, row["work"], row["now"])


async def check_owner(session: Session) -> None:
    """Raise LostShard where another process has taken the shard."""
    question = "SELECT 1 FROM shard WHERE k = $1 AND token = $2"
    if not await session.connection.fetchval(question, session.shard, session.token):
        raise LostShard(session.shard)
