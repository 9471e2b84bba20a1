"""What a workload is made of: records to write, and the facts of each order in the order in which they happened."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

HeaderList = tuple[tuple[str, bytes], ...]


class Written(NamedTuple):
    """A record to write; `topic` is without a run's prefix, `at` milliseconds since 1970."""

    topic: str
    key: str
    value: bytes
    headers: HeaderList
    at: int


class Recorded(NamedTuple):
    """One record that a partner wrote, to be written again byte for byte into the same partition."""

    topic: str
    partition: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


class Read(NamedTuple):
    """A record that was read; a key or value that is not there is empty."""

    key: bytes
    headers: dict[str, bytes]
    value: bytes


class Fact(NamedTuple):
    """One valid event of an order as a model reads it: its id, its type, its time (RFC 3339) and its data."""

    id: str
    type: str
    time: str
    data: dict[str, Any]


@dataclass
class Workload:
    """One dress of the workload: the records in produce order, and what is in them."""

    orders: int
    records: list[Written] = field(default_factory=list)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    """Of each order, in causal order, each once."""
    added: int = 0
    """Valid records that this dress has and the first one has not, without their duplicates."""
    unique: int = 0
    duplicates: int = 0
    poison: int = 0
    early: int = 0
    """Records that are sent before their predecessor."""

    @property
    def bytes_per_record(self) -> float:
        """Return the mean size of key, value and headers."""
        named = sum(len(name) + len(content) for each in self.records for name, content in each.headers)
        return (named + sum(len(each.key) + len(each.value) for each in self.records)) / len(self.records)
