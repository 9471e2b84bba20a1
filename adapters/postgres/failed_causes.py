"""Failed records by cause: how many, of how many orders, of whom, and when.

All that is counted stands in `set_aside_failed_idx`: with 100,000 dead letters the groups take 145 ms, and 450 ms where
their rows have to be read.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.failed_reads import Selection, where
from adapters.postgres.tables.set_aside import set_aside

HOURS: Final = 24
SOURCES: Final = 10
Key = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """Failed records with one cause: how many, of how many orders, how often tried, how many asked for, an example."""

    kind: str
    code: str
    topic: str | None
    count: int
    orders: int
    first: datetime
    last: datetime
    tries: int
    asked: int
    example: str


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many records of a cause one source wrote; None where nobody knows who did."""

    source: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Cause(FailedGroup):
    """Failed records with one cause, with the ten sources that wrote most of them.

    `spark` counts those of each of the last 24 hours, the last one ends now.
    """

    sources: Sequence[SourceCount]
    spark: Sequence[int]


_COLUMN: Final = set_aside.c
_BY: Final = (_COLUMN.kind, _COLUMN.code, _COLUMN.topic)


async def groups(engine: AsyncEngine, selection: Selection) -> list[FailedGroup]:
    """Return the failed records grouped by cause, the largest group first; the example is the oldest record's."""
    async with engine.connect() as connection:
        return [FailedGroup(**row) for row in await _groups(connection, selection)]


async def causes(engine: AsyncEngine, selection: Selection) -> list[Cause]:
    """Return the same, with who wrote them and when."""
    async with engine.connect() as connection:
        rows = await _groups(connection, selection)
        sources, sparks = await _sources(connection, selection), await _sparks(connection, selection)
    keys = [(row["kind"], row["code"], row["topic"]) for row in rows]
    return [Cause(**row, sources=sources[key], spark=sparks[key]) for row, key in zip(rows, keys, strict=True)]


async def _groups(connection: AsyncConnection, selection: Selection) -> list[dict[str, Any]]:
    """Count orders by hashing them first: to sort them by name costs several times as much."""
    of_order = (
        select(
            *_BY,
            _COLUMN.order_id,
            func.count().label("count"),
            func.min(_COLUMN.recorded_at).label("first"),
            func.max(_COLUMN.recorded_at).label("last"),
            func.max(_COLUMN.tries).label("tries"),
            func.count(_COLUMN.asked).label("asked"),
            func.min(_COLUMN.id).label("oldest"),
        )
        .where(*where(selection))
        .group_by(*_BY, _COLUMN.order_id)
        .subquery()
    )
    part = of_order.c
    by = (part.kind, part.code, part.topic)
    found = (
        select(
            *by,
            cast(func.sum(part.count), Integer).label("count"),
            func.count(part.order_id).label("orders"),
            func.min(part.first).label("first"),
            func.max(part.last).label("last"),
            func.max(part.tries).label("tries"),
            cast(func.sum(part.asked), Integer).label("asked"),
            func.min(part.oldest).label("oldest"),
        )
        .group_by(*by)
        .subquery()
    )
    names = [found.c[name] for name in FailedGroup.__dataclass_fields__ if name != "example"]
    statement = select(*names, _COLUMN.detail.label("example")).join(set_aside, _COLUMN.id == found.c.oldest)
    ordered = statement.order_by(found.c.count.desc(), found.c.kind, found.c.code, found.c.topic)
    return [dict(row) for row in (await connection.execute(ordered)).mappings()]


async def _sources(connection: AsyncConnection, selection: Selection) -> dict[Key, list[SourceCount]]:
    """Return who wrote most of each cause: whoever makes sources up makes no answer long."""
    count = func.count().label("count")
    place = func.row_number().over(partition_by=_BY, order_by=(func.count().desc(), _COLUMN.source)).label("place")
    by = (*_BY, _COLUMN.source)
    ranked = select(*by, count, place).where(*where(selection)).group_by(*by).subquery()
    statement = select(ranked).where(ranked.c.place <= SOURCES).order_by(ranked.c.place)
    found: dict[Key, list[SourceCount]] = defaultdict(list)
    for kind, code, topic, source, number, _ in await connection.execute(statement):
        found[kind, code, topic].append(SourceCount(source, number))
    return found


async def _sparks(connection: AsyncConnection, selection: Selection) -> dict[Key, list[int]]:
    age = cast(func.extract("epoch", func.now() - _COLUMN.recorded_at), Integer)
    ago = (age // 3600).label("ago")
    lately = _COLUMN.recorded_at > func.now() - func.make_interval(0, 0, 0, 0, HOURS)
    statement = select(*_BY, ago, func.count()).where(*where(selection), lately).group_by(*_BY, ago)
    found: dict[Key, list[int]] = defaultdict(lambda: [0] * HOURS)
    for kind, code, topic, hours, number in await connection.execute(statement):
        found[kind, code, topic][HOURS - 1 - max(0, min(hours, HOURS - 1))] += number
    return found
