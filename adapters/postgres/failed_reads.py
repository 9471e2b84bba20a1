"""Reads of failed records: which are meant, one by one, and one with everything about it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.errors import ChoiceHasGrown
from adapters.postgres.store_scope import Stores, may_see
from adapters.postgres.tables.documents import orders
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import shard
from adapters.rows.set_aside import AsideKind
from contracts.wire import RawHeaders, unpack_headers

FAILED: Final = (AsideKind.DEAD_LETTER, AsideKind.QUARANTINED, AsideKind.WAITING, AsideKind.HELD)
"""What an operator may want to look at: everything else that is set aside is done with."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failed records are meant; what is None doesn't matter. `order` is an id or a number.

    `marks` are the last batches of the shards that count, `most` how many records were seen. `stores`:
    no records of orders of others.
    """

    ids: tuple[int, ...] = ()
    kind: str | None = None
    code: str | None = None
    topic: str | None = None
    partition: int | None = None
    order: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool = False
    marks: Mapping[int, int] | None = None
    most: int | None = None
    stores: tuple[str, ...] | None = None

    @property
    def everything(self) -> bool:
        """Tell whether nothing at all was chosen."""
        return replace(self, archived=False) == Selection()

    def described(self) -> dict[str, str]:
        """Return what was chosen as words, for the operation's row."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: str(value) for name, value in named if value not in (None, (), False)}


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A failed record in a list; `asked` is what an operator wants of it and isn't done yet."""

    id: int
    kind: str
    code: str
    detail: str
    topic: str | None
    partition: int | None
    offset: int | None
    order_id: str | None
    source: str | None
    event_id: str | None
    recorded_at: datetime
    tries: int
    asked: str | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Editable:
    """What of a record is looked at to edit it: as it came, and as it was edited before."""

    id: int
    topic: str | None
    headers: RawHeaders
    value: bytes | None
    edited_headers: RawHeaders | None
    edited_value: bytes | None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """Everything about a record that was set aside; what an operator edited stands beside what came."""

    id: int
    shard: int
    batch: int
    n: int
    kind: str
    code: str
    detail: str
    order_id: str | None
    source: str | None
    event_id: str | None
    digest: bytes | None
    reference_kind: str | None
    reference_value: str | None
    deadline: datetime | None
    topic: str | None
    partition: int | None
    offset: int | None
    key: bytes | None
    headers: RawHeaders
    value: bytes | None
    appended_at: datetime | None
    message: bytes | None
    recorded_at: datetime
    closed_batch: int | None
    closed_as: str | None
    asked: str | None
    operation: int | None
    tries: int
    archived: bool
    edited_headers: RawHeaders | None
    edited_value: bytes | None

    @property
    def editable(self) -> Editable:
        """Return what is looked at to edit it."""
        return Editable(self.id, self.topic, self.headers, self.value, self.edited_headers, self.edited_value)


def where(selection: Selection) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row of `set_aside` is meant."""
    column = set_aside.c
    found: list[ColumnElement[bool]] = [
        column.closed_batch.is_(None),
        column.kind.in_([kind.value for kind in FAILED]),
        column.archived == selection.archived,
    ]
    names = ("kind", "code", "topic", "partition", "source")
    named: Mapping[str, object] = {name: getattr(selection, name) for name in names}
    found.extend(column[name] == value for name, value in named.items() if value is not None)
    if selection.ids:
        found.append(column.id.in_(selection.ids))
    if selection.order is not None:
        numbered = select(orders.c.order_id).where(orders.c.number == selection.order)
        found.append((column.order_id == selection.order) | column.order_id.in_(numbered))
    if selection.marks is not None:
        stored = [and_(column.shard == shard, column.batch <= batch) for shard, batch in selection.marks.items()]
        found.append(or_(false(), *stored))
    if selection.since is not None:
        found.append(column.recorded_at >= selection.since)
    if selection.until is not None:
        found.append(column.recorded_at < selection.until)
    if selection.stores is not None:
        found.append(may_see(column.order_id, selection.stores))
    return found


async def marks(engine: AsyncEngine) -> dict[int, int]:
    """Return the last batch of each shard: what failed in it or before is stored, whatever is under way."""
    async with engine.connect() as connection:
        return {int(k): int(batch) for k, batch in await connection.execute(select(shard.c.k, shard.c.batch))}


async def ids(engine: AsyncEngine, selection: Selection, limit: int) -> tuple[int, ...]:
    """Return the numbers of the failed records, the oldest first."""
    statement = select(set_aside.c.id).where(*where(selection)).order_by(set_aside.c.id).limit(limit)
    async with engine.connect() as connection:
        return tuple(await connection.scalars(statement))


async def check_count(connection: AsyncConnection, selection: Selection) -> None:
    """Raise ChoiceHasGrown where more records are meant than were seen."""
    if selection.most is None:
        return
    now = int(await connection.scalar(select(func.count()).select_from(set_aside).where(*where(selection))) or 0)
    if now > selection.most:
        raise ChoiceHasGrown(now, selection.most)


async def records(engine: AsyncEngine, selection: Selection, limit: int, after: int = -1) -> list[FailedRecord]:
    """Return the failed records one by one, the oldest first, those alone whose number is greater than `after`."""
    columns = [set_aside.c[name] for name in FailedRecord.__dataclass_fields__]
    meant = select(*columns).where(*where(selection), set_aside.c.id > after)
    statement = meant.order_by(set_aside.c.id).limit(limit)
    async with engine.connect() as connection:
        return [FailedRecord(**row) for row in (await connection.execute(statement)).mappings()]


async def record(engine: AsyncEngine, number: int, stores: Stores = None) -> StoredRecord | None:
    """Return everything about one record that was set aside; None where there is none, or it is of another store."""
    columns = [set_aside.c[name] for name in StoredRecord.__dataclass_fields__]
    statement = select(*columns).where(set_aside.c.id == number, may_see(set_aside.c.order_id, stores))
    async with engine.connect() as connection:
        found = (await connection.execute(statement)).mappings().first()
    if found is None:
        return None
    return StoredRecord(**unpacked(found))


def unpacked(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of `set_aside` with its headers, those that came and those that were edited, unpacked."""
    edited = row["edited_headers"]
    headers = {
        "headers": unpack_headers(row["headers"]),
        "edited_headers": None if edited is None else unpack_headers(edited),
    }
    return {**row, **headers}
