"""An operation stopped: what the shards have not taken up yet is asked for no more."""

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.replays import REPLAY
from adapters.postgres.store_scope import Stores, may_see
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.quarantine import quarantine
from adapters.postgres.tables.set_aside import set_aside
from adapters.rows.set_aside import AsideKind

STOP = "stop"
_QUARANTINED = set_aside.c.kind == AsideKind.QUARANTINED.value
_OPEN = set_aside.c.closed_batch.is_(None)


async def stop(engine: AsyncEngine, wanted: Operation, number: int, stores: Stores = None) -> int:
    """Take back what an operation asked for, as far as no shard has carried it out; return how many records.

    What it asked of records of other stores stays asked.

    A replay that is under way counts as one: it ends after the records that it has in hand.
    A shard that has one of them in hand notices that it is another operation's by now, and reads it anew. The queue of
    an order goes on as a whole or not at all: it waits again.
    """
    async with engine.begin() as connection:
        mine, new = await begin(connection, wanted, {"operation": number}, done=True)
        if not new:
            before = select(operation.c.touched).where(operation.c.id == mine)
            return int(await connection.scalar(before) or 0)
        statement = update(set_aside).where(_waits(number, stores)).values(asked=None, operation=mine)
        rows = (await connection.execute(statement.returning(set_aside.c.order_id, set_aside.c.kind))).all()
        await _hold_queues(connection, {order for order, kind in rows if kind == AsideKind.QUARANTINED.value})
        count = (
            len(rows)
            + (
                await connection.execute(update(operation).where(_under_way(number)).values(done_at=func.now()))
            ).rowcount
        )
        await touched(connection, mine, count)
    return count


async def is_stopped(engine: AsyncEngine, number: int) -> bool:
    """Tell whether a replay was stopped before its end."""
    column = operation.c
    stopped = and_(column.id > number, column.action == STOP, column.wish["operation"].astext == str(number))
    async with engine.connect() as connection:
        return bool(await connection.scalar(select(exists().where(stopped, column.touched > 0))))


async def waiting(engine: AsyncEngine, number: int, stores: Stores = None) -> int:
    """Return how many records of an operation, of these stores, no shard has carried out."""
    async with engine.connect() as connection:
        records = int(await connection.scalar(select(func.count()).where(_waits(number, stores))) or 0)
        return records + int(await connection.scalar(select(func.count()).where(_under_way(number))) or 0)


def _under_way(number: int) -> ColumnElement[bool]:
    return and_(operation.c.id == number, operation.c.action == REPLAY, operation.c.done_at.is_(None))


def _waits(number: int, stores: Stores) -> ColumnElement[bool]:
    queued = exists().where(quarantine.c.order_id == set_aside.c.order_id, quarantine.c.asked)
    asked = or_(set_aside.c.asked.is_not(None), and_(_QUARANTINED, queued))
    return and_(set_aside.c.operation == number, _OPEN, asked, may_see(set_aside.c.order_id, stores))


async def _hold_queues(connection: AsyncConnection, orders: set[str]) -> None:
    """Have the queues of some orders wait, unless somebody else has asked for one of their records."""
    other = exists().where(
        set_aside.c.order_id == quarantine.c.order_id, _QUARANTINED, _OPEN, set_aside.c.asked.is_not(None)
    )
    statement = update(quarantine).where(quarantine.c.order_id.in_(sorted(orders)), ~other)
    await connection.execute(statement.values(asked=False))
