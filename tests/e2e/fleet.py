"""A fleet of real hub processes: killed, frozen and misled at named points, restarted, and every fault counted."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.postgres.roles import Role
from hub.processes import environment_of
from tests.stage import Stage, as_role


@dataclass
class Member:
    """One process and the failpoints it was started with."""

    process: asyncio.subprocess.Process
    armed: str


@dataclass
class Fleet:
    """The processes of one test; `plan` is what the next ones are armed with, one specification each."""

    stage: Stage
    folder: Path
    seed: int
    plan: list[str] = field(default_factory=list)
    command: tuple[str, ...] = ("run",)
    module: str = "hub"
    settings: Mapping[str, str] = field(default_factory=dict)
    """What these processes have in their environment beside the stage's own settings."""
    members: list[Member] = field(default_factory=list)
    started: int = 0
    frozen: int = 0

    @property
    def hits_file(self) -> Path:
        return self.folder / "hits.log"

    def hits(self) -> Counter[str]:
        """Return how often each failpoint did what: `<point>:<action>`."""
        if not self.hits_file.exists():
            return Counter()
        return Counter(line.rsplit(":", 1)[0] for line in self.hits_file.read_text().split())

    async def start(self, armed: str = "", **settings: str) -> Member:
        """Start a process, with more settings where some are given."""
        environment = environment_of(as_role(self.stage.settings, Role.RUNTIME)) | {
            "HUB_LEASE": "PT2S",
            "HUB_FAILPOINTS": armed,
            "HUB_FAILPOINTS_SEED": str(self.seed + self.started),
            "HUB_FAILPOINTS_LOG": str(self.hits_file),
            **self.settings,
            **settings,
        }
        self.started += 1
        log = (self.folder / f"hub-{self.started}.log").open("wb")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self.module, *self.command, env=environment, stdout=log, stderr=log
        )
        log.close()
        self.members.append(Member(process, armed))
        return self.members[-1]

    def next_armed(self) -> str:
        """Return the first specification of the plan that was not hit yet and that nobody carries."""
        hits, carried = self.hits(), {m.armed for m in self.members if m.process.returncode is None}
        open_ones = [s for s in self.plan if not hits[s.rsplit(":", 1)[0]] and s not in carried]
        return open_ones[0] if open_ones else ""

    async def mend(self) -> None:
        """Replace the processes that ended, and arm idle ones anew by replacing them."""
        for member in list(self.members):
            code = member.process.returncode
            if code is not None:
                assert code == -signal.SIGKILL, f"a hub process ended with {code}: {self.tail()}"
                self.members.remove(member)
                await self.start(self.next_armed())

    async def rearm(self) -> None:
        """Stop one member whose failpoint was hit and that still runs, and start one armed with the next."""
        hits = self.hits()
        armed = self.next_armed()
        for member in list(self.members):
            done = not member.armed or hits[member.armed.rsplit(":", 1)[0]]
            if armed and done and member.process.returncode is None:
                member.process.terminate()
                await member.process.wait()
                self.members.remove(member)
                await self.start(armed)
                return

    async def freeze(self, seconds: float) -> None:
        """Stop a process for longer than its leases last, then let it go on."""
        member = next(m for m in self.members if m.process.returncode is None)
        member.process.send_signal(signal.SIGSTOP)
        self.frozen += 1
        await asyncio.sleep(seconds)  # the fault itself: a process that does nothing for so long
        member.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Let all end, hard where they don't."""
        for member in self.members:
            if member.process.returncode is None:
                member.process.send_signal(signal.SIGCONT)
                member.process.terminate()
        for member in self.members:
            try:
                async with asyncio.timeout(25):
                    await member.process.wait()
            except TimeoutError:
                member.process.kill()
                await member.process.wait()
        self.members = []

    def tail(self) -> str:
        """Return the ends of the logs, for the message of a failed test."""
        logs = sorted(self.folder.glob("hub-*.log"), key=lambda p: p.stat().st_mtime)[-2:]
        return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in logs)


def fresh_seed() -> int:
    """Return the seed of a run: HUB_TEST_SEED, or the clock; it is printed, so that a failure can be repeated."""
    seed = int(os.environ.get("HUB_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}")
    return seed
