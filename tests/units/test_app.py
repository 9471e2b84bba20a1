"""A process tells a server's silence from work of its own that takes too long."""

import asyncio
from datetime import timedelta

import pytest

from hub import app
from hub.settings import Settings
from hub.telemetry.process import Telemetry


async def test_a_server_that_does_not_answer_is_no_end_of_the_work_in_hand() -> None:
    async def silent(settings: Settings, stop: asyncio.Event, _: Telemetry) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await app.until_told(Settings(), silent)


async def test_work_that_takes_longer_than_a_process_may_is_left() -> None:
    async def endless(settings: Settings, stop: asyncio.Event, _: Telemetry) -> None:
        stop.set()
        await asyncio.Event().wait()

    await app.until_told(Settings().model_copy(update={"drain": timedelta(milliseconds=10)}), endless)
