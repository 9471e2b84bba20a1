"""The processes of a candidate: started together, each in a session of its own, and ended together."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 25.0


class Processes:
    """Processes that run in a folder and write to one log. They can be started again."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.log = log
        self.launched = 0.0
        """Monotonic time of the last start."""
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        """Return the process ids."""
        return [process.pid for process in self._running]

    @property
    def one_ended(self) -> bool:
        """Tell whether any of them has ended."""
        return any(process.poll() is not None for process in self._running)

    def start(self, commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> None:
        """Start a process for each command."""
        self.launched = time.monotonic()
        with self.log.open("ab") as log:
            self._running = [
                subprocess.Popen(
                    command, env=environment, cwd=self._folder, stdout=log, stderr=log, start_new_session=True
                )
                for command in commands
            ]

    async def end(self) -> bool:
        """Ask every process to end. Returns False where one had to be killed."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._any_runs() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        ended = not self._any_runs()
        self.kill()
        return ended

    def kill(self) -> None:
        """Kill all that still run."""
        self._signal(signal.SIGKILL)
        for process in self._running:
            process.wait()

    def _any_runs(self) -> bool:
        return any(process.poll() is None for process in self._running)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._running:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
