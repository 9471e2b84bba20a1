"""Where the topics that the hub reads end: asked of Kafka now and then, and told to all who want to know meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiokafka.errors import KafkaTimeoutError

from adapters.rows.positions import Place
from contracts.topics import INBOUND
from hub.desk.resources import Desk

FRESH_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Ends:
    """Where each partition of this database's share ends, of the topics that exist, and when that was asked."""

    at: datetime
    ends: Mapping[Place, int]


class LogEnds:
    """The ends as one process knows them: one look at Kafka every 2 s at most, whoever and however many ask.

    A look that failed is not repeated sooner either: a Kafka that is away isn't asked by everybody at once.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._look: asyncio.Task[Ends] | None = None
        self._over = 0.0

    async def read(self) -> Ends:
        """Return where the topics end; raises KafkaError."""
        if self._look is None or (self._look.done() and asyncio.get_running_loop().time() >= self._over):
            self._look = asyncio.create_task(self._looked(), name="log ends")
            self._look.add_done_callback(_heard)
        # Who hangs up doesn't end the look that others wait for.
        return await asyncio.shield(self._look)

    async def close(self) -> None:
        """End the look that is under way."""
        if self._look is not None:
            self._look.cancel()
            with suppress(BaseException):
                await self._look

    async def _looked(self) -> Ends:
        try:
            async with asking_kafka(LOOK_SECONDS):
                return await self._asked()
        finally:
            self._over = asyncio.get_running_loop().time() + FRESH_SECONDS

    async def _asked(self) -> Ends:
        log, (part, parts) = self._desk.log, self._desk.settings.database.share
        counts = await log.counts([topic.name for topic in INBOUND])
        places = [(topic, number) for topic, count in counts.items() for number in range(part, count, parts)]
        return Ends(datetime.now(UTC), await log.ends(places) if places else {})


def _heard(look: asyncio.Task[Ends]) -> None:
    """Take note of how a look ended, though everybody may have gone who waited for it."""
    if not look.cancelled():
        look.exception()


@asynccontextmanager
async def asking_kafka(seconds: float) -> AsyncIterator[None]:
    """Ask Kafka for so long at most; raises KafkaError where it doesn't answer in time."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise KafkaTimeoutError(f"no answer in {seconds:g} s") from error
