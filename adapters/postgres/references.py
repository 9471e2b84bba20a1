"""References: numbers that others use for orders. The first holder keeps one, and people are told of the others."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.errors import NumberTaken
from adapters.postgres.encoding import columns
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.loading import LookedUp, Lookup
from adapters.rows.references import PAST, Lost, claims, is_given_up
from contracts.references import stored

_PAST: Final = f"{PAST}%"
MOST_PAST: Final = 20
"""Orders that had a number before, of which is asked at most."""


def _wanted(wanted: Lookup) -> list[list[Any]]:
    return columns([(*stored((kind, value)), value, *event) for kind, value, *event in wanted.references], 6)


def _claimed(wanted: Lookup) -> list[list[Any]]:
    return columns([(*stored(claim), claim[1]) for claim in wanted.claims], 4)


WANTED: Final[Input[Lookup]] = Input("references", "text text text text text text", _wanted)
WANTED_CLAIMS: Final[Input[Lookup]] = Input("claims", "text text text text", _claimed)
_HOLDER: Final = f"""SELECT * FROM order_references WHERE kind = w.k AND value = w.v
      AND (party = w.p OR w.p IS NULL) AND party NOT LIKE '{_PAST}' ORDER BY party LIMIT 1"""  # noqa: S608 - constants
REFERRED: Final = f"""referred AS (
  SELECT r.kind, w.named, r.order_id, w.s, w.e
  FROM {{references}} AS w (k, p, v, named, s, e) CROSS JOIN LATERAL (
    {_HOLDER}) AS r
), earlier AS (
  SELECT r.kind, w.named, r.order_id, w.s, w.e
  FROM {{references}} AS w (k, p, v, named, s, e) CROSS JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.k AND value = w.v AND party LIKE '{_PAST}'
    ORDER BY party LIMIT {MOST_PAST}) AS r
)"""  # noqa: S608 - constants
FOUND: Final = "SELECT 'reference', kind, named, order_id, NULL, NULL, NULL, NULL, NULL, NULL FROM referred"
FOUND_PAST: Final = """
SELECT 'past', kind, named, order_id, NULL, NULL, NULL, NULL, NULL, NULL FROM earlier GROUP BY kind, named, order_id"""
FOUND_CLAIMS: Final = f"""
SELECT 'claim', r.kind, w.named, r.order_id, NULL, NULL, NULL, NULL, NULL, NULL
FROM {{claims}} AS w (k, p, v, named) CROSS JOIN LATERAL (
    {_HOLDER}) AS r"""  # noqa: S608 - constants

STORED: Final = f"""claimed AS (
  INSERT INTO order_references (kind, party, value, order_id)
  SELECT n, p, v, o FROM mine, {{references}} AS row (n, p, v, o, f)
  ON CONFLICT (kind, value, party) DO UPDATE SET order_id = excluded.order_id
  WHERE EXISTS (SELECT 1 FROM {{references}} AS w (n, p, v, o, f)
    WHERE w.n = excluded.kind AND w.p = excluded.party AND w.v = excluded.value
      AND order_references.order_id IN (w.f, w.o))
  RETURNING kind, party, value
), gone AS (
  INSERT INTO order_references (kind, party, value, order_id)
  SELECT n, '{PAST}' || f, v, f FROM mine, {{references}} AS row (n, p, v, o, f) WHERE f IS NOT NULL
  ON CONFLICT DO NOTHING
), held AS (
  SELECT w.n AS kind, w.v AS value, w.o AS wanted_by, coalesce(r.order_id, 'unknown') AS holder
  FROM mine, {{references}} AS w (n, p, v, o, f) LEFT JOIN LATERAL (
    SELECT * FROM order_references WHERE kind = w.n AND party = w.p AND value = w.v LIMIT 1) AS r ON true
  WHERE NOT EXISTS (SELECT 1 FROM claimed c WHERE (c.kind, c.party, c.value) = (w.n, w.p, w.v))
)"""  # noqa: S608 - constants
"""A number is had by its first holder, until that one gives it up and another one takes it over; who had it is kept.

What was claimed and could not be had is told, also where its holder came in the same moment.
"""


def read(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the orders that references lead to."""
    for _, kind, value, order_id, *_ in rows:
        loaded.references[(kind, value)] = order_id


def read_past(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the orders that had references once."""
    for _, kind, value, order_id, *_ in rows:
        loaded.past.setdefault((kind, value), []).append(order_id)


def read_claims(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note who has the numbers that the batch may bring."""
    for _, kind, value, order_id, *_ in rows:
        loaded.claims[(kind, value)] = order_id


def taken(batch: Batch, written: Sequence[Any]) -> list[Lost]:
    """Return the numbers that orders wanted and others have; `written` tells of those that are stored."""
    lost = [Lost(r["kind"], r["value"], r["wanted_by"], r["holder"]) for r in written if r["holder"] is not None]
    last = claims(batch)
    for each in batch.references:
        holder = last[(each.kind, each.party, each.value)].subject
        if holder != each.subject and not is_given_up(batch, each):
            lost.append(Lost(each.kind, each.value, each.subject, holder))
    return lost


def check(batch: Batch, lost: Iterable[Lost], shard: int) -> None:
    """Refuse a batch that found orders by numbers which others took meanwhile; raises NumberTaken."""
    if batch.counted_on and any((each.kind, each.value, each.subject) in batch.counted_on for each in lost):
        raise NumberTaken(shard)


def _rows(batch: Batch) -> list[list[Any]]:
    held = sorted(claims(batch).items())
    return columns([(*key, each.subject, each.over) for key, each in held], 5)


CLAIMED: Final[Input[Batch]] = Input("references", "text text text text text", _rows)
