"""Whether a record costs the same in a small and in a large database: the same backlog in both, in turns, in one run.

`python -m bench.size` starts its own servers, fills two databases, and has one process of `hub run` work off backlogs
in each: of new orders, and of scans for orders that are stored. It prints what a record costs there, and the ratios.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.ground.ground import ground
from bench.size.backlogs import KINDS
from bench.size.comparison import Comparison, say
from bench.size.filling import Size
from bench.size.table import show


async def compare(given: argparse.Namespace, sizes: Sequence[Size]) -> Comparison:
    """Measure all that is asked for."""
    with tempfile.TemporaryDirectory(prefix="hub-size-", ignore_cleanup_errors=True) as name:
        say("starting Kafka and PostgreSQL")
        async with ground(Path(name) / "servers") as here:
            await here.databases.settings()
            comparison = Comparison(here, Path(name), sizes, given.orders)
            await comparison.prepare()
            for repeat in range(1, given.repeats + 1):
                for kind in KINDS:
                    await comparison.measure(kind, repeat)
    return comparison


def main() -> int:
    """Run. The exit code is 1 where a run was not correct."""
    wishes = argparse.ArgumentParser(prog="python -m bench.size", description=__doc__)
    wishes.add_argument("--rows", type=int, nargs="+", default=[10_000, 10_000_000], help="rows of the journal")
    wishes.add_argument("--open", type=int, nargs="+", default=[1_000, 1_000_000], help="open orders, as many numbers")
    wishes.add_argument("--orders", type=int, default=1_000, help="orders of a backlog (default 1,000)")
    wishes.add_argument("--repeats", type=int, default=3)
    wishes.add_argument("--json", action="store_true", help="print one JSON value instead of a table")
    given = wishes.parse_args()
    if len(given.rows) != len(given.open):
        wishes.error("--rows and --open want as many numbers")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    sizes = [Size(rows, orders) for rows, orders in zip(given.rows, given.open, strict=True)]
    comparison = asyncio.run(compare(given, sizes))
    document = comparison.document()
    if given.json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(document)
    return 0 if comparison.correct() else 1


if __name__ == "__main__":
    sys.exit(main())
