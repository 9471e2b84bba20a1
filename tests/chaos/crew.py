"""The crew: the hub's processes of a chaos run, started armed or with another clock, killed, frozen, replaced."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from hub.processes import environment_of
from hub.settings import Settings

STOP_SECONDS: Final = 60.0
LOG_TAIL: Final = 3_000
EXPECTED: Final = (0, -signal.SIGKILL, -signal.SIGTERM)
"""Exit codes of a process that was ended: SIGTERM itself where it came before the process listens to it."""
JOINED: Final = "hub running"
WORKS: Final = "shard taken over"
"""What a process writes into its log when it takes part, and when it has something to do."""


@dataclass(eq=False)
class Member:
    """One hub process; `busy` while a fault has it, `expected` once its end is part of a fault."""

    process: asyncio.subprocess.Process
    log: Path
    busy: bool = False
    expected: bool = False

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    @property
    def joined(self) -> bool:
        """Whether it takes part."""
        return JOINED in self.log.read_text(errors="replace")

    @property
    def works(self) -> bool:
        """Whether it has taken a shard over."""
        return WORKS in self.log.read_text(errors="replace")


class EndedByItself(AssertionError):
    """A hub process ended and no fault had asked for it."""


@dataclass
class Crew:
    """The processes; a fault takes one out with `borrow`, and gives back what stands in its place."""

    settings: Settings
    folder: Path
    seed: int
    members: list[Member] = field(default_factory=list)
    started: int = 0

    @property
    def hits_file(self) -> Path:
        return self.folder / "hits.log"

    def hits(self) -> Counter[str]:
        """Return how often each failpoint did what: `<point>:<action>`."""
        if not self.hits_file.exists():
            return Counter()
        return Counter(line.rsplit(":", 1)[0] for line in self.hits_file.read_text().split())

    async def start(self, armed: str = "", extra: Mapping[str, str] | None = None, *, busy: bool = False) -> Member:
        """Start a process; `armed` are its failpoints."""
        self.started += 1
        environment = environment_of(self.settings) | {
            "HUB_FAILPOINTS": armed,
            "HUB_FAILPOINTS_SEED": str(self.seed + self.started),
            "HUB_FAILPOINTS_LOG": str(self.hits_file),
            **(extra or {}),
        }
        path = self.folder / f"hub-{self.started:04}.log"
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub", "run", env=environment, stdout=log, stderr=log
            )
        member = Member(process, path, busy)
        self.members.append(member)
        return member

    async def borrow(self, choice: Random) -> Member:
        """Take a process for a fault; waits until one has shards and is free."""
        while not (free := [member for member in self.members if member.alive and not member.busy and member.works]):
            await asyncio.sleep(0.1)
        member = choice.choice(free)
        member.busy = True
        return member

    async def end(self, member: Member, number: signal.Signals) -> None:
        """End a process and wait for it; one that takes too long over it is a failure."""
        member.expected = True
        with suppress(ProcessLookupError):  # a failpoint was faster
            # Not by asyncio's own send_signal: it polls, and would take the exit code away from whoever waits for it.
            os.kill(member.process.pid, number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await member.process.wait()
        except TimeoutError:
            raise EndedByItself(f"it didn't end within {STOP_SECONDS} s of {number.name}: {tail(member)}") from None
        self.members.remove(member)

    def check(self) -> None:
        """Raise EndedByItself where a process ended and no fault was to blame."""
        for member in self.members:
            code = member.process.returncode
            wanted = EXPECTED if member.expected else ()
            if code is not None and code not in wanted:
                raise EndedByItself(f"a hub process ended with code {code}: {tail(member)}")

    async def stop(self) -> None:
        """Let all end after their batches in hand, hard where they don't."""
        running = [member for member in self.members if member.alive]
        for member in running:
            with suppress(ProcessLookupError):
                os.kill(member.process.pid, signal.SIGCONT)
                member.expected = True
                os.kill(member.process.pid, signal.SIGTERM)
        for member in running:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await member.process.wait()
            except TimeoutError:
                member.process.kill()
                await member.process.wait()
        self.members = []


def tail(member: Member) -> str:
    """Return the end of a process's log."""
    return f"{member.log.name}: {member.log.read_text(errors='replace')[-LOG_TAIL:]}"
