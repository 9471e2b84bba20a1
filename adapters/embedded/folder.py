"""The data folder of the two servers: what lies where, and the lock against two starts."""

import errno
import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded.errors import DiskIsFull, EmbeddedServerError, FolderIsInUse, FolderUnusable

NEEDED = 500 * 1024 * 1024  # bytes free at a start: the two servers preallocate some 150 MB of logs
LEAVING = 30.0  # seconds to wait for the watchdog of a start whose process has died
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folder:
    """Where in the data folder things are."""

    path: Path

    @property
    def ports(self) -> Path:
        """The ports of the last start."""
        return self.path / "ports.json"

    @property
    def passwords(self) -> Path:
        """The passwords of the database roles; readable by the owner alone."""
        return self.path / "passwords.json"

    @property
    def kafka(self) -> Path:
        """Kafka's settings, data and log."""
        return self.path / "kafka"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data and log; a link where its system user could not reach the folder."""
        return self.path / "postgres"

    @property
    def lock(self) -> Path:
        """The lock, which holds the id of the process that has it."""
        return self.path / "lock"

    @property
    def entries(self) -> tuple[Path, ...]:
        """Everything that a start puts into the folder."""
        return (self.kafka, self.postgres, self.ports, self.passwords, self.lock)


def open_locked(path: Path) -> tuple[Folder, int]:
    """Make the folder where it is missing and lock it; the lock lasts until its descriptor is closed everywhere.

    Raises FolderIsInUse, FolderUnusable.
    """
    folder = Folder(path.expanduser().resolve())
    deadline = time.monotonic() + LEAVING
    while True:
        descriptor = _open(folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            if _is_alive(holder) or time.monotonic() > deadline:
                raise FolderIsInUse(folder.path, holder or "unknown") from None
            time.sleep(0.1)
            continue
        if _is_current(folder.lock, descriptor):
            break
        os.close(descriptor)  # the folder was thrown away while we waited
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return folder, descriptor


def check_space(path: Path, needed: int = NEEDED) -> None:
    """Raises DiskIsFull with less than `needed` bytes free on the disk of `path`."""
    if shutil.disk_usage(path).free < needed:
        raise disk_is_full(path, needed)


def disk_is_full(path: Path, needed: int = NEEDED) -> DiskIsFull:
    """The error for the disk of `path`, with what is free on it now."""
    return DiskIsFull(path, shutil.disk_usage(path).free // MEGABYTE, needed // MEGABYTE)


def refusal(folder: Path, error: OSError) -> EmbeddedServerError:
    """What an error of the file system means for a start in the folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_is_full(folder)
    return FolderUnusable(folder, str(error))


def _open(folder: Folder) -> int:
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        return os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise FolderUnusable(folder.path, error.strerror or str(error)) from error


def _is_alive(pid: str) -> bool:
    """Whether the process that wrote its id is there; a lock just taken has none yet, and counts as alive soon."""
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_current(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
