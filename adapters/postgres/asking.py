"""What a batch must know before it decides, asked by one statement: each trip to a server costs as much as a decision.

Every key is looked up by itself, `LATERAL … LIMIT 1`: a plan that was made while the tables were small joins no table
as a whole when they are large.
"""

from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

from adapters.postgres.encoding import columns
from adapters.rows.documents import StoredOrder
from adapters.rows.journal import Seen
from adapters.rows.loading import Loaded, Wanted
from contracts.wire import unpack

QUESTION: Final = """
WITH referred AS (
  SELECT r.kind, r.value, r.order_id, w.s, w.e
  FROM unnest($9::text[], $10::text[], $11::text[], $12::text[]) AS w (k, v, s, e) CROSS JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.k AND value = w.v ORDER BY party LIMIT 1) AS r
), received (o, s, e) AS (
  SELECT * FROM unnest($3::text[], $4::text[], $5::text[]) UNION ALL SELECT order_id, s, e FROM referred
)
SELECT 'order' AS what, o.order_id AS a, NULL AS b, NULL AS c, o.seq, o.version, o.rules, o.document,
  NULL::bytea AS digest, NULL::bytea AS messages
FROM unnest($2::text[]) AS w (o) CROSS JOIN LATERAL (SELECT * FROM orders WHERE order_id = w.o LIMIT 1) AS o
UNION ALL SELECT 'seen', j.order_id, j.source, j.event_id, j.seq, NULL, NULL, NULL, j.digest, j.messages
FROM received AS w CROSS JOIN LATERAL (
  SELECT * FROM journal WHERE order_id = w.o AND source = w.s AND event_id = w.e AND refers_to IS NULL LIMIT 1) AS j
UNION ALL SELECT 'answer', a.order_id, a.source, a.event_id, NULL, NULL, NULL, NULL, NULL, a.message
FROM unnest($6::text[], $7::text[], $8::text[]) AS w (o, s, e) CROSS JOIN LATERAL (
  SELECT * FROM set_aside WHERE kind = 'answer' AND order_id = w.o AND source = w.s AND event_id = w.e
  ORDER BY id LIMIT 1) AS a
UNION ALL SELECT 'reference', kind, value, order_id, NULL, NULL, NULL, NULL, NULL, NULL FROM referred
UNION ALL SELECT 'waiting', reference_kind, reference_value, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM set_aside WHERE cardinality($9::text[]) > 0 AND shard = $1 AND kind = 'waiting' AND closed_batch IS NULL
GROUP BY reference_kind, reference_value
UNION ALL SELECT 'quarantined', order_id, reason, NULL, queued, NULL, NULL, NULL, NULL, NULL
FROM quarantine WHERE $13 AND shard = $1
UNION ALL SELECT 'held', source, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM pause WHERE $13
UNION ALL SELECT 'held', source, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM set_aside WHERE $13 AND shard = $1 AND kind = 'held' AND closed_batch IS NULL GROUP BY source
"""
"""$1 the shard, $2 orders, $3 to $5 events, $6 to $8 answers, $9 to $12 references with the events that name them, $13
whether to tell what is kept back."""


def arguments(shard: int, wanted: Wanted) -> list[Any]:
    """Return what the question asks for."""
    return [
        shard,
        list(wanted.orders),
        *columns(wanted.events, 3),
        *columns(wanted.answers, 3),
        *columns(wanted.references, 4),
        wanted.kept_back,
    ]


def loaded(rows: Iterable[Any]) -> Loaded:
    """Return what the rows of the answer say."""
    found = Loaded()
    for what, a, b, c, seq, version, rules, document, digest, messages in rows:
        if what == "seen":
            found.seen[(a, b, c)] = Seen(seq, digest, messages)
        elif what == "order":
            found.orders[a] = StoredOrder(a, seq, version, from_json(document), rules)
        elif what == "reference":
            found.references[(a, b)] = c
        elif what == "answer":
            found.answers[(a, b, c)] = tuple(unpack(messages))
        elif what == "waiting":
            found.waiting_references.add((a, b))
        elif what == "quarantined":
            found.quarantined[a], found.queued[a] = b, seq
        else:
            found.held_sources.add(a)
    return found
