"""What operators do to a gateway's calls: ask at once, or dismiss a request that is none; each act is written down."""

from sqlalchemy import Update, func, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.gateway_calls import CLOSED, State
from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.tables.gateway_calls import gateway_calls as calls


async def ask_now(engine: AsyncEngine, wanted: Operation, request_id: str) -> bool:
    """Have an open call looked at without waiting for its next try; False where none is open under this id."""
    changed = update(calls).where(calls.c.state.not_in(CLOSED)).values(next_at=func.now())
    return await _changed(engine, wanted, request_id, changed)


async def dismiss(engine: AsyncEngine, wanted: Operation, request_id: str) -> bool:
    """Be done with a request that was not followed; False where there is none of this id."""
    words = f"dismissed by {wanted.who}: {wanted.why}"[:500]
    changed = update(calls).where(calls.c.state == State.UNREADABLE).values(state=State.NOT_OURS, last_error=words)
    return await _changed(engine, wanted, request_id, changed)


async def _changed(engine: AsyncEngine, wanted: Operation, request_id: str, change: Update) -> bool:
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, {"request": request_id}, done=True)
        if not new:
            return True
        count = (await connection.execute(change.where(calls.c.request_id == request_id))).rowcount
        await touched(connection, number, count)
    return count == 1
