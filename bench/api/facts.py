"""Facts at a steady rate beside what is measured, and how soon each was in the journal."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bench import workload
from bench.api.house import House
from bench.candidates.candidate import note
from bench.hot.flood import flooded
from bench.hot.script import RECORDS_PER_ORDER
from bench.lateness import quantiles
from bench.records import Written

Window = tuple[float, float]
"""From when to when facts were written, in seconds since 1970."""
TOPICS: Final = list(workload.HUB_TOPICS)
READ: Final = """
SELECT (SELECT coalesce(sum(next_offset), 0) FROM position WHERE topic = ANY($1)) >= $2
  AND NOT EXISTS (SELECT 1 FROM shard WHERE batch <> emitted)"""
RECEIVED: Final = "SELECT event_id FROM journal WHERE topic = ANY($1) AND refers_to IS NULL"
TOOK: Final = """
SELECT extract(epoch FROM recorded_at - appended_at)::float AS took FROM journal
WHERE topic = ANY($1) AND refers_to IS NULL AND appended_at BETWEEN to_timestamp($2) AND to_timestamp($3)"""
LEFT: Final = """
SELECT (SELECT sum(next_offset) FROM position WHERE topic = ANY($1)) AS read,
  (SELECT count(*) FROM quarantine) AS quarantined, (SELECT count(*) FROM attention) AS noted"""


class Facts:
    """The workload of the benchmark, told piece by piece by a process of its own."""

    def __init__(self, house: House, rate: int, seconds: float) -> None:
        """Make as many as `seconds` at `rate` need."""
        self.rate = rate
        self._house = house
        made = workload.for_hub(1 + round(rate * seconds / RECORDS_PER_ORDER) + 20)
        self._valid = {fact.id for facts in made.facts.values() for fact in facts}
        self._left = iter(made.records)
        self._written: list[Written] = []

    async def flow(self, seconds: float) -> Window:
        """Write facts for so long; return when."""
        records = list(itertools.islice(self._left, round(self.rate * seconds)))
        self._written += records
        stand = self._house.stand
        return await flooded(self._house.ground.bootstrap, stand.prefix, records, self.rate, 0.0)

    async def write_at_once(self, records: Sequence[Written]) -> None:
        """Write some others, and count them with these."""
        self._written += records
        self._valid |= {_id(each) for each in records}
        await self._house.ground.log.write(self._house.stand.prefix, records)

    async def until_read(self) -> None:
        """Wait until the hub has read all that was written, and published what came of it."""
        await self._house.until(READ, "all facts are read and published", TOPICS, len(self._written))

    async def figures(self, *windows: Window) -> dict[str, float]:
        """Return how many ms the facts of some windows took from their append to the transaction that stored them."""
        took = [row["took"] for each in windows for row in await self._house.rows(TOOK, TOPICS, *each)]
        seconds = sum(ended - began for began, ended in windows)
        told = quantiles(took) if took else {}
        return told | {"samples": len(took), "a_second": round(len(took) / seconds, 1)}

    async def check(self) -> None:
        """Note every fact that was lost, doubled or invented, and whatever needs an operator."""
        received = Counter(row["event_id"] for row in await self._house.rows(RECEIVED, TOPICS))
        told = {_id(each) for each in self._written} & self._valid
        left = (await self._house.rows(LEFT, TOPICS))[0]
        found = self._house.found
        note(found, len(told - received.keys()), "facts are not in the journal")
        note(found, len(received.keys() - told), "facts are in the journal that nobody told")
        note(found, received.total() - len(received), "facts are in the journal twice")
        note(found, abs((left["read"] or 0) - len(self._written)), "records were not read")
        note(found, left["quarantined"], "orders are quarantined")
        note(found, left["noted"], "notes for an operator")
        found.records = len(self._written)


def _id(written: Written) -> str:
    return dict(written.headers)["ce_id"].decode()
