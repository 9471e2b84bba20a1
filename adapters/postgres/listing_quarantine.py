"""Orders in quarantine as reasons why people should look; the listing lacks them, as no decision tells of them."""

from typing import Final

from contracts.subjects import RESERVED

KIND: Final = "quarantine"
WHAT: Final = "rule_failed"
BY: Final = "hub"
DO: Final = "A rule failed on it, and its records wait: once the rule is mended, operators have them tried again"
ROWS: Final = f"""(SELECT q.order_id, -1 AS i, o.number, o.store, '{KIND}' AS kind, '{WHAT}' AS what, '{BY}' AS "by",
  '{DO}' AS "do", q.since, NULL::timestamptz AS due_at, true AS blocking, q.since AS at,
  (SELECT l.assignee FROM order_list l WHERE l.order_id = q.order_id) AS assignee
FROM quarantine q LEFT JOIN orders o ON o.order_id = q.order_id
WHERE split_part(q.order_id, chr(58), 1) NOT IN ({", ".join(f"'{each}'" for each in sorted(RESERVED))})
  OR strpos(q.order_id, chr(58)) = 0)"""  # noqa: S608 - constants
"""Rows as `reason_list` has them; number and store are null where the order was never decided on. chr(58) is a colon,
which would stand for a parameter."""
