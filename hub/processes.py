"""The hub's processes as children: started with the same servers and policy, killed, started again, stopped."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_core import to_json

from hub.app import PARENT
from hub.errors import DemoStuck
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended by itself: what it ran, its code, and its log."""

    command: str
    code: int
    log: Path

    def __str__(self) -> str:
        return f"hub {self.command}, which ended with code {self.code}; its log is {self.log}"


@dataclass(slots=True)
class Processes:
    """The hub's processes of a demo; a killed one is started again."""

    environment: Mapping[str, str]
    folder: Path
    running: list[asyncio.subprocess.Process] = field(default_factory=list)
    kills: int = 0
    _told: dict[int, tuple[tuple[str, ...], Path]] = field(default_factory=dict)

    async def start(self, *command: str) -> None:
        """Start one more, which runs this command; the hub itself if none is named."""
        name = command[-1] if command else "hub"
        path = self.folder / f"{name}-{len(list(self.folder.glob(f'{name}-*.log')))}.log"
        log = path.open("wb")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub", *(command or ("run",)), env=dict(self.environment), stdout=log, stderr=log
        )
        log.close()
        self.running.append(process)
        self._told[process.pid] = (command, path)

    async def start_anew(self) -> list[Ended]:
        """Start another one for each that ended by itself; return those."""
        ended = []
        for process in [each for each in self.running if each.returncode is not None]:
            command, log = self._told[process.pid]
            self.running.remove(process)
            await self.start(*command)
            ended.append(Ended(" ".join(command or ("run",)), process.returncode or 0, log))
        return ended

    async def kill(self, choice: random.Random) -> None:
        """Kill one hard and start another in its place."""
        victim = choice.choice(self.running)
        self.running.remove(victim)
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        self.kills += 1
        await self.start()

    def check(self) -> None:
        """Raise DemoStuck where a process ended by itself."""
        for process in self.running:
            if process.returncode is not None:
                raise DemoStuck(f"a hub process ended with code {process.returncode}; its log is in {self.folder}")

    async def stop(self) -> None:
        """Let all end after their batches in hand."""
        for process in self.running:
            if process.returncode is None:
                process.terminate()
        for process in self.running:
            try:
                async with asyncio.timeout(25):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which a hub process finds the same servers and policy."""
    kafka = settings.connection()
    key, api_key = settings.token_key, settings.api.key
    return {
        **os.environ,
        "HUB_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "HUB_KAFKA__PREFIX": kafka.prefix,
        "HUB_KAFKA__GROUP": kafka.group,
        "HUB_DATABASE__URL": settings.database_url(),
        "HUB_DATABASE__PART": settings.database.part,
        "HUB_SHARDS": str(settings.shards),
        "HUB_PARTITIONS": str(settings.partition_count),
        "HUB_LEASE": f"PT{settings.lease.total_seconds()}S",
        **({} if key is None else {"HUB_TOKEN_KEY": key.get_secret_value()}),
        **({} if api_key is None else {"HUB_API__KEY": api_key.get_secret_value()}),
        "HUB_API__HOST": settings.api.host,
        "HUB_API__PORT": str(settings.api.port),
        "HUB_SIGNING_KEYS": to_json([each.get_secret_value() for each in settings.signing_keys]).decode(),
        "HUB_WEBHOOKS__KEYS": to_json(settings.webhooks.sealing()).decode(),
        "HUB_WEBHOOKS__ALLOW_PRIVATE": to_json([str(each) for each in settings.webhooks.allow_private]).decode(),
        "HUB_POLICY": to_json(settings.policy).decode(),
        "HUB_LOG_JSON": "true",
        PARENT: str(os.getpid()),
    }
