"""Money under fire: orders, returns and refunds through a naughty provider, with gateways that are killed meanwhile."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from adapters import failpoints
from adapters.payments.reconciliation import Reconciliation
from hub import demo
from hub.desk import Desk, gateway
from hub.errors import ServerIsAway
from hub.simulation import simulate_on
from simulators.payment_provider.server import KEY
from tests.e2e.fleet import Fleet, Member
from tests.gateway.till import settings_for
from tests.stage import Stage
from verification import Report, Verification, verify

QUIET = 4.0
"""Seconds without a decision: longer than any retry of the policy and any partner takes."""
ALL_KILLS = tuple(f"{point}:kill:0.7" for point in failpoints.GATEWAY_POINTS)
TRICKS: Mapping[str, float] = {
    "timeout_after": 0.2,
    "timeout_before": 0.03,
    "error_after": 0.05,
    "error_before": 0.05,
    "doubled": 0.1,
    "throttled": 0.03,
    "garbage": 0.03,
    "reset": 0.03,
    "redirect": 0.02,
    "questions": 0.1,
    "declines": 0.03,
    "refund_failures": 0.05,
    "refunds_pending": 0.1,
    "pending_seconds": 0.5,
    # Longer than a doubt lasts on a slow machine: a payment in doubt isn't found, and asked for again under its key.
    "search_lag": 20.0,
}


@dataclass
class ProviderProcess:
    """The provider as a process of its own; a killed one is started again on the same port and books."""

    folder: Path
    seed: int
    tricks: Mapping[str, float]
    port: int = 0
    process: asyncio.subprocess.Process | None = None
    kills: int = 0
    before: Counter[str] = field(default_factory=Counter)
    """What was counted by the processes that were killed."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        arguments = ["--port", str(self.port), "--seed", str(self.seed), "--tricks", json.dumps(dict(self.tricks))]
        ledger = ["--ledger", str(self.folder / "provider.jsonl")]
        self.process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "simulators.payment_provider", *arguments, *ledger],
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        self.port = int(line.decode().strip().rsplit(":", 1)[1])

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(how)
            await self.process.wait()

    async def kill(self) -> None:
        """Kill it hard, and start it again on its port and its books."""
        self.before = await self.counts()
        await self.stop(signal.SIGKILL)
        self.kills += 1
        await self.start()

    async def counts(self) -> Counter[str]:
        """Return what it did to its callers, and how often it gave an answer again."""
        counted = Counter(await self.told("/_mischief"))
        counted["replayed"] = (await self.told("/_ledger"))["replayed"]
        return counted + self.before

    async def told(self, path: str) -> dict[str, Any]:
        async with httpx2.AsyncClient() as client:
            found: dict[str, Any] = (await client.get(f"{self.url}{path}")).json()
        return found


@dataclass
class Killing:
    """How often the provider is killed, and gateways beside the plan."""

    provider: int
    more: int
    last: float = 0.0

    def is_due(self, open_calls: int) -> bool:
        """Tell whether a gateway is to be killed now."""
        return self.more > 0 and open_calls > 0 and time.monotonic() > self.last + 1.5

    def victim(self, fleet: Fleet) -> Member:
        """Return the gateway that is killed now."""
        self.more, self.last = self.more - 1, time.monotonic()
        return random.choice(fleet.members)


@dataclass
class Fire:
    """What came of it."""

    books: Reconciliation
    proof: Report
    ledger: dict[str, Any]
    tricks: Counter[str]
    hits: Counter[str]
    calls: list[dict[str, Any]]
    orders: int
    seconds: float
    provider_kills: int

    @property
    def doubts(self) -> int:
        """Return how often an outcome was unknown."""
        return sum(call["doubts"] for call in self.calls)

    @property
    def partial_refunds(self) -> int:
        """Return how many refunds gave back less than was taken."""
        taken = {each["id"]: each["amount_received"] for each in self.ledger["payment_intents"]}
        return sum(each["amount"] < taken[each["payment_intent"]] for each in self.ledger["refunds"])

    @property
    def intents_with_money(self) -> Counter[str]:
        """Return how many payments with money each order has at the provider."""
        live = (each for each in self.ledger["payment_intents"] if each["status"] in ("requires_capture", "succeeded"))
        return Counter(each["metadata"]["order_id"] for each in live)

    @property
    def refunds_by_request(self) -> Counter[str]:
        """Return how many refunds the provider has for each request."""
        return Counter(each["metadata"]["request_id"] for each in self.ledger["refunds"])


async def _compared(desk: Desk) -> Reconciliation:
    """Return both books compared; the provider goes on playing tricks, also on who only asks."""
    for _ in range(20):
        with suppress(ServerIsAway):
            return await gateway.reconcile(desk)
    return await gateway.reconcile(desk)


async def money_under_fire(
    stage: Stage,
    folder: Path,
    *,
    orders: int,
    seed: int,
    rate: float = 15.0,
    gateways: int = 2,
    plan: tuple[str, ...] = ALL_KILLS,
    tricks: Mapping[str, float] = TRICKS,
    provider_kills: int = 1,
    more_kills: int = 0,
    patience: float = 150.0,
) -> Fire:
    """Let `orders` orders trade until all is quiet, and every failpoint of `plan` was hit; return both books.

    A long run has more orders, more gateways, and `more_kills`: at any moment at which calls are open.
    """
    started = time.monotonic()
    stage.settings = stage.settings.model_copy(update={"policy": dict(demo.POLICY)})
    provider = ProviderProcess(folder, seed, tricks)
    await provider.start()
    fleet = Fleet(stage, folder, seed, list(plan), command=("gateway", "payments"), settings=_environment(provider.url))
    try:
        stage.start_hub()
        for _ in range(gateways):
            await fleet.start(fleet.next_armed())
        async with _trading(stage, orders, seed, rate):
            killing = Killing(provider_kills, more_kills)
            await _until_quiet(stage, fleet, provider, killing, orders, patience)
        await fleet.stop()
        await stage.until_read()
        desk = replace(stage.desk, settings=settings_for(stage, provider.url))
        books, ledger = await _compared(desk), await provider.told("/_ledger")
        counts = await provider.counts()
    finally:
        await fleet.stop()
        await stage.stop_hubs()
        await provider.stop()
    proof = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    calls = await stage.rows("SELECT * FROM gateway_calls")
    there = len(await stage.rows("SELECT 1 FROM orders WHERE state IS NOT NULL"))
    seconds = time.monotonic() - started
    return Fire(books, proof, ledger, counts, fleet.hits(), calls, there, seconds, provider.kills)


def _environment(url: str) -> dict[str, str]:
    return {
        "HUB_GATEWAY__URL": url,
        "HUB_GATEWAY__API_KEY": KEY,
        "HUB_GATEWAY__TIMEOUT": "PT0.6S",
        "HUB_GATEWAY__CONCURRENCY": "8",
        "HUB_GATEWAY__RETRY": "PT0.1S",
        "HUB_GATEWAY__RETRY_LONGEST": "PT1S",
        "HUB_GATEWAY__RETRY_SLOW": "PT2S",
    }


@asynccontextmanager
async def _trading(stage: Stage, orders: int, seed: int, rate: float) -> AsyncIterator[None]:
    """Let all partners but the payment service trade until the block ends."""
    stop = asyncio.Event()
    work = simulate_on(stage.settings, orders, seed, "none", rate=rate, stop=stop, without=("payment-service",))
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        stop.set()
        await task


async def _until_quiet(
    stage: Stage, fleet: Fleet, provider: ProviderProcess, killing: Killing, orders: int, patience: float
) -> None:
    """Replace what is killed until all orders are there, nothing is open, and nothing has happened for a while."""
    changed, before = time.monotonic(), (0, 0, 0)

    async def quiet() -> bool:
        nonlocal changed, before
        await fleet.mend()
        await fleet.rearm()
        now = await _progress(stage)
        if now != before:
            changed, before = time.monotonic(), now
        if provider.kills < killing.provider and now[0] > orders // 2:
            await provider.kill()
        if killing.is_due(now[1]):
            with suppress(ProcessLookupError):  # it was killed by its own failpoint just now
                os.kill(killing.victim(fleet).process.pid, signal.SIGKILL)
        hits = fleet.hits()
        open_points = [spec for spec in fleet.plan if not hits[spec.rsplit(":", 1)[0]]]
        return (
            now[0] >= orders
            and now[1] == 0
            and not open_points
            and not killing.more
            and time.monotonic() - changed > QUIET
        )

    try:
        await stage.until(quiet, "all is quiet, and every point was hit", patience)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{fleet.tail()}") from error


async def _progress(stage: Stage) -> tuple[int, int, int]:
    """Return how many orders there are, calls open, and decisions made."""
    (row,) = await stage.rows(
        """SELECT (SELECT count(*) FROM orders WHERE state IS NOT NULL) AS orders,
        (SELECT count(*) FROM gateway_calls WHERE state NOT IN ('answered', 'not_ours')) AS open,
        (SELECT count(*) FROM journal) AS decisions"""
    )
    return row["orders"], row["open"], row["decisions"]
