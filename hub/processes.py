"""The hub's processes as children: started with the same servers and policy, killed, started again, stopped."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic_core import to_json

from hub.app import PARENT
from hub.errors import DemoStuck
from hub.settings import Settings

RUN: Final = ("run",)
"""The command of the hub itself."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended by itself: what it ran, its code, and its log."""

    command: tuple[str, ...]
    code: int
    log: Path

    def __str__(self) -> str:
        return f"hub {' '.join(self.command)}, which ended with code {self.code}; its log is {self.log}"


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A process that runs a command of the hub, with its log."""

    process: asyncio.subprocess.Process
    command: tuple[str, ...]
    log: Path


@dataclass(slots=True)
class Processes:
    """The hub's processes on this machine: `running` are those that were started and not found to have ended."""

    environment: Mapping[str, str]
    folder: Path
    running: list[Child] = field(default_factory=list)
    kills: int = 0

    async def start(self, *command: str) -> None:
        """Start one more, which runs this command; the hub itself if none is named."""
        command = command or RUN
        name = "hub" if command == RUN else command[-1]
        path = self.folder / f"{name}-{len(list(self.folder.glob(f'{name}-*.log')))}.log"
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub", *command, env=dict(self.environment), stdout=log, stderr=log
            )
        self.running.append(Child(process, command, path))

    def ended(self) -> list[Ended]:
        """Return those that ended by themselves since they were asked for last."""
        gone = [each for each in self.running if each.process.returncode is not None]
        self.running = [each for each in self.running if each not in gone]
        return [Ended(each.command, each.process.returncode or 0, each.log) for each in gone]

    async def kill(self, choice: random.Random) -> None:
        """Kill one hard and start another in its place, which runs the same."""
        victim = choice.choice(self.running)
        self.running.remove(victim)
        victim.process.send_signal(signal.SIGKILL)
        await victim.process.wait()
        self.kills += 1
        await self.start(*victim.command)

    def check(self) -> None:
        """Raise DemoStuck where a process ended by itself."""
        for each in self.running:
            if each.process.returncode is not None:
                code = each.process.returncode
                raise DemoStuck(f"a hub process ended with code {code}; its log is {each.log}")

    async def stop(self) -> None:
        """Let all end after their batches in hand."""
        processes = [each.process for each in self.running]
        for process in processes:
            if process.returncode is None:
                process.terminate()
        for process in processes:
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
    known = {name: value for name, value in os.environ.items() if name != "HUB_TELEMETRY__PORT"}  # theirs are many
    return {
        **known,
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
