"""The journal: every decision with what it publishes; what is not published yet is found here."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from adapters.postgres.encoding import columns
from adapters.postgres.session import Session
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.journal import GapBatch, Seen
from adapters.rows.loading import LookedUp, Lookup
from contracts.wire import unpack

_DECIDED: Final = (
    "subject seq version n outcome source event_id digest type topic partition offset refers_to actor "
    "occurred_at appended_at data known status_before status_after messages rules transitions document_before"
).split()
_COLUMNS: Final = ["order_id", *_DECIDED[1:], "shard", "batch"]
_decided: Final = attrgetter(*_DECIDED)

WANTED: Final[Input[Lookup]] = Input("events", "text text text", lambda wanted: columns(wanted.events, 3))
RECEIVED: Final = """received (o, s, e) AS (
  SELECT * FROM {events} UNION ALL SELECT order_id, s, e FROM referred UNION ALL SELECT order_id, s, e FROM earlier
)"""
FOUND: Final = """
SELECT 'seen', j.order_id, j.source, j.event_id, j.seq, NULL, NULL, NULL, j.digest, j.messages
FROM received AS w CROSS JOIN LATERAL (
  SELECT * FROM journal WHERE order_id = w.o AND source = w.s AND event_id = w.e AND refers_to IS NULL LIMIT 1) AS j"""


def read(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the events that the journal has."""
    for _, order_id, source, event_id, seq, _, _, _, digest, messages in rows:
        loaded.seen[(order_id, source, event_id)] = Seen(seq, digest, messages)


def journal_rows(batch: Batch, shard: int) -> list[tuple[Any, ...]]:
    """Return a batch's journal as COPY takes it."""
    return [(*_decided(row), shard, batch.number) for row in batch.journal]


class Journal:
    """The journal of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def write(self, batch: Batch) -> None:
        """Append a batch's decisions."""
        if batch.journal:
            await self._session.copy("journal", _COLUMNS, journal_rows(batch, self._session.shard))

    async def gap(self, above: int) -> list[GapBatch]:
        """Return what was stored in batches above this one, batch by batch and in order."""
        rows = await self._session.connection.fetch(
            """SELECT batch, n, messages, order_id, true AS journalled FROM journal WHERE shard = $1 AND batch > $2
            UNION ALL
            SELECT batch, n, message, order_id, false FROM set_aside WHERE shard = $1 AND batch > $2 ORDER BY 1, 2""",
            self._session.shard,
            above,
        )
        batches = {number: list(group) for number, group in groupby(rows, key=lambda row: row["batch"])}
        return [
            GapBatch(
                number,
                [message for row in group for message in unpack(row["messages"])],
                list(dict.fromkeys(row["order_id"] for row in group if row["journalled"])),
            )
            for number, group in batches.items()
        ]
