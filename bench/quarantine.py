"""How much one bad order delays all others: the same backlog with and without it, in turns, in one run.

`python -m bench.quarantine --orders 10000 --repeats 3` starts its own servers and prints both medians and their ratio.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from adapters.embedded import EmbeddedServers
from contracts.partitioning import home
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import log, wiring
from tests.integration.messages import CLEAR, placed
from tests.stage import Stage, new_stage, new_template

SHARDS = 8
BAD = "o-bad"
BAD_RECORDS = 100


def failing(order: Any, received: Any, known: Any) -> Any:
    """Decide as ever; one order is too much for the rules."""
    if order.id == BAD:
        raise ZeroDivisionError("a bug in a rule")
    return ORDER.decide(order, received, known)


async def write(stage: Stage, orders: int, *, bad: bool) -> int:
    """Write the backlog: two facts of each order, and a hundred of the bad one spread among them."""
    pen: AIOKafkaProducer = stage.kafka.producer(linger_ms=20)
    await pen.start()
    facts = 0
    try:
        for number in range(orders):
            names = [f"o-{number}"]
            if bad and number % max(1, orders // BAD_RECORDS) == 0:
                names.append(BAD)
            for name in names:
                for topic, message in (("shop.events", placed(f"N-{name}")), ("fraud.events", CLEAR)):
                    headers = [("ce_specversion", b"1.0"), ("ce_source", b"/partners/bench")]
                    headers += [("ce_id", f"{topic}-{name}-{number}".encode()), ("ce_type", message.type().encode())]
                    headers += [("ce_subject", name.encode())]
                    where = home(name, SHARDS)
                    content = message.encoded()
                    await pen.send(stage.kafka.topic(topic), content, name.encode(), where, headers=headers)
                    facts += 1
    finally:
        await pen.stop()
    return facts


async def run(template: Any, folder: Path, orders: int, *, bad: bool) -> dict[str, float]:
    """Let one hub process read the backlog; return facts a second of the good orders, and how long each took."""
    async with new_stage(template, folder, SHARDS) as stage:
        await write(stage, orders, bad=bad)
        started = time.monotonic()
        stage.start_hub()
        good = "SELECT count(*) AS n FROM journal WHERE order_id <> :bad AND refers_to IS NULL"
        while (await stage.rows(good, bad=BAD))[0]["n"] < 2 * orders:  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.2)
        seconds = time.monotonic() - started
        waiting = await stage.rows("SELECT count(*) AS n FROM set_aside WHERE kind = 'quarantined'")
        assert (waiting[0]["n"] > 0) is bad
        return {"facts_per_second": 2 * orders / seconds, "seconds": seconds}


async def measure(orders: int, repeats: int) -> dict[str, Any]:
    """Return both medians, their ratio and every run."""
    log.configure("critical")
    vars(wiring)["KINDS"] = Kinds(replace(ORDER, decide=failing), WORD_LIST)
    runs: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    with tempfile.TemporaryDirectory() as name, EmbeddedServers(Path(name) / "servers", keep=False) as at:
        template = await asyncio.to_thread(new_template, at, Path(name))
        for _ in range(repeats):
            for kind in runs:
                runs[kind].append(await run(template, Path(name), orders, bad=kind == "with"))
                sys.stderr.write(f"{kind} the bad order: {runs[kind][-1]['facts_per_second']:.0f} facts/s\n")
    medians = {kind: statistics.median(each["facts_per_second"] for each in found) for kind, found in runs.items()}
    return {"orders": orders, "medians": medians, "ratio": medians["with"] / medians["without"], "runs": runs}


if __name__ == "__main__":
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--orders", type=int, default=10_000)
    wishes.add_argument("--repeats", type=int, default=3)
    given = wishes.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(measure(given.orders, given.repeats)), indent=2) + "\n")
