"""What a desk works with: the settings, an open engine, and Kafka where something asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from hub.errors import ServerIsAway
from hub.settings import Settings
from hub.wiring import ENGINE_COMMAND_SECONDS, engine_of


@dataclass(frozen=True, slots=True)
class Desk:
    """An open desk; nothing is connected before the first question, and one desk serves any number of them."""

    settings: Settings
    engine: AsyncEngine
    log: Log

    @property
    def kafka(self) -> KafkaConnection:
        """Return how to reach Kafka."""
        return self.settings.connection()

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Reach for Kafka's own tools as long as the block."""
        admin = self.kafka.admin()
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def changing(self, seconds: float) -> AsyncIterator[AIOKafkaAdminClient]:
        """Reach for them for so long at most, to look at or to change what Kafka has; raises ServerIsAway."""
        try:
            async with asyncio.timeout(seconds), self.admin() as admin:
                yield admin
        except (KafkaError, OSError, TimeoutError) as error:
            reason, where = str(error) or type(error).__name__, self.kafka.bootstrap_servers
            raise ServerIsAway("Kafka", where, reason, "HUB_KAFKA__BOOTSTRAP_SERVERS") from error


@asynccontextmanager
async def open_desk(
    settings: Settings, command_seconds: float = ENGINE_COMMAND_SECONDS, connections: int = 4
) -> AsyncIterator[Desk]:
    """Open a desk as long as the block, on the servers that the settings name.

    `command_seconds` is how long one statement may take; at most twice as many `connections` are open at once.
    """
    engine, log = engine_of(settings, command_seconds, connections), Log(settings.connection())
    try:
        yield Desk(settings, engine, log)
    finally:
        await log.close()
        await engine.dispose()
