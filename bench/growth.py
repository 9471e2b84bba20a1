"""How long `hub shard grow` takes: one transaction, by the number of orders that wait for a deadline.

`python -m bench.growth --orders 200000` starts its own servers, copies one played order so many times, each with its
deadline, and splits 8 shards into 16. It prints seconds for all, and for one million deadlines.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from adapters.embedded import EmbeddedServers
from contracts.partitioning import home
from hub import log
from hub.desk import growth, open_desk
from hub.desk.operations import Act
from tests.integration.messages import approve
from tests.stage import Stage, new_stage, new_template

SHARDS, MORE = 8, 16
PAGE: Final = 20_000
COPY: Final = """
INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, rules, document)
SELECT row.o, row.s, seq, changes, version, state, number, store, rules, document
FROM orders, unnest(CAST(:ids AS text[]), CAST(:homes AS int[])) AS row (o, s) WHERE order_id = 'o-model'"""
TIMERS: Final = """
INSERT INTO timers (order_id, timer_id, shard, kind, due_at)
SELECT row.o, timer_id, row.s, kind, due_at
FROM timers, unnest(CAST(:ids AS text[]), CAST(:homes AS int[])) AS row (o, s) WHERE order_id = 'o-model'"""


async def fill(stage: Stage, orders: int) -> None:
    """Store so many copies of an order that waits for its goods, with its deadline."""
    for start in range(0, orders, PAGE):
        ids = [f"018f3c1e-7b1d-7cc2-9a51-{number:012d}" for number in range(start, min(start + PAGE, orders))]
        homes = [home(each, SHARDS) for each in ids]
        for statement in (COPY, TIMERS):
            await stage.change(statement, ids=ids, homes=homes)


async def measure(orders: int) -> dict[str, Any]:
    """Return how long the growth took."""
    log.configure("critical")
    with tempfile.TemporaryDirectory() as name, EmbeddedServers(Path(name) / "servers", keep=False) as at:
        template = await asyncio.to_thread(new_template, at, Path(name))
        async with new_stage(template, Path(name), SHARDS, MORE) as stage:
            stage.start_hub()
            await approve(stage, "o-model")
            await stage.until_state("o-model", "availability_requested")
            await stage.until_read()
            await stage.stop_hubs()
            await fill(stage, orders)
            started = time.monotonic()
            async with open_desk(stage.settings, growth.LONG_SECONDS) as desk:
                done = await growth.grow(desk, Act("to measure it"), MORE)
            seconds = time.monotonic() - started
            size = (await stage.rows("SELECT pg_total_relation_size('orders') AS n"))[0]["n"]
    return {
        "orders": orders,
        "moved": done.moved,
        "seconds": round(seconds, 2),
        "seconds_per_million": round(seconds * 1e6 / orders, 1),
        "orders_bytes_after": size,
    }


if __name__ == "__main__":
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--orders", type=int, default=200_000)
    sys.stdout.write(json.dumps(asyncio.run(measure(wishes.parse_args().orders)), indent=2) + "\n")
