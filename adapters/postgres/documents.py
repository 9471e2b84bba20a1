"""Documents: aggregates as the last batch left them; orders have a table of their own, all others share one."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

from adapters.postgres.encoding import columns
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.documents import DocumentRow, StoredDocument
from adapters.rows.loading import LookedUp, Lookup
from contracts.subjects import ORDER, kind_of

_FOUND: Final = """
SELECT 'document' AS what, d.{key} AS a, NULL AS b, NULL AS c, d.seq, d.version, d.rules, d.document,
  NULL::bytea AS digest, NULL::bytea AS messages
FROM {rows} AS w (o) CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {key} = w.o LIMIT 1) AS d"""
FOUND: Final = _FOUND.replace("{table}", "orders").replace("{key}", "order_id").replace("{rows}", "{orders}")
FOUND_OTHERS: Final = _FOUND.replace("{table}", "subjects").replace("{key}", "subject").replace("{rows}", "{others}")

_UPDATE: Final = """seq = excluded.seq, changes = excluded.changes, version = excluded.version,
    state = excluded.state, number = excluded.number, store = excluded.store, document = excluded.document,
    rules = excluded.rules, attention = excluded.attention, updated_at = excluded.updated_at"""
STORED: Final = f"""stored AS (
  INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, document, rules, attention,
    updated_at)
  SELECT o, k, s, c, v, st, nr, sr, d, r, a, now()
  FROM mine, {{orders}} AS row (o, s, c, v, st, nr, sr, d, r, a)
  ON CONFLICT (order_id) DO UPDATE SET {_UPDATE}
  WHERE orders.seq = excluded.seq - excluded.changes
  RETURNING 1
)"""  # noqa: S608 - constants
"""Writes no row that somebody else changed since it was loaded."""
STORED_OTHERS: Final = f"""stored_others AS (
  INSERT INTO subjects (subject, kind, shard, seq, changes, version, state, number, store, document, rules, attention,
    updated_at)
  SELECT o, w, k, s, c, v, st, nr, sr, d, r, a, now()
  FROM mine, {{others}} AS row (o, s, c, v, st, nr, sr, d, r, a, w)
  ON CONFLICT (subject) DO UPDATE SET {_UPDATE}
  WHERE subjects.seq = excluded.seq - excluded.changes
  RETURNING 1
)"""  # noqa: S608 - constants


def read(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the documents that were found."""
    for _, subject, _, _, seq, version, rules, document, _, _ in rows:
        loaded.documents[subject] = StoredDocument(subject, seq, version, from_json(document), rules)


def _is_order(subject: str) -> bool:
    return kind_of(subject) == ORDER


def _told(row: DocumentRow) -> tuple[Any, ...]:
    return (
        row.subject,
        row.seq,
        row.changes,
        row.version,
        row.state,
        row.number,
        row.store,
        row.document,
        row.rules,
        row.attention,
    )


def _orders(batch: Batch) -> list[list[Any]]:
    return columns([_told(row) for row in batch.documents if _is_order(row.subject)], 10)


def _others(batch: Batch) -> list[list[Any]]:
    others = [row for row in batch.documents if not _is_order(row.subject)]
    return columns([(*_told(row), kind_of(row.subject)) for row in others], 11)


_ROW: Final = "text bigint int bigint text text text jsonb int bool"
WANTED: Final[Input[Lookup]] = Input("orders", "text", lambda wanted: [[s for s in wanted.subjects if _is_order(s)]])
WANTED_OTHERS: Final[Input[Lookup]] = Input(
    "others", "text", lambda wanted: [[s for s in wanted.subjects if not _is_order(s)]]
)
WRITTEN: Final[Input[Batch]] = Input("orders", _ROW, _orders)
WRITTEN_OTHERS: Final[Input[Batch]] = Input("others", f"{_ROW} text", _others)
