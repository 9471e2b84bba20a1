"""How much one order with ten thousand facts delays all others: live traffic with and without it, in turns, in one run.

`python -m bench.hot` starts its own servers and prints the latencies of the other orders, and how long the hot one
took. Its facts are scans of a parcel on its way, each newer than the one before: all of them are applied.
"""

import argparse
import asyncio
import json
import signal
import sys

from bench.hot.comparison import Comparison
from bench.hot.script import SHAPES
from bench.hot.table import show


def main() -> int:
    """Run. The exit code is 1 where a run was not correct."""
    wishes = argparse.ArgumentParser(prog="python -m bench.hot", description=__doc__)
    wishes.add_argument("--rate", type=int, default=300, help="records a second of the traffic (default 300)")
    wishes.add_argument("--seconds", type=int, default=30, help="of traffic after warming up (default 30)")
    wishes.add_argument("--facts", type=int, default=10_000, help="of the hot order (default 10,000)")
    wishes.add_argument("--repeats", type=int, default=3)
    wishes.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    wishes.add_argument("--json", action="store_true", help="print one JSON value instead of a table")
    comparison = Comparison(wishes.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    asyncio.run(comparison.run())
    document = comparison.document()
    if comparison.given.json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(document)
    return 0 if comparison.correct() else 1


if __name__ == "__main__":
    sys.exit(main())
