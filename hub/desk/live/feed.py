"""The feed of a database: its newest events in the ring, what is older page by page from the journal."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import tailing
from adapters.postgres.tailing import LAST, Row, Span
from hub.desk.live.cursor import START, Cursor, Position
from hub.desk.live.event import Event, Told, Wish, events_of
from hub.desk.live.ring import Ring

ROWS: Final = 2_000
"""Rows that are read at a time, and with which the ring begins."""
PAGE_ROWS: Final = 100
"""Rows that a reader who is behind gets at a time: a thousand readers may hold as many."""
PAGES: Final = 2
"""Readers who read pages of the journal at the same time: connections are for requests, too."""


Parent = tuple[int, Position]
"""Of a shard that was split off: the place of its parent, and from where on that has nothing to do with it.

An order that lives in it now has its older events in its parent; they are told first.
"""


class DatabaseIsAnother(Exception):
    """The database has fewer shards or batches than before: it was replaced."""


class Feed:
    """What the shards of a database publish, in the order in which each stores it."""

    def __init__(self, engine: AsyncEngine, numbers: Sequence[int], parents: Mapping[int, Parent], ring: Ring) -> None:
        self._engine, self._numbers, self._parents, self._ring = engine, list(numbers), parents, ring
        self._pages = asyncio.Semaphore(PAGES)

    @classmethod
    async def opened(cls, engine: AsyncEngine) -> Self:
        """Return the feed, with what was stored last in the ring: readers who were here before come back by that."""
        mark, tops = await tailing.mark(engine), await tailing.tops(engine)
        each = max(1, ROWS // len(tops))
        rows = await tailing.newest(engine, [Span(k, (0, 0), (batch, LAST)) for k, batch in tops], each)
        firsts: dict[int, Row] = {}
        counts = Counter(row.shard for row in rows)
        for row in rows:
            firsts.setdefault(row.shard, row)
        floor = [(firsts[k].batch, firsts[k].n, 0) if counts[k] == each else START for k, _ in tops]
        numbers = [k for k, _ in tops]
        feed = cls(engine, numbers, await _parents(engine, numbers), Ring(Cursor(mark, floor)))
        for event in feed._events(rows):
            feed._ring.add(event)
        for index, (_, batch) in enumerate(tops):
            feed.cursor.move(index, (batch + 1, 0, 0))
        return feed

    @property
    def cursor(self) -> Cursor:
        """Return where the newest event ends."""
        return self._ring.tip

    def knows(self, cursor: Cursor) -> bool:
        """Tell whether a cursor is no further than the newest event that is here."""
        return len(cursor) <= len(self.cursor) and self._ring.knows(cursor)

    def _events(self, rows: Iterable[Row]) -> Iterable[Event]:
        places = {number: index for index, number in enumerate(self._numbers)}
        return (event for row in rows for event in events_of(row, places[row.shard]))

    # -- what is new -------------------------------------------------------------------------------------------------

    async def refresh(self) -> AsyncIterator[Event]:
        """Yield what was stored since, each event once it is in the ring; raises DatabaseIsAnother."""
        tops = await tailing.tops(self._engine)
        await self._grow([k for k, _ in tops])
        ends = [(batch + 1, 0, 0) for _, batch in tops]
        if any(end < place for end, place in zip(ends, self.cursor, strict=True)):
            raise DatabaseIsAnother
        while behind := self._first(self.cursor, ends):
            each = max(1, ROWS // len(behind))
            rows = await tailing.first(self._engine, self._spans(self.cursor, behind), each)
            for event in self._events(rows):
                if event.end > self.cursor[event.shard]:  # else of a row that was being read when that was broken off
                    self._ring.add(event)
                    yield event
            self._passed(self.cursor, rows, behind, each)

    async def _grow(self, numbers: list[int]) -> None:
        if numbers != self._numbers:
            parents = await _parents(self._engine, numbers)
            if numbers[: len(self._numbers)] != self._numbers or not self._ring.grow(len(numbers)):
                raise DatabaseIsAnother
            self._numbers, self._parents = numbers, parents

    def _first(self, cursor: Cursor, ends: Iterable[Position]) -> dict[int, Position]:
        """Return what is to be read next to get to these ends, and how far: of parents before of their children."""
        found: dict[int, Position] = {}
        for index, end in enumerate(ends):
            if cursor[index] >= end:
                continue
            while (parent := self._parents.get(index)) and cursor[parent[0]] < parent[1]:
                index, end = parent
            found[index] = max(end, found.get(index, START))
        return found

    def _spans(self, cursor: Cursor, ends: Mapping[int, Position]) -> list[Span]:
        return [Span(self._numbers[i], cursor[i][:2], _row_before(end)) for i, end in ends.items()]

    def _passed(self, cursor: Cursor, rows: Iterable[Row], ends: Mapping[int, Position], each: int) -> None:
        """Move a cursor behind rows that were read whole: to the end in the shards that had no more of them."""
        counts: Counter[int] = Counter()
        behind: dict[int, Position] = {}
        for row in rows:
            counts[row.shard] += 1
            behind[row.shard] = (row.batch, row.n + 1, 0)
        for index, end in ends.items():
            number = self._numbers[index]
            cursor.move(index, end if counts[number] < each else min(end, behind[number]))

    # -- what is older -----------------------------------------------------------------------------------------------

    async def page(self, cursor: Cursor, wish: Wish, most: int) -> tuple[list[Told], bool]:
        """Move a cursor on; return what is wished for on its way, and whether it stands at the end now.

        Where the ring reaches, nothing is waited for: whoever stands at the end then has missed nothing.
        """
        if len(cursor) < len(self.cursor):
            cursor.grow(len(self.cursor))
        if self._ring.reaches(cursor):
            return self._ring.after(cursor, wish, most)
        return await self._older(cursor, wish, most), False

    async def _older(self, cursor: Cursor, wish: Wish, most: int) -> list[Told]:
        """Read a page of the journal, no further than needed to get to where the ring begins."""
        ends = self._first(cursor, self._ring.floor)
        each = max(1, PAGE_ROWS // len(ends))
        async with self._pages:
            rows = await tailing.first(self._engine, self._spans(cursor, ends), each, wish.orders)
        told: list[Told] = []
        for event in self._events(rows):
            if not cursor[event.shard] < event.end <= ends[event.shard]:
                continue  # of a row that was read before, or that the ring has, in part
            cursor.move(event.shard, event.end)
            if wish.passes(event):
                told.append(Told(cursor.text, event))
                if len(told) == most:
                    return told
        self._passed(cursor, rows, ends, each)
        return told

    async def keeps(self, cursor: Cursor, count: int) -> bool:
        """Tell whether the journal still has what is behind the first so many positions of a cursor."""
        places = [(number, *place) for number, place in zip(self._numbers, cursor, strict=True)][:count]
        begun = [(number, batch) for number, batch, n, index in places if n or index]
        next_ = [(number, batch) for number, batch, n, index in places if not (n or index)]
        return await tailing.kept(self._engine, begun, next_)


def _row_before(place: Position) -> tuple[int, int]:
    """Return the last row of which something lies before a position."""
    batch, n, index = place
    return (batch, n) if index else (batch, n - 1)


async def _parents(engine: AsyncEngine, numbers: Sequence[int]) -> dict[int, Parent]:
    places = {number: index for index, number in enumerate(numbers)}
    found = (await tailing.parents(engine)).items()
    return {places[k]: (places[of], (batch + 1, 0, 0)) for k, (of, batch) in found if k in places and of in places}
