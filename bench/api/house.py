"""A house: a database and topics of their own, a hub process, and API processes that come and go."""

import asyncio
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

import asyncpg
import httpx2

from adapters import keys, tokens
from bench.candidates.candidate import Stand, python_module
from bench.candidates.hub import Hub
from bench.ground.ground import Ground
from bench.meter import loop_milliseconds
from bench.processes import Processes
from bench.results import Found

PATIENCE_SECONDS: Final = 120.0
"""How long anything may take before it counts as lost. It is no measure of speed."""
HERE: Final = "127.0.0.1"
MANY: Final = "100000"
UNBOUND: Final[Mapping[str, str]] = {
    "HUB_API__REQUESTS_PER_SECOND": MANY,
    "HUB_API__ACTS_PER_SECOND": MANY,
    "HUB_API__STREAMS": "10000",
    "HUB_API__CLIENTS": MANY,
    "HUB_API__WAIT": "PT30S",
}
"""One caller asks for all of them here, and waits for every answer."""


@dataclass(frozen=True, slots=True)
class Api:
    """An API process: where it answers, and its process id."""

    host: str
    port: int
    pid: int

    @property
    def base(self) -> str:
        """Return its address."""
        return f"http://{self.host}:{self.port}"


class House:
    """One part's hub. Use it as an async context manager: then nothing of it is left."""

    def __init__(self, ground: Ground, part: str, folder: Path) -> None:
        self.ground = ground
        self.found = Found("api", part)
        self._name = f"a_{part}"
        self._outside = folder
        self._folder = folder / self._name
        self._token_key = secrets.token_hex(32)
        known = {"HUB_API__KEY": keys.new_pair()[0], "HUB_TOKEN_KEY": self._token_key}
        self._hub = Hub(1, {**UNBOUND, **known}, topics=())
        self._started = 0

    async def __aenter__(self) -> Self:
        self.found.loop_ms = round(loop_milliseconds(), 1)
        self._folder.mkdir(parents=True, exist_ok=True)
        url = await self.ground.databases.create(self._name)
        self.stand = Stand(self.ground, self._name, url, self._folder)
        await self._hub.prepare(self.stand)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.ground.topics.delete(self.stand.prefix)
        await self.ground.databases.drop(self._name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def client(self, api: Api, stores: Sequence[str] = ("*",)) -> httpx2.AsyncClient:
        """Return a client that may do everything, in these stores; it waits longer than the API does."""
        headers = {"Authorization": f"Bearer {self.token(stores)}"}
        return httpx2.AsyncClient(base_url=api.base, headers=headers, timeout=PATIENCE_SECONDS)

    def token(self, stores: Sequence[str] = ("*",), name: str = "ann") -> str:
        """Return a signed token with all scopes."""
        return tokens.create(self._token_key, name, tokens.SCOPES, stores, timedelta(hours=12))

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[int]:
        """Run `hub run` as long as the block; give its process id."""
        async with self._running("run") as processes:
            await self.until("SELECT count(*) > 0 AND bool_and(token IS NOT NULL) FROM shard", "the hub has its shards")
            yield processes.pids[0]

    @asynccontextmanager
    async def api(self, **settings: str) -> AsyncIterator[Api]:
        """Run `hub api` with these settings as long as the block."""
        port = _free_port()
        async with self._running("api", HUB_API__HOST=HERE, HUB_API__PORT=str(port), **settings) as processes:
            api = Api(HERE, port, processes.pids[0])
            await self._until_ready(api, processes)
            yield api

    @asynccontextmanager
    async def _running(self, command: str, **settings: str) -> AsyncIterator[Processes]:
        self._started += 1
        processes = Processes(self._folder, self._outside / f"{self._name}-{command}-{self._started}.log")
        processes.start([python_module("hub", command)], {**self._hub.environment(self.stand), **settings})
        try:
            yield processes
            if processes.one_ended:
                self.found.faults.append(f"hub {command} ended by itself: {_end_of(processes.log)}")
            elif not await processes.end():
                self.found.detail["stopped"] = "by force"
        finally:
            processes.kill()

    async def _until_ready(self, api: Api, processes: Processes) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), httpx2.AsyncClient(base_url=api.base) as client:
            while True:
                if processes.one_ended:
                    raise RuntimeError(f"hub api did not start: {_end_of(processes.log)}")
                try:
                    if (await client.get("/readyz")).status_code == httpx2.codes.OK:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.1)

    async def until(self, question: str, what: str, *arguments: object) -> None:
        """Wait until the database says true; raises TimeoutError that says what never was."""
        connection = await asyncpg.connect(self.stand.database_url)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await connection.fetchval(question, *arguments):  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"it never came to this: {what}") from None
        finally:
            await connection.close()

    async def rows(self, question: str, *arguments: object) -> list[Any]:
        """Return what the database answers."""
        connection = await asyncpg.connect(self.stand.database_url, command_timeout=None)
        try:
            return list(await connection.fetch(question, *arguments))
        finally:
            await connection.close()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HERE, 0))
        return int(trial.getsockname()[1])


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-500:]
