"""The peers' toolchains: jars by their Maven coordinates, a Java compiler that is a jar, and a Python environment.

`python -m bench.toolchain --write` writes the list of the jars' checksums anew.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import requests
from jgo.maven import MavenContext, PythonResolver

from adapters.embedded import java
from adapters.embedded.jars import checksum, read, verify
from adapters.embedded.maven import default_cache

LISTING: Final = Path(__file__).with_name("streams.sha256")
STREAMS: Final = (
    "org.apache.kafka:kafka-streams:4.3.1",
    "com.fasterxml.jackson.core:jackson-databind:2.21.7",
    "org.slf4j:slf4j-simple:1.7.36",
)
COMPILER: Final = "org.eclipse.jdt:ecj:3.43.0"
"""Eclipse's compiler is a plain jar: the Java runtime that the project brings has none of its own."""
QUIX: Final = "quixstreams==3.28.1"
SOURCE_LEVEL: Final = "21"
UV: Final = Path(__file__).resolve().parents[1] / ".uv" / "bin" / "uv"
INSTALL_SECONDS: Final = 600


class ToolchainMissing(Exception):
    """What a peer is built with can't be had here: the text says why."""


def jars() -> list[Path]:
    """Return the jars of Kafka Streams and of the compiler, each checked; raises ToolchainMissing."""
    place, expected = default_cache() / f"bench-{STREAMS[0].rsplit(':', 1)[1]}", read(LISTING)
    if not all((place / name).exists() for name in expected):
        fresh = place.with_suffix(".partial")
        shutil.rmtree(fresh, ignore_errors=True)
        found = {jar.name: jar for jar in _resolved(fresh / "repository")}
        if set(found) != set(expected):
            raise ToolchainMissing(f"the repository has other jars than {LISTING.name} lists")
        for name, jar in found.items():
            jar.rename(fresh / name)
        shutil.rmtree(fresh / "repository")
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
    verify(place, expected)
    return [place / name for name in expected]


@cache
def compiled(source: Path) -> tuple[Path, str]:
    """Compile a Java source file; return the Java to run it with and its class path; raises ToolchainMissing."""
    runtime, needed = java.find(), jars()
    content = hashlib.sha256(source.read_bytes() + LISTING.read_bytes()).hexdigest()[:16]
    classes = default_cache() / f"bench-classes-{content}"
    path = os.pathsep.join(str(jar) for jar in needed)
    if not (classes / f"{source.stem}.class").exists():
        compiler = ["org.eclipse.jdt.internal.compiler.batch.Main", f"-{SOURCE_LEVEL}", "-nowarn"]
        command: list[str | Path] = [runtime, "-cp", path, *compiler, "-cp", path, "-d", classes, source]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise ToolchainMissing(f"{source.name} can't be compiled: {(run.stderr or run.stdout)[-500:]}")
    return runtime, f"{classes}{os.pathsep}{path}"


@cache
def quix_python() -> Path:
    """Return the Python of an environment with Quix Streams; raises ToolchainMissing."""
    place = default_cache() / f"bench-{QUIX.replace('==', '-')}-py{sys.version_info.major}{sys.version_info.minor}"
    python = place / "bin" / "python"
    if (place / "ready").exists():
        return python
    uv = str(UV) if UV.exists() else shutil.which("uv")
    if uv is None:
        raise ToolchainMissing("uv is not there: `make setup` brings it")
    shutil.rmtree(place, ignore_errors=True)
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(place)],
        [uv, "pip", "install", "--quiet", "--python", str(python), QUIX],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
        if run.returncode:
            raise ToolchainMissing(f"{QUIX} can't be installed: {run.stderr.strip()[-300:]}")
    (place / "ready").touch()
    return python


def _resolved(repository: Path) -> list[Path]:
    mirror = os.environ.get("HUB_MAVEN_MIRROR")
    remote = {"mirror": mirror.rstrip("/")} if mirror else None
    context = MavenContext(repo_cache=repository, resolver=PythonResolver(), remote_repos=remote)
    try:
        found: dict[str, Path] = {}
        for coordinates in (STREAMS, (COMPILER,)):
            given, needed = context.resolver.resolve([context.create_dependency(each) for each in coordinates])
            for dependency in (*given, *needed):
                found[dependency.artifact.filename] = Path(dependency.artifact.resolve())
    except (requests.RequestException, RuntimeError) as error:
        raise ToolchainMissing(f"the jars can't be downloaded: {str(error)[:200]}") from error
    return list(found.values())


def main() -> None:
    """Check the jars against the list, or write the list anew."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--write", action="store_true", help=f"write {LISTING.name} anew")
    if wishes.parse_args().write:
        fresh = default_cache() / "bench.listing"
        shutil.rmtree(fresh, ignore_errors=True)
        found = sorted(_resolved(fresh), key=lambda jar: jar.name)
        LISTING.write_text("".join(f"{checksum(jar)}  {jar.name}\n" for jar in found))
        shutil.rmtree(fresh)
    sys.stdout.write("".join(f"{jar}\n" for jar in jars()))


if __name__ == "__main__":
    main()
