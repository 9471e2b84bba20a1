"""What a shard needs of the store, the log and whoever writes its messages; the wiring hands it over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from adapters.rows.batch import Batch
from adapters.rows.journal import GapBatch
from adapters.rows.loading import LookedUp, Lookup
from adapters.rows.positions import Place, PositionRow
from adapters.rows.quarantine import Queue
from adapters.rows.set_aside import AsideKind, StoredAside
from adapters.rows.shards import TakenOver, Wishes
from adapters.rows.timers import TimerRow
from contracts.wire import Outgoing, Record
from domain.deciding.aggregate import Aggregate
from domain.deciding.decision import Decision


class ShardState(Protocol):
    """The shard as a whole: how its owners fared, what is published, and what operators want of it."""

    number: int

    async def opened(self) -> tuple[int, str | None]: ...
    async def note_trying(self, what: str | None) -> None: ...
    async def ended_well(self) -> None: ...
    async def note_emitted(self, emitted: int) -> None: ...
    async def stop(self, reason: str) -> None: ...
    async def wishes(self) -> Wishes: ...


class Positions(Protocol):
    """How far the shard's partitions are read, and which of them, or whose records, are kept back."""

    async def read(self) -> list[PositionRow]: ...
    async def write_starts(self, starts: Sequence[PositionRow]) -> None: ...
    async def paused(self) -> set[Place]: ...
    async def pause(self, topic: str, partition: int, reason: str) -> None: ...
    async def accepted_ends(self) -> dict[Place, int]: ...


class Journal(Protocol):
    """What was decided, and is published with it."""

    async def gap(self, above: int) -> list[GapBatch]: ...


class SetAsideRecords(Protocol):
    """Records that wait or have failed."""

    async def open_rows(self, kind: AsideKind, subject: str | None = None, limit: int = 1000) -> list[StoredAside]: ...
    async def explained(self, until: datetime, limit: int = 1000) -> list[StoredAside]: ...
    async def asked(self, limit: int = 500) -> list[StoredAside]: ...


class Quarantine(Protocol):
    """Orders whose rules failed, with the records behind them."""

    async def asked(self, limit: int = 500) -> list[Queue]: ...
    async def retry_older(self, made_by: str) -> int: ...


class Timers(Protocol):
    """Deadlines of orders."""

    async def due(self, until: datetime, limit: int = 500) -> list[TimerRow]: ...


class Attention(Protocol):
    """What a person should look at."""

    async def note(self, kind: str, detail: str) -> None: ...
    async def note_stalled(self, stalled: Mapping[Place, str]) -> None: ...


class Unit(Protocol):
    """The store of one shard: what a batch loads and writes at once, and each thing that it reads and writes beside."""

    @property
    def shard(self) -> ShardState: ...
    @property
    def positions(self) -> Positions: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def set_aside(self) -> SetAsideRecords: ...
    @property
    def quarantine(self) -> Quarantine: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def attention(self) -> Attention: ...

    async def take(self) -> TakenOver: ...
    async def load(self, wanted: Lookup) -> LookedUp: ...
    async def persist(self, batch: Batch, emitted: int) -> None: ...
    async def close(self) -> None: ...


class Emission(Protocol):
    """The Kafka transaction of one shard."""

    async def start(self) -> None: ...
    async def emit(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None: ...
    async def prepare(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None: ...
    async def commit(self) -> None: ...
    async def abandon(self) -> None: ...
    async def close(self) -> None: ...


class Log(Protocol):
    """What the broker knows."""

    async def starts(self, places: Sequence[Place]) -> dict[Place, int]: ...
    async def ends(self, places: Sequence[Place]) -> dict[Place, int]: ...
    async def committed(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]: ...
    async def digests(self, places: Mapping[Place, int]) -> dict[Place, bytes | None]: ...
    async def marks_at_the_end(self, places: Sequence[Place]) -> set[str]: ...


class Status(Protocol):
    """Makes the message of an aggregate's state, and signs what a version before left unsigned."""

    def status(self, kind: Aggregate[Any], value: Any, seq: int) -> Outgoing: ...
    def signed(self, message: Outgoing) -> Outgoing: ...


class Writer(Protocol):
    """Turns decisions into records to publish."""

    def encode(
        self, kind: Aggregate[Any], subject: str, name: str, decision: Decision[Any], trace: bytes | None = None
    ) -> list[Outgoing]:
        """Return a decision's messages, in order; `trace` is the `traceparent` of the record."""

    def status(self, kind: Aggregate[Any], value: Any, seq: int) -> Outgoing:
        """Return an aggregate as it stands."""

    def due(self, timer: TimerRow) -> Outgoing:
        """Return the record that tells an aggregate of its deadline."""

    def signed(self, message: Outgoing) -> Outgoing:
        """Return a message with the signature that it needs, if any."""

    def dead_letter(self, record: Record, code: str, detail: str) -> Outgoing:
        """Return a record that can't be used, with the reason."""
