"""`python -m bench`: measure the hub beside its peers, in turns, in one run."""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.candidates.hub import Hub
from bench.candidates.peers import Careful, Quix, Streams
from bench.ground import ground
from bench.harness import Backlog, Run


async def measure(orders: int, repeats: int, only: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        folder = Path(name)
        async with ground(folder / "servers") as here:
            every = {each.label: each for each in (Hub(1), Hub(2), Careful(), Streams(), Quix())}
            candidates = [every[each] for each in only]
            for repeat in range(repeats):
                for candidate in candidates:
                    work = candidate.workload(int(orders * candidate.share))
                    backlog = Backlog(work, candidate.expected(work))
                    print(candidate.missing())
                    async with Run(
                        here, candidate, backlog, f"r{repeat}{candidate.label.replace(':', '')}", Path("/tmp")
                    ) as run:
                        print(asdict(await run.throughput()))


if __name__ == "__main__":
    wishes = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    wishes.add_argument("--orders", type=int, default=20_000)
    wishes.add_argument("--repeats", type=int, default=3)
    wishes.add_argument("--kinds", default="throughput")
    wishes.add_argument("--only", default="hub:1")
    given = wishes.parse_args()
    asyncio.run(measure(given.orders, given.repeats, given.only.split(",")))
