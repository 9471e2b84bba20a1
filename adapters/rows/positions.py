"""Positions: how far partitions are read."""

from dataclasses import dataclass

Place = tuple[str, int]
"""A topic of the table and a partition."""
Origin = tuple[str, int, int]
"""A topic of the table, a partition and an offset."""


@dataclass(frozen=True, slots=True)
class PositionRow:
    """The next offset of a partition, and the last record read there."""

    topic: str
    partition: int
    next_offset: int
    last_offset: int | None = None
    digest: bytes | None = None
