"""The parent's side of the watchdog: children that end with this process, however it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.embedded.errors import ServersEndedEarly

STOP_TIMEOUT = 60.0  # seconds; longer than all the steps of the watchdog's own stop


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that a child runs as."""

    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Program:
    """A child process to be: its command, its surroundings, and how it is stopped (signals, with seconds of grace)."""

    name: str
    argv: Sequence[str | Path]
    cwd: Path
    log: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    account: Account | None = None
    stop: Sequence[tuple[int, float]] = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))


class Supervision:
    """A watchdog process and the children that it keeps."""

    def __init__(self, folder: Path, lock: int) -> None:
        """Start the watchdog; it inherits the folder's `lock` (a file descriptor), so that the lock outlives us."""
        self._folder = folder
        self._turn = threading.Lock()
        self._pids: dict[str, int] = {}
        package_root = Path(__file__).resolve().parents[2]
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "adapters.embedded.watchdog"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=package_root,
            pass_fds=(lock,),
            start_new_session=True,
        )

    def start(self, program: Program) -> int:
        """Start the program; its process id. Raises OSError where the program cannot be run."""
        account = program.account
        answer = self._ask(
            do="start",
            name=program.name,
            argv=[str(part) for part in program.argv],
            cwd=str(program.cwd),
            env=dict(program.env),
            log=str(program.log),
            stop=[[int(number), grace] for number, grace in program.stop],
            user=account.user if account else None,
            group=account.group if account else None,
        )
        self._pids[program.name] = answer["pid"]
        return int(answer["pid"])

    def exit_code(self, name: str) -> int | None:
        """The exit code of a child (negative: the signal that ended it), None while it runs."""
        code = self._ask(do="poll", name=name)["code"]
        return None if code is None else int(code)

    def end(self, name: str, number: int, grace: float) -> None:
        """Send a signal and wait for the child's end; past `grace` seconds it is killed."""
        self._ask(do="signal", name=name, signal=int(number))
        deadline = time.monotonic() + grace
        while self.exit_code(name) is None:
            if time.monotonic() > deadline:
                self._ask(do="signal", name=name, signal=int(signal.SIGKILL))
                deadline = float("inf")
            time.sleep(0.02)

    def remove_at_end(self, paths: Sequence[Path]) -> None:
        """What the watchdog removes after it has stopped the children; then the folder itself, if it is empty."""
        self._ask(do="remove", paths=[str(path) for path in paths], folder=str(self._folder))

    def close(self) -> None:
        """Let the watchdog stop all children and end; returns when it has. May be called twice."""
        watchdog = self._watchdog
        for pipe in (watchdog.stdin, watchdog.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        try:
            code = watchdog.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            watchdog.kill()
            code = watchdog.wait()
        if code < 0:  # it was killed: its children are nobody's now
            self._kill_children()

    def _kill_children(self) -> None:
        for pid in self._pids.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._pids.clear()

    def _ask(self, **request: Any) -> dict[str, Any]:
        stdin, stdout = self._watchdog.stdin, self._watchdog.stdout
        assert stdin is not None
        assert stdout is not None
        with self._turn:
            try:
                stdin.write(json.dumps(request).encode() + b"\n")
                stdin.flush()
                line = stdout.readline()
            except (OSError, ValueError) as error:
                raise ServersEndedEarly(str(error), self._folder) from error
        if not line:
            raise ServersEndedEarly("it gives no answer", self._folder)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise OSError(answer.get("errno") or 0, answer["error"])
        return answer
