"""Keycloak's distribution: downloaded once, checked against the committed checksum, unpacked and built for H2."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import requests

from adapters.embedded import DownloadFailed, jars, java, maven
from adapters.embedded.folder import check_space
from adapters.embedded.progress import Progress

VERSION: Final = "26.7.3"
WHAT: Final = f"Keycloak {VERSION}"
LISTING: Final = Path(__file__).with_name(f"keycloak-{VERSION}.sha256")
NEEDED: Final = 700 * 1024 * 1024  # bytes free: the archive, and twice what is in it
BUILD_SECONDS: Final = 600  # 20 s of one core's time
MAIN: Final = "io.quarkus.bootstrap.runner.QuarkusEntryPoint"
# As Keycloak's own script starts it, but for a short life: the simple collector, and the first compiler alone.
OPTIONS: Final = (
    *("-Xms64m", "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "security", "util", "util.concurrent")),
    "--enable-native-access=ALL-UNNAMED",
    "-Dfile.encoding=UTF-8",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Dpicocli.disable.closures=true",
)


class KeycloakIsNotBuilt(Exception):
    """Keycloak could not prepare itself."""


def provide(progress: Progress) -> Path:
    """Return the folder of the built distribution; safe for several processes at once.

    Raises DownloadFailed, ChecksumDiffers, DiskIsFull, KeycloakIsNotBuilt.
    """
    cache = maven.default_cache()
    place = cache / f"keycloak-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with maven.locked(cache / f"keycloak-{VERSION}.lock"):
        if not place.exists():
            _fill(place, progress)
    return place


def command(home: Path, *arguments: str) -> list[str | Path]:
    """Return how Keycloak is run in a home of its own, without its script: a signal must reach Java itself."""
    where = (f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home / 'conf'}")
    return [java.find(), *OPTIONS, *where, "-cp", home / "lib" / "quarkus-run.jar", MAIN, *arguments]


def _fill(place: Path, progress: Progress) -> None:
    """Download, check, unpack and build in a fresh folder, and only then put it into its place."""
    check_space(place.parent, NEEDED)
    fresh = place.with_name(f"{place.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    progress.step(f"downloading {WHAT}")
    archive = _downloaded(fresh / "repository", progress)
    progress.step(f"unpacking {WHAT}")
    jars.verify(archive.parent, jars.read(LISTING))
    with tarfile.open(archive) as content:
        content.extractall(fresh, filter="data")
    home = fresh / f"keycloak-{VERSION}"
    progress.step(f"building {WHAT}")
    _build(home)
    home.rename(place)
    shutil.rmtree(fresh)


def _downloaded(folder: Path, progress: Progress) -> Path:
    try:
        project = maven.repository(folder, progress).project("org.keycloak", "keycloak-quarkus-dist")
        return maven.downloaded(project.at_version(VERSION).artifact(packaging="tar.gz"))
    except (requests.RequestException, RuntimeError) as error:
        raise DownloadFailed(WHAT, maven.reason(error)) from error


def _build(home: Path) -> None:
    """Have Keycloak choose what it is made of: that takes most of a start, and is the same every time."""
    built = subprocess.run(
        command(home, "build", "--db=dev-file"),
        env={**os.environ, "JAVA_TOOL_OPTIONS": ""},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if built.returncode:
        raise KeycloakIsNotBuilt((built.stderr or built.stdout)[-2000:])
