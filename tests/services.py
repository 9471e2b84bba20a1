"""The embedded servers of a test session: one pair, shared by all its worker processes.

The first worker starts a keeper, a process of its own that runs the servers for as long as anybody holds the lock
`users` shared; the system lets go of a lock when its process ends, however that happens, so the keeper always ends too.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded import Addresses, EmbeddedServerError, EmbeddedServers

START_TIMEOUT = 300.0  # seconds; the first start on a machine downloads Kafka
STOP_TIMEOUT = 60.0  # seconds
POLL = 0.1  # seconds


class ServicesFailed(Exception):
    """The servers of the test session did not start."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The files by which the workers of one session find the same servers."""

    root: Path

    @property
    def users(self) -> Path:
        """Locked shared by each worker, exclusively by the keeper once nobody is left."""
        return self.root / "users.lock"

    @property
    def keeper(self) -> Path:
        """Locked by the keeper as long as it lives."""
        return self.root / "keeper.lock"

    @property
    def addresses(self) -> Path:
        """Where the servers listen, once they do."""
        return self.root / "addresses.json"

    @property
    def failure(self) -> Path:
        """Why the servers did not start."""
        return self.root / "failure.txt"

    @property
    def servers(self) -> Path:
        """The servers' data."""
        return self.root / "servers"


@contextmanager
def embedded_services(tmp_root: Path) -> Iterator[Addresses]:
    """The session's servers: started by the first who comes, stopped when the last one leaves, who waits for it.

    `tmp_root` is a folder that all workers of the session share, and no other session: with xdist the parent of each
    worker's base temp. Raises ServicesFailed.
    """
    meeting = Meeting(tmp_root / "services")
    meeting.root.mkdir(parents=True, exist_ok=True)
    users = os.open(meeting.users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        _lock(users, fcntl.LOCK_SH, STOP_TIMEOUT)
        yield _join(meeting)
    finally:
        if _is_last(users):
            _await_end(meeting)
        os.close(users)


def _join(meeting: Meeting) -> Addresses:
    deadline = time.monotonic() + START_TIMEOUT
    _start_keeper(meeting)
    while time.monotonic() < deadline:
        if meeting.addresses.exists():
            bootstrap_servers, database_url, folder = json.loads(meeting.addresses.read_text())
            return Addresses(bootstrap_servers, database_url, Path(folder))
        if meeting.failure.exists():
            raise ServicesFailed(meeting.failure.read_text())
        if _is_free(meeting.keeper):
            raise ServicesFailed(f"their keeper ended: {(meeting.root / 'keeper.log').read_text()}")
        time.sleep(POLL)
    raise ServicesFailed(f"no answer from their keeper in {START_TIMEOUT:.0f} s")


def _start_keeper(meeting: Meeting) -> None:
    """Start a keeper; where one is there already, this one sees it and ends at once."""
    with (meeting.root / "start.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if meeting.failure.exists() or not _is_free(meeting.keeper):
            return
        lock = os.open(meeting.keeper, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)  # the keeper inherits it
        meeting.addresses.unlink(missing_ok=True)
        with (meeting.root / "keeper.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.services", str(meeting.root)]
            root = Path(__file__).resolve().parents[1]
            keeper = subprocess.Popen(
                command,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
            )
        keeper.returncode = 0  # it outlives us by design: nobody waits for it here
        os.close(lock)


def _is_last(users: int) -> bool:
    """Leave, and say whether nobody else is left (who then sees the servers end)."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False  # others share it still
        return True  # the keeper has it: it is stopping
    else:
        return True
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)


def _await_end(meeting: Meeting) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT
    while not _is_free(meeting.keeper) and time.monotonic() < deadline:
        time.sleep(POLL)


def _is_free(path: Path) -> bool:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _lock(descriptor: int, kind: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServicesFailed("the servers of an earlier session do not end") from None
            time.sleep(POLL)
        else:
            return


def keep(meeting: Meeting) -> None:
    """Run the servers until nobody uses them any more."""
    users = os.open(meeting.users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        with EmbeddedServers(meeting.servers, keep=False) as at:
            _publish(meeting.addresses, json.dumps([at.bootstrap_servers, at.database_url, str(at.folder)]))
            _lock(users, fcntl.LOCK_EX, float("inf"))
            meeting.addresses.unlink()
    except EmbeddedServerError as error:
        _publish(meeting.failure, str(error))
    except Exception:  # noqa: BLE001 (told to the tests, who are the only ones to hear)
        _publish(meeting.failure, traceback.format_exc())


def _publish(path: Path, text: str) -> None:
    """Write a file that others see whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.rename(path)


if __name__ == "__main__":
    keep(Meeting(Path(sys.argv[1])))
