"""The unit of a shard: what a batch loads and, in one transaction, what it writes; no query per record."""

from datetime import timedelta

import asyncpg

from adapters import failpoints
from adapters.errors import LostShard, TwoWriters, UnknownOutcome
from adapters.postgres import asking, references, session, storing
from adapters.postgres.attention import Attention
from adapters.postgres.encoding import check_refused
from adapters.postgres.journal import Journal
from adapters.postgres.positions import Positions
from adapters.postgres.quarantine import Quarantine
from adapters.postgres.session import Session
from adapters.postgres.set_aside import SetAsideRecords
from adapters.postgres.shards import ShardState
from adapters.postgres.timers import Timers
from adapters.rows.batch import Batch
from adapters.rows.loading import LookedUp, Lookup
from adapters.rows.shards import TakenOver


class PostgresUnit:
    """The store of one shard, on a connection of its own.

    `shards` is how many its process believes there are, `ahead` how far the process's clock is moved.
    """

    def __init__(
        self,
        dsn: str,
        shard: int,
        *,
        ssl: object | None = None,
        shards: int | None = None,
        ahead: timedelta = timedelta(),
    ) -> None:
        self.session = Session(dsn, shard, ssl=ssl)
        self.shard = ShardState(self.session)
        self.positions = Positions(self.session)
        self.journal = Journal(self.session)
        self.set_aside = SetAsideRecords(self.session)
        self.quarantine = Quarantine(self.session)
        self.timers = Timers(self.session)
        self.attention = Attention(self.session)
        self._shards, self._ahead = shards, ahead

    async def take(self) -> TakenOver:
        """Write a fresh token into the shard's row: from here on nobody else's batch can be stored.

        Raises ShardCountDiffers when the shards were split, by others than this process knows.
        """
        await self.session.open()
        taken = await self.shard.take(self._shards)
        await self.shard.note_clock(taken.batch + 1, self._ahead)
        return taken

    async def load(self, wanted: Lookup) -> LookedUp:
        """Answer what a batch wants to know."""
        try:
            rows = await self.session.connection.fetch(asking.QUESTION, *asking.arguments(self.session.shard, wanted))
        except (asyncpg.PostgresError, ValueError, OverflowError) as error:
            check_refused(error)
            raise
        return asking.loaded(rows)

    async def persist(self, batch: Batch, emitted: int) -> None:
        """Write a batch in one transaction.

        Raises LostShard when another process took the shard, StoreRefused when the data can't be stored, Overtaken and
        NumberTaken when it must be decided again, UnknownOutcome when the answer to COMMIT is missing; anything else
        happened before COMMIT and changed nothing.
        """
        transaction = self.session.connection.transaction()
        await transaction.start()
        try:
            await self._write(batch, emitted)
            await failpoints.hit("stored")
        except BaseException as error:
            await self.session.roll_back(transaction)
            check_refused(error)
            raise
        try:
            await transaction.commit()
            await failpoints.hit("committed")
        except BaseException as error:
            raise UnknownOutcome("PostgreSQL", repr(error)) from error

    async def _write(self, batch: Batch, emitted: int) -> None:
        shard, token = self.session.shard, self.session.token
        written = await self.session.connection.fetch(
            storing.STATEMENT, *storing.arguments(batch, shard, token, emitted), timeout=session.COMMAND_SECONDS
        )
        if not written[0]["mine"]:
            raise LostShard(shard)
        if written[0]["documents"] != len(batch.documents):
            raise TwoWriters(shard)
        lost = references.taken(batch, written)
        references.check(batch, lost, shard)
        await self.set_aside.check(batch)
        await self.journal.write(batch)
        await self.set_aside.write(batch)
        await self.attention.write([*(each.note for each in lost), *batch.notes])
        if lost:
            await self.timers.notice(lost)
        await self.quarantine.write(batch)

    async def close(self) -> None:
        """End the connection."""
        await self.session.close()
