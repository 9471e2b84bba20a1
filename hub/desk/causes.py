"""What records failed of, as one process knows it: counted in the background, and told to all who ask meanwhile."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from hub.desk import figures
from hub.desk.failed import FailedGroup
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("causes")
FRESH_SECONDS: Final = 5.0
"""How old the causes may be: to count 100,000 dead letters by cause takes 0.15 s."""
SHARE: Final = 20
"""So many times as long as counting them took is not counted again: however many there are, a twentieth of a core."""
PATIENCE_SECONDS: Final = 1.0
"""How long whoever has them counted waits for it before he takes the last ones."""


class Causes:
    """The causes that were counted last. There is one count at a time, whoever and however many ask.

    A count that failed is not repeated sooner either: what takes too long isn't begun again by everybody who asks.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE_SECONDS) -> None:
        self._clock, self._patience = clock, patience
        self._count: asyncio.Task[None] | None = None
        self._found: Sequence[FailedGroup] | None = None
        self._due = clock()

    async def read(self, desk: Desk) -> Sequence[FailedGroup] | None:
        """Return the causes that were counted last, None where they never were."""
        if (self._count is None or self._count.done()) and self._clock() >= self._due:
            self._count = asyncio.create_task(self._counted(desk), name="causes")
            # Who hangs up doesn't end the count that others wait for.
            await asyncio.wait({self._count}, timeout=self._patience)
        return self._found

    async def close(self) -> None:
        """End the count that is under way."""
        if self._count is not None:
            self._count.cancel()
            with suppress(BaseException):
                await self._count

    async def _counted(self, desk: Desk) -> None:
        began = self._clock()
        try:
            self._found = await figures.causes(desk)
        except SERVER_ERRORS as error:
            LOG.warning("causes_not_counted", reason=type(error).__name__)
        finally:
            now = self._clock()
            self._due = now + max(FRESH_SECONDS, SHARE * (now - began))
