"""A process that owns embedded servers, and what is left of it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

OWNER = """
import json, sys, time
from pathlib import Path
from adapters.embedded import EmbeddedServers
with EmbeddedServers(Path(sys.argv[1]), keep=sys.argv[2] == "keep") as at:
    print(json.dumps(at.bootstrap_servers), flush=True)
    time.sleep(600)
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A Python process with embedded servers in `folder`."""

    process: subprocess.Popen[str]
    folder: Path

    def await_ready(self) -> None:
        """Returns when both servers answer."""
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline())

    def end(self, number: int) -> list[psutil.Process]:
        """Send the signal and wait for the process alone; the processes it had below it."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return family


def start_owner(folder: Path, *, keep: bool) -> Owner:
    """Start such a process; returns at once."""
    command = [sys.executable, "-c", OWNER, str(folder), "keep" if keep else "throw away"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=Path(__file__).parents[2])
    return Owner(process, folder)


def until(condition: Callable[[], object], seconds: float = 40) -> bool:
    """Poll until the condition holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def are_gone(family: list[psutil.Process]) -> bool:
    """Whether none of these processes runs any more."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def servers_of(folder: Path) -> list[int]:
    """The processes on this machine that work in the folder, found by their working directories."""
    return [pid for pid in psutil.pids() if _works_in(pid, folder.resolve())]


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
