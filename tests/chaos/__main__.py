"""`python -m tests.chaos`: runs of chaos by seed and time; what `make chaos` calls."""

import argparse
import asyncio
import json
import logging
import shutil
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from hub.cli.display import shown
from hub.screen import Screen
from tests.chaos.agents import Agents
from tests.chaos.operators import ServiceDesk, Together
from tests.chaos.result import Result, tables
from tests.chaos.run import RATE, Run, Wishes
from tests.chaos.scene import Kind
from tests.chaos.schedule import KINDS
from tests.chaos.seeds import SEEDS


def main() -> int:
    """Run the wished seed, or the seeds that ever failed and then a new one; 0 where every run proved both promises."""
    arguments = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # every fault makes all clients of this process complain
    console = Console(stderr=True)
    seeds = [arguments.seed] if arguments.seed is not None else [*SEEDS, time.time_ns() % 1_000_000]
    results = []
    for seed in seeds:
        new = arguments.minutes is not None and seed == seeds[-1]
        results.append(
            _run(Wishes(seed, 60 * arguments.minutes if new else 0.0, arguments.rate, _kinds(arguments)), console)
        )
        console.print(tables(results[-1]))
    if arguments.json:
        sys.stdout.write(json.dumps([result.to_json() for result in results]) + "\n")
    return 0 if all(result.ok for result in results) else 1


def _run(wishes: Wishes, console: Console) -> Result:
    folder = Path(mkdtemp(prefix="hub-chaos-"))
    long = f"faults for {wishes.seconds:.0f} s" if wishes.seconds else "every kind of fault once"
    console.print(f"Seed {wishes.seed}: {long}, {wishes.rate:g} orders a second", highlight=False)
    with Screen(console, quiet=False) as screen:
        result = asyncio.run(Run(wishes, screen, Together(ServiceDesk(), Agents())).play(folder))
    if result.ok:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(shown(f"The logs of the hub's processes are in {folder}", "red"))
    return result


def _kinds(arguments: argparse.Namespace) -> tuple[Kind, ...]:
    wished = arguments.only
    return tuple(kind for kind in KINDS if not wished or any(word in kind.name for word in wished))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument(
        "--minutes", type=float, help="how long faults go on; without it, until each kind happened once"
    )
    parser.add_argument("--rate", type=float, default=RATE, help="orders a second")
    parser.add_argument("--only", nargs="*", default=[], help="only kinds with one of these words in their names")
    parser.add_argument("--json", action="store_true", help="print the results as one line of JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
