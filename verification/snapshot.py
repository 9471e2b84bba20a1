"""What the store says, read in one read-only snapshot and streamed: rows by place, by order, and what they publish."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, Table, and_, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.growth import GROW
from adapters.postgres.tables.documents import orders, subjects
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.positions import accepted, position
from adapters.postgres.tables.references import order_references
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import moved_clock, shard
from adapters.postgres.tables.timers import timers
from adapters.rows.positions import Origin, Place
from contracts.references import stored

Row = Mapping[str, Any]
"""A row by the names of its columns."""
FORGED: Final = ("header_reserved", "signature_invalid")
"""The code of a record that only claims to be sent home by the hub."""
PAGE: Final = 100
"""Orders whose journals are replayed together."""
CHUNK: Final = 1_000
"""Rows fetched from the server at a time."""


class Snapshot:
    """One moment of the store; the connection's transaction is repeatable read and read only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self) -> None:
        """Fix the moment."""
        await self._connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        await self._connection.execute(text("SET LOCAL jit = off"))
        await self._connection.scalar(select(func.count()).select_from(shard))

    async def _all(self, statement: Select[Any]) -> Sequence[Row]:
        return [dict(row) for row in (await self._connection.execute(statement)).mappings()]

    async def _stream(self, statement: Select[Any]) -> AsyncIterator[Row]:
        result = await self._connection.stream(statement, execution_options={"yield_per": CHUNK})
        async for row in result.mappings():
            yield dict(row)

    async def shards(self) -> Sequence[Row]:
        """Return every shard's row."""
        return await self._all(select(shard).order_by(shard.c.k))

    async def moved_clocks(self) -> Sequence[Row]:
        """Return from which batch of which shard on the hub's clock was moved how far."""
        return await self._all(select(moved_clock))

    async def positions(self) -> dict[Place, Row]:
        """Return the stored position of every partition."""
        return {(row["topic"], row["partition"]): row for row in await self._all(select(position))}

    async def accepted(self, kind: str) -> Sequence[Row]:
        """Return the accidents of a kind that an operator accepted, the oldest first."""
        return await self._all(select(accepted).where(accepted.c.kind == kind).order_by(accepted.c.id))

    async def growths(self) -> Sequence[Row]:
        """Return what is known of each split of the shards, the oldest first."""
        statement = select(operation.c.wish).where(operation.c.action == GROW).order_by(operation.c.id)
        return [row["wish"] for row in await self._all(statement)]

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        return int(await self._connection.scalar(select(func.count()).select_from(table)) or 0)

    async def decided(self, place: Place, start: int, since: datetime | None = None) -> AsyncIterator[Row]:
        """Yield the journal's received rows of a partition from an offset and a moment on, by offset."""
        columns = (
            journal.c.offset,
            journal.c.order_id,
            journal.c.seq,
            journal.c.shard,
            journal.c.batch,
            journal.c.outcome,
            journal.c.source,
            journal.c.event_id,
            journal.c.type,
            journal.c.digest,
            journal.c.occurred_at,
            journal.c.appended_at,
            journal.c.data,
        )
        statement = select(*columns).where(_from(journal, place, start, since), journal.c.refers_to.is_(None))
        async for row in self._stream(statement.order_by(journal.c.offset)):
            yield row

    async def put_aside(self, place: Place, start: int, since: datetime | None = None) -> AsyncIterator[Row]:
        """Yield the rows of set_aside of a partition from an offset and a moment on, by offset."""
        columns = (
            set_aside.c.id,
            set_aside.c.offset,
            set_aside.c.kind,
            set_aside.c.code,
            set_aside.c.key,
            set_aside.c.headers,
            set_aside.c.value,
            set_aside.c.closed_batch,
            set_aside.c.closed_as,
            set_aside.c.edited_headers,
            set_aside.c.edited_value,
        )
        statement = select(*columns).where(_from(set_aside, place, start, since))
        async for row in self._stream(statement.order_by(set_aside.c.offset, set_aside.c.id)):
            yield row

    async def places(self) -> set[Place]:
        """Return all partitions that rows name."""
        found: set[Place] = set()
        for table in (journal, set_aside):
            statement = select(table.c.topic, table.c.partition).where(table.c.topic.is_not(None)).distinct()
            found |= {(row["topic"], row["partition"]) for row in await self._all(statement)}
        return found

    async def forged(self) -> set[Origin]:
        """Return the places of records that claimed to be written by the hub and were set aside for it."""
        columns = (set_aside.c.topic, set_aside.c.partition, set_aside.c.offset)
        statement = select(*columns).where(set_aside.c.kind == "dead_letter", set_aside.c.code.in_(FORGED))
        return {(row["topic"], row["partition"], row["offset"]) for row in await self._all(statement)}

    async def published(self) -> AsyncIterator[Row]:
        """Yield every row that publishes something, with the packed messages and the row's own name."""
        common = ("shard", "batch", "n", "order_id", "recorded_at")
        journalled = select(*(journal.c[name] for name in common), journal.c.seq, journal.c.messages)
        async for row in self._stream(journalled.where(journal.c.messages.is_not(None))):
            yield row
        aside = select(
            *(set_aside.c[name] for name in common),
            set_aside.c.id,
            set_aside.c.kind,
            set_aside.c.event_id,
            set_aside.c.detail,
            set_aside.c.message.label("messages"),
        )
        async for row in self._stream(aside.where(set_aside.c.message.is_not(None))):
            yield row

    async def order_pages(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the orders, a page at a time; `subject` names each."""
        async for page in self._pages(orders, orders.c.order_id):
            yield page

    async def subject_pages(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the aggregates of all other kinds, a page at a time; `subject` names each."""
        async for page in self._pages(subjects, subjects.c.subject):
            yield page

    async def _pages(self, table: Table, key: Column[Any]) -> AsyncIterator[Sequence[Row]]:
        columns = [column for column in table.c if column is not key]
        last = ""
        while True:
            statement = select(key.label("subject"), *columns).where(key > last).order_by(key).limit(PAGE)
            page = await self._all(statement)
            if not page:
                return
            yield page
            last = page[-1]["subject"]

    async def histories(self, ids: Sequence[str]) -> AsyncIterator[Row]:
        """Yield the whole journal of some orders, by order and seq."""
        statement = select(journal).where(journal.c.order_id.in_(ids)).order_by(journal.c.order_id, journal.c.seq)
        async for row in self._stream(statement):
            yield row

    async def armed(self, ids: Sequence[str]) -> Sequence[Row]:
        """Return the deadlines of some orders."""
        return await self._all(select(timers).where(timers.c.order_id.in_(ids)))

    async def documents(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the documents of some orders."""
        rows = await self._all(select(orders.c.order_id, orders.c.document).where(orders.c.order_id.in_(ids)))
        return {row["order_id"]: row["document"] for row in rows}

    async def orphans(self) -> AsyncIterator[Row]:
        """Yield what has a journal and no row of its own."""
        missing = and_(
            ~select(orders.c.order_id).where(orders.c.order_id == journal.c.order_id).exists(),
            ~select(subjects.c.subject).where(subjects.c.subject == journal.c.order_id).exists(),
        )
        statement = select(journal.c.order_id, func.count().label("rows")).where(missing).group_by(journal.c.order_id)
        async for row in self._stream(statement):
            yield row

    async def referred(self, references: Sequence[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """Return the orders that a number (kind, value) may mean."""
        table = order_references
        named: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for reference in references:
            kind, _, value = stored(reference)
            named.setdefault((kind, value), []).append(reference)
        found: dict[tuple[str, str], set[str]] = {}
        wanted = tuple_(table.c.kind, table.c.value).in_(list(named))
        for row in await self._all(select(table.c.kind, table.c.value, table.c.order_id).where(wanted)):
            for reference in named[row["kind"], row["value"]]:
                found.setdefault(reference, set()).add(row["order_id"])
        return found

    async def seen(self, keys: Sequence[tuple[str, str, str]]) -> Sequence[Row]:
        """Return the received journal rows, and the answers, of some (order id, source, event id)."""
        columns = ("order_id", "source", "event_id", "digest", "topic", "partition", "offset", "appended_at")
        found: list[Row] = []
        for table in (journal, set_aside):
            named = tuple_(table.c.order_id, table.c.source, table.c.event_id).in_(keys)
            kept = table.c.refers_to.is_(None) if table is journal else table.c.kind == "answer"
            found.extend(await self._all(select(*(table.c[name] for name in columns)).where(named, kept)))
        return found


def _from(table: Table, place: Place, start: int, since: datetime | None) -> ColumnElement[bool]:
    here = and_(table.c.topic == place[0], table.c.partition == place[1], table.c.offset >= start)
    return here if since is None else and_(here, table.c.appended_at >= since)
