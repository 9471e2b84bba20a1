"""Sampling: once a second one of the processes writes down how the hub does."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from hub.desk import figures, open_desk
from hub.patience import while_away
from hub.settings import Settings

LOG: Final = structlog.get_logger("figures")
STATEMENT_SECONDS: Final = 5.0


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Take samples until `stop`; where a server is away, go on once it is back."""
    async with open_desk(settings, STATEMENT_SECONDS, connections=1) as desk:

        async def steadily() -> None:
            while not stop.is_set():
                await figures.sample(desk)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), figures.SECONDS)

        await while_away("figures", stop, steadily)
