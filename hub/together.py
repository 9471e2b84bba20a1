"""Much done together: none of it goes on once there is an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")


async def each_of(many: Iterable[Given], do: Callable[[Given], Awaitable[Done]], at_once: int) -> list[Done]:
    """Do something with each of many, so many at once, and return what came of it, in order.

    After a failure nothing more is begun; it is raised when nothing is under way.
    """
    turns, failed = asyncio.Semaphore(at_once), list[Exception]()

    async def one(given: Given) -> Done:
        async with turns:
            if failed:
                raise failed[0]
            try:
                return await do(given)
            except Exception as error:  # whatever it is, it is raised below
                failed.append(error)
                raise

    found = await asyncio.gather(*map(one, many), return_exceptions=True)
    if failed:
        raise failed[0]
    return [each for each in found if not isinstance(each, BaseException)]
