"""`python -m hub.api check|release`: does the API keep what its newest release promised, and the next release."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contracts.checking import told
from hub.api import releases
from hub.api.application import application
from hub.api.deprecation import unannounced
from hub.settings import Settings

CHANGELOG: Final = Path(__file__).parents[2] / "CHANGELOG.md"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 all well, 1 something to do, 2 a wrong use."""
    parser = argparse.ArgumentParser(prog="python -m hub.api", description="Releases of the OpenAPI document.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="does anything break clients of the newest release?")
    commands.add_parser("release", help="keep the document as the release that binds from now on")
    given = parser.parse_args(arguments)
    document = application(Settings()).openapi()
    return check(document) if given.command == "check" else release(document)


def check(document: dict[str, Any], folder: Path = releases.RELEASED, changelog: Path = CHANGELOG) -> int:
    """Tell what breaks the newest release, and which route goes away that the changelog says nothing of."""
    path = releases.newest(folder)
    if path is None:
        return told([f"there is no release in {folder}: run `python -m hub.api release`"], "")
    found = releases.breaking(document, datetime.now(UTC).date(), folder)
    broken = [f"{each}, other than in release {path.stem}; docs/api.md says what may change" for each in found]
    silent = unannounced(document, changelog.read_text(encoding="utf-8"))
    return told([*broken, *silent], f"the API keeps what release {path.stem} of it promised")


def release(document: dict[str, Any], folder: Path = releases.RELEASED) -> int:
    """Keep the document as a release."""
    try:
        path = releases.release(document, datetime.now(UTC).date(), folder)
    except releases.ReleaseError as error:
        return told([str(error)], "")
    return told([], f"release {path.stem} is kept in {path}")


if __name__ == "__main__":
    sys.exit(main())
