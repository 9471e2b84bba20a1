"""Splits of the shards: which shard wrote a row, and how many there were then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Split:
    """One split: how many shards there were before, and the last batch of each."""

    before: int
    batches: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Growths:
    """All splits, the oldest first, and how many shards there are now.

    A split shard goes on with its batch number, and so do those that come of it: a number tells before or after.
    """

    splits: Sequence[Split]
    now: int

    @classmethod
    def of(cls, wishes: Sequence[Mapping[str, Any]], now: int) -> Self:
        """Read them as `hub shard grow` wrote them down."""
        splits = [Split(w["from"], {int(k): int(batch) for k, batch in w["batches"].items()}) for w in wishes]
        return cls(splits, now)

    def count(self, shard: int, batch: int) -> int:
        """Return how many shards there were when this batch was written."""
        return next((split.before for split in self.splits if batch <= _last(split, shard)), self.now)

    def writer(self, shard: int, batch: int) -> int:
        """Return the shard that wrote a batch, whoever has its rows now."""
        return shard % self.count(shard, batch)


def _last(split: Split, shard: int) -> int:
    return split.batches.get(shard % split.before, 0)
