"""The topics of an embedded Kafka."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from adapters.embedded import Addresses


async def topics(at: Addresses, *, create: str | None = None, count: int = 1) -> list[str]:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=at.bootstrap_servers)
    topic: Any = NewTopic  # neither is typed
    await admin.start()
    try:
        if create:
            await admin.create_topics([topic(create, num_partitions=count, replication_factor=1)])
        return list(await admin.list_topics())
    finally:
        await admin.close()
