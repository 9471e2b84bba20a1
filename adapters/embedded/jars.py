"""Kafka's jars: resolved by coordinates into a cache, each checked against the committed list of checksums."""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from jgo.maven import MavenContext, PythonResolver

from adapters.embedded.errors import ChecksumDiffers, DownloadFailed, UnexpectedJars
from adapters.embedded.folder import check_space, refusal
from adapters.embedded.progress import Progress, Silent

VERSION = "4.4.0"
WHAT = f"Apache Kafka {VERSION}"
# Kafka's own jar brings no logger; with none it would fail without a word.
COORDINATES = (f"org.apache.kafka:kafka_2.13:{VERSION}", "org.slf4j:slf4j-simple:1.7.36")
LISTING = Path(__file__).with_name(f"kafka-{VERSION}.sha256")
NEEDED = 200 * 1024 * 1024  # bytes free to download 45 MB twice over
ATTEMPTS = 3
PARALLEL = 4

Checksums = Mapping[str, str]  # jar name to sha256


def default_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """HUB_CACHE, or the folder fulfilment-hub in the user's cache."""
    if named := environment.get("HUB_CACHE"):
        return Path(named).expanduser()
    home = environment.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "fulfilment-hub"


def provide(cache: Path, progress: Progress | None = None, listing: Path = LISTING) -> list[Path]:
    """The verified jars, in the order of the listing; resolved and downloaded where the cache has them not.

    Safe for several processes at once. Raises DownloadFailed, ChecksumDiffers, UnexpectedJars, DiskIsFull.
    """
    place = cache / f"kafka-{VERSION}"
    expected = read(listing)
    if not _is_verified(place, expected):
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / f"kafka-{VERSION}.lock"):
            if not _is_verified(place, expected):
                _fill(place, expected, progress or Silent(), listing)
    return [place / name for name in expected]


def read(listing: Path) -> dict[str, str]:
    """A file as `sha256sum` writes it: jar name to checksum."""
    rows = (line.split(maxsplit=1) for line in listing.read_text().splitlines() if line.strip())
    return {name.strip().removeprefix("*"): checksum for checksum, name in rows}


def checksum(file: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def verify(folder: Path, expected: Checksums) -> None:
    """Raises ChecksumDiffers for the first jar in the folder that is not the expected one."""
    for name, wanted in expected.items():
        found = checksum(folder / name) if (folder / name).exists() else "none (the file is missing)"
        if found != wanted:
            raise ChecksumDiffers(name, wanted, found, folder)


def resolve(folder: Path, progress: Progress) -> list[Path]:
    """Download the jars of the coordinates and of all they need into the folder. Raises DownloadFailed."""
    context = MavenContext(repo_cache=folder, resolver=PythonResolver(progress_callback=_told(progress)), **_mirror())
    try:
        dependencies = [context.create_dependency(coordinate) for coordinate in COORDINATES]
        given, needed = _repeated(lambda: context.resolver.resolve(dependencies))
        artifacts = {dependency.artifact.filename: dependency.artifact for dependency in [*given, *needed]}
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(_downloaded, artifacts.values()))
    except (requests.RequestException, RuntimeError) as error:
        raise DownloadFailed(WHAT, _reason(error)) from error
    except OSError as error:
        raise refusal(folder, error) from error


def _is_verified(place: Path, expected: Checksums) -> bool:
    """Whether a complete download is there, of these very jars. Raises ChecksumDiffers where one was changed since.

    All 43 MB are read at every start: that takes a tenth of a second, and what others may write is run as our user.
    """
    try:
        verified = json.loads((place / "verified.json").read_text())
    except (OSError, ValueError):
        return False
    if verified["checksums"] != dict(expected):
        return False
    verify(place, expected)
    return True


def _fill(place: Path, expected: Checksums, progress: Progress, listing: Path) -> None:
    """Resolve into a fresh folder, verify there, and only then put it into its place."""
    check_space(place.parent, NEEDED)
    progress.step(f"downloading {WHAT}")
    fresh = place.with_name(f"{place.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    found = {jar.name: jar for jar in resolve(fresh / "repository", progress)}
    if missing_or_not := set(found) ^ set(expected):
        missing, unlisted = missing_or_not - set(found), missing_or_not - set(expected)
        raise UnexpectedJars(listing, ", ".join(sorted(missing)) or "none", ", ".join(sorted(unlisted)) or "none")
    progress.step(f"checking {len(found)} jars")
    for name, jar in found.items():
        jar.rename(fresh / name)
    verify(fresh, expected)
    shutil.rmtree(fresh / "repository")
    (fresh / "verified.json").write_text(json.dumps({"checksums": dict(expected)}))
    shutil.rmtree(place, ignore_errors=True)
    fresh.rename(place)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _mirror() -> dict[str, Any]:
    """HUB_MAVEN_MIRROR names another repository than the public one."""
    mirror = os.environ.get("HUB_MAVEN_MIRROR")
    return {"remote_repos": {"mirror": mirror.rstrip("/")}} if mirror else {}


def _repeated(attempt: Callable[[], Any]) -> Any:
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except requests.RequestException:
            continue
    return attempt()


def _downloaded(artifact: Any) -> Path:
    def attempt() -> Path:
        try:
            return Path(artifact.resolve())
        except requests.RequestException:
            if artifact.cached_path is not None:  # half a file would be taken for the whole one
                artifact.cached_path.unlink(missing_ok=True)
            raise

    path: Path = _repeated(attempt)
    return path


def _told(progress: Progress) -> Any:
    """A progress in the shape that the resolver calls; it is called by several threads, and for more than jars."""
    turn = threading.Lock()

    @contextmanager
    def callback(name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def update(count: int) -> None:
            nonlocal done
            done += count
            if name.endswith(".jar"):
                with turn:
                    progress.download(name, done, total)

        yield update

    return callback


def _reason(error: Exception) -> str:
    if isinstance(error, requests.ConnectionError):
        return "no connection to the repository"
    if isinstance(error, requests.Timeout):
        return "the repository did not answer in time"
    return str(error).partition(" not found in remote")[0] if "not found in" in str(error) else str(error)


def main() -> int:
    """Check the cache against the list, or write the list anew from what the coordinates resolve to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {LISTING.name} anew")
    parser.add_argument("--cache", type=Path, default=default_cache())
    options = parser.parse_args()
    if not options.write:
        for jar in provide(options.cache):
            sys.stdout.write(f"{jar}\n")
        return 0
    fresh = options.cache / f"kafka-{VERSION}.listing"
    shutil.rmtree(fresh, ignore_errors=True)
    jars = sorted(resolve(fresh, Silent()), key=lambda jar: jar.name)
    LISTING.write_text("".join(f"{checksum(jar)}  {jar.name}\n" for jar in jars))
    shutil.rmtree(fresh)
    sys.stdout.write(f"{LISTING}: {len(jars)} jars\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
