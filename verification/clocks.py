"""Clocks that were moved: how far ahead of the log the shard was that wrote a row."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from verification.snapshot import Row


class Clocks:
    """What the store knows of the hub's clocks; where it says nothing of a batch, no clock was moved."""

    def __init__(self, moves: Iterable[Row] = ()) -> None:
        self._moves: defaultdict[int, list[tuple[int, timedelta]]] = defaultdict(list)
        for move in sorted(moves, key=lambda row: (row["shard"], row["since"])):
            self._moves[move["shard"]].append((move["since"], move["ahead"]))

    def ahead(self, shard: int, batch: int) -> timedelta:
        """Return how far the clock was moved by which this batch of a shard was decided on."""
        moves = self._moves.get(shard, [])
        at = bisect_right(moves, batch, key=lambda move: move[0])
        return moves[at - 1][1] if at else timedelta()
