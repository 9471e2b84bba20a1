"""Attention: what a person should look at."""

from collections.abc import Mapping, Sequence

from adapters.memory.session import Session
from adapters.memory.tables import AttentionRow
from adapters.rows.positions import Place


class Attention:
    """The notes of a shard for people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, notes: Sequence[tuple[str, str | None, str]]) -> None:
        """Note something, of one kind and order once: (kind, order id, detail)."""
        there = self._session.store.attention
        for kind, subject, detail in notes:
            if not any((row.kind, row.subject) == (kind, subject) for row in there):
                there.append(AttentionRow(self._session.shard, kind, subject, detail))

    async def note(self, kind: str, detail: str) -> None:
        """Note something of no order, once."""
        self.write([(kind, None, detail)])

    async def note_stalled(self, stalled: Mapping[Place, str]) -> None:
        """Let exactly these partitions be listed as held up by an open transaction, with the reason."""
        store, shard = self._session.store, self._session.shard
        others = [row for row in store.attention if (row.shard, row.kind) != (shard, "transaction_open")]
        details = [f"{topic}/{partition} {why}" for (topic, partition), why in stalled.items()]
        store.attention = others + [AttentionRow(shard, "transaction_open", None, detail) for detail in details]
