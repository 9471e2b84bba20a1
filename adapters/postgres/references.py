"""References: numbers that others use for orders. The first holder keeps one, and people are told of the others."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.postgres.encoding import columns
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.loading import Loaded, Wanted

WANTED: Final[Input[Wanted]] = Input("references", "text text text text", lambda wanted: columns(wanted.references, 4))
REFERRED: Final = """referred AS (
  SELECT r.kind, r.value, r.order_id, w.s, w.e
  FROM {references} AS w (k, v, s, e) CROSS JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.k AND value = w.v ORDER BY party LIMIT 1) AS r
)"""
FOUND: Final = "SELECT 'reference', kind, value, order_id, NULL, NULL, NULL, NULL, NULL, NULL FROM referred"

STORED: Final = """claimed AS (
  INSERT INTO order_references (kind, party, value, order_id)
  SELECT n, p, v, o FROM mine, {references} AS row (n, p, v, o)
  ON CONFLICT DO NOTHING
), held AS (
  SELECT r.kind, r.value, w.o AS wanted_by, r.order_id AS holder
  FROM {references} AS w (n, p, v, o) CROSS JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.n AND party = w.p AND value = w.v LIMIT 1) AS r
  WHERE r.order_id <> w.o
)"""


def read(loaded: Loaded, rows: Iterable[Any]) -> None:
    """Note the orders that references lead to."""
    for _, kind, value, order_id, *_ in rows:
        loaded.references[(kind, value)] = order_id


def taken(batch: Batch, written: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return a note on each order that wanted a reference which another one holds; `written` tells of those stored."""
    holders = {(r["kind"], r["value"], r["wanted_by"]): r["holder"] for r in written if r["holder"] is not None}
    first = _claims(batch)
    for claim in batch.references:
        holder = first[(claim.kind, claim.party, claim.value)]
        if holder != claim.subject:
            holders[(claim.kind, claim.value, claim.subject)] = holder
    return [
        ("reference_taken", order_id, f"{kind} {value} already belongs to order {holder}")
        for (kind, value, order_id), holder in holders.items()
    ]


def _claims(batch: Batch) -> dict[tuple[str, str, str], str]:
    """Return the first order of the batch that wants each reference, by (kind, party, value)."""
    first: dict[tuple[str, str, str], str] = {}
    for claim in batch.references:
        first.setdefault((claim.kind, claim.party, claim.value), claim.subject)
    return first


CLAIMED: Final[Input[Batch]] = Input(
    "references",
    "text text text text",
    lambda batch: columns([(*key, order_id) for key, order_id in sorted(_claims(batch).items())], 4),
)
