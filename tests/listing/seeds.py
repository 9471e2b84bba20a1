"""A hundred thousand orders in the listing, made once for all workers of a session; their tests only read.

`made(orders)` is how: the benchmark of the API makes as many as it is told to.
"""

import asyncio
import fcntl
from pathlib import Path
from typing import Final

from tests.stage import Template, execute

ORDERS: Final = 100_000
NAME: Final = "hub_listing_seeded"
STORES: Final = 20
_STATE: Final = """CASE WHEN i % 100 < 70 THEN 'completed' WHEN i % 100 < 80 THEN 'delivered'
  WHEN i % 100 < 88 THEN 'sent' WHEN i % 100 < 92 THEN 'cancelled'
  WHEN i % 100 < 95 THEN 'confirmed' WHEN i % 100 < 97 THEN 'processing'
  WHEN i % 100 < 98 THEN 'payment_pending' WHEN i % 200 = 98 THEN 'risk_review' WHEN i % 200 = 99 THEN 'draft'
  ELSE 'approved' END"""
# A name every fifth order has, as some do; the others are spread over 4,000.
_NAME: Final = "CASE WHEN i % 5 = 0 THEN 'martin' ELSE 'name' || chr(97 + (i % 26)::int) || (i * 7919 % 4000) END"
_POSTCODE: Final = "lpad((i * 104729 % 90000 + 1000)::text, 5, '0')"
_PLACED: Final = "timestamptz '2026-01-01' + i * interval '5 minutes'"
_MADE: Final = f"""
CREATE TEMPORARY TABLE made AS SELECT i, md5(i::text) AS order_id, 'store-' || i / 100 % {STORES} AS store,
  {_STATE} AS state,
  {_PLACED} AS placed_at, {_NAME} AS name, {_POSTCODE} AS postcode, i % 100 IN (94, 96, 97, 98) AS attention
FROM generate_series(1::bigint, {{orders}}) AS i"""
_LIST: Final = """
INSERT INTO order_list OVERRIDING SYSTEM VALUE SELECT order_id, i, 1, 1, 'W' || (4000000 + i), store, state,
  CASE WHEN i % 300 = 0 THEN 'exchange' ELSE 'regular' END, CASE WHEN i / 7 % 4 = 0 THEN 'phone' ELSE 'website' END,
  placed_at, placed_at + interval '1 day', initcap(name), postcode, i % 50000, 'EUR',
  CASE WHEN i % 9 = 0 THEN 'refunded' ELSE 'paid' END, 2, CASE WHEN i % 150 = 94 THEN '{csr}' ELSE '{}' END::text[],
  CASE WHEN attention AND i % 7 = 0 THEN '{stock}' ELSE '{}' END::text[], attention, attention AND i % 2 = 0,
  attention AND i % 3 = 0, 'x', 'agent', CASE WHEN state IN ('completed', 'cancelled') THEN NULL
  ELSE placed_at + interval '3 days' END, CASE WHEN i % 500 = 1 THEN 'ann' END, CASE WHEN i % 250 = 1 THEN 'bea' END,
  i % 100, '{}', '{}', '' FROM made"""
_TERMS: Final = """
INSERT INTO order_term SELECT value, kind, placed_at, i FROM made CROSS JOIN LATERAL (VALUES
  ('w' || (4000000 + i), 1), (reverse(right('w' || (4000000 + i), 8)), 2), (name || i || '@example.org', 3),
  ('336' || lpad((i * 7 % 100000000)::text, 8, '0'), 4), ('06' || lpad((i * 7 % 100000000)::text, 8, '0'), 4),
  ('c-' || i / 3, 5), (name, 6), (postcode || ' ' || name, 7), ('pay' || md5('p' || i), 8),
  ('3s' || 10000000000 + i * 31, 9), ('sku' || i % 500, 11)) AS t (value, kind)
UNION ALL SELECT 'rma' || i, 10, placed_at, i FROM made WHERE i % 10 = 0"""
_SIDES: Final = """
INSERT INTO return_list SELECT order_id, 'RMA-' || i, 'W' || (4000000 + i), store,
  CASE WHEN i % 100 = 0 THEN 'awaiting_receipt' ELSE 'validated' END, 'refund', placed_at, 'north', 1, 0
  FROM made WHERE i % 10 = 0;
INSERT INTO refund_list SELECT order_id, 'r-' || i, 'W' || (4000000 + i), store,
  CASE WHEN i % 90 = 0 THEN 'requested' ELSE 'executed' END, 100, 'EUR', 'original', 'return', placed_at, 'ann', NULL
  FROM made WHERE i % 9 = 0;
INSERT INTO flash_list SELECT order_id, 'f-' || i, 'W' || (4000000 + i), store,
  CASE WHEN i % 800 = 0 THEN 'sent' ELSE 'fulfilled' END, placed_at, 'north', 1, 0 FROM made WHERE i % 80 = 0;
INSERT INTO reason_list SELECT order_id, 0, 'W' || (4000000 + i), store,
  CASE WHEN i % 3 = 0 THEN 'overdue' ELSE 'alert' END, 'stock', 'agent', 'look', placed_at, placed_at, i % 2 = 0,
  placed_at, CASE WHEN i % 50 = 1 THEN 'bea' END FROM made WHERE attention"""
_STANDING: Final = """
INSERT INTO shard (k) VALUES (0), (1); INSERT INTO listing (shard, batch, form) VALUES (0, 0, 1), (1, 0, 1);
INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())"""
_ANALYZE: Final = "ANALYZE order_list, order_term, return_list, refund_list, flash_list, reason_list"


def made(orders: int) -> str:
    """Return the statements that list so many orders where none is listed, but not how far the listing has come."""
    return "; ".join([_MADE.format(orders=orders), _LIST, _TERMS, _SIDES, _ANALYZE])


def seeded(template: Template, folder: Path) -> str:
    """Make the database once, whichever worker comes first; return its address."""
    url = template.url(NAME)
    with (folder / "seeded.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "seeded.done").exists():
            asyncio.run(_make(template, url))
            (folder / "seeded.done").touch()
    return url


async def _make(template: Template, url: str) -> None:
    await execute(template.url("postgres"), f"CREATE DATABASE {NAME} TEMPLATE {template.name}")
    await execute(url, f"{made(ORDERS)}; {_STANDING}")
