"""Several databases of one hub read as one store: each holds some shards, and nothing is in two of them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Table

from adapters.rows.positions import Origin, Place
from verification.snapshot import Row, Snapshot


class Joined(Snapshot):
    """The snapshots of all databases; their moments differ by as long as it takes to fix one after the other."""

    def __init__(self, parts: Sequence[Snapshot]) -> None:
        self._parts = parts

    async def begin(self) -> None:
        """Fix the moment of each."""
        for part in self._parts:
            await part.begin()

    async def shards(self) -> Sequence[Row]:
        """Return every shard's row."""
        return sorted([row for part in self._parts for row in await part.shards()], key=lambda row: int(row["k"]))

    async def moved_clocks(self) -> Sequence[Row]:
        """Return from which batch of which shard on the hub's clock was moved how far."""
        return [row for part in self._parts for row in await part.moved_clocks()]

    async def positions(self) -> dict[Place, Row]:
        """Return the stored position of every partition."""
        return {place: row for part in self._parts for place, row in (await part.positions()).items()}

    async def accepted(self, kind: str) -> Sequence[Row]:
        """Return the accidents of a kind that an operator accepted."""
        return [row for part in self._parts for row in await part.accepted(kind)]

    async def growths(self) -> Sequence[Row]:
        """Return what is known of each split; each names the shards of its own database only."""
        return [row for part in self._parts for row in await part.growths()]

    async def count(self, table: Table) -> int:
        """Return how many rows a table has in all databases."""
        return sum([await part.count(table) for part in self._parts])

    async def decided(self, place: Place, start: int, since: datetime | None = None) -> AsyncIterator[Row]:
        """Yield the journal's received rows of a partition, by offset."""
        async for row in (await self._holder(place)).decided(place, start, since):
            yield row

    async def put_aside(self, place: Place, start: int, since: datetime | None = None) -> AsyncIterator[Row]:
        """Yield the rows of set_aside of a partition, by offset."""
        async for row in (await self._holder(place)).put_aside(place, start, since):
            yield row

    async def _holder(self, place: Place) -> Snapshot:
        """Return the database whose shards read a partition."""
        for part in self._parts:
            if place in await part.positions():
                return part
        return self._parts[0]

    async def places(self) -> set[Place]:
        """Return all partitions that rows name."""
        return set(chain.from_iterable([await part.places() for part in self._parts]))

    async def forged(self) -> set[Origin]:
        """Return the places of records that claimed to be written by the hub and were set aside for it."""
        return set(chain.from_iterable([await part.forged() for part in self._parts]))

    async def published(self) -> AsyncIterator[Row]:
        """Yield every row that publishes something."""
        for part in self._parts:
            async for row in part.published():
                yield row

    async def order_pages(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the orders, a page at a time."""
        for part in self._parts:
            async for page in part.order_pages():
                yield page

    async def subject_pages(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the aggregates of all other kinds, a page at a time."""
        for part in self._parts:
            async for page in part.subject_pages():
                yield page

    async def histories(self, ids: Sequence[str]) -> AsyncIterator[Row]:
        """Yield the whole journal of some orders, by order and seq; the orders of a page are in one database."""
        for part in self._parts:
            async for row in part.histories(ids):
                yield row

    async def armed(self, ids: Sequence[str]) -> Sequence[Row]:
        """Return the deadlines of some orders."""
        return [row for part in self._parts for row in await part.armed(ids)]

    async def documents(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the documents of some orders."""
        return {name: told for part in self._parts for name, told in (await part.documents(ids)).items()}

    async def orphans(self) -> AsyncIterator[Row]:
        """Yield what has a journal and no row of its own."""
        for part in self._parts:
            async for row in part.orphans():
                yield row

    async def referred(self, references: Sequence[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """Return the orders that a number (kind, value) may mean."""
        found: dict[tuple[str, str], set[str]] = {}
        for part in self._parts:
            for number, ids in (await part.referred(references)).items():
                found.setdefault(number, set()).update(ids)
        return found

    async def seen(self, keys: Sequence[tuple[str, str, str]]) -> Sequence[Row]:
        """Return the received journal rows, and the answers, of some (order id, source, event id)."""
        return [row for part in self._parts for row in await part.seen(keys)]
