"""The process that starts the servers and stops them when it is told to or when its parent is gone.

It runs in a session of its own, so Ctrl-C never reaches it. It reads one JSON object a line from its standard input and
answers each with one line; the end of the input, however the parent ended, means: stop everything, clean up, end.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PARENT_CHECK = 1.0  # seconds; a grandchild may hold the pipe open after the parent has gone


class Watchdog:
    """The running children, by name, and what to remove at the end."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stops: dict[str, list[tuple[int, float]]] = {}
        self.remove: list[str] = []
        self.folder = ""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what one request says; every request is over in an instant."""
        match request["do"]:
            case "start":
                return self.start(request)
            case "poll":
                return {"code": self.children[request["name"]].poll()}
            case "signal":
                with contextlib.suppress(ProcessLookupError):
                    self.children[request["name"]].send_signal(request["signal"])
                return {}
            case "remove":
                self.remove, self.folder = request["paths"], request["folder"]
                return {}
        return {"error": "unknown request"}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a child in a session of its own; answers its process id."""
        account = {"user": request["user"], "group": request["group"], "extra_groups": []} if request["user"] else {}
        with Path(request["log"]).open("ab") as log:
            child = subprocess.Popen(
                request["argv"],
                cwd=request["cwd"],
                env=request["env"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **account,
            )
        self.children[request["name"]] = child
        self.stops[request["name"]] = [(number, grace) for number, grace in request["stop"]]
        return {"pid": child.pid}

    def stop(self) -> None:
        """Stop all children at once, each in its own way, harder step by step; then remove what was asked."""
        begun = time.monotonic()
        due = dict.fromkeys(self.children, (begun, 0))  # when the next step is due, and which it is
        while due:
            for name in list(due):
                if self.children[name].poll() is not None:
                    del due[name]
                elif time.monotonic() >= due[name][0]:
                    step = min(due[name][1], len(self.stops[name]) - 1)
                    number, grace = self.stops[name][step]
                    with contextlib.suppress(ProcessLookupError):
                        self.children[name].send_signal(number)
                        self.children[name].send_signal(signal.SIGCONT)  # a frozen one would not hear it
                    due[name] = (time.monotonic() + grace, step + 1)
            time.sleep(0.02)
        for path in self.remove:
            _remove(Path(path))
        if self.folder:
            with contextlib.suppress(OSError):  # somebody else's files are in it: they stay
                Path(self.folder).rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def serve(watchdog: Watchdog) -> None:
    """Answer requests until the input ends or the parent is another one."""
    parent = os.getppid()
    rest = b""
    while os.getppid() == parent:
        ready, _, _ = select.select([0], [], [], PARENT_CHECK)
        if not ready:
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _reply(watchdog, json.loads(line))


def _reply(watchdog: Watchdog, request: dict[str, Any]) -> None:
    try:
        answer = watchdog.answer(request)
    except (OSError, subprocess.SubprocessError) as error:
        answer = {"error": str(error), "errno": getattr(error, "errno", None)}
    os.write(1, json.dumps(answer).encode() + b"\n")


def main() -> None:
    """Serve the parent, and stop everything whichever way that ends."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN: the servers would inherit that
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    watchdog = Watchdog()
    try:
        serve(watchdog)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        watchdog.stop()


if __name__ == "__main__":
    main()
