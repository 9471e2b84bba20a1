"""Failed records changed by operators: one, or many by the same edit; what came stays beside it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.failed_reads import Editable, Selection, check_count, unpacked, where
from adapters.postgres.operations import RETRY, Operation, ask_queues, begin, touched
from adapters.postgres.tables.set_aside import set_aside
from contracts.wire import RawHeaders, pack_headers

AT_ONCE: Final = 100
"""Records whose values are in memory at the same time."""


async def edit(
    engine: AsyncEngine, wanted: Operation, number: int, headers: RawHeaders | None, value: bytes | None, said: str
) -> int:
    """Change a failed record's headers or value, and ask for it to be tried again; return the operation's number.

    The bytes that came stay beside the changed ones. `said` tells the change from another one under the same key.
    """
    changes: dict[str, object] = {}
    if headers is not None:
        changes["edited_headers"] = pack_headers(headers)
    if value is not None:
        changes["edited_value"] = value
    async with engine.begin() as connection:
        wish = {"ids": str(number), "edited": sorted(changes), "digest": said}
        operation_id, new = await begin(connection, wanted, wish)
        if new:
            statement = update(set_aside).where(*where(Selection(ids=(number,))))
            values = {"asked": RETRY, "operation": operation_id, **changes}
            count = (await connection.execute(statement.values(**values))).rowcount
            await ask_queues(connection, operation_id)
            await touched(connection, operation_id, count)
    return operation_id


async def edit_like(
    engine: AsyncEngine,
    wanted: Operation,
    selection: Selection,
    said: str,
    edited: Callable[[Editable], bytes | None],
) -> int:
    """Change the values of failed records alike, and ask for them to be tried again; return the operation's number.

    `edited` is called in a thread: it works on what may be megabytes. What it raises for one of them takes all back.
    """
    async with engine.begin() as connection:
        wish = selection.described() | {"edited": ["edited_value"], "digest": said}
        number, new = await begin(connection, wanted, wish)
        if new:
            await check_count(connection, selection)
            locked = select(set_aside.c.id).where(*where(selection)).order_by(set_aside.c.id)  # as shards lock them
            ids = list(await connection.scalars(locked.with_for_update()))
            for start in range(0, len(ids), AT_ONCE):
                await _change(connection, ids[start : start + AT_ONCE], number, edited)
            await ask_queues(connection, number)
            await touched(connection, number, len(ids))
    return number


async def _change(
    connection: AsyncConnection, ids: Sequence[int], number: int, edited: Callable[[Editable], bytes | None]
) -> None:
    columns = [set_aside.c[name] for name in Editable.__dataclass_fields__]
    found = (await connection.execute(select(*columns).where(set_aside.c.id.in_(ids)))).mappings().all()
    values = await asyncio.to_thread(
        lambda: [{"number": row["id"], "after": edited(Editable(**unpacked(row)))} for row in found]
    )
    statement = update(set_aside).where(set_aside.c.id == bindparam("number"))
    await connection.execute(statement.values(asked=RETRY, operation=number, edited_value=bindparam("after")), values)
