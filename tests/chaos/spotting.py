"""Commits on the wire: where in a stream of bytes to Kafka or PostgreSQL a shard's batch is committed."""

import struct
from typing import Final, Protocol

END_TXN: Final = 26
"""Kafka's key of the request that ends a transaction."""
COMMIT: Final = b"COMMIT;\x00"
SHARD: Final = b"hub-shard"
"""What a shard's own connection calls itself when it logs in."""
LOGIN_CHUNKS: Final = 3


class Spotter(Protocol):
    """Looks at what one client sends."""

    def sees_commit(self, chunk: bytes) -> bool:
        """Return whether a commit begins in the next bytes of the stream."""


class KafkaSpotter:
    """Follows Kafka's frames: four bytes of length, then the key of the request."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def sees_commit(self, chunk: bytes) -> bool:
        """Return whether one of the requests that begin in the chunk ends a transaction."""
        found = False
        while chunk:
            if self._left:
                passed = min(self._left, len(chunk))
                self._left -= passed
                chunk = chunk[passed:]
                continue
            wanted = 6 - len(self._head)
            self._head, chunk = self._head + chunk[:wanted], chunk[wanted:]
            if len(self._head) == 6:
                size, key = struct.unpack(">ih", self._head)
                self._head, self._left = b"", size - 2
                found |= key == END_TXN
        return found


class PostgresSpotter:
    """Knows a shard's connection by the name in its login; other connections commit leases and heartbeats."""

    def __init__(self) -> None:
        self._chunks = 0
        self._is_shard = False

    def sees_commit(self, chunk: bytes) -> bool:
        """Return whether a shard's COMMIT is in the chunk."""
        if self._chunks < LOGIN_CHUNKS:
            self._chunks += 1
            self._is_shard |= SHARD in chunk
        return self._is_shard and COMMIT in chunk
