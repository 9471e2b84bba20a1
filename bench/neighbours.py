"""How long others in its shard wait because of one bad order: live traffic with and without it, in turns, in one run.

`python -m bench.neighbours` starts its own servers and prints p50 and p99 from the append of a record to the commit
that stores what came of it, of all orders but the bad one, and the ratios to the traffic alone.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from adapters.embedded import EmbeddedServers
from bench.hot.flood import flooded
from bench.records import Written
from contracts.carriers import CarrierException
from contracts.envelope import Envelope
from contracts.message import Message
from contracts.partitioning import home
from contracts.shop import OrderLine
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import log, wiring
from hub.desk import failed
from hub.desk.failed import Selection
from hub.desk.operations import Act
from hub.settings import LimitSettings
from tests.integration.messages import CLEAR, placed
from tests.stage import Stage, Template, new_stage, new_template

SHARDS: Final = 2
BAD: Final = "o-bad"
SOURCE: Final = "/partners/bench"
WARM_SECONDS: Final = 3
RETRY_SECONDS: Final = 1.0
LARGER: Final = 10
"""So many times fewer are the records of the large one."""
PATIENCE_SECONDS: Final = 300.0
UNBOUNDED: Final = {"unreadable_in_a_row": 10**6, "failed_in_a_row": 10**6, "quarantined": 10**6}
NOTED: Final = (
    "CREATE TABLE bench_stored (k int, batch bigint, at timestamptz, PRIMARY KEY (k, batch))",
    """CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO bench_stored VALUES (NEW.k, NEW.batch, clock_timestamp()) ON CONFLICT DO NOTHING;
    RETURN NULL; END $$""",
    """CREATE CONSTRAINT TRIGGER bench_note AFTER UPDATE OF batch ON shard DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bench_note()""",
)
"""Note when a batch is about to be committed: what the journal itself has is when its transaction began."""
WAITED: Final = """
SELECT extract(epoch FROM b.at - j.appended_at) * 1000 AS ms FROM journal j
JOIN bench_stored b ON b.k = j.shard AND b.batch = j.batch
WHERE j.order_id <> :bad AND j.refers_to IS NULL
  AND j.appended_at > make_interval(secs => :warm)
    + (SELECT min(appended_at) FROM journal WHERE order_id <> 'o-first')"""


def _failing(order: Any, received: Any, known: Any) -> Any:
    """Decide as ever; one order is too much for the rules."""
    if order.id == BAD and isinstance(received.fact, CarrierException):
        raise ZeroDivisionError("a bug in a rule")
    return ORDER.decide(order, received, known)


def _written(topic: str, order_id: str, event_id: str, message: Message, value: bytes | None = None) -> Written:
    headers = Envelope(event_id, SOURCE, message.type(), order_id).headers()
    return Written(topic, order_id, message.encoded() if value is None else value, tuple(headers), 0)


def traffic(records: int) -> list[Written]:
    """Return records of good orders, two of each, all of them in the bad one's shard."""
    here = home(BAD, SHARDS)
    names = (name for name in (f"o-{number}" for number in range(10 * records)) if home(name, SHARDS) == here)
    told: list[Written] = []
    for name in names:
        if len(told) >= records:
            break
        told += [
            _written("shop.events", name, f"{name}-placed", placed(f"N-{name}")),
            _written("fraud.events", name, f"{name}-scored", CLEAR),
        ]
    return told


def _scan(number: int) -> Written:
    return _written("carrier.events", BAD, f"bad-{number}", CarrierException(tracking_number="T-1", code="lost"))


def _garbage(number: int) -> Written:
    return _written("carrier.events", BAD, f"bad-{number}", CarrierException(tracking_number="T-1", code="lost"), b"{")


def _large(number: int) -> Written:
    long = "x" * 190
    lines = tuple(
        OrderLine(line=line, sku=f"{long}{line}", model=f"{long}{line}", quantity=1, unit_price=100)
        for line in range(1, 201)
    )
    return _written("shop.events", BAD, f"bad-{number}", placed("N-bad", lines=lines))


SHAPES: Final[Mapping[str, Callable[[int], Written] | None]] = MappingProxyType(
    {"without": None, "failing": _scan, "unreadable": _garbage, "large": _large}
)
"""No bad order; one on which rules fail, tried again every second; one that nobody can read; one of large records."""


@asynccontextmanager
async def _retried(stage: Stage, shape: str) -> AsyncIterator[None]:
    """Try what failed again and again meanwhile."""

    async def retry() -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            await failed.retry(stage.desk, Act("perhaps it is mended"), Selection(kind="quarantined"))

    trying = asyncio.create_task(retry()) if shape == "failing" else None
    try:
        yield
    finally:
        if trying is not None:
            trying.cancel()
            with suppress(asyncio.CancelledError):
                await trying


async def run(template: Template, folder: Path, given: argparse.Namespace, shape: str) -> dict[str, float]:
    """Let one hub process read the traffic; return how long its records waited, in milliseconds."""
    good, bad = traffic(given.rate * (given.seconds + WARM_SECONDS)), SHAPES[shape]
    async with new_stage(template, folder, SHARDS) as stage:
        for statement in NOTED:
            await stage.change(statement)
        stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings.model_validate(UNBOUNDED)}))
        await _until_stored(stage, [_written("shop.events", "o-first", "first", placed("N-first"))])
        at = (stage.settings.kafka.bootstrap_servers or "", stage.settings.kafka.prefix)
        async with _retried(stage, shape):
            writing = [flooded(*at, good, given.rate, 2.0)]
            if bad is not None:
                rate = given.bad_rate / LARGER if shape == "large" else given.bad_rate
                besides = [bad(number) for number in range(round(rate * given.seconds))]
                writing.append(flooded(*at, besides, rate, 2.0 + WARM_SECONDS))
            await asyncio.gather(*writing)
            await _until_there(stage, 1 + len(good))
        return _told([float(row["ms"]) for row in await stage.rows(WAITED, bad=BAD, warm=WARM_SECONDS)])


async def _until_stored(stage: Stage, first: Sequence[Written]) -> None:
    """Write records, and wait until the hub has read them: it is up then."""
    for each in first:
        await stage.write(each.topic, key=each.key.encode(), value=each.value, headers=each.headers)
    await _until_there(stage, len(first))


async def _until_there(stage: Stage, count: int) -> None:
    """Wait until so many records of good orders are stored."""
    counted = "SELECT 1 FROM journal WHERE order_id <> :bad AND refers_to IS NULL"

    async def there() -> bool:
        return len(await stage.rows(counted, bad=BAD)) >= count

    await stage.until(there, f"{count} records are stored", patience=PATIENCE_SECONDS)


def _told(waited: Sequence[float]) -> dict[str, float]:
    ordered = sorted(waited)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[int(len(ordered) * 0.99)], 1),
        "records": len(ordered),
    }


async def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Return the medians, their ratios to the traffic alone, and every run."""
    log.configure("critical")
    vars(wiring)["KINDS"] = Kinds(replace(ORDER, decide=_failing), WORD_LIST)
    runs: dict[str, list[dict[str, float]]] = {shape: [] for shape in SHAPES}
    with tempfile.TemporaryDirectory() as name, EmbeddedServers(Path(name) / "servers", keep=False) as at:
        template = await asyncio.to_thread(new_template, at, Path(name))
        for _ in range(given.repeats):
            for shape, found in runs.items():
                found.append(await run(template, Path(name), given, shape))
                sys.stderr.write(f"{shape}: p50 {found[-1]['p50']:.0f} ms, p99 {found[-1]['p99']:.0f} ms\n")
    medians = {shape: dict(_medians(found)) for shape, found in runs.items()}
    alone = medians["without"]
    ratios = {
        shape: {name: round(value / alone[name], 2) for name, value in told.items()} for shape, told in medians.items()
    }
    return {"asked": vars(given), "medians": medians, "ratios": ratios, "runs": runs}


def _medians(runs: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, float]]:
    for name in ("p50", "p99"):
        yield name, statistics.median(each[name] for each in runs)


def main() -> None:
    """Measure and print."""
    wishes = argparse.ArgumentParser(prog="python -m bench.neighbours", description=__doc__)
    wishes.add_argument("--rate", type=int, default=200, help="records a second of the good orders (default 200)")
    wishes.add_argument("--bad-rate", type=int, default=20, help="records a second of the bad order (default 20)")
    wishes.add_argument("--seconds", type=int, default=20, help="of traffic after warming up (default 20)")
    wishes.add_argument("--repeats", type=int, default=3)
    sys.stdout.write(json.dumps(asyncio.run(measure(wishes.parse_args())), indent=2) + "\n")


if __name__ == "__main__":
    main()
