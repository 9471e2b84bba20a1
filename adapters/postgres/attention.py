"""Attention: what a person should look at."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.postgres.encoding import columns, storable
from adapters.postgres.session import Session
from adapters.rows.positions import Place

NOTE: Final = """INSERT INTO attention (shard, kind, order_id, detail)
  SELECT DISTINCT ON (k, o, CASE WHEN k = 'reference_taken' THEN d END) $1::int, k, o, d
  FROM unnest($2::text[], $3::text[], $4::text[]) AS row (k, o, d)
  WHERE NOT EXISTS (SELECT 1 FROM attention a
    WHERE a.shard = $1 AND a.kind = k AND a.order_id IS NOT DISTINCT FROM o
      AND CASE WHEN k = 'reference_taken' THEN a.detail = d ELSE NOT a.done END)"""
"""Of one kind and order once, until somebody has dealt with it; each number that another order has once for all."""


class Attention:
    """The notes of a shard for people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def write(self, notes: Sequence[tuple[str, str | None, str]]) -> None:
        """Note something: (kind, order id, detail)."""
        if notes:
            rows = [(kind, order_id, storable(detail)) for kind, order_id, detail in notes]
            await self._session.connection.execute(NOTE, self._session.shard, *columns(rows, 3))

    async def note(self, kind: str, detail: str) -> None:
        """Note something of no order, once until somebody has dealt with it."""
        await self.write([(kind, None, detail)])

    async def note_stalled(self, stalled: Mapping[Place, str]) -> None:
        """Let exactly these partitions be listed as held up by an open transaction, with the reason."""
        connection, shard = self._session.connection, self._session.shard
        places = [f"{topic}/{partition}" for topic, partition in stalled]
        async with connection.transaction():
            await connection.execute(
                """UPDATE attention SET done = true WHERE shard = $1 AND kind = 'transaction_open' AND NOT done
                AND NOT split_part(detail, ' ', 1) = ANY($2::text[])""",
                shard,
                places,
            )
            await connection.execute(
                """INSERT INTO attention (shard, kind, detail)
                SELECT $1, 'transaction_open', p || ' ' || why FROM unnest($2::text[], $3::text[]) AS row (p, why)
                WHERE NOT EXISTS (SELECT 1 FROM attention WHERE shard = $1 AND kind = 'transaction_open' AND NOT done
                  AND split_part(detail, ' ', 1) = p)""",
                shard,
                places,
                list(stalled.values()),
            )
