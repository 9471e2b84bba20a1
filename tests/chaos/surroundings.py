"""The surroundings of a run: a Kafka and a PostgreSQL of its own, each also behind a proxy, and a prepared hub."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from adapters.embedded import EmbeddedServers, Progress
from adapters.embedded.kafka import Behind
from adapters.embedded.ports import HOST, LOWEST, is_free
from hub import servers
from hub.api_settings import ApiSettings
from hub.demo import POLICY
from hub.settings import DatabaseSettings, KafkaSettings, Settings
from hub.wiring import engine_of
from tests.api.server import API_KEY
from tests.chaos.proxy import Proxy
from tests.chaos.spotting import KafkaSpotter, PostgresSpotter
from tests.stage import TOKEN_KEY, Stage

SHARDS: Final = 6
LEASE: Final = timedelta(seconds=2)


@dataclass(frozen=True)
class Surroundings:
    """Where everything is: `stage` reaches the servers directly, `settings` are those of the hub behind the proxies."""

    both: EmbeddedServers
    stage: Stage
    settings: Settings
    kafka: Proxy
    postgres: Proxy
    folder: Path

    async def restart_kafka(self) -> None:
        """Kill the broker and start it again."""
        await asyncio.to_thread(self.both.restart_kafka, "kill")

    async def restart_postgres(self) -> None:
        """Let PostgreSQL drop everything at once and start it again: it recovers from its log."""
        await asyncio.to_thread(self.both.restart_postgres, "immediate")

    def signal_kafka(self, number: signal.Signals) -> None:
        """Send a signal to the broker."""
        os.kill(self.both.kafka_pid, number)

    def signal_postgres(self, number: signal.Signals) -> None:
        """Send a signal to PostgreSQL and all its backends: each is in a session of its own."""
        server = psutil.Process(self.both.postgres_pid)
        for process in (server, *server.children(recursive=True)):
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue


@asynccontextmanager
async def surroundings(folder: Path, progress: Progress) -> AsyncIterator[Surroundings]:
    """Start the servers and the proxies and prepare the hub; everything ends with the block."""
    behind, told = free_port(), free_port()
    both = EmbeddedServers(folder / "servers", keep=False, progress=progress, kafka_behind=Behind(behind, told))
    addresses = await asyncio.to_thread(both.start)
    try:
        url = make_url(addresses.database_url)
        kafka, postgres = Proxy(behind, KafkaSpotter, port=told), Proxy(url.port or 5432, PostgresSpotter)
        await kafka.start()
        await postgres.start()
        direct = _settings(addresses.bootstrap_servers, addresses.database_url, folder)
        far = url.set(host=HOST, port=postgres.port).render_as_string(hide_password=False)
        await servers.prepare(direct, progress.step)
        stage = Stage(direct, engine_of(direct))
        try:
            yield Surroundings(both, stage, _settings(f"{HOST}:{told}", far, folder), kafka, postgres, folder)
        finally:
            await stage.close_pen()
            await stage.log.close()
            await stage.engine.dispose()
            await kafka.close()
            await postgres.close()
    finally:
        await asyncio.to_thread(both.stop)


def _settings(bootstrap_servers: str, database_url: str, folder: Path) -> Settings:
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap_servers),
        database=DatabaseSettings(url=SecretStr(database_url)),
        token_key=SecretStr(TOKEN_KEY),
        shards=SHARDS,
        data=folder,
        lease=LEASE,
        policy=dict(POLICY),
        api=ApiSettings(key=SecretStr(API_KEY)),
    )


def free_port() -> int:
    """Return a port that nobody has; the system draws it below the range that it gives to outgoing connections."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        drawn = int(probe.getsockname()[1])
    port = LOWEST + drawn % 10_000
    while not is_free(port):
        port += 1
    return port
