"""Work that no answer waits for is bounded: it lies in memory until the database has taken it."""

import asyncio

import pytest

from hub.api import later


async def test_no_more_is_under_way_than_allowed_and_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "MOST", 2)
    work, gate, running, most = later.Later(), asyncio.Event(), 0, 0

    async def write() -> None:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await gate.wait()
        running -= 1

    async def all_of_them() -> None:
        for _ in range(5):
            await work.do(write())

    asked = asyncio.create_task(all_of_them())
    for _ in range(20):
        await asyncio.sleep(0)
    assert (running, asked.done()) == (2, False)
    gate.set()
    await asked
    await work.done()

    assert (running, most) == (0, 2)
