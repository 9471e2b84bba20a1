"""The store of a shard in memory: it keeps what PostgreSQL keeps, and refuses what PostgreSQL refuses."""

from adapters import failpoints
from adapters.errors import UnknownOutcome
from adapters.memory import documents, references
from adapters.memory.attention import Attention
from adapters.memory.journal import Journal
from adapters.memory.positions import Positions
from adapters.memory.quarantine import Quarantine
from adapters.memory.session import Session
from adapters.memory.set_aside import SetAsideRecords
from adapters.memory.shards import ShardState
from adapters.memory.storable import check_storable
from adapters.memory.tables import MemoryStore
from adapters.memory.timers import Timers
from adapters.rows.batch import Batch
from adapters.rows.loading import LookedUp, Lookup
from adapters.rows.shards import TakenOver


class MemoryUnit:
    """The store of one shard; several units of one shard fence each other as processes do."""

    def __init__(self, store: MemoryStore, shard: int) -> None:
        session = self._session = Session(store, shard)
        self.shard = ShardState(session)
        self.positions = Positions(session)
        self.journal = Journal(session)
        self.set_aside = SetAsideRecords(session)
        self.quarantine = Quarantine(session)
        self.timers = Timers(session)
        self.attention = Attention(session)

    async def take(self) -> TakenOver:
        """Write a fresh token into the shard's row: from here on nobody else's batch can be stored."""
        self._session.open()
        return self.shard.take()

    async def load(self, wanted: Lookup) -> LookedUp:
        """Answer what a batch wants to know."""
        store, quarantined = self._session.store, self.quarantine.mine()
        loaded = LookedUp(documents=documents.found(store, wanted.subjects))
        loaded.quarantined = {subject: row.reason for subject, row in quarantined.items()}
        loaded.queued = {subject: row.queued for subject, row in quarantined.items()}
        if wanted.kept_back:
            loaded.doubted, held = set(store.paused_sources), self.set_aside.held()
            loaded.held = {each for each in held if each[0] in loaded.doubted}
            loaded.held_sources = {source for source, _ in held} - loaded.doubted
        events = list(wanted.events)
        if wanted.references:
            loaded.references = references.found(store, [(kind, value) for kind, value, _, _ in wanted.references])
            loaded.past = references.past(store, [(kind, value) for kind, value, _, _ in wanted.references])
            events += [(loaded.references.get((k, value), ""), s, e) for k, value, s, e in wanted.references]
            events += [(o, s, e) for k, value, s, e in wanted.references for o in loaded.past.get((k, value), ())]
            loaded.waiting_references = self.set_aside.waiting_references()
        loaded.claims = references.found(store, wanted.claims)
        if wanted.answers:
            loaded.answers = self.set_aside.answers(set(wanted.answers))
        loaded.seen = self.journal.seen(events)
        return loaded

    async def persist(self, batch: Batch, emitted: int) -> None:
        """Write a batch, all of it or nothing.

        Raises LostShard when another unit took the shard or the batch isn't the next one, TwoWriters, StoreRefused when
        PostgreSQL could not store the data, NumberTaken when it must be decided again, UnknownOutcome when a failpoint
        loses the answer to the commit.
        """
        self.shard.check(batch)
        documents.check(self._session.store, batch, self.shard.number)
        check_storable(batch)
        self.journal.check(batch)
        references.check(self._session.store, batch, self.shard.number)
        await failpoints.hit("stored")
        self._write(batch, emitted)
        try:
            await failpoints.hit("committed")
        except BaseException as error:
            raise UnknownOutcome("the store in memory", repr(error)) from error

    def _write(self, batch: Batch, emitted: int) -> None:
        store = self._session.store
        self.shard.write(batch, emitted)
        documents.write(store, batch)
        self.journal.write(batch)
        self.set_aside.write(batch)
        self.timers.write(batch)
        references.write(store, batch, self.shard.number)
        self.attention.write(batch.notes)
        self.quarantine.write(batch)
        self.positions.write(batch)

    async def close(self) -> None:
        """Let go of the store."""
        self._session.close()
