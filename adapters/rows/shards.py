"""Shards: a shard's row, and what operators want of it."""

from dataclasses import dataclass
from datetime import datetime

from adapters.rows.positions import Place


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A shard's row at take-over."""

    batch: int
    emitted: int
    stopped: str | None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What operators want of a shard: why it is to stop, what it must not read, whether there are rows to try again."""

    stopped: str | None
    paused: frozenset[Place]
    work: bool
    now: datetime
    """When the store was asked, by its own clock."""
