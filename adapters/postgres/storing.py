"""What every batch writes beside its journal, in one statement: its mark, orders, deadlines, references, positions.

The shard's row comes first, and nothing is written where it isn't ours any more. All parts see the database as it was
before the statement; no two of them write the same row.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.postgres.encoding import columns
from adapters.rows.batch import Batch

STATEMENT: Final = """
WITH mine AS (
  UPDATE shard SET batch = batch + 1, emitted = $4, unfinished = 0, trying = NULL
  WHERE k = $1 AND token = $2 AND batch = $3 RETURNING k
), stored AS (
  INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, document, rules, attention,
    updated_at)
  SELECT o, k, s, c, v, st, nr, sr, d, r, a, now()
  FROM mine, unnest($5::text[], $6::bigint[], $7::int[], $8::bigint[], $9::text[], $10::text[], $11::text[],
    $12::jsonb[], $13::int[], $14::bool[]) AS row (o, s, c, v, st, nr, sr, d, r, a)
  ON CONFLICT (order_id) DO UPDATE SET seq = excluded.seq, changes = excluded.changes, version = excluded.version,
    state = excluded.state, number = excluded.number, store = excluded.store, document = excluded.document,
    rules = excluded.rules, attention = excluded.attention, updated_at = excluded.updated_at
  WHERE orders.seq = excluded.seq - excluded.changes
  RETURNING 1
), disarmed AS (
  DELETE FROM timers USING mine, unnest($15::text[], $16::text[]) AS row (o, t)
  WHERE order_id = row.o AND timer_id = row.t
), armed AS (
  INSERT INTO timers (shard, order_id, timer_id, kind, due_at)
  SELECT k, o, t, w, d FROM mine, unnest($17::text[], $18::text[], $19::text[], $20::timestamptz[]) AS row (o, t, w, d)
  ON CONFLICT (order_id, timer_id) DO UPDATE SET due_at = excluded.due_at, kind = excluded.kind
), moved AS (
  INSERT INTO position (shard, topic, partition, next_offset, last_offset, digest)
  SELECT k, t, p, n, l, d
  FROM mine, unnest($21::text[], $22::int[], $23::bigint[], $24::bigint[], $25::bytea[]) AS row (t, p, n, l, d)
  ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, shard = excluded.shard,
    last_offset = coalesce(excluded.last_offset, position.last_offset),
    digest = coalesce(excluded.digest, position.digest)
), claimed AS (
  INSERT INTO order_references (kind, party, value, order_id)
  SELECT n, p, v, o FROM mine, unnest($26::text[], $27::text[], $28::text[], $29::text[]) AS row (n, p, v, o)
  ON CONFLICT DO NOTHING
), held AS (
  SELECT r.kind, r.value, w.o AS wanted_by, r.order_id AS holder
  FROM unnest($26::text[], $27::text[], $28::text[], $29::text[]) AS w (n, p, v, o) CROSS JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.n AND party = w.p AND value = w.v LIMIT 1) AS r
  WHERE r.order_id <> w.o
)
SELECT (SELECT count(*) FROM mine) AS mine, (SELECT count(*) FROM stored) AS orders, held.*
FROM (VALUES (1)) AS one LEFT JOIN held ON true
"""
"""$1 the shard, $2 its token, $3 the batch before, $4 what is published; then orders, deadlines that are taken back,
new ones, positions, references. One row at least: whether the shard is ours, how many orders were written, and, if
others hold references that are wanted here, each of those with its holder."""


def arguments(batch: Batch, shard: int, token: str, emitted: int) -> list[Any]:
    """Return what the statement writes."""
    orders = [
        (r.order_id, r.seq, r.changes, r.version, r.state, r.number, r.store, r.document, r.rules, r.attention)
        for r in batch.orders
    ]
    return [
        shard,
        token,
        batch.number - 1,
        emitted,
        *columns(orders, 10),
        *columns(batch.disarmed, 2),
        *columns([(t.order_id, t.timer_id, t.kind, t.due_at) for t in batch.armed], 4),
        *columns([(p.topic, p.partition, p.next_offset, p.last_offset, p.digest) for p in batch.positions], 5),
        *columns([(*key, order_id) for key, order_id in sorted(_claims(batch).items())], 4),
    ]


def taken(batch: Batch, written: Sequence[Any]) -> list[tuple[str, str]]:
    """Return the orders that wanted a reference which another one holds, each with what a person should know."""
    holders = {(r["kind"], r["value"], r["wanted_by"]): r["holder"] for r in written if r["holder"] is not None}
    first = _claims(batch)
    for claim in batch.references:
        holder = first[(claim.kind, claim.party, claim.value)]
        if holder != claim.order_id:
            holders[(claim.kind, claim.value, claim.order_id)] = holder
    return [
        (order_id, f"{kind} {value} already belongs to order {holder}")
        for (kind, value, order_id), holder in holders.items()
    ]


def _claims(batch: Batch) -> dict[tuple[str, str, str], str]:
    """Return the first order of the batch that wants each reference, by (kind, party, value)."""
    first: dict[tuple[str, str, str], str] = {}
    for claim in batch.references:
        first.setdefault((claim.kind, claim.party, claim.value), claim.order_id)
    return first
