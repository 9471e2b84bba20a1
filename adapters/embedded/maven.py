"""Files from a Maven repository, the public one or a mirror: downloaded with progress, and where they are kept."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from adapters.embedded.errors import NotInstalled
from adapters.embedded.progress import Progress

if TYPE_CHECKING:
    from jgo.maven import MavenContext

ATTEMPTS = 3
FILES = (".jar", ".tar.gz")  # what progress tells of: the resolver reads many small descriptions, too

Answer = TypeVar("Answer")


def default_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """HUB_CACHE, or the folder fulfilment-hub in the user's cache."""
    if named := environment.get("HUB_CACHE"):
        return Path(named).expanduser()
    home = environment.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "fulfilment-hub"


def repository(folder: Path, progress: Progress) -> "MavenContext":
    """A repository whose files are downloaded into the folder; raises NotInstalled."""
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ImportError as error:
        raise NotInstalled("jgo") from error
    return MavenContext(repo_cache=folder, resolver=PythonResolver(progress_callback=_told(progress)), **_mirror())


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Be the only process in the block that has locked this file."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def repeated(attempt: Callable[[], Answer]) -> Answer:
    """Return what an attempt gives; one that the network fails is made again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except requests.RequestException:
            continue
    return attempt()


def downloaded(artifact: Any) -> Path:
    """Return where an artifact of the repository is, once it is there."""

    def attempt() -> Path:
        try:
            return Path(artifact.resolve())
        except requests.RequestException:
            if artifact.cached_path is not None:  # half a file would be taken for the whole one
                artifact.cached_path.unlink(missing_ok=True)
            raise

    return repeated(attempt)


def reason(error: Exception) -> str:
    """Return in a few words why a download failed."""
    if isinstance(error, requests.ConnectionError):
        return "no connection to the repository"
    if isinstance(error, requests.Timeout):
        return "the repository did not answer in time"
    return str(error).partition(" not found in remote")[0] if "not found in" in str(error) else str(error)


def _mirror() -> dict[str, Any]:
    """HUB_MAVEN_MIRROR names another repository than the public one."""
    mirror = os.environ.get("HUB_MAVEN_MIRROR")
    return {"remote_repos": {"mirror": mirror.rstrip("/")}} if mirror else {}


def _told(progress: Progress) -> Any:
    """A progress in the shape that the resolver calls; it is called by several threads, and for more than files."""
    turn = threading.Lock()

    @contextmanager
    def callback(name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def update(count: int) -> None:
            nonlocal done
            done += count
            if name.endswith(FILES):
                with turn:
                    progress.download(name, done, total)

        yield update

    return callback
