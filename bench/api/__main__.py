"""What the HTTP API takes: acts beside facts, search and lists, the projector, streams, measured in one run.

`python -m bench.api` starts its own servers, hubs and API processes, and prints a table for each part.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.api.asked import PARTS, Asked
from bench.api.run import Measuring, say
from bench.api.table import show
from bench.ground.ground import ground

MOST_SECONDS: Final = 240
"""The process that writes facts ends itself after 300."""


def asked(arguments: Sequence[str] | None = None) -> tuple[Asked, bool]:
    """Return what the command line asks for, and whether as JSON."""
    usual = Asked()
    wishes = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    wishes.add_argument("--only", type=_parts, default=usual.only, help=f"some of {','.join(PARTS)}")
    wishes.add_argument("--acts", type=_some, default=usual.acts, help="a second (default %(default)s)")
    wishes.add_argument("--facts", type=_some, default=usual.facts, help="a second (default %(default)s)")
    wishes.add_argument("--seconds", type=_seconds, default=usual.seconds, help="of each step (default %(default)g)")
    wishes.add_argument("--orders", type=_some, default=usual.orders, help="in the listing (default %(default)s)")
    wishes.add_argument("--questions", type=_some, default=usual.questions, help="of each kind (default %(default)s)")
    wishes.add_argument("--turns", type=_some, default=usual.turns, help="with and without a projector")
    wishes.add_argument("--readers", type=_some, default=usual.readers, help="of the stream (default %(default)s)")
    wishes.add_argument("--consoles", type=_some, default=usual.consoles, help="that are open (default %(default)s)")
    wishes.add_argument("--json", action="store_true", help="print one JSON value instead of tables")
    given = vars(wishes.parse_args(arguments))
    as_json = given.pop("json")
    return Asked(**given), as_json


def _parts(text: str) -> tuple[str, ...]:
    named = tuple(text.split(","))
    unknown = sorted(set(named) - set(PARTS))
    if unknown:
        raise argparse.ArgumentTypeError(f"no part is called {', '.join(unknown)}: name some of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in named)


def _some(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _seconds(text: str) -> int:
    if _some(text) > MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"must be at most {MOST_SECONDS}")
    return int(text)


async def run(measuring: Measuring) -> None:
    """Measure on servers of its own."""
    with tempfile.TemporaryDirectory(prefix="hub-api-", ignore_cleanup_errors=True) as name:
        say("starting Kafka and PostgreSQL")
        async with ground(Path(name) / "servers") as here:
            await measuring.run(here, Path(name))


def main() -> int:
    """Run. The exit code is 1 where a part was not correct."""
    wanted, as_json = asked()
    measuring = Measuring(wanted)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    asyncio.run(run(measuring))
    document = measuring.document()
    if as_json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(document)
    return 0 if measuring.correct() else 1


if __name__ == "__main__":
    sys.exit(main())
