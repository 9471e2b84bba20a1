"""Growth: shards are split into more, in one transaction, while no process of the hub runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.operations import Operation
from adapters.postgres.reads import SHARD_ROWS, ShardRow
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.shards import hub, lease, member, shard
from contracts.partitioning import home

GROW: Final = "grow shards"
"""The action of the operation; its `wish` tells the proof which shard wrote which rows."""
PAGE: Final = 50_000
"""Orders with deadlines whose new shards are worked out at a time."""
LOCK: Final = "10s"
"""How long a lock is waited for: whoever holds one is a process that should be stopped."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a growth did: the counts before and after, and how many rows of work have another shard now."""

    before: int
    after: int
    moved: int


class CannotGrow(Exception):
    """The shards can't be split now: {reasons}. Nothing was changed."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__((self.__doc__ or "").format(reasons="; ".join(reasons)))


async def grow(
    engine: AsyncEngine,
    wanted: Operation,
    to: int,
    published: Mapping[int, int],
    silence: timedelta,
    *,
    dry_run: bool = False,
) -> Growth:
    """Split every shard into as many as make `to` together; raises CannotGrow, and then nothing is changed.

    `published` are the last batches that Kafka names, by shard. A process that was not heard of for `silence` is gone.
    A hub that has so many shards already stays as it is. A dry run only looks, and doesn't mind unpublished batches.
    """
    async with engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK}'"))
        before = int((await connection.execute(select(hub.c.shards).with_for_update())).scalar_one())
        if before == to:
            return Growth(before, to, 0)
        found = await connection.execute(SHARD_ROWS.order_by(shard.c.k).with_for_update(of=shard))
        rows = [ShardRow(**row) for row in found.mappings()]
        reasons = divided(before, to) + await _alive(connection, silence) + await _unfinished(connection)
        reasons += [each for row in rows for each in _unsettled(row, published.get(row.number), noted=not dry_run)]
        if reasons:
            raise CannotGrow(reasons)
        if dry_run:
            return Growth(before, to, 0)
        await _split(connection, rows, before, to)
        moved = await _move(connection, to)
        await _note(connection, wanted, rows, Growth(before, to, moved))
        return Growth(before, to, moved)


# -- why not ---------------------------------------------------------------------------------------------------------


def divided(before: int, to: int) -> list[str]:
    """Return why shards can't be split into so many, nothing where they can."""
    if to > before and to % before == 0:
        return []
    return [f"{to} is no multiple of the {before} shards that there are"]


async def running(engine: AsyncEngine, silence: timedelta) -> list[str]:
    """Return why the hub may still run, nothing where it doesn't."""
    async with engine.connect() as connection:
        return await _alive(connection, silence)


async def _alive(connection: AsyncConnection, silence: timedelta) -> list[str]:
    """Return the processes that may still run: by their heartbeats, and by leases that are not over."""
    heard = select(member.c.id).where(member.c.seen > func.now() - silence)
    leased = select(lease.c.owner).where(lease.c.lease_until > func.now())
    names = sorted({*await connection.scalars(heard), *await connection.scalars(leased)})
    return [f"a hub process runs or ran just now ({name}): stop it" for name in names]


async def _unfinished(connection: AsyncConnection) -> list[str]:
    """Return the partitions that are still being read again after an older copy of the database was accepted."""
    found = await connection.execute(
        text(
            """SELECT p.topic || '/' || p.partition FROM position p WHERE p.paused IS NULL AND EXISTS (SELECT 1
            FROM accepted a WHERE a.kind = 'restore'
              AND (a.ends ->> (p.topic || '/' || p.partition))::bigint > p.next_offset) ORDER BY 1 LIMIT 3"""
        )
    )
    return [f"{place} is being read again after a restore: let the hub finish that" for place in found.scalars()]


def _unsettled(row: ShardRow, published: int | None, *, noted: bool) -> list[str]:
    if row.stopped is not None:
        return [f"shard {row.number} is stopped: {row.stopped}"]
    if noted and row.batch != row.emitted:
        return [f"shard {row.number} has stored {row.batch} batches and published {row.emitted}"]
    if published is not None and published > row.batch:
        return [f"Kafka names batch {published} of shard {row.number}, stored are {row.batch}: start the hub, it tells"]
    return []


# -- the split -------------------------------------------------------------------------------------------------------


async def _split(connection: AsyncConnection, rows: Sequence[ShardRow], before: int, to: int) -> None:
    """Add the new shards; each goes on with the batch number of the one that it came from, which Kafka knows.

    All tokens go: a process that was frozen through all this can store nothing any more.
    """
    by_number = {row.number: row for row in rows}
    added = [
        {"k": k, "batch": by_number[k % before].batch, "emitted": by_number[k % before].emitted}
        for k in range(before, to)
        if k % before in by_number
    ]
    await connection.execute(insert(shard), added)
    await connection.execute(update(shard).values(token=None))
    await connection.execute(delete(lease))
    await connection.execute(update(hub).values(shards=to))


async def _move(connection: AsyncConnection, to: int) -> int:
    """Give all that is still to be worked on to its new shard; what was written keeps the shard that wrote it.

    So it takes as long as there are deadlines and waiting records, however many orders are stored.
    """
    await connection.execute(text("CREATE TEMPORARY TABLE moved (order_id text, shard int) ON COMMIT DROP"))
    for name in ("quarantine", "timers"):
        await _home(connection, name, to)
    await connection.execute(text("ANALYZE moved"))
    # A record that waits behind its order goes with it; any other stays with the partition that it lies in.
    by_order = "UPDATE {} t SET shard = m.shard FROM moved m WHERE t.order_id = m.order_id AND t.shard <> m.shard"
    waits = "t.closed_batch IS NULL AND t.kind"
    statements = [
        by_order.format("quarantine"),
        by_order.format("timers"),
        f"{by_order.format('set_aside')} AND {waits} = 'quarantined'",
        f"""UPDATE set_aside t SET shard = t.partition % {to:d} WHERE {waits} IN ('dead_letter', 'held', 'waiting')
        AND t.shard <> t.partition % {to:d}""",  # noqa: S608 - a number
    ]
    moved = sum([(await connection.execute(text(each))).rowcount for each in statements])
    await connection.execute(text(f"UPDATE position SET shard = partition % {to:d}"))  # noqa: S608 - a number
    await connection.execute(text("UPDATE attention SET done = true WHERE kind = 'transaction_open' AND NOT done"))
    return moved


async def _home(connection: AsyncConnection, name: str, to: int) -> None:
    """Write down the aggregates of a table whose shard changes."""
    last = ""
    question = text(f"SELECT DISTINCT order_id, shard FROM {name} WHERE order_id > :last ORDER BY 1 LIMIT {PAGE}")  # noqa: S608
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    while rows := (await connection.execute(question, {"last": last})).all():
        homes = [(subject, home(subject, to), there) for subject, there in rows]
        records = [(subject, here) for subject, here, there in homes if here != there]
        await raw.copy_records_to_table("moved", records=records, columns=("order_id", "shard"))
        last = rows[-1][0]


async def _note(connection: AsyncConnection, wanted: Operation, rows: Sequence[ShardRow], done: Growth) -> None:
    """Write down who split the shards and why, and up to which batch each of the former ones wrote."""
    wish = {"from": done.before, "to": done.after, "batches": {str(row.number): row.batch for row in rows}}
    values: dict[str, object] = {"key": wanted.key, "action": GROW, "who": wanted.who, "why": wanted.why}
    values |= {"wish": wish, "touched": done.moved}
    statement = upsert(operation).values(**values, done_at=func.now()).on_conflict_do_nothing()
    if (await connection.execute(statement)).rowcount != 1:
        raise CannotGrow([f"the key {wanted.key} was used for another operation"])
