"""What every batch writes beside its journal, in one statement: its mark, documents, deadlines, references, positions.

The shard's row comes first, and nothing is written where it isn't ours any more. All parts see the database as it was
before the statement; no two of them write the same row.
"""

from typing import Any, Final

from adapters.postgres import documents, positions, references, statements, timers
from adapters.rows.batch import Batch

INPUTS: Final = (
    documents.WRITTEN,
    documents.WRITTEN_OTHERS,
    timers.DISARMED,
    timers.ARMED,
    positions.MOVED,
    references.CLAIMED,
)
_PARTS: Final = (documents.STORED, documents.STORED_OTHERS, timers.STORED, positions.STORED, references.STORED)
STATEMENT: Final = statements.numbered(
    f"""WITH mine AS (
  UPDATE shard SET batch = batch + 1, emitted = $4, unfinished = 0, trying = NULL
  WHERE k = $1 AND token = $2 AND batch = $3 RETURNING k
), {", ".join(_PARTS)}
SELECT (SELECT count(*) FROM mine) AS mine,
  (SELECT count(*) FROM stored) + (SELECT count(*) FROM stored_others) AS documents, held.*
FROM (VALUES (1)) AS one LEFT JOIN held ON true
""",  # noqa: S608 - constants
    INPUTS,
    first=5,
)
"""$1 the shard, $2 its token, $3 the batch before, $4 what is published; then the inputs. One row at least: whether the
shard is ours, how many documents were written, and, if others hold references that are wanted here, each of those with
its holder."""


def arguments(batch: Batch, shard: int, token: str, emitted: int) -> list[Any]:
    """Return what the statement writes."""
    return [shard, token, batch.number - 1, emitted, *statements.arguments(INPUTS, batch)]
