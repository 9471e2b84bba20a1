"""Much done together comes back in order, or as its first failure, with nothing left that goes on."""

import asyncio

import pytest

from hub.together import each_of


async def test_results_are_in_order_and_so_many_are_under_way() -> None:
    under_way, most = 0, 0

    async def do(n: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (10 - n))
        under_way -= 1
        return n * n

    assert await each_of(range(10), do, 3) == [n * n for n in range(10)]
    assert most == 3


async def test_after_a_failure_nothing_is_begun_and_what_is_under_way_is_waited_for() -> None:
    begun, ended = list[int](), list[int]()

    async def do(n: int) -> None:
        begun.append(n)
        await asyncio.sleep(0)
        if n == 1:
            raise OSError("away")
        await asyncio.sleep(0.01)
        ended.append(n)

    with pytest.raises(OSError, match="away"):
        await each_of(range(10), do, 3)

    assert (begun, ended) == ([0, 1, 2], [0, 2])
