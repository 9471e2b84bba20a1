"""The relay: it reads the outbox with SKIP LOCKED and publishes with a plain producer."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import async_sessionmaker

from bench.peers import messages
from bench.peers.careful.tables import Outbox, engine
from bench.peers.surroundings import BOOTSTRAP, OUT_PREFIX

RELAY_SECONDS: Final = 0.02
RELAY_ROWS: Final = 500


async def relay(stop: asyncio.Event) -> None:
    """Publish what lies in the outbox."""
    store = engine(2)
    sessions = async_sessionmaker(store, expire_on_commit=False)
    topic = OUT_PREFIX + messages.STATUS
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, enable_idempotence=True, linger_ms=2) as producer:
        while not stop.is_set():
            async with sessions.begin() as session:
                waiting = select(Outbox.id, Outbox.key, Outbox.value).order_by(Outbox.id).limit(RELAY_ROWS)
                rows = (await session.execute(waiting.with_for_update(skip_locked=True))).all()
                if rows:
                    await asyncio.gather(*[await producer.send(topic, value, key) for _, key, value in rows])
                    await session.execute(delete(Outbox).where(Outbox.id.in_([row[0] for row in rows])))
            if len(rows) < RELAY_ROWS // 5:
                await asyncio.sleep(RELAY_SECONDS)
    await store.dispose()
