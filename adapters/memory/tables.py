"""The tables in memory."""

from dataclasses import dataclass, field

from adapters.rows.documents import DocumentRow
from adapters.rows.journal import JournalRow, Seen
from adapters.rows.positions import Place, PositionRow
from adapters.rows.quarantine import Release
from adapters.rows.references import PAST
from adapters.rows.set_aside import SetAside
from adapters.rows.timers import TimerRow
from contracts.references import stored

Key = tuple[str, str, str]
"""Order id, source, event id."""


@dataclass(slots=True)
class ShardRow:
    """A shard: whoever wrote `token` last may write its batches."""

    token: str | None = None
    batch: int = 0
    unfinished: int = 0
    trying: str | None = None
    emitted: int = 0
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Journalled:
    """A row of the journal with the batch that wrote it."""

    shard: int
    batch: int
    row: JournalRow


@dataclass(slots=True)
class Aside:
    """A row of set_aside with the batch that wrote it, and the one that closed it."""

    id: int
    shard: int
    batch: int
    row: SetAside
    closed_batch: int | None = None
    closed_as: str | None = None
    asked: str | None = None
    tries: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether the record still waits."""
        return self.closed_batch is None


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """Something that a person should look at."""

    shard: int
    kind: str
    subject: str | None
    detail: str


@dataclass(slots=True)
class Quarantined:
    """An order whose rules failed, and how many of its records wait; `asked`: they are to go on."""

    shard: int
    reason: str
    made_by: str
    queued: int = 0
    asked: bool = False


@dataclass(slots=True)
class MemoryStore:
    """The tables, for all shards of a hub; `timers` holds the shard beside the row."""

    shards: dict[int, ShardRow]
    documents: dict[str, DocumentRow] = field(default_factory=dict)
    journal: list[Journalled] = field(default_factory=list)
    received: dict[Key, Seen] = field(default_factory=dict)
    set_aside: list[Aside] = field(default_factory=list)
    positions: dict[Place, tuple[int, PositionRow]] = field(default_factory=dict)
    paused: dict[Place, str] = field(default_factory=dict)
    paused_sources: dict[str, str] = field(default_factory=dict)
    timers: dict[tuple[str, str], tuple[int, TimerRow]] = field(default_factory=dict)
    references: dict[Key, str] = field(default_factory=dict)
    quarantine: dict[str, Quarantined] = field(default_factory=dict)
    operations: dict[str, Release] = field(default_factory=dict)
    attention: list[AttentionRow] = field(default_factory=list)

    @classmethod
    def of(cls, shards: int) -> "MemoryStore":
        """Return an empty store of so many shards."""
        return cls({number: ShardRow() for number in range(shards)})

    def holder(self, kind: str, value: str) -> str | None:
        """Return the order that a number leads to, whichever party uses it."""
        kind, party, value = stored((kind, value))
        held = ((p, o) for (k, p, v), o in self.references.items() if (k, v) == (kind, value))
        return next((o for p, o in sorted(held) if party in (None, p) and not p.startswith(PAST)), None)

    def had(self, kind: str, value: str) -> list[str]:
        """Return the orders that a number led to once."""
        kind, _, value = stored((kind, value))
        return [o for (k, p, v), o in sorted(self.references.items()) if (k, v) == (kind, value) and p.startswith(PAST)]
