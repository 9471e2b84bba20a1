"""A hub that has played a few orders and stopped, and ways to tamper with what it left behind."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.kafka.connection import KafkaConnection
from contracts.wire import Outgoing, Record
from verification import Difference, Report, Verification, verify


@dataclass(frozen=True, slots=True)
class PlayedHub:
    """What the fixture `played_hub` gives: some orders were played to their ends, and nothing runs any more."""

    verification: Verification
    engine: AsyncEngine
    kafka: KafkaConnection

    async def one(self, statement: str, **values: object) -> Mapping[str, Any]:
        """Return the first row."""
        async with self.engine.connect() as connection:
            return dict((await connection.execute(text(statement), values)).mappings().one())

    async def verify(self) -> Report:
        """Verify it as it is now."""
        return await verify(self.verification)

    @asynccontextmanager
    async def tampered(self, table: str, where: str, change: str, **values: object) -> AsyncIterator[None]:
        """Change rows of a table for a while; `where` must find the same rows before and after."""
        await self._run(f"CREATE TABLE kept AS SELECT * FROM {table} WHERE {where}", values)
        try:
            await self._run(change, values)
            yield
        finally:
            await self._run(f"DELETE FROM {table} WHERE {where}", values)
            await self._run(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept", {})
            await self._run("DROP TABLE kept", {})

    async def _run(self, statement: str, values: Mapping[str, object]) -> None:
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), named)

    async def publish(self, message: Outgoing, partition: int) -> Record:
        """Write a message as nobody but the hub may."""
        producer = self.kafka.producer()
        await producer.start()
        try:
            topic = self.kafka.topic(message.topic)
            headers = list(message.headers)
            sent = await producer.send_and_wait(
                topic, message.value, key=message.key, partition=partition, headers=headers
            )
        finally:
            await producer.stop()
        return Record(
            message.topic, partition, sent.offset, message.key, message.headers, message.value, sent.timestamp
        )


def naming(differences: tuple[Difference, ...], *words: str) -> list[Difference]:
    """Return the differences that name all of these words."""
    return [each for each in differences if all(word in f"{each.where} {each.detail}" for word in words)]
