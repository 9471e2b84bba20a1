"""The backlogs that are worked off in each database: new orders, and scans for orders that are stored."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bench import model, workload
from bench.candidates.hub import Hub
from bench.dress import scan
from bench.model import Expected
from bench.records import Workload
from bench.size.filling import Filled, Size
from bench.story import SEED, START
from bench.work import Backlog

KINDS: Final = ("new", "stored")
MODEL_ORDERS: Final = 200
"""As many are played by the hub, then copied."""
MODEL_SEED: Final = 11
RECORDS_PER_ORDER: Final = 10
MOST_STORED: Final = 10_000
"""Stored orders of a backlog. Each has several scans where the small database has fewer."""
CHOSEN: Final = "SELECT g, model.order_id(g) AS id FROM unnest($1::bigint[]) AS g"


def backlog_of(made: Workload) -> Backlog:
    """Return a workload as a backlog for the hub."""
    return Backlog(Hub(1), made, model.of_hub(made))


@dataclass
class Backlogs:
    """Backlogs of about so many orders, the same for databases of all sizes."""

    orders: int
    sizes: Sequence[Size]

    def __post_init__(self) -> None:
        self.model = backlog_of(workload.for_hub(MODEL_ORDERS, MODEL_SEED))
        """What the hub plays before it is copied into the databases."""

    async def make(self, connection: Any, kind: str, repeat: int, size: Size, filled: Filled) -> Backlog:
        """Return the backlog of a kind for one database."""
        if kind == "new":
            return backlog_of(workload.for_hub(self.orders, SEED + repeat))
        return await self._scans(connection, repeat, size, filled)

    async def _scans(self, connection: Any, repeat: int, size: Size, filled: Filled) -> Backlog:
        """Return scans of parcels of stored orders, drawn from all that are open. Each is news to its order."""
        known, parcels = sorted(self.model.workload.facts), self._parcels()
        rows = await connection.fetch(CHOSEN, self._drawn(repeat, size, filled, parcels))
        made, expected = Workload(len(rows)), Expected()
        since = START + timedelta(days=1 + repeat)
        for number in range(math.ceil(self.orders * RECORDS_PER_ORDER / len(rows))):
            for row in rows:
                at = since + timedelta(milliseconds=len(made.records))
                fact, written = scan(row["id"], parcels[row["g"] % MODEL_ORDERS], number, at)
                made.records.append(written)
                made.facts.setdefault(row["id"], []).append(fact)
                expected.applied[fact.id] = 0
        expected.orders = {row["id"]: self.model.expected.orders[known[row["g"] % MODEL_ORDERS]] for row in rows}
        made.unique = len(made.records)
        return Backlog(Hub(1), made, expected)

    def _parcels(self) -> dict[int, str]:
        """Return the tracking numbers of the model's parcels, by the number of the order."""
        facts = self.model.workload.facts
        return {
            number: fact.data["tracking_number"]
            for number, order_id in enumerate(sorted(facts))
            for fact in facts[order_id]
            if fact.type == "carrier.collected.v1"
        }

    def _drawn(self, repeat: int, size: Size, filled: Filled, parcels: dict[int, str]) -> list[int]:
        """Return the numbers of open orders that have a parcel, as many for every database."""
        count = min(MOST_STORED, min(each.orders for each in self.sizes) * 4 // 5)
        total = filled.copies * MODEL_ORDERS
        first = max(0, total - size.orders)
        rng = random.Random(repeat)  # noqa: S311 - a workload, no secret
        numbers = rng.sample(range(first, total), min(2 * count, total - first))
        return [number for number in numbers if number % MODEL_ORDERS in parcels][:count]
