"""`python -m contracts check|write|release|validate`: the contracts' files, kept current and compatible."""

import argparse
import sys
from pathlib import Path

from contracts import asyncapi, generation, releases, validation
from contracts.checking import told


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 all well, 1 something to do, 2 a wrong use."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description="Schemas, examples and releases.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="are the files current, valid and compatible with every release?")
    commands.add_parser("write", help="write the schemas, the examples and the AsyncAPI document")
    commands.add_parser("release", help="keep the schemas as a release").add_argument("version", help="e.g. 1.1")
    validate = commands.add_parser("validate", help="does a message file keep its contract?")
    validate.add_argument("file", type=Path, help="a structured CloudEvent in JSON, or data with --type")
    validate.add_argument("--type", help="the type of bare data, e.g. order.placed.v1")
    given = parser.parse_args(arguments)
    match given.command:
        case "check":
            return check()
        case "write":
            return write()
        case "release":
            return release(given.version)
        case _:
            return told(validation.faults(given.file, given.type), f"{given.file} keeps its contract")


def check() -> int:
    """Tell what is stale, what breaks AsyncAPI's own schema, and what breaks a release."""
    stale = [f"{path} is not current; run `python -m contracts write`" for path in generation.stale()]
    invalid = [f"asyncapi.json {pointer}: {text}" for pointer, text in asyncapi.faults(asyncapi.document())]
    breaks = [str(item) for item in releases.breaking()]
    return told([*stale, *invalid, *breaks], "contracts are current, valid and compatible with every release")


def write() -> int:
    """Bring the files up to date."""
    return told([], f"{len(generation.write())} files written")


def release(version: str) -> int:
    """Keep the current schemas as a release."""
    try:
        written = releases.release(version)
    except releases.ReleaseError as error:
        return told([str(error)], "")
    return told([], f"release {version}: {len(written)} schemas kept")


if __name__ == "__main__":
    sys.exit(main())
