"""Notes for operators: closed by whoever has dealt with one; the act is written down."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.tables.attention import attention


async def close(engine: AsyncEngine, wanted: Operation, number: int) -> bool:
    """Take a note off the list; False where none of this number is on it."""
    async with engine.begin() as connection:
        operation, new = await begin(connection, wanted, {"note": number}, done=True)
        if not new:
            return True
        statement = update(attention).where(attention.c.id == number, ~attention.c.done).values(done=True)
        count = (await connection.execute(statement)).rowcount
        await touched(connection, operation, count)
    return count == 1
