"""What an order leaves behind, and what a process holds: rows, bytes, records, connections, processor time.

`python -m bench.footprint --orders 600` starts its own servers, lets simulated partners play orders to their ends, and
prints one JSON object. Bytes are those of the files, less what was there before the first order.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.embedded import Addresses, EmbeddedServers
from adapters.kafka.spans import read
from adapters.postgres import reads
from contracts.topics import INBOUND, TOPICS
from hub import log
from hub.demo import POLICY
from hub.processes import Processes, environment_of
from hub.simulation import simulate_on
from tests.stage import Stage, new_stage, new_template

SIZES: Final = """
SELECT regexp_replace(c.relname, '_p[0-9]+$', '') AS name, sum(pg_table_size(c.oid))::bigint AS rows_bytes,
  sum(pg_indexes_size(c.oid))::bigint AS index_bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'
GROUP BY 1"""
TABLES: Final = ("orders", "journal", "set_aside", "timers", "order_references")
SESSIONS: Final = """SELECT count(*) AS n FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


async def sizes(stage: Stage) -> dict[str, int]:
    """Return the bytes of each table (`orders`) and of its indexes (`orders indexes`)."""
    found = {}
    for row in await stage.rows(SIZES):
        found[row["name"]] = row["rows_bytes"]
        found[f"{row['name']} indexes"] = row["index_bytes"]
    return found


async def wal(stage: Stage) -> int:
    """Return how many bytes of write-ahead log there were since the server was made."""
    return int((await stage.rows("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS n"))[0]["n"])


def log_bytes(folder: Path, prefix: str) -> Counter[str]:
    """Return the bytes of each topic's segments on disk."""
    found: Counter[str] = Counter()
    for segment in folder.rglob(f"{prefix}*/*.log"):
        found[segment.parent.name.removeprefix(prefix).rsplit("-", 1)[0]] += segment.stat().st_size
    return found


def held(pid: int, kafka_port: int) -> dict[str, int]:
    """Return what a process holds: resident bytes, open files, and connections to the broker (Linux only)."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    links = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()
    ]
    ends = [row[2].rsplit(":", 1)[1] for row in lines if row[3] == "01" and row[9] in sockets]
    return {"resident_bytes": resident, "files": len(links), "to_kafka": ends.count(f"{kafka_port:04X}")}


def cpu(pid: int) -> float:
    """Return the processor seconds of a process and of its children, those that ended as well (Linux only)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    ticks = sum(int(field) for field in fields[11:15])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu(int(child)) for child in children)


async def records(stage: Stage) -> Counter[str]:
    """Return how many committed records each topic has."""
    names = [topic.name for topic in TOPICS] + [topic.dead_letters for topic in INBOUND]
    places = [(name, number) for name in names for number in range(stage.settings.partition_count)]
    starts, ends = await stage.log.starts(places), await stage.log.ends(places)
    spans = {place: (starts[place], ends[place]) for place in places if ends[place] > starts[place]}
    found: Counter[str] = Counter()
    async for record in read(stage.kafka, spans):
        found[record.topic] += 1
    return found


async def play(stage: Stage, orders: int) -> None:
    """Let partners play orders until nearly all are completed, and all records are read."""
    stop = asyncio.Event()
    trading = asyncio.create_task(simulate_on(stage.settings, orders, 1, "none", rate=30, stop=stop))

    async def completed() -> bool:
        states = (await reads.counts(stage.engine))["states"]
        return sum(states.get(name, 0) for name in ("completed", "cancelled", "voided")) >= 0.95 * orders

    try:
        await stage.until(completed, "nearly all orders are over", patience=900)
    finally:
        stop.set()
        await trading
    await stage.until_read()


async def measure(orders: int, shards: int, partitions: int) -> dict[str, Any]:
    """Return what so many orders and one process come to."""
    log.configure("critical")
    with tempfile.TemporaryDirectory() as name, _started(Path(name) / "servers") as (servers, at):
        template = await asyncio.to_thread(new_template, at, Path(name))
        async with new_stage(template, Path(name), shards, partitions) as stage:
            changes = {"policy": POLICY, "lease": timedelta(seconds=5)}
            stage.settings = stage.settings.model_copy(update=changes)
            processes = Processes(environment_of(stage.settings), Path(name))
            mine = (await stage.rows(SESSIONS))[0]["n"]
            await processes.start()
            try:
                await stage.until_rows("SELECT 1 FROM position", len(INBOUND) * partitions)
                idle = held(processes.running[0].process.pid, int(at.bootstrap_servers.rsplit(":", 1)[1]))
                idle["to_postgres"] = (await stage.rows(SESSIONS))[0]["n"] - mine
                before, written = await sizes(stage), await wal(stage)
                pids = {
                    "hub": processes.running[0].process.pid,
                    "kafka": servers.kafka_pid,
                    "postgres": servers.postgres_pid,
                }
                spent = {name: -cpu(pid) for name, pid in pids.items()}
                if orders:
                    await play(stage, orders)
                spent = {name: seconds + cpu(pids[name]) for name, seconds in spent.items()}
                busy = held(processes.running[0].process.pid, int(at.bootstrap_servers.rsplit(":", 1)[1]))
                busy["to_postgres"] = (await stage.rows(SESSIONS))[0]["n"] - mine
            finally:
                await processes.stop()
            told = {"orders": orders, "shards": shards, "partitions": partitions, "idle": idle, "busy": busy}
            told["processor_seconds"] = {name: round(seconds, 2) for name, seconds in spent.items()}
            return told | (await left(stage, Path(name), orders, before, written) if orders else {})


@contextmanager
def _started(folder: Path) -> Iterator[tuple[EmbeddedServers, Addresses]]:
    servers = EmbeddedServers(folder, keep=False)
    with servers as addresses:
        yield servers, addresses


async def left(stage: Stage, folder: Path, orders: int, before: dict[str, int], written: int) -> dict[str, Any]:
    """Return what each order left behind on average: rows, bytes by table, records and bytes by topic."""
    after = await sizes(stage)
    rows = {each: (await stage.rows(f"SELECT count(*) AS n FROM {each}"))[0]["n"] for each in TABLES}  # noqa: S608
    stored = {name: (after[name] - before.get(name, 0)) / orders for name in after}
    lengths = await stage.rows("SELECT avg(length(order_id)) AS id, avg(length(messages)) AS messages FROM journal")
    found, logged = await records(stage), log_bytes(folder, stage.kafka.prefix)
    return {
        "states": (await reads.counts(stage.engine))["states"],
        "rows_per_order": {name: round(count / orders, 2) for name, count in rows.items()},
        "bytes_per_order": {name: round(size) for name, size in sorted(stored.items()) if size >= 1},
        "database_bytes_per_order": round(sum(stored.values())),
        "write_ahead_bytes_per_order": round((await wal(stage) - written) / orders),
        "records_per_order": {name: round(count / orders, 2) for name, count in sorted(found.items())},
        "topic_bytes_per_order": {name: round(size / orders) for name, size in sorted(logged.items()) if size},
        "average_lengths": {name: round(float(size or 0)) for name, size in lengths[0].items()},
    }


if __name__ == "__main__":
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--orders", type=int, default=600)
    wishes.add_argument("--shards", type=int, default=8)
    wishes.add_argument("--partitions", type=int, default=8)
    given = wishes.parse_args()
    told = asyncio.run(measure(given.orders, given.shards, given.partitions))
    sys.stdout.write(json.dumps(told, indent=2, default=str) + "\n")
