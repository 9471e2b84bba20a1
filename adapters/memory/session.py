"""The session of a shard's owner: the store, and the token that fences the owners before it."""

import secrets
from dataclasses import dataclass

from adapters.memory.tables import MemoryStore, ShardRow


@dataclass(slots=True)
class Session:
    """What one owner of a shard has of the store."""

    store: MemoryStore
    shard: int
    token: str = ""

    def open(self) -> None:
        """Begin, with a fresh token that nobody else knows."""
        self.token = secrets.token_hex(16)

    def close(self) -> None:
        """End; a batch can't be stored until the shard is taken again."""
        self.token = ""

    @property
    def row(self) -> ShardRow:
        """Return the shard's row."""
        return self.store.shards[self.shard]

    @property
    def owns(self) -> bool:
        """Tell whether nobody else has taken the shard."""
        return self.row.token == self.token
