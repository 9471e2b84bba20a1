"""Positions: how far partitions are read."""

from dataclasses import dataclass

Place = tuple[str, int]
"""A topic of the table and a partition."""
Origin = tuple[str, int, int]
"""A topic of the table, a partition and an offset."""


def name_of(place: Place) -> str:
    """Return a partition's name, like `shop.events/0`."""
    return f"{place[0]}/{place[1]}"


def place_of(name: str) -> Place:
    """Return the partition that a name like `shop.events/0` means."""
    topic, _, number = name.rpartition("/")
    return topic, int(number)


@dataclass(frozen=True, slots=True)
class PositionRow:
    """The next offset of a partition, and the last record read there."""

    topic: str
    partition: int
    next_offset: int
    last_offset: int | None = None
    digest: bytes | None = None
