"""Kafka's jars: resolved by coordinates into a cache, each checked against the committed list of checksums."""

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from adapters.embedded.errors import ChecksumDiffers, DownloadFailed, UnexpectedJars
from adapters.embedded.folder import check_space, refusal
from adapters.embedded.maven import default_cache, downloaded, locked, reason, repeated, repository
from adapters.embedded.progress import Progress, Silent

VERSION = "4.4.0"
WHAT = f"Apache Kafka {VERSION}"
# Kafka's own jar brings no logger; with none it would fail without a word.
COORDINATES = (f"org.apache.kafka:kafka_2.13:{VERSION}", "org.slf4j:slf4j-simple:1.7.36")
LISTING = Path(__file__).with_name(f"kafka-{VERSION}.sha256")
NEEDED = 200 * 1024 * 1024  # bytes free to download 45 MB twice over
PARALLEL = 4

Checksums = Mapping[str, str]  # jar name to sha256


def provide(cache: Path, progress: Progress | None = None, listing: Path = LISTING) -> list[Path]:
    """The verified jars, in the order of the listing; resolved and downloaded where the cache has them not.

    Safe for several processes at once. Raises DownloadFailed, ChecksumDiffers, UnexpectedJars, DiskIsFull.
    """
    place = cache / f"kafka-{VERSION}"
    expected = read(listing)
    if not _is_verified(place, expected):
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / f"kafka-{VERSION}.lock"):
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
    context = repository(folder, progress)
    try:
        dependencies = [context.create_dependency(coordinate) for coordinate in COORDINATES]
        given, needed = repeated(lambda: context.resolver.resolve(dependencies))
        artifacts = {dependency.artifact.filename: dependency.artifact for dependency in [*given, *needed]}
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(downloaded, artifacts.values()))
    except (requests.RequestException, RuntimeError) as error:
        raise DownloadFailed(WHAT, reason(error)) from error
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
