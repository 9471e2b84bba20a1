"""A producer is ended whole while its broker is gone: nothing of it looks for the broker any more."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from adapters.embedded import EmbeddedServers
from adapters.kafka.ending import end
from hub.settings import KafkaSettings, Settings
from tests.embedded.topics import topics

pytestmark = pytest.mark.integration


def of_the_client() -> list[str]:
    """Return what runs of Kafka's client now."""
    codes = [getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks()]
    return [code.co_qualname for code in codes if code is not None and "aiokafka" in code.co_filename]


async def test_a_producer_in_a_transaction_ends_while_its_broker_is_gone(folder: Path) -> None:
    servers = EmbeddedServers(folder / "servers", keep=False)
    with servers as at:
        settings = Settings(kafka=KafkaSettings(bootstrap_servers=at.bootstrap_servers))
        await topics(at, create="told", count=1)
        producer: Any = settings.connection().producer(transactional_id="a-shard")
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait("told", b"while it is there")
        sending = asyncio.create_task(producer.send_and_wait("told", b"when it is gone", partition=0))
        os.kill(servers.kafka_pid, signal.SIGKILL)
        await asyncio.sleep(0.5)
        assert of_the_client()

        await end(producer, 0.5)

        assert not of_the_client()
        sending.cancel()
