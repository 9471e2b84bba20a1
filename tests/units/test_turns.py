"""Turns: who asks for much waits behind himself, and never before others."""

import asyncio
from contextlib import AsyncExitStack, ExitStack

import pytest

from hub.api.problems import Problem
from hub.api.turns import Queue, Seats, Turns
from hub.desk.callers import Caller


def caller(name: str) -> Caller:
    return Caller("hub", name, frozenset(), frozenset())


def test_of_turns_there_are_so_many_and_each_comes_back() -> None:
    turns = Turns(2)
    for _ in range(2):
        with ExitStack() as held:
            held.enter_context(turns.taken())
            held.enter_context(turns.taken())
            with pytest.raises(Problem) as refused:
                held.enter_context(turns.taken())
    assert (refused.value.code, refused.value.headers["Retry-After"]) == ("rate", "1")


async def test_a_caller_fills_no_queue_for_others() -> None:
    queue, done = Queue(1, Seats(2, "things under way")), []

    async def ask(name: str) -> None:
        async with queue.turn(caller(name)):
            await asyncio.sleep(0)
            done.append(name)

    async with AsyncExitStack() as held:
        await held.enter_async_context(queue.turn(caller("ann")))
        waiting = [asyncio.create_task(ask("ann")), asyncio.create_task(ask("bea"))]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await ask("ann")
        assert done == []
    await asyncio.gather(*waiting)

    assert refused.value.code == "rate"
    assert "things under way" in refused.value.detail
    assert done == ["ann", "bea"]
    await ask("ann")
    assert done[-1] == "ann"
