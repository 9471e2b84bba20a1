"""`python -m bench`: measure the hub beside other ways to build one, in turns, in one run; see bench/README.md."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import picture, tables
from bench.campaign import Campaign
from bench.candidates.candidate import ROOT
from bench.ground.ground import ground
from bench.plan import CURVE, KINDS, USUAL, Plan, all_candidates
from bench.results import Results

RESULTS: Final = ROOT / "bench" / "results"
LATEST: Final = RESULTS / "latest.json"
ORDERS: Final = 3_000
REPEATS: Final = 3
FEW: Final = 2_500
"""Orders; a short benchmark has one repeat."""
RECORDS_PER_ORDER: Final = 10.66
"""In the hub's dress."""
RECORDED: Final = 1_200
SECONDS: Final = 15
RATES: Final = "100,300,1000,2000,3000"


async def measure(plan: Plan, console: Console, kept: Path) -> Campaign:
    """Measure all of the plan, with a line for each run."""

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    campaign = Campaign(plan, say, kept)
    with tempfile.TemporaryDirectory(prefix="hub-bench-", ignore_cleanup_errors=True) as name:
        say("starting Kafka and PostgreSQL")
        async with ground(Path(name) / "servers") as here:
            await campaign.run(here, Path(name))
    return campaign


def report(campaign: Campaign, console: Console, out: Path, *, as_json: bool) -> bool:
    """Write results and picture, print the tables; return whether every run was correct."""
    results, document = Results(campaign.runs, campaign.missing), campaign.document()
    out.write_text(json.dumps(document, indent=1) + "\n")
    out.with_suffix(".svg").write_text(picture.drawn(results, document))
    tables.show(console, results, campaign.limits, document)
    console.print(f"written: {out} and {out.with_suffix('.svg')}", highlight=False, soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    return all(each.correct for each in campaign.runs)


def asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    wishes = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [each.label for each in all_candidates()]
    wishes.add_argument("--orders", type=int, default=ORDERS, help=f"orders of the workload (default {ORDERS:,})")
    wishes.add_argument("--records", type=int, help="make so many orders that the hub reads about this many records")
    repeats = f"repeats, in turns (default {REPEATS}; 1 below {FEW:,} orders)"
    wishes.add_argument("--repeats", type=int, help=repeats)
    recorded = f"orders of the recording of kind lifecycle (default {RECORDED:,}, or --orders where that is less)"
    wishes.add_argument("--recorded", type=int, help=recorded)
    wishes.add_argument("--only", default="", help=f"candidates, by comma: {', '.join(names)}")
    wishes.add_argument("--kinds", default=",".join(KINDS), help=f"what to measure, by comma: {', '.join(KINDS)}")
    rates = f"records a second of the live traffic, by comma (default {RATES}); without --only all run at {USUAL}, and "
    wishes.add_argument("--rates", default=RATES, help=rates + f"{' and '.join(CURVE)} at the others")
    wishes.add_argument("--seconds", type=int, default=SECONDS, help=f"of live traffic (default {SECONDS})")
    wishes.add_argument("--json", action="store_true", help="print the results as one JSON value on stdout, too")
    wishes.add_argument("--out", type=Path, help="where the results go (default: bench/results/latest.json)")
    return wishes.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run. The exit code is 1 where a run was not correct, 2 where what was asked for can't be."""
    given = asked(arguments)
    plan, whole = planned(given)
    labels = [each.label for each in plan.candidates]
    unknown = [each for each in _words(given.only) if each not in labels]
    unknown += [each for each in _words(given.kinds) if each not in plan.kinds]
    if unknown:
        sys.stderr.write(f"not known: {', '.join(unknown)}\n")
        return 2
    # Part of a benchmark must not take the place of a whole one.
    if not whole and given.out is not None and given.out.resolve() == LATEST:
        sys.stderr.write(f"{LATEST} is for whole runs: leave out --only and --kinds, or name another file\n")
        return 2
    out = given.out or (LATEST if whole else RESULTS / "partial.json")
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 200)
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = out.with_suffix(".runs.jsonl")
    kept.unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    campaign = asyncio.run(measure(plan, console, kept))
    return 0 if report(campaign, console, out, as_json=given.json) else 1


def planned(given: argparse.Namespace) -> tuple[Plan, bool]:
    """Return the plan, and whether it is a whole benchmark. Names that nobody knows are not in it."""
    every = {each.label: each for each in all_candidates()}
    only, kinds = _words(given.only) or list(every), _words(given.kinds)
    orders = given.orders if given.records is None else round(given.records / RECORDS_PER_ORDER)
    plan = Plan(
        orders=orders,
        repeats=given.repeats or (1 if orders < FEW else REPEATS),
        candidates=[every[each] for each in only if each in every],
        kinds=[each for each in KINDS if each in kinds],
        rates=[int(each) for each in given.rates.split(",")],
        seconds=given.seconds,
        recorded=given.recorded or min(RECORDED, orders),
        everyone=bool(given.only),
    )
    return plan, len(only) == len(every) and set(kinds) == set(KINDS)


def _words(text: str) -> list[str]:
    return [each for each in text.split(",") if each]


if __name__ == "__main__":
    sys.exit(main())
